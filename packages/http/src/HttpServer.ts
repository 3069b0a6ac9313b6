/**
 * The server: REST, the feed of events and the pages, on one address.
 *
 * It is the one place of this package that listens. It needs a `Foreman` and nothing else. Unless it
 * is told otherwise, only this machine reaches it.
 *
 * @since 0.1.0
 */
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import { Context, Data, Deferred, Effect, Layer, Result, type Scope } from "effect"
import { HttpMiddleware, HttpRouter } from "effect/http"
import type { Server } from "node:http"
import { catalogue, Foreman } from "@foreman/core"
import * as ArtifactContent from "./ArtifactContent.ts"
import { platform } from "./Dialect.ts"
import * as Exchange from "./Exchange.ts"
import * as Feed from "./Feed.ts"
import * as Guard from "./Guard.ts"
import { defaults, type Limits } from "./Limits.ts"
import * as ManagerRoutes from "./ManagerRoutes.ts"
import * as Middleware from "./Middleware.ts"
import * as Mount from "./Mount.ts"
import * as Pages from "./Pages.ts"
import * as Rest from "./Rest.ts"
import * as ShortWay from "./ShortWay.ts"

// models ----------------------------------------------------------------------

/**
 * How to serve.
 *
 * @category configuration
 * @since 0.1.0
 */
export interface Options {
  /** Where to listen: 127.0.0.1:8080 unless said, and any free port for port 0. */
  readonly address?: {
    readonly host?: string | undefined
    readonly port?: number | undefined
  }
  /** More names under which the server may be asked: `foreman.example` or `foreman.example:8443`. */
  readonly allowedHosts?: ReadonlyArray<string>
  /** What the page tells people who connect an agent. */
  readonly connect?: Pages.Connect
  readonly limits?: Partial<Limits>
  /** What else is served here, behind the same door: `/mcp`. */
  readonly mounts?: ReadonlyArray<Mount.Mount>
}

// errors ----------------------------------------------------------------------

/**
 * The address cannot be listened on.
 *
 * @category errors
 * @since 0.1.0
 */
export class ListenError extends Data.TaggedError("ListenError")<{
  readonly host: string
  readonly port: number
  readonly reason: "port_invalid" | "port_taken" | "not_permitted" | "host_unknown" | "other"
  readonly cause: unknown
}> {
  override get message() {
    return `Cannot listen on ${this.host}:${this.port}: ${sentences[this.reason]}`
  }
}

/**
 * An entry of the allowed hosts is no host.
 *
 * @category errors
 * @since 0.1.0
 */
export class AllowedHostInvalid extends Data.TaggedError("AllowedHostInvalid")<{
  readonly entry: string
}> {
  override get message() {
    return `'${this.entry}' is no host; write foreman.example or foreman.example:8443`
  }
}

// services --------------------------------------------------------------------

/**
 * A server that listens, and where.
 *
 * @category services
 * @since 0.1.0
 */
export class HttpServer extends Context.Service<
  HttpServer,
  {
    readonly host: string
    readonly port: number
    /** `http://127.0.0.1:8080` */
    readonly url: string
  }
>()("@foreman/http/HttpServer") {}

/**
 * Serves until its scope closes. Then nobody new is let in, those who follow the feed are told to
 * come back, and requests under way may end.
 *
 * **Example** (A server on a free port)
 *
 * ```ts
 * import { Effect, Layer } from "effect"
 * import { HttpServer } from "@foreman/http"
 *
 * const ready = HttpServer.HttpServer.use(({ url }) => Effect.log(`foreman ready ${url}`))
 * const server = Layer.effectDiscard(ready).pipe(
 *   Layer.provide(HttpServer.layer({ address: { port: 0 } }))
 * )
 * ```
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (
  options: Options = {}
): Layer.Layer<HttpServer, ListenError | AllowedHostInvalid, Foreman> =>
  Layer.effect(HttpServer, serve(options))

/**
 * The same without a layer.
 *
 * @category services
 * @since 0.1.0
 */
