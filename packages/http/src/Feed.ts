/**
 * The feed of events over HTTP: `GET /api/v1/events`, answered with server-sent events.
 *
 * Every caller has its own place in the log and reads on from there, so there is no difference
 * between catching up and following, and none between a caller that was cut off and a server that
 * was restarted.
 *
 * @since 0.1.0
 */
import * as NodeHttpServerRequest from "@effect/platform-node/NodeHttpServerRequest"
import { Data, Effect, Metric, Schedule, Stream } from "effect"
import { HttpRouter, HttpServerRequest, HttpServerResponse } from "effect/http"
import type { ServerResponse } from "node:http"
import { Authorization, type Events, type Foreman, Measure, type Refusal } from "@foreman/core"
import { authenticate } from "./Authentication.ts"
import { type Asked, type Dialect, invalid, refusal, respond } from "./Dialect.ts"
import type { Limits } from "./Limits.ts"
import { RequestId, securityHeaders } from "./Middleware.ts"
import * as Sse from "./Sse.ts"

// models ----------------------------------------------------------------------

/**
 * What the feed stands on.
 *
 * @category configuration
 * @since 0.1.0
 */
export interface Options {
  readonly foreman: Pick<Foreman["Service"], "access" | "events">
  readonly dialect: Dialect
  readonly limits: Limits
  /** Completes when the server ends: callers are told then, and come back to the next one. */
  readonly ending: Effect.Effect<void>
}

// services --------------------------------------------------------------------

/**
 * The route of the feed.
 *
 * @category operations
 * @since 0.1.0
 */
export const route = (options: Options): HttpRouter.Route => {
  const hub: Hub = { ...options, encode: Sse.encoder(), clients: 0 }
  return HttpRouter.route("GET", "/api/v1/events", (request) =>
    Effect.catch(answer(request, hub), (refused) =>
      Effect.succeed(respond(options.dialect, refused, asked))
    )
  )
}

// internal --------------------------------------------------------------------

interface Hub extends Options {
  readonly encode: Sse.Encode
  clients: number
}

type Request = HttpServerRequest.HttpServerRequest

/** The caller is gone, or no longer who it was, or does not read. */
class Gone extends Data.TaggedError("Gone") {}

const answer = Effect.fnUntraced(function* (request: Request, hub: Hub) {
  const actor = yield* authenticate(hub.foreman.access, request.headers)
  const input = yield* readInput(request)
  const asActor = Effect.provideService(Authorization.CurrentActor, actor)
  const after = yield* hub.foreman.events.begin(input).pipe(asActor, Effect.mapError(refusalOf))
  if (request.method === "HEAD") return HttpServerResponse.empty({ status: 200, headers })
  if (hub.clients >= hub.limits.feedClients) return yield* Effect.fail(tooMany)
  hub.clients += 1
  yield* Metric.modify(Measure.feedSubscribers, 1)
  const left = Effect.suspend(() => {
    hub.clients -= 1
    return Metric.modify(Measure.feedSubscribers, -1)
  })
  yield* stream(request, { ...input, after }, hub).pipe(asActor, Effect.ensuring(left))
  // Everything was written already; what is returned here is not sent.
  return HttpServerResponse.empty()
})

/** Writes until the caller leaves, the server ends or the log can no longer be read. */
const stream = Effect.fnUntraced(function* (
  request: Request,
  input: Events.FollowInput & { readonly after: string },
  { encode, ending, foreman, limits }: Hub
) {
  const id = yield* RequestId
  // As: the server speaks HTTP/1.1 only, so this is no response of HTTP/2.
  const sink = NodeHttpServerRequest.toServerResponse(request) as ServerResponse
  sink.writeHead(200, { ...securityHeaders, ...headers, "x-request-id": id })
  sink.write(Sse.opening(input.after))
  const events = foreman.events
    .follow(input)
    .pipe(Stream.runForEachArray((items) => send(sink, framesOf(items, encode), limits)))
  const alive = Effect.suspend(() => {
    // Who waits for the caller to read needs no sign of life as well.
    if (!sink.writableNeedDrain) sink.write(Sse.heartbeat)
    return stillAuthentic(foreman.access, request)
  })
  const heartbeats = Effect.repeat(Effect.delay(alive, limits.heartbeatMillis), Schedule.forever)
  yield* Effect.raceAllFirst([events, heartbeats, ending]).pipe(
    Effect.catchTag("Gone", () => Effect.void),
    Effect.catch((error) => Effect.logWarning("The feed of a caller ended early", error))
  )
  sink.end()
})

function* framesOf(items: Iterable<Events.FeedItem>, encode: Sse.Encode) {
  for (const item of items) yield encode(item)
}

const send = (sink: Sse.Sink, frames: Iterable<string>, limits: Limits) =>
  Effect.flatMap(Sse.write(sink, frames, limits), (isThere) =>
    isThere ? Effect.void : Effect.fail(new Gone())
  )

/** A token may end while a feed goes on. A store that does not answer proves nothing. */
const stillAuthentic = (access: Options["foreman"]["access"], { headers: given }: Request) =>
  Effect.catch(authenticate(access, given), ({ status }) =>
    status === 401 ? Effect.fail(new Gone()) : Effect.void
  )

const readInput = Effect.fnUntraced(function* (request: Request) {
  const query = yield* HttpServerRequest.ParsedSearchParams
  const organizationId = yield* single(query, "org_id")
  const resumed = yield* single(query, "last_event_id")
  const header = request.headers["last-event-id"]
  // The header is the newer one: a browser keeps the URL that it first connected to.
  return { organizationId, after: header === undefined || header === "" ? resumed : header }
})

const single = (
  query: Readonly<Record<string, string | ReadonlyArray<string> | undefined>>,
  name: string
): Effect.Effect<string | undefined, Refusal.Refusal> => {
  const value = query[name]
  return value === undefined || typeof value === "string"
    ? Effect.succeed(value === "" ? undefined : value)
    : Effect.fail(invalid(name, "Expected it once"))
}

type Failure =
  ReturnType<Events.Events["Service"]["begin"]> extends Effect.Effect<string, infer E, infer _>
    ? E
    : never

const refusalOf = (error: Failure): Refusal.Refusal => {
  switch (error._tag) {
    case "InvalidInput":
      return invalid("last_event_id", error.problems.map(({ problem }) => problem).join("; "))
    case "OrganizationNotFound":
      return refusal(404, error._tag, error.message, { organization_id: error.organizationId })
    case "StoreUnavailable":
      return refusal(503, error._tag, error.message, { retryable: error.retryable })
  }
}

const headers = {
  connection: "close",
  "content-type": "text/event-stream; charset=utf-8",
  "x-accel-buffering": "no"
}

const asked: Asked = {
  fields: ["org_id", "last_event_id"].map((name) => ({ name, place: "query" })),
  input: {}
}

const tooMany = refusal(503, "TooManyFollowers", "Too many callers follow the feed; try again")
