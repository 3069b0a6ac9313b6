import { assert, describe, it } from "@effect/vitest"
import { ArtifactStoreMemory, DriverMemory, Foreman } from "@foreman/core"
import { HttpServer } from "@foreman/http"
import { Client } from "@modelcontextprotocol/client"
import { Effect, Exit, Layer, Logger, Scope } from "effect"
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { onTestFinished } from "vitest"
import * as Bridge from "../../src/internal/Bridge.ts"
import { contract } from "../contract.ts"
import * as TestMcp from "../TestMcp.ts"
import { folder } from "../TestProgram.ts"
import { walk } from "../walk.ts"

const operatorToken = "fmn_op_the_token_of_the_operator"

/** A server on a free port, until the test is over or it is stopped. */
const serve = async (port = 0) => {
  const foreman = Foreman.layer({ mode: "token", operatorToken }).pipe(
    Layer.provide([DriverMemory.layer, ArtifactStoreMemory.layer])
  )
  const scope = Scope.makeUnsafe()
  const stop = () => Effect.runPromise(Scope.close(scope, Exit.void))
  onTestFinished(stop)
  const { url } = await HttpServer.serve({ address: { port } }).pipe(
    Effect.provide(Layer.merge(foreman, Logger.layer([]))),
    Scope.provide(scope),
    Effect.runPromise
  )
  return { url, stop }
}

const open = async (options: Partial<Bridge.Options> & { readonly url: string }) => {
  const backend = await Bridge.open({
    token: undefined,
    tokenPath: join(folder(), "token"),
    logLevel: "None",
    ...options
  })
  return TestMcp.open(new Client(TestMcp.identity), { backend })
}

describe("tools that pass their calls on to a server", () => {
  it("answer like those on a store, each of the 23", async () => {
    const { call } = await open({ ...(await serve()), token: operatorToken })
    assert.sameMembers(await walk(call), Object.keys(contract))
  })

  it("refuse like those on a store, also what the server would pass over", async () => {
    const { call } = await open({ ...(await serve()), token: operatorToken })
    const missing = await call("get_task", { task_id: 7 })
    assert.deepInclude(missing.data, { code: "TaskNotFound", detail: "Task not found" })
    const unknown = await call("create_org", { name: "Acme", slug: "acme", colour: "red" })
    assert.deepInclude(unknown.data, { code: "InvalidInput" })
    assert.lengthOf((await call("list_orgs")).data.items, 0)
    const create = (name: string) =>
      call("create_org", { name, slug: "acme", idempotency_key: "once" })
    assert.deepStrictEqual(await create("Acme"), await create("Acme"))
    assert.strictEqual((await create("Other")).data.code, "IdempotencyKeyReused")
  })

  it("use the token of the server on this machine where they have no other", async () => {
    const [{ url }, tokenPath] = [await serve(), join(folder(), "token")]
    const { call } = await open({ url, tokenPath })
    const refused = await call("list_orgs")
    assert.deepInclude(refused.data, { code: "NotAuthenticated", url, status: 401 })
    writeFileSync(tokenPath, `${operatorToken}\n`)
    assert.isFalse((await call("list_orgs")).isError)
  })

  it("say where they asked and why no answer came, and find a server that comes up", async () => {
    const { stop, url } = await serve()
    await stop()
    const { call } = await open({ url, token: operatorToken })
    const { data } = await call("list_orgs")
    assert.deepInclude(data, { code: "ServerUnreachable", url, retryable: true })
    assert.include(data.detail, url)
    assert.include(data.detail, "ECONNREFUSED")
    await serve(Number(new URL(url).port))
    assert.isFalse((await call("list_orgs")).isError)
  })
})
