import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as Middleware from "../src/Middleware.ts"
import { foremanWith, start, type TestServer, token } from "./TestServer.ts"

let server: TestServer

beforeAll(async () => {
  server = await start()
})

afterAll(() => server.close())

const anonymous = { authorization: "" }

describe("who asks", () => {
  it("shows a token as a bearer or as an API key", async () => {
    const status = async (headers: Record<string, string>) =>
      (await server.request("GET", "/api/v1/orgs", undefined, { ...anonymous, ...headers })).status
    assert.strictEqual(await status({ authorization: `Bearer ${token}` }), 200)
    assert.strictEqual(await status({ authorization: `bearer ${token}` }), 200)
    assert.strictEqual(await status({ "x-api-key": token }), 200)
    for (const authorization of ["", "Bearer", "Bearer wrong", `Basic ${token}`, token]) {
      assert.strictEqual(await status({ authorization }), 401, authorization)
    }
    assert.strictEqual(await status({ "x-api-key": "wrong" }), 401)
  })

  it("learns how to do so", async () => {
    const { body, headers, status } = await server.request("POST", "/api/v1/orgs", {}, anonymous)
    assert.strictEqual(status, 401)
    assert.deepStrictEqual(body, { detail: "Authentication required", code: "NotAuthenticated" })
    assert.strictEqual(headers["www-authenticate"], "Bearer")
  })

  it("needs no token for health, pages and the document, whatever it shows", async () => {
    for (const path of ["/health", "/", "/docs", "/openapi.json", "/page/board.js"]) {
      for (const authorization of ["", "Bearer wrong"]) {
        const { status } = await server.request("GET", path, undefined, { authorization })
        assert.strictEqual(status, 200, path)
      }
    }
  })
})

describe("what no route answers", () => {
  it("is 404 with or without a token", async () => {
    const paths = [
      "/nope",
      "/api/v1",
      "/api/v1/nope",
      "/API/v1/orgs",
      "/%zz",
      `/${"x".repeat(5000)}`
    ]
    for (const path of paths) {
      const { body, status } = await server.request("GET", path, undefined, anonymous)
      assert.deepStrictEqual([status, body], [404, { detail: "Not Found", code: "NotFound" }], path)
    }
  })

  it("is 404 for a path that is almost one of ours, whatever the method", async () => {
    const paths = [
      "/api/v1/tasks/1;x",
      "/api/v1/tasks/1;x=1/events",
      "/api/v1/orgs;",
      "/health;jsessionid=1",
      "/api/v1/tasks/%zz",
      "/api/v1/tasks/%ff",
      "/api/v1/tasks/1%"
    ]
    for (const path of paths) {
      for (const method of ["GET", "POST", "DELETE", "OPTIONS", "HEAD"]) {
        const { headers, status } = await server.request(method, path)
        assert.strictEqual(status, 404, `${method} ${path}`)
        assert.notProperty(headers, "allow")
      }
    }
    const long = await server.request("GET", `/api/v1/tasks/${"1".repeat(5000)}`)
    assert.deepStrictEqual([long.status, long.body.code], [404, "NotFound"])
    // Where no path ends, everything may stand.
    assert.strictEqual((await server.request("GET", "/health?a;b#c")).status, 200)
  })

  it("is 405 where the path takes other methods, and says which", async () => {
    const { body, headers, status } = await server.request("DELETE", "/api/v1/orgs")
    assert.deepStrictEqual([status, body.code], [405, "MethodNotAllowed"])
    assert.strictEqual(headers["allow"], "POST, GET, HEAD, OPTIONS")
    const other = await server.request("GET", "/api/v1/tasks/1/status")
    assert.deepStrictEqual([other.status, other.headers["allow"]], [405, "POST, OPTIONS"])
  })

  it("tells the methods to who asks for them, and lets no other origin in", async () => {
    const { headers, status, text } = await server.request("OPTIONS", "/api/v1/tasks/1")
    assert.deepStrictEqual([status, text], [204, ""])
    assert.strictEqual(headers["allow"], "GET, PATCH, HEAD, OPTIONS")
    assert.notProperty(headers, "access-control-allow-origin")
    assert.strictEqual((await server.request("OPTIONS", "/nope")).status, 404)
  })

  it("answers HEAD like GET, without the body", async () => {
    const [head, get] = await Promise.all(
      ["HEAD", "GET"].map((method) => server.request(method, "/health"))
    )
    assert.strictEqual(head?.text, "")
    assert.strictEqual(head?.headers["content-length"], get?.headers["content-length"])
  })
})

