import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { Actor } from "@foreman/core"
import * as Pages from "../src/Pages.ts"
import { foremanWith, start, type TestServer } from "./TestServer.ts"

let server: TestServer

beforeAll(async () => {
  server = await start({ connect: { mcpPath: "/opt/foreman-mcp.js", token: "for-agents" } })
})

afterAll(() => server.close())

const get = (path: string, headers = {}) => server.request("GET", path, undefined, headers)

describe("the pages", () => {
  it("are served with a policy that lets in nothing from elsewhere and no script in text", async () => {
    for (const path of ["/", "/docs"]) {
      const { headers, status, text } = await get(path)
      assert.strictEqual(status, 200)
      assert.strictEqual(headers["content-type"], "text/html; charset=utf-8")
      assert.strictEqual(headers["content-security-policy"], Pages.contentSecurityPolicy)
      assert.notMatch(text, /<script(?![^>]* src="\/page\/)|<style|style="|\son\w+="/)
    }
    assert.match(Pages.contentSecurityPolicy, /default-src 'none'/)
    assert.match(Pages.contentSecurityPolicy, /frame-ancestors 'none'/)
    assert.notMatch(Pages.contentSecurityPolicy, /unsafe|https?:|\*/)
  })

  it("find every file that they name", async () => {
    for (const page of ["/", "/docs"]) {
      const { text } = await get(page)
      const names = [...text.matchAll(/(?:src|href)="(\/page\/[^"]+)"/g)].map(
        ([, name]) => name ?? ""
      )
      assert.isAbove(names.length, 2)
      for (const name of names) assert.strictEqual((await get(name)).status, 200, name)
    }
    const { headers, text } = await get("/page/board.js")
    assert.strictEqual(headers["content-type"], "text/javascript; charset=utf-8")
    for (const [, name] of text.matchAll(/from "\.(\/\w+\.js)"/g)) {
      assert.strictEqual((await get(`/page${name}`)).status, 200, name)
    }
  })

  it("serve no other file", async () => {
    for (const path of [
      "/page/",
      "/page/nope.js",
      "/page/../package.json",
      "/page/%2e%2e/index.ts"
    ]) {
      assert.strictEqual((await get(path)).status, 404, path)
    }
  })

  it("tell the operator, and nobody else, how to connect an agent", async () => {
    const path = "/page/connect.json"
    assert.deepStrictEqual((await get(path)).body, {
      mcp_path: "/opt/foreman-mcp.js",
      mcp_endpoint: null,
      token: "for-agents"
    })
    assert.strictEqual((await get(path, { authorization: "" })).status, 401)
    const asEngineer = { ...Actor.operator, role: "engineer" } as const
    const access = { authenticate: () => Effect.succeed(asEngineer) }
    const other = await start({}, foremanWith({ access }))
    assert.strictEqual((await other.request("GET", path)).status, 403)
    await other.close()
  })

  it("know nothing to connect to where the server was told nothing", async () => {
    const plain = await start()
    const { body } = await plain.request("GET", "/page/connect.json")
    await plain.close()
    assert.deepStrictEqual(body, { mcp_path: null, mcp_endpoint: null, token: null })
  })

  it("describe the API in a document that anybody reads", async () => {
    const { body, headers } = await get("/openapi.json", { authorization: "" })
    assert.strictEqual(headers["content-type"], "application/json")
    assert.strictEqual(body.openapi, "3.1.0")
  })
})
