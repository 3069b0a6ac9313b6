import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { foremanWith, start, type TestServer, token } from "./TestServer.ts"

let server: TestServer

beforeAll(async () => {
  server = await start()
})

afterAll(() => server.close())

const head = (...headers: ReadonlyArray<string>) =>
  [
    "POST /api/v1/orgs HTTP/1.1",
    "Host: localhost",
    `Authorization: Bearer ${token}`,
    "Content-Type: application/json",
    ...headers,
    "",
    ""
  ].join("\r\n")

const post = (body: unknown, headers: Readonly<Record<string, string>> = {}) =>
  server.request("POST", "/api/v1/orgs", body, headers)

const mebibyte = 1_048_576

describe("a body", () => {
  it("may be as long as the limit, and no byte longer", async () => {
    const sized = (bytes: number) => {
      const body = JSON.stringify({ name: "Long", slug: "long", note: "" })
      return body.replace('""', `"${"x".repeat(bytes - body.length)}"`)
    }
    assert.strictEqual((await post(sized(mebibyte))).status, 201)
    const { body, status } = await post(sized(mebibyte + 1))
    assert.deepStrictEqual([status, body.code, body.limit], [413, "BodyTooLarge", mebibyte])
  })

  it("is refused by the length it announces, before it is sent", async () => {
    const answer = await server.raw(head("Content-Length: 200000000"))
    assert.match(answer, /^HTTP\/1\.1 413 [^]*connection: close[^]*BodyTooLarge/i)
  })

  it("is counted where it announces no length", async () => {
    const chunk = `10000\r\n${"x".repeat(0x1_0000)}\r\n`
    const answer = await server.raw(head("Transfer-Encoding: chunked") + chunk.repeat(18))
    assert.match(answer, /^HTTP\/1\.1 413 [^]*BodyTooLarge/)
  })

  it("is cut off when it does not arrive in time", async () => {
    const hasty = await start({ limits: { bodyMillis: 100 } })
    const answer = await hasty.raw(head("Content-Length: 10", "Connection: close"))
    await hasty.close()
    assert.match(answer, /^HTTP\/1\.1 408 [^]*BodyTimeout/)
  })

  it("is not nested deeper and has no longer arrays than the limits", async () => {
    const codeOf = async (name: unknown) => (await post({ name, slug: "x" })).body.code
    const nested = (levels: number) => JSON.parse("[".repeat(levels) + "]".repeat(levels))
    assert.strictEqual(await codeOf(nested(64)), "BodyTooDeep")
    assert.strictEqual(await codeOf(nested(63)), "InvalidInput")
    assert.strictEqual(await codeOf(Array.from({ length: 10_001 }, () => 0)), "ArrayTooLong")
    assert.strictEqual(await codeOf(Array.from({ length: 10_000 }, () => 0)), "InvalidInput")
    assert.strictEqual((await post("[".repeat(1_000_000))).body.code, "BodyTooDeep")
  })

  it("is a JSON object", async () => {
    for (const body of [
      "{",
      "[1]",
      "null",
      '"text"',
      "1",
      "{}x",
      Buffer.from([0x7b, 0xff, 0x7d])
    ]) {
      const answer = await post(body)
      assert.deepStrictEqual([answer.status, answer.body.code], [422, "MalformedBody"])
      assert.deepStrictEqual(answer.body.detail[0].loc, ["body"])
    }
    assert.strictEqual((await post("")).body.code, "InvalidInput")
  })

  it("says that it is JSON", async () => {
    const body = JSON.stringify({ name: "Typed", slug: "typed" })
    const status = async (type: string) => (await post(body, { "content-type": type })).status
    for (const type of [
      "text/plain",
      "",
      "application/x-www-form-urlencoded",
      "application/jsonx"
    ]) {
      assert.strictEqual(await status(type), 415, type)
    }
    assert.strictEqual(await status("Application/JSON; charset=utf-8"), 201)
  })
})

describe("headers", () => {
  it("are no longer than the limit", async () => {
    const answer = await server.raw(head(`X-Long: ${"x".repeat(17_000)}`))
    assert.match(answer, /^HTTP\/1\.1 431 /)
  })

  it("are cut off when they do not arrive in time", async () => {
    const hasty = await start({ limits: { headersMillis: 100, bodyMillis: 100 } })
    const answer = await hasty.raw("GET /health HTTP/1.1\r\nHost: localhost\r\n")
    await hasty.close()
    assert.match(answer, /^HTTP\/1\.1 408 /)
  })
})

describe("time", () => {
  it("is up for an operation that does not answer", async () => {
    const slow = await start(
      { limits: { handlerMillis: 50 } },
      foremanWith({ invoke: () => Effect.never })
    )
    const { body, headers, status } = await slow.request("GET", "/api/v1/orgs")
    await slow.close()
    assert.deepStrictEqual([status, body.code, body.retryable], [503, "HandlerTimeout", true])
    assert.strictEqual(headers["retry-after"], "1")
  })

  it("is up for a connection that lies idle", async () => {
    const brief = await start({ limits: { idleMillis: 100 } })
    const answer = await brief.raw("GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n")
    await brief.close()
    assert.match(answer, /^HTTP\/1\.1 200 /)
  })
})
