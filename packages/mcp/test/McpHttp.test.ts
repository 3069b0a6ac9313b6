import { assert, describe, it } from "@effect/vitest"
import type { Refusal } from "@foreman/core"
import { Client } from "@modelcontextprotocol/client"
import { Effect } from "effect"
import { request as send } from "node:http"
import { contract } from "./contract.ts"
import * as TestHttp from "./TestHttp.ts"
import { caller, identity } from "./TestMcp.ts"
import { walk } from "./walk.ts"

const { initialize, modern, start } = TestHttp

describe.each(TestHttp.clients)("MCP over HTTP, seen by %s", (_, revision, makeClient) => {
  it("answers each tool, with what REST answers", async () => {
    const { connect, get } = await start()
    const client = makeClient()
    await connect(client)
    if (client instanceof Client) {
      assert.strictEqual(client.getNegotiatedProtocolVersion(), revision)
    }
    const call = caller(client)
    assert.includeMembers(Object.keys(contract), await walk(call))
    const { data: task } = await call("get_task", { task_id: 1 })
    assert.deepStrictEqual(task, await get("/api/v1/tasks/1"))
    const { data: orgs } = await call("list_orgs")
    assert.deepStrictEqual(orgs.items, await get("/api/v1/orgs"))
    const refused = await call("get_task", { task_id: 4711 })
    assert.deepStrictEqual(refused.data, await get("/api/v1/tasks/4711"))
  })

  it("gives a run the tools of its role and no others", async () => {
    const { connect } = await start()
    const client = makeClient()
    await connect(client, TestHttp.runToken)
    const names = (await client.listTools()).tools.map(({ name }) => name)
    assert.include(names, "get_task")
    assert.notInclude(names, "create_org")
    const call = caller(client)
    assert.include(await call("create_org").then(() => "answered", String), "Unknown tool")
    const { data } = await call("change_task_status", { task_id: 2, status: "in_review" })
    assert.strictEqual(data.code, "NotYourTask")
  })

  it("interrupts what a client asked for that has gone, and answers the next", async () => {
    const { promise: isRunning, resolve: running } = Promise.withResolvers<void>()
    const { promise: isOver, resolve: over } = Promise.withResolvers<void>()
    const { connect } = await start({}, (name) =>
      name === "get_task"
        ? Effect.andThen(Effect.sync(running), Effect.never).pipe(
            Effect.onInterrupt(() => Effect.sync(over))
          )
        : undefined
    )
    const client = makeClient()
    await connect(client)
    const lost = client.callTool({ name: "get_task", arguments: { task_id: 1 } })
    lost.catch(() => undefined)
    await isRunning
    await client.close()
    await isOver
    const next = makeClient()
    await connect(next)
    assert.isFalse((await caller(next)("ping")).isError)
  })

  it("ends its streams and calls when the server ends", async () => {
    const { promise: isRunning, resolve: running } = Promise.withResolvers<void>()
    const never = Effect.andThen(Effect.sync(running), Effect.never)
    const { close, connect } = await start(
      {},
      (name) => (name === "get_task" ? never : undefined),
      // Who waits for them waits for this long.
      { shutdownMillis: 25_000 }
    )
    const client = makeClient()
    await connect(client)
    const lost = client.callTool({ name: "get_task", arguments: { task_id: 1 } })
    lost.catch(() => undefined)
    await isRunning
    const begin = performance.now()
    await close()
    assert.isBelow(performance.now() - begin, 10_000)
  })
})

