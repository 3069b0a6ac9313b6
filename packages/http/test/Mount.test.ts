import { assert, describe, it } from "@effect/vitest"
import { Refusal } from "@foreman/core"
import type * as Mount from "../src/Mount.ts"
import { start, token } from "./TestServer.ts"

/** Something that says what it was handed, and when it was ended. */
const echo = (seen: Array<string> = []): Mount.Mount => ({
  path: "/echo",
  methods: ["GET", "POST"],
  answer: async ({ actor, body, headers, response, token: shown }) => {
    seen.push(body)
    response.writeHead(200, { ...headers, "content-type": "application/json" })
    response.end(JSON.stringify({ actor: actor.type, body, shown }))
  },
  close: async () => void seen.push("closed")
})

describe("what is mounted on the server", () => {
  it("is handed who calls and what they sent, and carries the headers of every answer", async () => {
    const seen: Array<string> = []
    const { close, request } = await start({ mounts: [echo(seen)] })
    const { body, headers } = await request("POST", "/echo", '{"a": 1}')
    assert.deepStrictEqual(body, { actor: "operator", body: '{"a": 1}', shown: token })
    assert.strictEqual(headers["x-content-type-options"], "nosniff")
    assert.isString(headers["x-request-id"])
    assert.strictEqual((await request("GET", "/echo")).body.body, "")
    await close()
    assert.deepStrictEqual(seen, ['{"a": 1}', "", "closed"])
  })

  it("stands behind the same door as everything else", async () => {
    const seen: Array<string> = []
    const { close, request } = await start({ mounts: [echo(seen)], limits: { bodyBytes: 100 } })
    const ask = (body: unknown, headers: Readonly<Record<string, string>>) =>
      request("POST", "/echo", body, headers)
    const refused = [
      [await ask("{}", { authorization: "" }), 401, "NotAuthenticated"],
      [await ask("{}", { host: "evil.test" }), 403, "HostNotAllowed"],
      [await ask("{}", { origin: "http://evil.test" }), 403, "OriginNotAllowed"],
      [await ask("x".repeat(101), {}), 413, "BodyTooLarge"],
      [await ask("[".repeat(99), {}), 422, "BodyTooDeep"],
      [await ask("{}", { "content-type": "text/plain" }), 415, "UnsupportedMediaType"],
      [await request("DELETE", "/echo"), 405, "MethodNotAllowed"]
    ] as const
    for (const [{ body, status }, expected, code] of refused) {
      assert.deepStrictEqual([status, body.code], [expected, code])
    }
    await close()
    assert.deepStrictEqual(seen, ["closed"])
  })

  it("fails without taking anything else with it, and says nothing of why", async () => {
    const broken = { ...echo(), answer: () => Promise.reject(new Error("secret")) }
    const { close, request } = await start({ mounts: [broken] })
    const { status, text } = await request("POST", "/echo", "{}")
    assert.strictEqual(status, 500)
    assert.include(text, Refusal.internalError.code)
    assert.notInclude(text, "secret")
    assert.strictEqual((await request("GET", "/health")).status, 200)
    await close()
  })
})
