import { Effect } from "effect"
import { assert, describe, it } from "@effect/vitest"
import { type Actor, Authorization, Foreman } from "@foreman/core"
import { TestForeman } from "@foreman/testkit"

/** A run of an agent with this role, on a task of its own, beside another task. */
const givenRun = (role: Actor.Role) =>
  Effect.gen(function* () {
    const { client } = yield* Foreman
    const given = yield* TestForeman.givenTeam({ engineers: 1 })
    const { id: taskId } = yield* TestForeman.givenTask(given)
    const other = yield* TestForeman.givenTask(given)
    const [run] = (yield* TestForeman.asOperator(client.listTaskRuns({ taskId }))).items
    const agentId = given.engineers[0]?.id
    assert(agentId !== undefined && run === undefined)
    const actor: Actor.Actor = {
      type: "run",
      id: "00000000-0000-7000-8000-0000000000aa",
      role,
      organizationId: given.organization.id,
      // As: an id of the right form, which no run has.
      run: { id: "00000000-0000-7000-8000-0000000000aa" as never, agentId, taskId, attempt: 1 }
    }
    return { actor, client, other, taskId }
  })

describe("the middleware", () => {
  it.effect.each(["manager", "reviewer", "engineer"] as const)(
    "holds the run of a %s to its own task",
    (role) =>
      Effect.gen(function* () {
        const { actor, client, other } = yield* givenRun(role)
        const taskId = other.id
        const said = <A, E extends { readonly _tag: string }, R>(
          wish: Effect.Effect<A, E, R | Authorization.CurrentActor>
        ) =>
          wish.pipe(
            Effect.match({ onFailure: ({ _tag }) => _tag, onSuccess: () => "done" }),
            Effect.provideService(Authorization.CurrentActor, actor)
          )
        const tags = [
          yield* said(client.updateTask({ taskId, title: "Mine now" })),
          yield* said(client.retryTask({ taskId })),
          yield* said(client.addDependency({ taskId, dependsOnId: taskId })),
          yield* said(client.changeTaskStatus({ taskId, status: "in_progress" })),
          yield* said(client.requestReview({ taskId, reviewerType: "user" })),
          yield* said(client.approveTask({ taskId })),
          yield* said(client.rejectTask({ taskId }))
        ]
        for (const tag of tags) assert.include(["NotYourTask", "PermissionDenied"], tag)
        assert.include(tags, "NotYourTask")
        const after = yield* TestForeman.asOperator(client.getTask({ taskId }))
        assert.deepStrictEqual(after, other)
      }).pipe(Effect.provide(TestForeman.layer()))
  )

  it.effect.each(["a\u0000b", "x\ud800y"])(
    "refuses text that cannot be kept everywhere: %j",
    (text) =>
      Effect.gen(function* () {
        const { client } = yield* Foreman
        const given = yield* TestForeman.givenTeam({ engineers: 0 })
        const { id: taskId } = yield* TestForeman.givenTask(given)
        const titled = client.updateTask({ taskId, title: text })
        const error = yield* Effect.flip(TestForeman.asOperator(titled))
        assert(error._tag === "InvalidInput")
        assert.deepStrictEqual(
          error.problems.map(({ path }) => path),
          ["title"]
        )
        const metadata = client.updateTask({ taskId, metadata: { deep: [{ [text]: 1 }] } })
        assert.strictEqual(
          (yield* Effect.flip(TestForeman.asOperator(metadata)))._tag,
          "InvalidInput"
        )
      }).pipe(Effect.provide(TestForeman.layer()))
  )
})
