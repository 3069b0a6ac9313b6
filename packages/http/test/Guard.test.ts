import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import * as Guard from "../src/Guard.ts"

const list = (allowed: ReadonlyArray<string> = [], bound = "127.0.0.1"): Guard.AllowList =>
  Result.getOrThrow(Guard.allowList(bound, allowed))

interface Wish {
  readonly allowed?: ReadonlyArray<string>
  readonly bound?: string
  readonly method?: string
}

const codeOf = (
  headers: Readonly<Record<string, string>>,
  { allowed = [], bound = "127.0.0.1", method = "GET" }: Wish = {}
) => Guard.check({ method, headers }, list(allowed, bound))?.code

describe("the guard", () => {
  it("lets in who asks for this machine by a name of its own, at any port", () => {
    for (const host of ["localhost", "LOCALHOST:8080", "127.0.0.1:1", "[::1]:8080", "[::1]"]) {
      assert.isUndefined(codeOf({ host }), host)
    }
  })

  it("refuses every other name, and what is no name", () => {
    const strangers = [
      "evil.test",
      "evil.test:8080",
      "localhost.evil.test",
      "127.0.0.1.evil.test",
      "127.0.0.2",
      "0.0.0.0",
      "user@localhost",
      "localhost:80:80",
      "localhost:99999",
      "local host",
      ""
    ]
    for (const host of strangers) assert.strictEqual(codeOf({ host }), "HostNotAllowed", host)
    assert.strictEqual(codeOf({}), "HostNotAllowed")
  })

  it("lets in who asks for an allowed host, at its port where the entry has one", () => {
    const allowed = ["foreman.example", "other.example:8443"]
    assert.isUndefined(codeOf({ host: "foreman.example:9" }, { allowed }))
    assert.isUndefined(codeOf({ host: "other.example:8443" }, { allowed }))
    assert.strictEqual(codeOf({ host: "other.example" }, { allowed }), "HostNotAllowed")
    assert.strictEqual(codeOf({ host: "x.foreman.example" }, { allowed }), "HostNotAllowed")
  })

  it("lets in who asks for the address it is bound to, but no name for every address", () => {
    assert.isUndefined(codeOf({ host: "192.168.1.5:8080" }, { bound: "192.168.1.5" }))
    assert.isUndefined(codeOf({ host: "[fe80::1]:8080" }, { bound: "fe80::1" }))
    assert.strictEqual(codeOf({ host: "192.168.1.5" }, { bound: "0.0.0.0" }), "HostNotAllowed")
    assert.strictEqual(codeOf({ host: "0.0.0.0:8080" }, { bound: "0.0.0.0" }), "HostNotAllowed")
  })

  it("lets pages call from the very address they were loaded from", () => {
    const host = "127.0.0.1:8080"
    assert.isUndefined(codeOf({ host, origin: "http://127.0.0.1:8080" }))
    assert.isUndefined(codeOf({ host: "localhost", origin: "http://localhost:80" }))
    assert.isUndefined(
      codeOf(
        { host: "foreman.example", origin: "https://foreman.example" },
        { allowed: ["foreman.example"] }
      )
    )
  })

  it("refuses pages of any other origin, also of this machine's other ports", () => {
    const origins = [
      "http://evil.test",
      "http://localhost:8080",
      "http://127.0.0.1:3000",
      "http://127.0.0.1",
      "https://127.0.0.1",
      "null",
      "file://",
      "http://127.0.0.1:8080@evil.test",
      "http://127.0.0.1:8080.evil.test",
      ""
    ]
    for (const origin of origins) {
      assert.strictEqual(codeOf({ host: "127.0.0.1:8080", origin }), "OriginNotAllowed", origin)
    }
  })

  it("lets pages of an allowed host call, also where a proxy asks under another name", () => {
    const headers = { host: "localhost:8080", origin: "https://foreman.example" }
    assert.isUndefined(codeOf(headers, { allowed: ["foreman.example"] }))
    assert.isUndefined(codeOf(headers, { allowed: ["foreman.example:443"] }))
    assert.strictEqual(codeOf(headers, { allowed: ["foreman.example:1"] }), "OriginNotAllowed")
  })

  it("refuses what another site sends to change something, even without an origin", () => {
    const headers = { host: "localhost", "sec-fetch-site": "cross-site" }
    assert.strictEqual(codeOf(headers, { method: "POST" }), "OriginNotAllowed")
    assert.isUndefined(codeOf(headers, { method: "GET" }))
    const own = { ...headers, "sec-fetch-site": "same-origin" }
    assert.isUndefined(codeOf(own, { method: "POST" }))
  })

  it("refuses an entry that is no host", () => {
    for (const entry of ["https://foreman.example", "a b", "foreman.example/", "*.example", ""]) {
      assert.deepStrictEqual(Guard.allowList("127.0.0.1", [entry]), Result.fail(entry))
    }
  })

  it("knows a WebSocket from other upgrades", () => {
    assert.isTrue(Guard.wantsWebSocket("websocket"))
    assert.isTrue(Guard.wantsWebSocket("h2c, WebSocket"))
    assert.isFalse(Guard.wantsWebSocket("h2c"))
    assert.isFalse(Guard.wantsWebSocket(undefined))
  })

  it("knows addresses that only this machine reaches", () => {
    for (const host of ["localhost", "127.0.0.1", "127.8.8.8", "::1", "[::1]"]) {
      assert.isTrue(Guard.isLoopback(host), host)
    }
    for (const host of ["0.0.0.0", "::", "192.168.1.5", "127.evil.test"]) {
      assert.isFalse(Guard.isLoopback(host), host)
    }
  })
})