describe("MCP over HTTP", () => {
  it("does a write that a client did not wait for at most once", async () => {
    const { promise: isRunning, resolve: running } = Promise.withResolvers<void>()
    const { connect, url } = await start({}, (name) => {
      if (name === "create_org") running()
      return undefined
    })
    const input = { name: "Acme", slug: "acme", idempotency_key: "once" }
    const { headers, message } = modern("tools/call", { name: "create_org", arguments: input })
    const outgoing = send(`${url}/mcp`, {
      method: "POST",
      headers: {
        ...headers,
        authorization: `Bearer ${TestHttp.token}`,
        "content-type": "application/json",
        accept: "application/json, text/event-stream"
      }
    }).on("error", () => undefined)
    outgoing.end(JSON.stringify(message))
    await isRunning
    outgoing.destroy()
    const client = new Client(identity)
    await connect(client)
    const call = caller(client)
    assert.isFalse((await call("create_org", input)).isError)
    assert.lengthOf((await call("list_orgs")).data.items, 1)
  })

  it("lets nobody in who shows no token, or a bad one", async () => {
    const { post } = await start()
    for (const authorization of ["", "Bearer fmn_opr_wrong"]) {
      for (const [message, headers] of [
        [initialize(), {}],
        [modern("tools/list").message, modern("tools/list").headers]
      ] as const) {
        const response = await post(message, { ...headers, authorization })
        assert.strictEqual(response.status, 401)
        assert.strictEqual(response.headers.get("www-authenticate"), "Bearer")
        assert.deepInclude(await response.json(), { code: "NotAuthenticated" })
      }
    }
  })

  it("lets no page of another site in, and answers under no other name", async () => {
    const { post, url } = await start()
    const origin = await post(initialize(), { origin: "http://evil.test" })
    assert.deepInclude(await origin.json(), { code: "OriginNotAllowed" })
    const status = await new Promise((resolve, reject) => {
      send(`${url}/mcp`, { method: "POST", headers: { host: "evil.test" } })
        .on("response", ({ statusCode }) => resolve(statusCode))
        .on("error", reject)
        .end()
    })
    assert.strictEqual(status, 403)
  })

  it("gives a session to the token that opened it alone, until it ends", async () => {
    const { post, url } = await start()
    const opened = await post(initialize())
    const session = { "mcp-session-id": opened.headers.get("mcp-session-id") ?? "" }
    assert.match(session["mcp-session-id"], /^[0-9a-f-]{36}$/)
    const list = { jsonrpc: "2.0", id: 2, method: "tools/list" }
    assert.strictEqual((await post(list, session)).status, 200)
    for (const shown of [TestHttp.otherToken, TestHttp.runToken]) {
      const stranger = await post(list, { ...session, authorization: `Bearer ${shown}` })
      assert.strictEqual(stranger.status, 404)
      assert.deepNestedInclude(await stranger.json(), { "error.data.code": "SessionNotFound" })
    }
    const authorization = `Bearer ${TestHttp.token}`
    const ended = await fetch(`${url}/mcp`, {
      method: "DELETE",
      headers: { ...session, authorization }
    })
    assert.strictEqual(ended.status, 200)
    assert.strictEqual((await post(list, session)).status, 404)
  })

  it("refuses the sessions that are too many, and makes room when one is ended", async () => {
    const { post, url } = await start()
    const opened: Array<Response> = []
    for (let batch = 0; batch < 20; batch++) {
      opened.push(...(await Promise.all(Array.from({ length: 50 }, () => post(initialize())))))
    }
    const [first] = opened
    const ofRefused = async ([one]: ReadonlyArray<Response>) => (await one?.json())?.error?.data
    assert.lengthOf(
      opened.filter(({ status }) => status === 200),
      100
    )
    const refused = opened.filter(({ status }) => status === 429)
    assert.lengthOf(refused, 900)
    assert.deepInclude(await ofRefused(refused), {
      code: "TooManySessions",
      limit: 100,
      retryable: true
    })
    // Another token has its own, and who needs no session is not refused.
    const other = await post(initialize(), { authorization: `Bearer ${TestHttp.otherToken}` })
    assert.strictEqual(other.status, 200)
    const { headers, message } = modern("tools/list")
    assert.strictEqual((await post(message, headers)).status, 200)
    const session = first?.headers.get("mcp-session-id") ?? ""
    const authorization = `Bearer ${TestHttp.token}`
    await fetch(`${url}/mcp`, {
      method: "DELETE",
      headers: { "mcp-session-id": session, authorization }
    })
    assert.strictEqual((await post(initialize())).status, 200)
    assert.strictEqual((await post(initialize())).status, 429)
  })

  it("takes the place of a session that lies idle", async () => {
    const limits = { sessionsPerToken: 1, sessionGraceMillis: 0 }
    const { post } = await start({ limits })
    const first = await post(initialize())
    await first.text()
    assert.strictEqual((await post(initialize())).status, 200)
    const session = { "mcp-session-id": first.headers.get("mcp-session-id") ?? "" }
    const list = { jsonrpc: "2.0", id: 2, method: "tools/list" }
    assert.strictEqual((await post(list, session)).status, 404)
  })

  it("ends a session that lies idle for long", async () => {
    const { post } = await start({ limits: { sessionsPerToken: 1, sessionIdleMillis: 10 } })
    await (await post(initialize())).text()
    // There is room for one only, and it is not old enough to give way.
    while ((await post(initialize())).status !== 200) continue
  })

  it("refuses arguments of ten megabytes with a code", async () => {
    const { post } = await start()
    const input = { name: "x".repeat(10 * 1024 * 1024), slug: "x" }
    const { headers, message } = modern("tools/call", { name: "create_org", arguments: input })
    const response = await post(message, headers)
    assert.strictEqual(response.status, 413)
    assert.deepInclude(await response.json(), { code: "BodyTooLarge", limit: 1_048_576 })
  })

  it("says which revisions it speaks to a client of one that is not there yet", async () => {
    const { post } = await start()
    const { headers, message } = modern("tools/list", {}, "2031-01-01")
    const response = await post(message, headers)
    assert.strictEqual(response.status, 400)
    const { error } = await response.json()
    assert.strictEqual(error.code, -32_022)
    assert.deepInclude(error.data, { requested: "2031-01-01", supported: ["2026-07-28"] })
    const older = await post(initialize("2031-01-01"))
    assert.include(await older.text(), `"protocolVersion":"2025-11-25"`)
  })

  it("refuses headers that say something else than the body", async () => {
    const { post } = await start()
    const { headers, message } = modern("tools/call", { name: "ping" })
    for (const wrong of [{ "mcp-method": "tools/list" }, { "mcp-name": "create_org" }]) {
      const response = await post(message, { ...headers, ...wrong })
      assert.strictEqual(response.status, 400)
      assert.strictEqual((await response.json()).error.code, -32_020)
    }
  })

  it("refuses what is no JSON, no message and no session", async () => {
    const { post, url } = await start()
    const codeOf = async (response: Response) => [
      response.status,
      (await response.json()).error?.code
    ]
    assert.deepStrictEqual(await codeOf(await post("{")), [400, -32_700])
    assert.deepStrictEqual(
      await codeOf(await post({ jsonrpc: "2.0", id: 1, method: "tools/list" })),
      [400, -32_000]
    )
    assert.deepStrictEqual(await codeOf(await post({ id: 1 })), [400, -32_600])
    const headers = { authorization: `Bearer ${TestHttp.token}`, accept: "text/event-stream" }
    assert.strictEqual((await fetch(`${url}/mcp`, { headers })).status, 400)
    assert.strictEqual((await fetch(`${url}/mcp`, { method: "PUT", headers })).status, 405)
  })

  it("ends an operation that takes too long with a refusal", async () => {
    const never = (): Effect.Effect<never, Refusal.Refusal> => Effect.never
    const { connect } = await start({ limits: { callMillis: 20 } }, never)
    const client = new Client(identity)
    await connect(client)
    const { data } = await caller(client)("ping")
    assert.deepInclude(data, { code: "HandlerTimeout", retryable: true })
  })
})
