/**
 * What a run may do in its own name, and for how long.
 *
 * @internal
 */
import { assert, it } from "@effect/vitest"
import { Effect } from "effect"

import { type Authorization, Foreman, Identifier } from "@foreman/core"
import { on, patient } from "./ForemanSuiteAgents.ts"
import { assertRebuilds } from "./ForemanSuiteRebuild.ts"
import { as, type Backend, nobody, principal, standing } from "./ForemanSuiteSubject.ts"
import * as TestForeman from "./TestForeman.ts"
import { untilTask } from "./TestForeman.ts"

// testing ---------------------------------------------------------------------

/**
 * Registers these tests.
 *
 * @category testing
 * @since 0.1.0
 */
export const register = (backend: Backend): void => {
  acting(backend)
  steering(backend)
  ending(backend)
}

// internal --------------------------------------------------------------------

interface Refusal {
  readonly _tag: string
  readonly runId?: string
  readonly permission?: string
}

type Wish = Effect.Effect<unknown, Refusal, Authorization.CurrentActor>

/** A task with a live run, another task of the same agent, and the run's own token. */
const given = Effect.fnUntraced(function* (begun: Effect.Success<typeof patient>["begun"]) {
  const team = yield* TestForeman.givenTeam()
  const [engineer] = team.engineers
  assert(engineer !== undefined)
  const task = yield* TestForeman.givenTask(team, { assigneeId: engineer.id, priority: "high" })
  const { environment, runId } = yield* begun
  const { client } = yield* Foreman
  const run = yield* client.getTaskRun({ runId: Identifier.RunId.make(runId) })
  const other = yield* TestForeman.givenTask(team, { assigneeId: engineer.id })
  return { ...team, engineer, task, other, run, token: environment["FOREMAN_RUN_TOKEN"] ?? "" }
})

const acting = (backend: Backend) => {
  it.live("acts with what its agent may, on its own task only", () =>
    Effect.gen(function* () {
      const agent = yield* patient
      const test = Effect.gen(function* () {
        const { access, client } = yield* Foreman
        const { engineer, manager, organization, other, run, task, team, token } = yield* given(
          agent.begun
        )
        const actor = yield* access.authenticate(token)
        assert.deepInclude(actor, { type: "run", id: run.id, role: "engineer" })
        assert.strictEqual(actor.organizationId, organization.id)
        assert.deepInclude(actor.run, { agentId: engineer.id, taskId: task.id, attempt: 1 })

        const before = yield* standing([organization.id])
        const foreign = { taskId: other.id, status: "in_progress" } as const
        const wishes: ReadonlyArray<Wish> = [
          client.changeTaskStatus(foreign),
          client.requestReview({ taskId: other.id, reviewerType: "user" }),
          client.updateTask({ taskId: task.id, title: "Mine" }),
          client.approveTask({ taskId: task.id })
        ]
        const refusals = yield* Effect.forEach(wishes, (wish) =>
          Effect.map(Effect.flip(wish), ({ _tag }) => _tag)
        ).pipe(as(actor))
        assert.deepStrictEqual(refusals, [
          "NotYourTask",
          "NotYourTask",
          "PermissionDenied",
          "PermissionDenied"
        ])
        assert.deepStrictEqual(yield* standing([organization.id]), before)

        const note = {
          teamId: team.id,
          senderId: principal(engineer.id),
          senderType: "agent",
          recipientId: principal(manager.id),
          recipientType: "agent",
          content: "Half way"
        } as const
        yield* as(actor)(client.sendMessage({ ...note, taskId: task.id }))
        const event = (yield* TestForeman.history(organization.id)).at(-1)
        // The agent did it, in this run.
        assert.deepInclude(event?.metadata, {
          actor_id: engineer.id,
          actor_type: "run",
          run_id: run.id
        })
        yield* as(actor)(client.changeTaskStatus({ taskId: task.id, status: "in_review" }))
        yield* agent.finish
        const done = yield* untilTask(task.id, ({ liveRunId }) => liveRunId === null)
        assert.deepInclude(done, { status: "in_review", lastOutcome: "succeeded" })
        yield* assertRebuilds(organization.id)
      })
      yield* on(backend, { behaviour: agent.behaviour })(test)
    })
  )

  it.live("alone moves its task while it is live, but for a cancel", () =>
    Effect.gen(function* () {
      const agent = yield* patient
      const test = Effect.gen(function* () {
        const { client } = yield* Foreman
        const { manager, organization, run, task } = yield* given(agent.begun)
        const move = (status: "in_review" | "todo" | "cancelled") =>
          client.changeTaskStatus({ taskId: task.id, status })
        const before = yield* standing([organization.id])
        for (const status of ["in_review", "todo"] as const) {
          for (const who of [TestForeman.asOperator, TestForeman.asAgent(manager)]) {
            const refusal = yield* Effect.flip(who(move(status)))
            assert.deepInclude(refusal, { _tag: "RunIsLive", runId: run.id })
          }
        }
        // Given back, it would be begun again while this run is still at it.
        const back = yield* Effect.flip(TestForeman.asRun(run)(move("todo")))
        assert.strictEqual(back._tag, "RunIsLive")
        assert.deepStrictEqual(yield* standing([organization.id]), before)
        yield* move("cancelled")
        yield* agent.interrupted
      })
      yield* on(backend, { behaviour: agent.behaviour })(test)
    })
  )
}

