/**
 * What surrounds every request: the guard in front, the headers that browsers heed behind, and in
 * between an answer to whatever no route answers.
 *
 * @since 0.1.0
 */
import { ByteSize, Cause, Context, Effect, Option, References, type Scope } from "effect"
import { SecureRandom } from "effect/crypto"
import {
  HttpIncomingMessage,
  type HttpRouter,
  HttpServerError,
  HttpServerRequest,
  HttpServerResponse
} from "effect/http"
import { Observation, Refusal } from "@foreman/core"
import { at, type Dialect, refusal, type Reply, reply, respond, toResponse } from "./Dialect.ts"
import * as Exchange from "./Exchange.ts"
import * as Guard from "./Guard.ts"
import type { Limits } from "./Limits.ts"

// models ----------------------------------------------------------------------

/**
 * What the surroundings of a request need to know.
 *
 * @category configuration
 * @since 0.1.0
 */
export interface Options {
  readonly allowList: Guard.AllowList
  readonly limits: Limits
  /** To tell a path that does not exist from a method that a path does not take. */
  readonly routes: ReadonlyArray<HttpRouter.Route>
  /** Says whether the server is ending, so that connections are not kept. */
  readonly isEnding: () => boolean
  /** See `requestIds`. */
  readonly requestIdOf: (given: string | undefined) => string
}

/**
 * What answers a request, or fails because no route does.
 *
 * @category models
 * @since 0.1.0
 */
export type App = Effect.Effect<
  HttpServerResponse.HttpServerResponse,
  unknown,
  HttpServerRequest.HttpServerRequest | Scope.Scope
>

// rules -----------------------------------------------------------------------

/**
 * The headers that keep browsers from doing more with an answer than showing it. An answer that
 * sets one of them by itself keeps its own.
 *
 * @category rules
 * @since 0.1.0
 */
export const securityHeaders = {
  "cache-control": "no-store",
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff"
} as const

/**
 * The methods that a path takes; none if there is no such path.
 *
 * @category rules
 * @since 0.1.0
 */
export const methodsOf = (
  routes: ReadonlyArray<Pick<HttpRouter.Route, "method" | "path">>
): ((path: string) => ReadonlyArray<string>) => {
  const patterns = routes.map(({ method, path }) => ({
    method,
    pattern: new RegExp(`^${path.replace(/[.]/g, "\\.").replace(/:\w+/g, "[^/]+")}/?$`)
  }))
  return (path) => {
    const methods = patterns.filter(({ pattern }) => pattern.test(path)).map(({ method }) => method)
    if (methods.length === 0) return []
    return [...new Set([...methods, ...(methods.includes("GET") ? ["HEAD"] : []), "OPTIONS"])]
  }
}

// services --------------------------------------------------------------------

/**
 * The id of the present request: the caller's `X-Request-ID` if it is a proper one, else a new one.
 *
 * @category services
 * @since 0.1.0
 */
export const RequestId = Context.Reference<string>("@foreman/http/RequestId", {
  defaultValue: () => "none"
})

/**
 * Surrounds what answers requests.
 *
 * @category operations
 * @since 0.1.0
 */
export const around = (
  app: App,
  options: Options
): Effect.Effect<
  HttpServerResponse.HttpServerResponse,
  never,
  HttpServerRequest.HttpServerRequest | Scope.Scope
> => {
  const { allowList, isEnding, limits, requestIdOf } = options
  const bodySize = ByteSize.fromInputUnsafe(limits.bodyBytes)
  const fallback = fallbackOf(options)
  return Effect.flatMap(HttpServerRequest.HttpServerRequest, (request) => {
    const refused =
      Guard.check(request, allowList) ?? refuseWebSocket(request) ?? refusePath(request)
    const id = requestIdOf(request.headers["x-request-id"])
    const answer =
      refused === undefined ? app : Effect.succeed(respond(at(pathOf(request)), refused))
    const correlationId = Exchange.properId(request.headers["x-correlation-id"]) ?? id
    const exchange = { route: Exchange.unrouted, correlationId }
    const answered = answer.pipe(
      Effect.catchCause((cause) => fallback(request, cause)),
      Effect.map((response) => withHeaders(response, id, isEnding()))
    )
    return Effect.updateContext(
      Exchange.observed(request, exchange, answered),
      (context: Context.Context<HttpServerRequest.HttpServerRequest | Scope.Scope>) =>
        context.pipe(
          Context.add(References.CurrentLogAnnotations, { request_id: id }),
          Context.add(RequestId, id),
          Context.add(Exchange.CurrentExchange, exchange),
          Context.add(HttpIncomingMessage.MaxBodySize, bodySize)
        )
    )
  })
}