describe("the guard on every route", () => {
  const paths = ["/health", "/", "/nope", "/api/v1/orgs", "/api/v1/events", "/openapi.json"]

  it("refuses a rebound name, although it comes from this machine", async () => {
    for (const path of paths) {
      const { body, status } = await server.request("GET", path, undefined, { host: "evil.test" })
      assert.deepStrictEqual([status, body.code], [403, "HostNotAllowed"], path)
    }
    const absolute = await server.raw(
      "GET http://evil.test/health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    )
    assert.match(absolute, /^HTTP\/1\.1 403 /)
    assert.match(await server.raw("GET /health HTTP/1.0\r\n\r\n"), /^HTTP\/1\.1 403 /)
  })

  it("refuses another origin", async () => {
    for (const path of paths) {
      const { body, status } = await server.request("GET", path, undefined, {
        origin: "http://evil.test"
      })
      assert.deepStrictEqual([status, body.code], [403, "OriginNotAllowed"], path)
    }
  })

  it("answers a request to upgrade like any other: with a proper refusal", async () => {
    const upgrade = (path: string, headers: string) =>
      server.raw(
        `GET ${path} HTTP/1.1\r\n${headers}Connection: Upgrade\r\nUpgrade: websocket\r\n` +
          "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
      )
    for (const path of ["/ws/team", "/nope", "/health", "/api/v1/events"]) {
      assert.match(
        await upgrade(path, "Host: localhost\r\n"),
        /^HTTP\/1\.1 404 [^]*WebSocketNotOffered/
      )
      assert.match(await upgrade(path, "Host: evil.test\r\n"), /^HTTP\/1\.1 403 [^]*HostNotAllowed/)
      assert.match(
        await upgrade(path, "Host: localhost\r\nOrigin: http://evil.test\r\n"),
        /^HTTP\/1\.1 403 [^]*OriginNotAllowed/
      )
    }
  })

  it("lets a client that would rather speak HTTP/2 speak HTTP/1.1", async () => {
    const answer = await server.raw(
      "GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade, HTTP2-Settings, close\r\n" +
        "Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA\r\n\r\n"
    )
    assert.match(answer, /^HTTP\/1\.1 200 /)
  })
})

describe("every answer", () => {
  it("keeps browsers from doing more with it than showing it", async () => {
    for (const [method, path] of [
      ["GET", "/health"],
      ["GET", "/nope"],
      ["POST", "/api/v1/orgs"]
    ]) {
      const { headers } = await server.request(method ?? "", path ?? "", undefined, anonymous)
      assert.deepInclude(headers, Middleware.securityHeaders)
    }
    const { headers } = await server.request("GET", "/", undefined, { host: "evil.test" })
    assert.deepInclude(headers, Middleware.securityHeaders)
  })

  it("carries the id of its request: the caller's if it is a proper one", async () => {
    const idOf = async (id: string) =>
      (await server.request("GET", "/health", undefined, { "x-request-id": id })).headers[
        "x-request-id"
      ]
    assert.strictEqual(await idOf("my-id.1:2_3"), "my-id.1:2_3")
    for (const id of ["", "a b", "x".repeat(129), "<script>", `fmn_opr_${"x".repeat(36)}`]) {
      assert.match(String(await idOf(id)), /^[0-9a-f-]{36}-\d+$/)
    }
  })

  it("tells nothing about a failure of Foreman itself but its id", async () => {
    const invoke = () => Effect.die(new Error("the secret of the store"))
    const broken = await start({}, foremanWith({ invoke }))
    const { body, headers, status, text } = await broken.request("GET", "/api/v1/orgs")
    await broken.close()
    assert.strictEqual(status, 500)
    assert.deepStrictEqual(body, {
      detail: "Foreman failed; its log says why",
      code: "InternalError",
      request_id: headers["x-request-id"]
    })
    assert.notInclude(text, "secret")
  })
})