const steering = (backend: Backend) => {
  it.live("steers no run, no agent and no project, whatever its agent's role", () =>
    Effect.gen(function* () {
      const agent = yield* patient
      const test = Effect.gen(function* () {
        const { access, client } = yield* Foreman
        const { engineer, organization, run, team, token } = yield* given(agent.begun)
        const actor = { ...(yield* access.authenticate(token)), role: "manager" as const }
        const wishes: ReadonlyArray<Wish> = [
          client.stopTaskRun({ runId: run.id }),
          client.pauseAgent({ agentId: engineer.id }),
          client.resumeAgent({ agentId: engineer.id }),
          client.createProject({
            teamId: team.id,
            name: "Mine",
            description: "",
            defaultBranch: "main",
            policy: "permissive"
          })
        ]
        const before = yield* standing([organization.id])
        const refusals = yield* Effect.forEach(wishes, Effect.flip).pipe(as(actor))
        assert.deepStrictEqual(
          refusals.map(({ _tag, permission }) => [_tag, permission]),
          [
            ["PermissionDenied", "run:control"],
            ["PermissionDenied", "run:control"],
            ["PermissionDenied", "run:control"],
            ["PermissionDenied", "project:plan"]
          ]
        )
        assert.deepStrictEqual(yield* standing([organization.id]), before)
        yield* agent.finish
      })
      yield* on(backend, { behaviour: agent.behaviour })(test)
    })
  )
}

const ending = (backend: Backend) => {
  it.live("is nobody once it is over: its token is refused, and so is what it still asks for", () =>
    Effect.gen(function* () {
      const agent = yield* patient
      const test = Effect.gen(function* () {
        const { access, client } = yield* Foreman
        const { engineer, manager, organization, other, run, task, team, token } = yield* given(
          agent.begun
        )
        const actor = yield* access.authenticate(token)
        yield* agent.finish
        yield* untilTask(task.id, ({ status }) => status === "in_review")
        assert.strictEqual(
          (yield* Effect.flip(access.authenticate(token)))._tag,
          "NotAuthenticated"
        )
        // Its agent's next run is over too: from here on nothing happens by itself.
        yield* untilTask(other.id, ({ status }) => status === "in_review")
        const wishes: ReadonlyArray<Wish> = [
          client.changeTaskStatus({ taskId: task.id, status: "in_progress" }),
          client.requestReview({ taskId: task.id, reviewerType: "user" }),
          client.sendMessage({
            teamId: team.id,
            senderId: principal(engineer.id),
            senderType: "agent",
            recipientId: principal(manager.id),
            recipientType: "agent",
            content: "Late"
          })
        ]
        const before = yield* standing([organization.id])
        for (const wish of wishes) {
          const refusal = yield* Effect.flip(as(actor)(wish))
          assert.deepInclude(refusal, { _tag: "RunTokenStale", runId: run.id })
        }
        assert.deepStrictEqual(yield* standing([organization.id]), before)
      })
      yield* on(backend, { behaviour: agent.behaviour })(test)
    })
  )

  it.live("is let in by no token but its own, and the operator by the operator's", () =>
    Effect.gen(function* () {
      const agent = yield* patient
      const operatorToken = "a token of the operator"
      const test = Effect.gen(function* () {
        const { access } = yield* Foreman
        const { token } = yield* given(agent.begun)
        assert.strictEqual((yield* access.authenticate(token)).type, "run")
        assert.strictEqual((yield* access.authenticate(operatorToken)).type, "operator")
        const forged = `${token.slice(0, -1)}${token.endsWith("a") ? "b" : "a"}`
        for (const bad of [undefined, "", nobody, forged, token.toUpperCase(), `${token} `]) {
          const refusal = yield* Effect.flip(access.authenticate(bad))
          assert.strictEqual(refusal._tag, "NotAuthenticated", `with ${bad}`)
        }
      })
      const access = { mode: "token", operatorToken } as const
      yield* on(backend, { behaviour: agent.behaviour, access })(test)
    })
  )
}
