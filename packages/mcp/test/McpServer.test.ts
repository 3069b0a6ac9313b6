import { assert, describe, it } from "@effect/vitest"
import { once } from "node:events"
import * as TestMcp from "./TestMcp.ts"
import { beyond, contract } from "./contract.ts"
import { walk } from "./walk.ts"

const nobody = "00000000-0000-7000-8000-000000000000"

describe.each(TestMcp.lines)("the MCP server, seen by %s", (_, makeClient) => {
  it("says what it is", async () => {
    const { client } = await TestMcp.open(makeClient())
    assert.deepInclude(client.getServerVersion(), { name: "foreman", version: "1.2.3" })
    assert.deepStrictEqual(client.getServerCapabilities(), { tools: {} })
    assert.isAtMost(client.getInstructions()?.length ?? 0, 700)
    assert.include(client.getInstructions(), "next_cursor")
  })

  it("answers each of the 23 tools with data that fits, and the same as text", async () => {
    const { call, tools } = await TestMcp.open(makeClient())
    const used = await walk(call)
    assert.sameMembers(used, Object.keys(contract))
    assert.sameMembers(
      tools.map(({ name }) => name),
      [...used, ...beyond]
    )
  })

  it("rehearses a tool with data that fits, but none that is not listed", async () => {
    const { call, client } = await TestMcp.open(makeClient(), { role: "manager" })
    const backend = await TestMcp.memory()
    const { call: everything } = await TestMcp.open(makeClient(), { backend })
    const acme = { name: "Acme", slug: "acme" }
    const { data } = await everything("dry_run", { tool: "create_org", arguments: acme })
    assert.deepInclude(data, { dry_run: true, more: false })
    assert.strictEqual(data.events[0].type, "organization.created")
    assert.deepInclude(data.answer, acme)
    const { data: listed } = await everything("list_orgs")
    assert.deepStrictEqual(listed.items, [])
    const unlisted = call("dry_run", { tool: "create_org", arguments: acme })
    const message = await unlisted.then(
      () => "answered",
      (error: unknown) => String(error)
    )
    assert.include(message, "create_org")
    assert.include(client.getInstructions(), "dry_run")
  })

  it("hands an agent a refusal as data that it can act on", async () => {
    const { call } = await TestMcp.open(makeClient())
    const { data: org } = await call("create_org", { name: "Acme", slug: "acme" })
    const { data: team } = await call("create_team", { org_id: org.id, name: "Web", slug: "web" })
    const { data: task } = await call("create_task", { team_id: team.id, title: "Fix" })
    const refused = await call("change_task_status", { task_id: task.id, status: "done" })
    assert.isTrue(refused.isError)
    assert.isFalse(refused.hasData)
    assert.deepStrictEqual(Object.keys(refused.data).slice(0, 2), ["code", "detail"])
    assert.deepInclude(refused.data, {
      code: "IllegalMove",
      from: "todo",
      to: "done",
      allowed: ["in_progress", "cancelled"]
    })
    assert.include(refused.data.detail, "Cannot transition from 'todo' to 'done'")
    const missing = await call("get_task", { task_id: 4711 })
    assert.deepInclude(missing.data, { code: "TaskNotFound", detail: "Task not found" })
  })

  it("names every problem of its arguments, and takes no field that it does not know", async () => {
    const { call } = await TestMcp.open(makeClient())
    const { data, isError } = await call("create_task", {
      team_id: 7,
      title: "",
      dri_id: nobody,
      colour: "red",
      idempotency_key: 7
    })
    assert.isTrue(isError)
    assert.strictEqual(data.code, "InvalidInput")
    assert.sameMembers(
      data.problems.map(({ path }: { path: string }) => path),
      ["team_id", "title", "dri_id", "colour", "idempotency_key"]
    )
    assert.strictEqual((await call("ping", { loud: true })).data.code, "InvalidInput")
    const query = await call("get_task", { task_id: 1, idempotency_key: "once" })
    assert.strictEqual(query.data.problems[0].path, "idempotency_key")
  })

  it("refuses arguments that are too large, too many or too deep", async () => {
    const { call } = await TestMcp.open(makeClient())
    const large = await call("create_org", { name: "x".repeat(1024 * 1024), slug: "x" })
    assert.deepInclude(large.data, { code: "InvalidInput" })
    assert.include(large.data.detail, "at most 1048576 bytes")
    const input = { team_id: nobody, title: "x", depends_on: Array(100_000).fill("x") }
    assert.lengthOf((await call("create_task", input)).data.problems, 100)
    const name = JSON.parse("[".repeat(2000) + "]".repeat(2000))
    assert.deepInclude((await call("create_org", { name, slug: "x" })).data, {
      code: "InvalidInput",
      detail: "name: Expected string"
    })
    assert.lengthOf((await call("list_orgs")).data.items, 0)
  })

  it("gives the first answer to a command that is repeated with its key", async () => {
    const { call } = await TestMcp.open(makeClient())
    const create = (name: string) =>
      call("create_org", { name, slug: "acme", idempotency_key: "once" })
    const first = await create("Acme")
    assert.deepStrictEqual(await create("Acme"), first)
    assert.strictEqual((await create("Other")).data.code, "IdempotencyKeyReused")
    assert.lengthOf((await call("list_orgs")).data.items, 1)
  })

  it("lists page by page", async () => {
    const { call } = await TestMcp.open(makeClient())
    for (const slug of ["a", "b", "c"]) await call("create_org", { name: slug, slug })
    const { data: first } = await call("list_orgs", { limit: 2 })
    const { data: second } = await call("list_orgs", { limit: 2, cursor: first.next_cursor })
    const slugs = [...first.items, ...second.items].map(({ slug }: { slug: string }) => slug)
    assert.deepStrictEqual(slugs, ["a", "b", "c"])
    assert.isNull(second.next_cursor)
  })

  it("does not know a tool that is not listed", async () => {
    const { call, tools } = await TestMcp.open(makeClient(), { role: "engineer" })
    assert.lengthOf(tools, 8)
    for (const name of ["create_org", "nope"]) {
      const error = await call(name).then(() => "answered", String)
      assert.include(error, `Unknown tool: ${name}`)
    }
  })

  it("interrupts a call that the client cancels", async () => {
    const started = new AbortController()
    const aborted = Promise.withResolvers<void>()
    const backend = {
      call: async (_name: string, _input: object, { signal }: { signal: AbortSignal }) => {
        started.abort()
        await once(signal, "abort")
        aborted.resolve()
        throw new Error("too late")
      },
      through: () => assert.fail("nobody is asked"),
      close: async () => undefined
    }
    const { call } = await TestMcp.open(makeClient(), { backend })
    const controller = new AbortController()
    const cancelled = call("ping", {}, controller).then(() => "answered", String)
    await once(started.signal, "abort")
    controller.abort("enough")
    await aborted.promise
    assert.notStrictEqual(await cancelled, "answered")
  })
})
