/**
 * REST, derived from the catalogue: one route per operation, nothing written by hand.
 *
 * The transport splits requests, sets statuses and puts refusals into the dialect's envelope. What
 * an input means and who may ask is decided behind `invoke`.
 *
 * @since 0.1.0
 */
import { Effect, Fiber } from "effect"
import { HttpRouter, HttpServerRequest, HttpServerResponse } from "effect/http"
import {
  Actor,
  Authorization,
  type Foreman,
  type Operation,
  type Refusal,
  Route
} from "@foreman/core"
import { authenticate } from "./Authentication.ts"
import { type Asked, type Dialect, invalid, refusal, respond } from "./Dialect.ts"
import { CurrentExchange } from "./Exchange.ts"
import * as JsonBody from "./JsonBody.ts"
import type { Limits } from "./Limits.ts"

// models ----------------------------------------------------------------------

/**
 * What REST stands on.
 *
 * @category configuration
 * @since 0.1.0
 */
export interface Options {
  readonly catalogue: Operation.Catalogue
  readonly foreman: Pick<Foreman["Service"], "access" | "invoke">
  readonly dialect: Dialect
  readonly limits: Limits
}

// services --------------------------------------------------------------------

/**
 * A route for every operation.
 *
 * @category operations
 * @since 0.1.0
 */
export const routes = (options: Options): ReadonlyArray<HttpRouter.Route> =>
  Object.values(options.catalogue).map((operation) =>
    HttpRouter.route(operation.http.method, operation.http.path, answer(operation, options))
  )

/**
 * Says whether an operation is answered to callers that show no token.
 *
 * @category rules
 * @since 0.1.0
 */
export const isPublic = ({ permission }: Operation.Any): boolean => permission === "health:read"

// internal --------------------------------------------------------------------

type Request = HttpServerRequest.HttpServerRequest

const answer = (operation: Operation.Any, options: Options) => {
  const { dialect, foreman, limits } = options
  const route = Route.of(operation)
  const call = Effect.fnUntraced(function* (request: Request) {
    const actor = isPublic(operation)
      ? Actor.system
      : yield* authenticate(foreman.access, request.headers)
    const idempotencyKey = yield* readIdempotencyKey(request)
    const { correlationId } = yield* CurrentExchange
    const input = yield* readInput(route, request, options)
    return yield* foreman.invoke(operation.name, input, { correlationId, idempotencyKey }).pipe(
      Effect.provideService(Authorization.CurrentActor, actor),
      within(limits.handlerMillis),
      Effect.match({
        onFailure: (refused) => respond(dialect, refused, { fields: route.fields, input }),
        onSuccess: (output) => succeed(operation, output, request.url)
      })
    )
  })
  return (request: Request) =>
    Effect.catch(call(request), (refused) => Effect.succeed(respond(dialect, refused, noInput)))
}

/** Bounds an answer's time; one that is there at once pays for no timer. */
const within =
  (millis: number) =>
  <A, E, R>(answering: Effect.Effect<A, E | Refusal.Refusal, R>) =>
    Effect.flatMap(Effect.forkChild(answering, { startImmediately: true }), (fiber) => {
      const exit = fiber.pollUnsafe()
      if (exit !== undefined) return exit
      const late = () => Effect.andThen(Fiber.interrupt(fiber), Effect.fail(handlerTimeout))
      return Effect.timeoutOrElse(Fiber.join(fiber), { duration: millis, orElse: late })
    })

const readInput = Effect.fnUntraced(function* (
  route: Route.Route,
  request: Request,
  { dialect, limits }: Options
) {
  const path = yield* HttpRouter.params
  const query = yield* HttpServerRequest.ParsedSearchParams
  const body = Route.hasBody(route.method) ? yield* JsonBody.read(request, limits, dialect) : {}
  return Route.join(route, { path, query, body })
})

const readIdempotencyKey = ({
  headers
}: Request): Effect.Effect<string | undefined, Refusal.Refusal> => {
  const key = headers[idempotencyKeyHeader]
  return key === undefined || /^[\x21-\x7e]{1,255}$/.test(key)
    ? Effect.succeed(key)
    : Effect.fail(invalid(idempotencyKeyHeader, "Expected 1 to 255 visible ASCII characters"))
}

const idempotencyKeyHeader = "idempotency-key"

const noInput: Asked = { fields: [{ name: idempotencyKeyHeader, place: "header" }], input: {} }

const succeed = (operation: Operation.Any, output: unknown, url: string) => {
  const status = operation.http.status ?? 200
  if (!operation.isList) return HttpServerResponse.jsonUnsafe(output, { status })
  const { items, next_cursor: cursor } = isPage(output) ? output : noPage
  const response = HttpServerResponse.jsonUnsafe(items, { status })
  return cursor === null
    ? response
    : HttpServerResponse.setHeader(response, "link", nextLink(url, cursor))
}

interface Page {
  readonly items: ReadonlyArray<unknown>
  readonly next_cursor: string | null
}

const noPage: Page = { items: [], next_cursor: null }

const isPage = (output: unknown): output is Page =>
  typeof output === "object" && output !== null && "items" in output && "next_cursor" in output

const nextLink = (url: string, cursor: string): string => {
  const next = new URL(`http://localhost${url}`)
  next.searchParams.set("cursor", cursor)
  // The cursor stands behind everything that the offset has passed over.
  next.searchParams.delete("offset")
  return `<${next.pathname}${next.search}>; rel="next"`
}

const handlerTimeout = refusal(
  503,
  "HandlerTimeout",
  "No answer came in time; with an Idempotency-Key the request can be repeated safely",
  { retryable: true }
)
