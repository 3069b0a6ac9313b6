import { assert, describe, it } from "@effect/vitest"
import { Effect, ManagedRuntime } from "effect"
import { onTestFinished } from "vitest"
import { Foreman } from "../../src/Foreman.ts"
import { CurrentActor } from "../../src/operations/Authorization.ts"
import { catalogue, type FullCatalogue } from "../../src/operations/catalogue.ts"
import * as Facade from "../../src/operations/Facade.ts"
import type { Client } from "../../src/operations/Handlers.ts"
import { InvalidInput, PermissionDenied } from "../../src/operations/Refusal.ts"
import type { Role } from "../../src/rules/Actor.ts"
import { IllegalMove, TaskNotFound } from "../../src/rules/Task.ts"
import * as TestForeman from "./TestForeman.ts"

const nobody = "00000000-0000-7000-8000-000000000000"

/** Promises over a new Foreman, with one method of its client replaced if one is given. */
const open = async (role: Role = "operator", replaced: Partial<Client<FullCatalogue>> = {}) => {
  const runtime = ManagedRuntime.make(TestForeman.layer)
  onTestFinished(() => runtime.dispose())
  const { client, invoke } = await runtime.runPromise(Foreman)
  const run: Facade.Run<CurrentActor> = (effect, options) =>
    runtime.runPromise(
      Effect.provideService(effect, CurrentActor, TestForeman.actor(role)),
      options
    )
  const facade = Facade.make(catalogue, { ...client, ...replaced }, run)
  return { ...facade, invoke: Facade.makeInvoke(invoke, run) }
}

const rejection = (promise: Promise<unknown>) =>
  promise.then(
    () => undefined,
    (error: unknown) => error
  )

describe("the promise facade", () => {
  it("takes plain numbers and text and gives plain objects", async () => {
    const foreman = await open()
    const { id: orgId } = await foreman.createOrganization({ name: "Acme", slug: "acme" })
    const { id: teamId } = await foreman.createTeam({ orgId, name: "Web", slug: "web" })
    const task = await foreman.createTask({ teamId, title: "Fix the login" })
    assert.strictEqual(Object.getPrototypeOf(task), Object.prototype)
    assert.deepInclude(task, { teamId, status: "todo", priority: "medium", dependsOn: [] })
    const moved = await foreman.changeTaskStatus({ taskId: task.id, status: "in_progress" })
    assert.strictEqual(moved.status, "in_progress")
    const { items, nextCursor } = await foreman.listTasks({ teamId })
    assert.deepStrictEqual([items, nextCursor], [[moved], null])
    const illegal = await rejection(foreman.changeTaskStatus({ taskId: task.id, status: "done" }))
    assert.instanceOf(illegal, IllegalMove)
    assert.include(illegal.allowed, "in_review")
  })

  it("rejects with the class of the refusal", async () => {
    const foreman = await open()
    assert.instanceOf(await rejection(foreman.getTask({ taskId: 2 })), TaskNotFound)
    const invalid = await rejection(foreman.createTask({ teamId: nobody, title: "" }))
    assert.instanceOf(invalid, InvalidInput)
    assert.strictEqual(invalid.problems[0]?.path, "title")
  })

  it("calls by name on wire data, and gives a refusal as data", async () => {
    const foreman = await open()
    const made = await foreman.invoke("create_org", { name: "Acme", slug: "acme" })
    assert("answer" in made)
    assert.deepInclude(made.answer, { name: "Acme", slug: "acme" })
    const taken = await foreman.invoke("create_org", { name: "Other", slug: "acme" })
    assert("refusal" in taken)
    assert.deepInclude(taken.refusal, { code: "SlugTaken", status: 409, facts: { slug: "acme" } })
    const input = { task_id: 1, more: true }
    const unknown = await foreman.invoke("get_task", input, { unknownFields: "refuse" })
    assert.strictEqual("refusal" in unknown && unknown.refusal.code, "InvalidInput")
    const lost = await foreman.invoke("no_such_operation", {})
    assert.strictEqual("refusal" in lost && lost.refusal.code, "UnknownOperation")
  })

  it("calls by name once under one key, and not at all when given up", async () => {
    const foreman = await open()
    const { id: orgId } = await foreman.createOrganization({ name: "Acme", slug: "acme" })
    const input = { org_id: orgId, name: "Web", slug: "web" }
    const first = await foreman.invoke("create_team", input, { idempotencyKey: "one" })
    assert.deepStrictEqual(
      await foreman.invoke("create_team", input, { idempotencyKey: "one" }),
      first
    )
    const reason = new Error("given up")
    const other = { ...input, slug: "other" }
    const signal = AbortSignal.abort(reason)
    assert.strictEqual(await rejection(foreman.invoke("create_team", other, { signal })), reason)
    assert.lengthOf((await foreman.listTeams({ orgId })).items, 1)
  })

  it("asks for permission like every other surface", async () => {
    const foreman = await open("reviewer")
    const denied = await rejection(foreman.createTask({ teamId: nobody, title: "Fix" }))
    assert.instanceOf(denied, PermissionDenied)
    assert.strictEqual(denied.permission, "task:plan")
  })

  it("repeats a command safely", async () => {
    const foreman = await open()
    const create = () =>
      foreman.createOrganization({ name: "Acme", slug: "acme" }, { idempotencyKey: "once" })
    assert.deepStrictEqual(await create(), await create())
  })

  it("does not start at a signal that has aborted", async () => {
    const foreman = await open("operator", {
      listOrganizations: () => assert.fail("It was asked")
    })
    const signal = AbortSignal.abort("enough")
    assert.strictEqual(await rejection(foreman.listOrganizations({}, { signal })), "enough")
  })

  it("interrupts a call that is under way", async () => {
    const interrupted = Promise.withResolvers<void>()
    const foreman = await open("operator", {
      listOrganizations: () =>
        Effect.onInterrupt(Effect.never, () => Effect.sync(interrupted.resolve))
    })
    const controller = new AbortController()
    const rejected = rejection(foreman.listOrganizations({}, controller))
    controller.abort("enough")
    assert.strictEqual(await rejected, "enough")
    await interrupted.promise
  })
})
