/**
 * REST, derived from the catalogue: one route per operation, nothing written by hand.
 *
 * The transport splits requests, sets statuses and puts refusals into their dialect's envelope. What
 * an input means and who may ask is decided behind `invoke`.
 *
 * @since 0.1.0
 */
import { Effect, Fiber, Result } from "effect"
import { HttpRouter, HttpServerRequest } from "effect/http"
import {
  Actor,
  Authorization,
  type Foreman,
  type Operation,
  type Refusal,
  Route
} from "@foreman/core"
import { authenticate } from "./Authentication.ts"
import {
  type Asked,
  at,
  type Dialect,
  invalid,
  refusal,
  type Reply,
  reply,
  toResponse
} from "./Dialect.ts"
import * as DryRunWish from "./DryRunWish.ts"
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
  readonly limits: Limits
}

/**
 * The headers of a request, with names in lower case.
 *
 * @category models
 * @since 0.1.0
 */
export type Headers = Readonly<Record<string, string | undefined>>

/**
 * A request for one operation. Its input is read only when its sender is known.
 *
 * @category models
 * @since 0.1.0
 */
export interface Request<R = never> {
  readonly headers: Headers
  /** From the first slash on. */
  readonly url: string
  readonly correlationId: string
  readonly input: Effect.Effect<Readonly<Record<string, unknown>>, Refusal.Refusal, R>
}

// services --------------------------------------------------------------------

/**
 * A route for every operation.
 *
 * @category operations
 * @since 0.1.0
 */
export const routes = (options: Options): ReadonlyArray<HttpRouter.Route> =>
  Object.values(options.catalogue).map((operation) => {
    const route = Route.of(operation)
    const dialect = at(route.path)
    const call = caller(operation, route, options, (answering) =>
      Effect.flatMap(Effect.forkChild(answering, { startImmediately: true }), (fiber) =>
        inTime(fiber, options, dialect)
      )
    )
    const answer = Effect.fnUntraced(function* (request: HttpServerRequest.HttpServerRequest) {
      const { headers, url } = request
      const { correlationId } = yield* CurrentExchange
      const input = readInput(route, request, options)
      return toResponse(yield* call({ headers, url, correlationId, input }))
    })
    return HttpRouter.route(operation.http.method, operation.http.path, answer)
  })

/**
 * Answers requests for one operation, whatever has brought them here. Only a defect fails.
 *
 * @category operations
 * @since 0.1.0
 */
export const caller = (
  operation: Operation.Any,
  route: Route.Route,
  { foreman }: Options,
  bounded: (reply: Effect.Effect<Reply>) => Effect.Effect<Reply>
) => {
  const dialect = at(route.path)
  const outside = (refused: Refusal.Refusal) => reply(dialect, refused, outsideInput)
  const isCommand = operation.kind === "command"
  return <R>({ correlationId, headers, input: reading, url }: Request<R>) => {
    const idempotencyKey = headers[idempotencyKeyHeader]
    const wish = isCommand ? DryRunWish.read(headers, url) : Result.succeed(false)
    const dryRun = Result.isSuccess(wish) && wish.success
    const invoke = (actor: Actor.Actor, input: Readonly<Record<string, unknown>>) =>
      foreman.invoke(operation.name, input, { correlationId, dryRun, idempotencyKey }).pipe(
        Effect.provideService(Authorization.CurrentActor, actor),
        Effect.match({
          onFailure: (refused) => reply(dialect, refused, { fields: route.fields, input }),
          onSuccess: (output) => (dryRun ? rehearsed(output) : succeed(operation, output, url))
        }),
        bounded
      )
    const admit = (actor: Actor.Actor): Effect.Effect<Reply, Refusal.Refusal, R> => {
      if (Result.isFailure(wish)) return Effect.fail(wish.failure)
      if (!isKey(idempotencyKey)) return Effect.fail(keyInvalid)
      return Effect.flatMap(reading, (input) => invoke(actor, input))
    }
    const actor = isPublic(operation) ? nobody : authenticate(foreman.access, headers)
    return Effect.catch(Effect.flatMap(actor, admit), (refused) => Effect.succeed(outside(refused)))
  }
}

/**
 * Waits for an answer as long as the limits allow, then ends what makes it. One that is there at
 * once pays for no timer.
 *
 * @category operations
 * @since 0.1.0
 */
export const inTime = (
  fiber: Fiber.Fiber<Reply>,
  { limits }: Pick<Options, "limits">,
  dialect: Dialect
): Effect.Effect<Reply> =>
  fiber.pollUnsafe() ??
  Effect.timeoutOrElse(Fiber.join(fiber), {
    duration: limits.handlerMillis,
    orElse: () => Effect.as(Fiber.interrupt(fiber), reply(dialect, handlerTimeout))
  })

/**
 * Says whether an operation is answered to callers that show no token.
 *
 * @category rules
 * @since 0.1.0
 */
export const isPublic = ({ permission }: Operation.Any): boolean => permission === "health:read"

// internal --------------------------------------------------------------------

const readInput = Effect.fnUntraced(function* (
  route: Route.Route,
  request: HttpServerRequest.HttpServerRequest,
  { limits }: Options
) {
  const path = yield* HttpRouter.params
  const query = yield* HttpServerRequest.ParsedSearchParams
  const body = Route.hasBody(route.method)
    ? yield* JsonBody.read(request, limits, at(route.path))
    : {}
  return Route.join(route, { path, query, body })
})

const idempotencyKeyHeader = "idempotency-key"

const isKey = (key: string | undefined): boolean =>
  key === undefined || /^[\x21-\x7e]{1,255}$/.test(key)

const keyInvalid = invalid(idempotencyKeyHeader, "Expected 1 to 255 visible ASCII characters")

const outsideInput: Asked = {
  fields: [
    { name: idempotencyKeyHeader, place: "header" },
    { name: DryRunWish.header, place: "header" },
    { name: DryRunWish.parameter, place: "query" }
  ],
  input: {}
}

const nobody = Effect.succeed(Actor.system)

/** Nothing was made, whatever the status of the command itself is. */
const rehearsed = (output: unknown): Reply => ({
  status: 200,
  headers: { [DryRunWish.header]: "true" },
  body: output
})

const succeed = (operation: Operation.Any, output: unknown, url: string): Reply => {
  const status = operation.http.status ?? 200
  if (!operation.isList) return { status, headers: {}, body: output }
  const { items, next_cursor: cursor } = isPage(output) ? output : noPage
  const headers = cursor === null ? {} : { link: nextLink(url, cursor) }
  return { status, headers, body: items }
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
