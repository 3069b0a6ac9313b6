import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Layer, Scope } from "effect"
import type { Foreman } from "@foreman/core"
import * as HttpServer from "../src/HttpServer.ts"
import { foreman, foremanWith, start } from "./TestServer.ts"

const fails = (options: HttpServer.Options) =>
  HttpServer.serve(options).pipe(Effect.provide(foreman), Effect.scoped, Effect.flip)

describe("the server", () => {
  it("listens on this machine only, at a port of its own choice for port 0", async () => {
    const server = await start()
    assert.match(server.url, /^http:\/\/127\.0\.0\.1:\d+$/)
    assert.isAbove(server.port, 0)
    assert.strictEqual((await server.request("GET", "/health")).body.status, "healthy")
    await server.close()
  })

  it.effect("tells where it listens through its layer", () =>
    HttpServer.HttpServer.use(({ host, port, url }) =>
      Effect.sync(() => assert.strictEqual(url, `http://${host}:${port}`))
    ).pipe(Effect.provide(HttpServer.layer({ address: { port: 0 } }).pipe(Layer.provide(foreman))))
  )

  it.live("says in a sentence why it cannot listen", () =>
    Effect.gen(function* () {
      const { port } = yield* HttpServer.serve({ address: { port: 0 } })
      const cases = [
        [{ port }, "port_taken", "another program listens there"],
        [{ port: 65_536 }, "port_invalid", "a port is a whole number"],
        [{ port: Number.NaN }, "port_invalid", "a port is a whole number"],
        [{ port: 0, host: "203.0.113.1" }, "host_unknown", "this machine does not have"]
      ] as const
      for (const [address, reason, words] of cases) {
        const error = yield* fails({ address })
        assert.deepInclude(error, { _tag: "ListenError", reason })
        assert.include(error.message, words)
      }
    }).pipe(Effect.provide(foreman))
  )

  it.live("refuses an allowed host that is none, before it listens", () =>
    Effect.gen(function* () {
      const error = yield* fails({
        address: { port: 0 },
        allowedHosts: ["https://foreman.example"]
      })
      assert.deepInclude(error, { _tag: "AllowedHostInvalid", entry: "https://foreman.example" })
    })
  )

  it("can be asked under an allowed host", async () => {
    const server = await start({ allowedHosts: ["foreman.example"] })
    const ask = (host: string) => server.request("GET", "/health", undefined, { host })
    assert.strictEqual((await ask("foreman.example")).status, 200)
    assert.strictEqual((await ask("evil.test")).status, 403)
    await server.close()
  })

  it("lets a request end that is under way, and cuts off one that does not", async () => {
    const server = await start(
      { limits: { shutdownMillis: 100 } },
      foremanWith({ invoke: () => Effect.never })
    )
    const hanging = server.request("GET", "/api/v1/orgs").then(
      ({ status }) => status,
      () => "cut off"
    )
    const socket = await server.socket()
    await server.close()
    assert.include([503, "cut off"], await hanging)
    socket.destroy()
  })

  it("lets nobody in after it has ended", async () => {
    const server = await start()
    await server.close()
    const refused = await server.request("GET", "/health").catch(({ code }) => code)
    assert.strictEqual(refused, "ECONNREFUSED")
  })

  it("frees its port for the next one", async () => {
    const scope = Scope.makeUnsafe()
    const first = await start()
    await first.close()
    const second = HttpServer.serve({ address: { port: first.port } })
    await Effect.runPromise(second.pipe(Effect.provide(foreman), Scope.provide(scope)))
    await Effect.runPromise(Scope.close(scope, Exit.void))
  })

  it("needs a Foreman and nothing else", () => {
    const layer: Layer.Layer<
      HttpServer.HttpServer,
      HttpServer.ListenError | HttpServer.AllowedHostInvalid,
      Foreman
    > = HttpServer.layer()
    assert.isTrue(Layer.isLayer(layer))
  })
})
