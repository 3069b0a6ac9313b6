import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { Foreman } from "../../src/Foreman.ts"
import { catalogue } from "../../src/operations/catalogue.ts"
import * as Client from "../../src/operations/Client.ts"
import type { Invoke } from "../../src/operations/Invoke.ts"
import { InvalidInput } from "../../src/operations/Refusal.ts"
import { TaskId } from "../../src/rules/Identifier.ts"
import { IllegalMove, TaskNotFound } from "../../src/rules/Task.ts"
import * as TestForeman from "./TestForeman.ts"
import { as } from "./TestForeman.ts"

const taskId = TaskId.make(7)

/** A client over the wire: everything is encoded and decoded on the way. */
const open = Effect.map(Foreman, ({ invoke }) => Client.make(catalogue, invoke))

/** A client over something that answers the same whatever is asked. */
const over = (answer: ReturnType<Invoke<never, never>>) => Client.make(catalogue, () => answer)

describe("the typed client", () => {
  it.live("gives the same as the handlers in this process", () =>
    Effect.gen(function* () {
      const { id: teamId } = yield* TestForeman.team
      const [client, { client: direct }] = [yield* open, yield* Foreman]
      const task = yield* client.createTask({
        teamId,
        title: "Fix",
        description: "",
        priority: "low",
        dependsOn: [],
        repoIds: [],
        tags: ["a b"],
        metadata: { branchName: { by_me: true } }
      })
      assert.deepStrictEqual(yield* direct.getTask({ taskId: task.id }), task)
      const page = yield* client.listTasks({ teamId, limit: 1 })
      assert.deepStrictEqual(page, { items: [task], nextCursor: null })
    }).pipe(as("operator"), Effect.provide(TestForeman.layer))
  )

  it.live("fails with the same classes as a call in this process", () =>
    Effect.gen(function* () {
      const { client: direct } = yield* Foreman
      const client = yield* open
      const { id: teamId } = yield* TestForeman.team
      const wanted = { description: "", priority: "low", dependsOn: [], repoIds: [] } as const
      const task = yield* direct.createTask({
        ...wanted,
        teamId,
        title: "Fix",
        tags: [],
        metadata: {}
      })
      const move = { taskId: task.id, status: "done" } as const
      const refusal = yield* Effect.flip(client.changeTaskStatus(move))
      assert.instanceOf(refusal, IllegalMove)
      assert.deepStrictEqual(refusal, yield* Effect.flip(direct.changeTaskStatus(move)))
      const missing = yield* Effect.flip(client.getTask({ taskId }))
      assert.instanceOf(missing, TaskNotFound)
      const invalid = client.listTasks({ teamId, limit: 1, cursor: "nonsense" })
      assert.instanceOf(yield* Effect.flip(invalid), InvalidInput)
    }).pipe(as("operator"), Effect.provide(TestForeman.layer))
  )

  it.live("hands the idempotency key on", () =>
    Effect.gen(function* () {
      const client = yield* open
      const create = (name: string) =>
        client.createOrganization({ name, slug: "acme" }, { idempotencyKey: "once" })
      assert.deepStrictEqual(yield* create("Acme"), yield* create("Acme"))
      assert.strictEqual((yield* Effect.flip(create("Other")))._tag, "IdempotencyKeyReused")
    }).pipe(as("operator"), Effect.provide(TestForeman.layer))
  )

  it.live("says so when what comes back is no answer of the operation", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(over(Effect.succeed({ oops: true })).getTask({ taskId }))
      assert.instanceOf(error, Client.ClientError)
      assert.deepInclude(error, { operation: "get_task", status: null, retryable: false })
    })
  )

  it.live("says so when what comes back is no refusal of the operation", () =>
    Effect.gen(function* () {
      const refusal = { code: "Teapot", message: "I am one", status: 503, facts: {} }
      const error = yield* Effect.flip(over(Effect.fail(refusal)).getTask({ taskId }))
      assert.deepInclude(error, { _tag: "ClientError", status: 503, retryable: true })
      const broken = { code: "TaskNotFound", message: "No", status: 404, facts: { oops: 1 } }
      const other = yield* Effect.flip(over(Effect.fail(broken)).getTask({ taskId }))
      assert.deepInclude(other, { _tag: "ClientError", status: 404, retryable: false })
    })
  )
})