/**
 * Gives ids to the requests of one start of a server: the caller's own, if it is a proper one. The
 * others are counted, so they are as unique as a random one each, and much cheaper.
 *
 * @category operations
 * @since 0.1.0
 */
export const requestIds = (): ((given: string | undefined) => string) => {
  const start = SecureRandom.uuidV7Unsafe()
  let count = 0
  return (given) => Exchange.properId(given) ?? `${start}-${++count}`
}

/**
 * What is told to the caller of a request that failed, and to the log if it does not say so yet.
 *
 * @category operations
 * @since 0.1.0
 */
export const failed = (
  dialect: Dialect,
  name: string,
  id: string,
  cause: Cause.Cause<unknown>
): Effect.Effect<Reply> =>
  Effect.as(
    isReported(cause) ? Effect.void : Effect.logError(`${name} failed`, cause),
    reply(dialect, { ...Refusal.internalError, facts: { request_id: id } })
  )

// internal --------------------------------------------------------------------

type Request = HttpServerRequest.HttpServerRequest

const fallbackOf = ({ routes }: Options) => {
  const methods = methodsOf(routes)
  return (
    request: Request,
    cause: Cause.Cause<unknown>
  ): Effect.Effect<HttpServerResponse.HttpServerResponse> => {
    const dialect = at(pathOf(request))
    if (isRouteNotFound(cause)) return Effect.succeed(unrouted(request, methods, dialect))
    // As: what only interrupts holds no failure of any type.
    if (Cause.hasInterruptsOnly(cause)) return Effect.failCause(cause as Cause.Cause<never>)
    return Effect.flatMap(Effect.all([RequestId, Exchange.CurrentExchange]), ([id, { route }]) =>
      Effect.map(failed(dialect, `${request.method} ${route}`, id, cause), toResponse)
    )
  }
}

/** The operation that it came from has logged it, with more of its ids. */
const isReported = ({ reasons }: Cause.Cause<unknown>): boolean =>
  reasons.some((reason) => Cause.isDieReason(reason) && Observation.isReported(reason.defect))

const isRouteNotFound = (cause: Cause.Cause<unknown>): boolean =>
  Option.exists(
    Cause.findErrorOption(cause),
    (error) => HttpServerError.isHttpServerError(error) && error.reason._tag === "RouteNotFound"
  )

const unrouted = (
  request: Request,
  methods: (path: string) => ReadonlyArray<string>,
  dialect: Dialect
) => {
  const allow = methods(pathOf(request))
  // A path that takes the method and still has no route holds a part that no route takes.
  if (allow.length === 0 || isTaken(allow, request.method)) return respond(dialect, notFound)
  const response =
    request.method === "OPTIONS"
      ? HttpServerResponse.empty()
      : respond(dialect, methodNotAllowed(request.method))
  return HttpServerResponse.setHeader(response, "allow", allow.join(", "))
}

const isTaken = (allow: ReadonlyArray<string>, method: string) =>
  method !== "OPTIONS" && allow.includes(method)

const withHeaders = (
  response: HttpServerResponse.HttpServerResponse,
  id: string,
  isEnding: boolean
) =>
  HttpServerResponse.setHeaders(response, {
    ...securityHeaders,
    "x-request-id": id,
    ...(isEnding ? { connection: "close" } : {}),
    ...response.headers
  })

const refuseWebSocket = ({ headers }: Request) =>
  Guard.wantsWebSocket(headers["upgrade"]) ? webSocketNotOffered : undefined

/**
 * A path that cannot be read is no path of ours. The router reads none of what stands behind a
 * semicolon, which no path here has.
 */
const refusePath = (request: Request) => {
  const path = pathOf(request)
  return /[;#]/.test(path) || !isDecodable(path) ? notFound : undefined
}

const isDecodable = (path: string): boolean => {
  if (!path.includes("%")) return true
  try {
    return decodeURIComponent(path) !== ""
  } catch {
    return false
  }
}

const pathOf = ({ url }: Request): string => url.split("?", 1)[0] ?? url

const notFound = refusal(404, "NotFound", "Not Found")

const methodNotAllowed = (method: string) =>
  refusal(405, "MethodNotAllowed", `This path does not take ${method}`)

const webSocketNotOffered = refusal(
  404,
  "WebSocketNotOffered",
  "There is no WebSocket here; follow GET /api/v1/events"
)
