/**
 * What is seen of every request: how often, how long, with which status, and for whom.
 *
 * A request is known by the template of its route. Its path, its query and its headers stand in no
 * line of the log, no measure and no span.
 *
 * @since 0.1.0
 */
import { Context, Effect, Exit, Option } from "effect"
import {
  HttpRouter,
  HttpServerRequest,
  type HttpServerResponse,
  HttpTraceContext
} from "effect/http"
import { Measure, Observation, Secret, Tracing } from "@foreman/core"

// models ----------------------------------------------------------------------

/**
 * A request under way.
 *
 * @category models
 * @since 0.1.0
 */
export interface Exchange {
  /** The template of the route that answers, once one does. */
  route: string
  /** What the events of its commands are found by. */
  readonly correlationId: string
}

// services --------------------------------------------------------------------

/**
 * The present request.
 *
 * @category services
 * @since 0.1.0
 */
export const CurrentExchange = Context.Reference<Exchange>("@foreman/http/CurrentExchange", {
  defaultValue: () => ({ route: unrouted, correlationId: "none" })
})

/**
 * The template in the place of one for what no route has answered.
 *
 * @category models
 * @since 0.1.0
 */
export const unrouted = "none"

/**
 * An id that a caller gave, if it is short, harmless and no secret: it will stand in logs, headers and
 * events.
 *
 * @category rules
 * @since 0.1.0
 */
export const properId = (given: string | undefined): string | undefined =>
  given !== undefined && /^[\w.:-]{1,128}$/.test(given) && Secret.mask(given) === given
    ? given
    : undefined

/**
 * Makes a route tell the present request which one it is, and be a span that continues the caller's
 * where somebody traces.
 *
 * @category operations
 * @since 0.1.0
 */
export const named = <E, R>({
  handler,
  method,
  path
}: HttpRouter.Route<E, R>): HttpRouter.Route<E, R> => {
  const name = `${method} ${path}`
  const answer = Effect.withFiber<HttpServerResponse.HttpServerResponse, E, R>((fiber) => {
    fiber.getRef(CurrentExchange).route = path
    if (!Tracing.isTracing(fiber)) return handler
    const request = Context.getUnsafe(fiber.context, HttpServerRequest.HttpServerRequest)
    return Tracing.traced(name, handler, () => factsOf(request, path))
  })
  // As: a route that needs what this one needs, which the type of a new route takes apart again.
  return HttpRouter.route(method, path, answer) as HttpRouter.Route<E, R>
}

/**
 * Counts a request and times it, and writes its line of the log.
 *
 * @category operations
 * @since 0.1.0
 */
export const observed = <E, R>(
  { method }: HttpServerRequest.HttpServerRequest,
  exchange: Exchange,
  answer: Effect.Effect<HttpServerResponse.HttpServerResponse, E, R>
): Effect.Effect<HttpServerResponse.HttpServerResponse, E, R> =>
  Effect.withFiber((fiber) => {
    const began = performance.now()
    return Effect.onExitPrimitive(answer, (exit) => {
      const { route } = exchange
      const status = Exit.isSuccess(exit) ? exit.value.status : hungUp
      count(method, route, status, performance.now() - began, fiber.context)
      return Observation.isDebugging(fiber)
        ? Effect.logDebug(`${method} ${route} ${status}`)
        : undefined
    })
  })

/**
 * The status in the books of an answer that nobody waited for.
 *
 * @category models
 * @since 0.1.0
 */
export const hungUp = 499

/**
 * Counts an answer and its time.
 *
 * @category operations
 * @since 0.1.0
 */
export const count = (
  method: string,
  route: string,
  status: number,
  millis: number,
  context: Context.Context<never>
): void => {
  Measure.httpRequests(method, route, String(status)).updateUnsafe(1, context)
  Measure.httpSeconds(route).updateUnsafe(millis / 1000, context)
}

// internal --------------------------------------------------------------------

const factsOf = (
  { headers, method }: HttpServerRequest.HttpServerRequest,
  path: string
): Tracing.SpanFacts => ({
  kind: "server",
  parent: Option.getOrUndefined(HttpTraceContext.fromHeaders(headers)),
  attributes: { "http.request.method": method, "http.route": path },
  ended: (span, exit) => {
    const status = Exit.isSuccess(exit) ? statusOf(exit.value) : undefined
    if (status === undefined) return undefined
    span.attribute("http.response.status_code", status)
    return status < 400 ? "ok" : Measure.outcomeOf(status)
  }
})

const statusOf = (answer: unknown): number | undefined =>
  typeof answer === "object" &&
  answer !== null &&
  "status" in answer &&
  typeof answer.status === "number"
    ? answer.status
    : undefined
