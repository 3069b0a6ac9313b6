/**
 * The short way of requests that only read: from Node's server to the operation and back.
 *
 * What surrounds every request costs several times what a read of the store does, so a plain GET of
 * an operation goes past the HTTP library. It passes the same guard, the same authentication and the
 * same handler; whatever is unusual about a request, down to a percent sign in its path, sends it
 * the long way, and both ways answer alike.
 *
 * @since 0.1.0
 */
import { Context, Effect, Exit, Fiber, Function, References, Scope } from "effect"
import type { IncomingMessage, ServerResponse } from "node:http"
import { Observation, type Operation, Route, Tracing } from "@foreman/core"
import { at, type Reply } from "./Dialect.ts"
import * as Exchange from "./Exchange.ts"
import * as Guard from "./Guard.ts"
import * as Middleware from "./Middleware.ts"
import * as Rest from "./Rest.ts"

// models ----------------------------------------------------------------------

/**
 * What the short way needs to know.
 *
 * @category configuration
 * @since 0.1.0
 */
export interface Options extends Rest.Options, Pick<Middleware.Options, "allowList" | "isEnding"> {
  /** See `Middleware.requestIds`. */
  readonly requestIdOf: Middleware.Options["requestIdOf"]
}

/**
 * Answers a request, or says that it will not: false.
 *
 * @category models
 * @since 0.1.0
 */
export type ShortWay = (request: IncomingMessage, response: ServerResponse) => boolean

// services --------------------------------------------------------------------

/**
 * Opens the short way. What is under way when its scope closes is interrupted. While somebody traces
 * or debugs, every request goes the long way, which tells more.
 *
 * @category services
 * @since 0.1.0
 */
export const make: (options: Options) => Effect.Effect<ShortWay, never, Scope.Scope> =
  Effect.fnUntraced(function* (options: Options) {
    const context = yield* Effect.context<never>()
    const scope = yield* Scope.fork(yield* Effect.scope, "parallel")
    const isWatched = yield* Effect.withFiber((fiber) =>
      Effect.succeed(Tracing.isTracing(fiber) || Observation.isDebugging(fiber))
    )
    const bound = (fiber: Fiber.Fiber<Reply>, path: string) => {
      const timed = Rest.inTime(fiber, options, at(path))
      const waiting = Effect.onInterrupt(timed, () => Fiber.interrupt(fiber))
      return Effect.runForkWith(context)(waiting)
    }
    const find = isWatched ? () => undefined : finder(options)
    return (request: IncomingMessage, response: ServerResponse) => {
      const found = isPlain(request, options) ? find(pathOf(request)) : undefined
      if (found === undefined) return false
      const began = performance.now()
      const asked = read(found, request, options)
      const settle = (exit: Exit.Exit<Reply>) => {
        const status = Exit.isSuccess(exit) ? exit.value.status : Exchange.hungUp
        if (Exit.isSuccess(exit)) write(response, exit.value, asked.id)
        else response.destroy()
        Exchange.count("GET", found.path, status, performance.now() - began, context)
      }
      const annotated = Context.add(context, References.CurrentLogAnnotations, {
        request_id: asked.id
      })
      const fiber = Effect.runForkWith(annotated)(asked.answer)
      const exit = fiber.pollUnsafe()
      if (exit !== undefined) settle(exit)
      else follow(Fiber.runIn(bound(fiber, found.path), scope), response, settle)
      return true
    }
  })

// internal --------------------------------------------------------------------

/** An operation that is found at paths of so many segments. */
interface Found {
  readonly path: string
  readonly route: Route.Route
  readonly segments: ReadonlyArray<string>
  readonly call: (request: Rest.Request) => Effect.Effect<Reply>
}

type Headers = Rest.Headers

/** As: of all headers, only `Set-Cookie` is ever a list, and no request has a use for it. */
const headersOf = ({ headers }: IncomingMessage) => headers as Headers

const pathOf = ({ url = "" }: IncomingMessage): string => {
  const end = url.indexOf("?")
  return end === -1 ? url : url.slice(0, end)
}

/** A GET from the origin itself, without a body and without anything that the guard minds. */
const isPlain = (request: IncomingMessage, { allowList, isEnding }: Options): boolean => {
  const headers = headersOf(request)
  return (
    request.method === "GET" &&
    headers["content-length"] === undefined &&
    headers["transfer-encoding"] === undefined &&
    headers["upgrade"] === undefined &&
    !isEnding() &&
    Guard.check({ method: "GET", headers }, allowList) === undefined
  )
}