export const serve: (
  options?: Options
) => Effect.Effect<HttpServer["Service"], ListenError | AllowedHostInvalid, Foreman | Scope.Scope> =
  Effect.fnUntraced(function* ({
    address = {},
    allowedHosts = [],
    connect,
    limits: given,
    mounts = []
  }: Options = {}) {
    const { host = "127.0.0.1", port = 8080 } = address
    const limits = { ...defaults, ...given }
    const allowList = yield* allowListOf(host, allowedHosts)
    const foreman = yield* Foreman
    const ending = yield* Deferred.make<void>()
    const node = create(limits)
    const server = yield* listen(node, host, port, limits)
    // What still hangs on a connection after the time to end is cut off.
    yield* Effect.addFinalizer(() => Effect.sync(() => node.closeAllConnections()))
    const dialect = platform
    const routes = [
      ...Rest.routes({ catalogue, foreman, limits }),
      ...ManagerRoutes.routes({ foreman }),
      ...Pages.routes({ catalogue, foreman, dialect, connect }),
      ArtifactContent.route("/api/v1/artifacts/:artifact_id/content", { foreman, dialect }),
      Feed.route({ foreman, dialect, limits, ending: Deferred.await(ending) }),
      ...mounts.flatMap((mount) => Mount.routes(mount, { foreman, limits }))
    ].map(Exchange.named)
    const router = yield* Effect.provideService(HttpRouter.make, HttpRouter.RouterConfig, {
      caseSensitive: true,
      maxParamLength: 200
    })
    yield* router.addAll(routes)
    const isEnding = () => Deferred.isDoneUnsafe(ending)
    const app = router.asHttpEffect()
    const around = { allowList, limits, isEnding, requestIdOf: Middleware.requestIds() }
    // Opened before the library serves, so that its requests too may end before they are interrupted.
    const shortWay = yield* ShortWay.make({ ...around, catalogue, foreman })
    // The library's own spans hold paths, queries and headers; ours are made by the routes.
    yield* server
      .serve(Middleware.around(app, { ...around, routes }))
      .pipe(Effect.provideService(HttpMiddleware.TracerDisabledWhen, () => true))
    putBefore(node, shortWay)
    yield* Effect.addFinalizer(() => Deferred.succeed(ending, undefined))
    yield* Effect.addFinalizer(() =>
      Effect.promise(() => Promise.allSettled(mounts.map((mount) => mount.close())))
    )
    return boundTo(node, host, port)
  })

// internal --------------------------------------------------------------------

const sentences = {
  port_invalid: "a port is a whole number from 0 to 65535",
  port_taken: "another program listens there; stop it or choose another port",
  not_permitted: "this user may not; choose a port from 1024 on",
  host_unknown: "this machine does not have this address",
  other: "the system refuses"
} as const

const reasons: Readonly<Record<string, keyof typeof sentences>> = {
  EADDRINUSE: "port_taken",
  EACCES: "not_permitted",
  EADDRNOTAVAIL: "host_unknown",
  ENOTFOUND: "host_unknown",
  EAI_AGAIN: "host_unknown"
}

const allowListOf = (host: string, allowedHosts: ReadonlyArray<string>) =>
  Effect.fromResult(
    Result.mapError(
      Guard.allowList(host, allowedHosts),
      (entry) => new AllowedHostInvalid({ entry })
    )
  )

const create = (limits: Limits): Server => {
  // Unlike an import, this does not load Node's WebSocket client too.
  const { createServer } = process.getBuiltinModule("node:http")
  const server = createServer({
    maxHeaderSize: limits.headerBytes,
    headersTimeout: limits.headersMillis,
    // The body has its own, shorter time and a proper answer; this one is for all that remains.
    requestTimeout: limits.headersMillis + limits.bodyMillis,
    keepAliveTimeout: limits.idleMillis,
    connectionsCheckingInterval: Math.min(1000, limits.headersMillis),
    requireHostHeader: false,
    shouldUpgradeCallback: ({ headers }) => Guard.wantsWebSocket(headers.upgrade)
  })
  server.setTimeout(limits.idleMillis)
  return server
}

const listen = Effect.fnUntraced(function* (
  node: Server,
  host: string,
  port: number,
  { shutdownMillis: gracefulShutdownTimeout }: Limits
) {
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    const cause = new RangeError(`Port ${port}`)
    return yield* new ListenError({ host, port, reason: "port_invalid", cause })
  }
  return yield* NodeHttpServer.make(() => node, { host, port, gracefulShutdownTimeout }).pipe(
    Effect.mapError(({ cause }) => {
      const reason = reasons[codeOf(cause)] ?? "other"
      return new ListenError({ host, port, reason, cause })
    })
  )
})

/** The library listens to requests by itself; here it gets those that have no short way. */
const putBefore = (node: Server, shortWay: ShortWay.ShortWay): void => {
  const longWay = node.listeners("request")
  node.removeAllListeners("request")
  node.on("request", (request, response) => {
    if (shortWay(request, response)) return
    for (const listener of longWay) Reflect.apply(listener, node, [request, response])
  })
}

const codeOf = (cause: unknown): string =>
  typeof cause === "object" && cause !== null && "code" in cause ? String(cause.code) : ""

const boundTo = (node: Server, host: string, wanted: number): HttpServer["Service"] => {
  const address = node.address()
  const port = typeof address === "object" && address !== null ? address.port : wanted
  const name = host.includes(":") && !host.startsWith("[") ? `[${host}]` : host
  return { host, port, url: `http://${name}:${port}` }
}
