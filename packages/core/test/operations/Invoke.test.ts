import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { Foreman } from "../../src/Foreman.ts"
import { catalogue } from "../../src/operations/catalogue.ts"
import { invoke, toRefusal } from "../../src/operations/Invoke.ts"
import { TaskNotFound } from "../../src/rules/Task.ts"
import { TeamNotFound } from "../../src/rules/Team.ts"
import * as TestForeman from "./TestForeman.ts"
import { as } from "./TestForeman.ts"

const nobody = "00000000-0000-7000-8000-000000000000"

/** A task in wire form, as it was created. */
const createdTask = Effect.gen(function* () {
  const { id } = yield* TestForeman.team
  const { invoke } = yield* Foreman
  const task = yield* invoke("create_task", { team_id: id, title: "Fix the login" })
  // As: what the operation answers is an object with an id.
  return { teamId: id, task: task as { readonly id: number } }
})

describe("invoke", () => {
  it.live("takes and gives wire data, and fills in defaults", () =>
    Effect.gen(function* () {
      const { task, teamId } = yield* createdTask
      assert.deepInclude<unknown>(task, {
        team_id: teamId,
        title: "Fix the login",
        description: "",
        status: "todo",
        priority: "medium",
        depends_on: [],
        assignee_id: null
      })
    }).pipe(as("manager"), Effect.provide(TestForeman.layer))
  )

  it.live("refuses with the facts that an agent can act on", () =>
    Effect.gen(function* () {
      const { task } = yield* createdTask
      const { invoke } = yield* Foreman
      const refusal = yield* Effect.flip(
        invoke("change_task_status", { task_id: task.id, status: "done" })
      )
      assert.deepInclude(refusal, { code: "IllegalMove", status: 409 })
      assert.deepInclude(refusal.facts, {
        from: "todo",
        to: "done",
        allowed: ["in_progress", "cancelled"]
      })
      assert.include(refusal.message, "Cannot transition from 'todo' to 'done'")
    }).pipe(as("operator"), Effect.provide(TestForeman.layer))
  )

  it.live("says it in the words of the operation where these differ from the refusal's own", () =>
    Effect.gen(function* () {
      const { invoke } = yield* Foreman
      const moved = invoke("change_task_status", { task_id: 7, status: "done" })
      assert.strictEqual((yield* Effect.flip(moved)).message, "Task 7 not found")
      const shown = invoke("get_task", { task_id: 7 })
      assert.strictEqual((yield* Effect.flip(shown)).message, "Task not found")
    }).pipe(as("operator"), Effect.provide(TestForeman.layer))
  )

  it.live("lets nobody in without the operation's permission", () =>
    Effect.gen(function* () {
      const { invoke } = yield* Foreman
      const refusal = yield* Effect.flip(invoke("create_task", { team_id: nobody, title: "Fix" }))
      assert.deepInclude(refusal, { code: "PermissionDenied", status: 403 })
      assert.deepStrictEqual(refusal.facts, { permission: "task:plan" })
    }).pipe(as("engineer"), Effect.provide(TestForeman.layer))
  )

  it.live("does not even start the handler of a call that is not permitted", () => {
    const started = { createTask: () => assert.fail("The handler was called") }
    const { createTask } = catalogue
    const call = invoke({ createTask }, started)("create_task", { team_id: nobody, title: "Fix" })
    return Effect.map(Effect.flip(call), ({ code }) =>
      assert.strictEqual(code, "PermissionDenied")
    ).pipe(as("engineer"))
  })

  it.live("names every problem of an input by its wire name", () =>
    Effect.gen(function* () {
      const { invoke } = yield* Foreman
      const refusal = yield* Effect.flip(invoke("create_task", { team_id: 7, title: "" }))
      assert.deepInclude(refusal, { code: "InvalidInput", status: 422 })
      assert.deepStrictEqual<unknown>(refusal.facts, {
        problems: [
          { path: "team_id", problem: "Expected string" },
          { path: "title", problem: "Expected a value with a length of at least 1" }
        ]
      })
    }).pipe(as("manager"), Effect.provide(TestForeman.layer))
  )

  it.live("ignores or refuses fields it does not know, as the transport asks", () =>
    Effect.gen(function* () {
      const { invoke } = yield* Foreman
      const input = { name: "Acme", slug: "acme", colour: "red" }
      const refused = invoke("create_org", input, { unknownFields: "refuse" })
      const refusal = yield* Effect.flip(refused)
      assert.strictEqual(refusal.code, "InvalidInput")
      assert.include(refusal.message, "colour")
      yield* invoke("create_org", input, { unknownFields: "ignore" })
    }).pipe(as("operator"), Effect.provide(TestForeman.layer))
  )

  it.live("gives the first answer to a command that is repeated with its key", () =>
    Effect.gen(function* () {
      const { invoke } = yield* Foreman
      const create = (name: string) =>
        invoke("create_org", { name, slug: "acme" }, { idempotencyKey: "once" })
      const first = yield* create("Acme")
      assert.deepStrictEqual(yield* create("Acme"), first)
      const refusal = yield* Effect.flip(create("Other"))
      assert.strictEqual(refusal.code, "IdempotencyKeyReused")
      assert.deepStrictEqual(refusal.facts, { idempotency_key: "once" })
    }).pipe(as("operator"), Effect.provide(TestForeman.layer))
  )

  it.live("refuses a name that the catalogue does not have", () =>
    Effect.gen(function* () {
      const { invoke } = yield* Foreman
      const refusal = yield* Effect.flip(invoke("delete_world", {}))
      assert.deepInclude(refusal, { code: "UnknownOperation", status: 404 })
    }).pipe(as("operator"), Effect.provide(TestForeman.layer))
  )

  it("puts only declared refusals on the wire", () => {
    const refuse = toRefusal(catalogue.getTask)
    assert.strictEqual(refuse(new TaskNotFound({ taskId: 1 })).status, 404)
    assert.throws(
      () => refuse(new TeamNotFound({ teamId: nobody })),
      "get_task does not declare TeamNotFound"
    )
  })
})