const unusual = /[%;#\\]/

/** Literal segments go before parameters, as in the router of the long way. */
const finder = (options: Options): ((path: string) => Found | undefined) => {
  const byLength = new Map<number, Array<Found>>()
  for (const operation of Object.values<Operation.Any>(options.catalogue)) {
    if (operation.kind !== "query" || operation.http.method !== "GET") continue
    const route = Route.of(operation)
    const call = Rest.caller(operation, route, options, Function.identity)
    const segments = route.path.split("/")
    const found = { path: route.path, route, segments, call }
    byLength.set(segments.length, [...(byLength.get(segments.length) ?? []), found])
  }
  for (const founds of byLength.values()) {
    founds.sort((a, b) => specificity(b) - specificity(a))
  }
  return (path) => {
    if (unusual.test(path)) return undefined
    const segments = path.split("/")
    return byLength.get(segments.length)?.find((found) => matches(found, segments))
  }
}

/** Orders templates of one length: the first segment in which they differ decides. */
const specificity = ({ segments }: Found): number =>
  segments.reduce((sum, segment) => sum * 2 + (segment.startsWith(":") ? 0 : 1), 0)

const matches = ({ segments }: Found, given: ReadonlyArray<string>): boolean =>
  segments.every((segment, index) => {
    const one = given[index] ?? ""
    return segment.startsWith(":") ? one !== "" && one.length <= 200 : segment === one
  })

const read = (found: Found, request: IncomingMessage, options: Options) => {
  const { requestIdOf } = options
  const headers = headersOf(request)
  const { url = "" } = request
  const id = requestIdOf(headers["x-request-id"])
  const correlationId = Exchange.properId(headers["x-correlation-id"]) ?? id
  const input = Effect.sync(() => inputOf(found, url))
  const answer = Effect.catchCause(found.call({ headers, url, correlationId, input }), (cause) =>
    cause.reasons.every(({ _tag }) => _tag === "Interrupt")
      ? Effect.failCause(cause)
      : Middleware.failed(at(found.path), `GET ${found.path}`, id, cause)
  )
  return { answer, id }
}

const inputOf = ({ route, segments }: Found, url: string) => {
  const end = url.indexOf("?")
  const given = (end === -1 ? url : url.slice(0, end)).split("/")
  const path: Record<string, string | undefined> = {}
  for (const [index, segment] of segments.entries()) {
    if (segment.startsWith(":")) path[segment.slice(1)] = given[index]
  }
  return Route.join(route, { path, query: end === -1 ? {} : queryOf(url.slice(end)), body: {} })
}

/** A parameter that comes several times is a list. */
const queryOf = (search: string): Readonly<Record<string, string | ReadonlyArray<string>>> => {
  const query = new Map<string, string | ReadonlyArray<string>>()
  for (const [name, value] of new URLSearchParams(search)) {
    const before = query.get(name)
    query.set(name, before === undefined ? value : [before, value].flat())
  }
  return Object.fromEntries(query)
}

/** Waits for an answer that is not there at once; a caller who hangs up ends it. */
const follow = (
  fiber: Fiber.Fiber<Reply>,
  response: ServerResponse,
  settle: (exit: Exit.Exit<Reply>) => void
): void => {
  const hangUp = () => fiber.interruptUnsafe()
  response.once("close", hangUp)
  fiber.addObserver((exit) => {
    response.off("close", hangUp)
    settle(exit)
  })
}

const always = Object.entries(Middleware.securityHeaders).flat()

const write = (response: ServerResponse, { body, headers, status }: Reply, id: string): void => {
  if (response.destroyed) return
  const text = JSON.stringify(body)
  const length = Buffer.byteLength(text)
  const head = [
    "content-type",
    "application/json",
    "content-length",
    `${length}`,
    "x-request-id",
    id
  ]
  response.writeHead(status, [...head, ...always, ...Object.entries(headers).flat()])
  // Whoever waits is woken by the first answer; those of the same turn, written together, then cost
  // half as much. A turn that has one request only waits for nothing.
  // What is ASCII needs no encoding, and leaves in one piece with its head.
  const encoding = length === text.length ? "latin1" : "utf8"
  setImmediate(() => response.end(text, encoding))
}
