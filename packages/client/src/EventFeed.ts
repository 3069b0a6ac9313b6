/**
 * The feed of events, as a stream that does not end: when the connection is lost, it is made again
 * and goes on behind the last event, so that nothing is missed and nothing comes twice.
 *
 * @since 0.1.0
 */
import { Effect, Schedule, Schema, Stream } from "effect"
import { Answers, Client, type Events, Organization, Refusal, Wire } from "@foreman/core"
import { type Frame, reader } from "./internal/frames.ts"
import { type Connection, headersOf, refusalOf, urlOf } from "./Rest.ts"

// models ----------------------------------------------------------------------

/**
 * Why following ends. What goes away by itself (a server that restarts, a network that is gone) is
 * not among it: that is tried again, after 1 second, doubling to 30.
 *
 * @category errors
 * @since 0.1.0
 */
export type FollowFailure =
  | Refusal.InvalidInput
  | Organization.OrganizationNotFound
  | Client.ClientError

// services --------------------------------------------------------------------

/**
 * Follows the events of one organisation or of all that the caller sees.
 *
 * @category services
 * @since 0.1.0
 */
export const follow = (
  connection: Connection,
  { after, organizationId }: Events.FollowInput = {}
): Stream.Stream<Events.FeedItem, FollowFailure> =>
  Stream.suspend(() => {
    const query =
      organizationId === undefined ? "" : `?org_id=${encodeURIComponent(organizationId)}`
    const url = urlOf(connection, `/api/v1/events${query}`)
    let cursor = after
    return Stream.suspend(() => frames(connection, url, cursor)).pipe(
      Stream.tap(({ id }) => Effect.sync(() => (cursor = id ?? cursor))),
      Stream.concat(Stream.suspend(() => Stream.fail(broken(url, "The server ended the feed")))),
      Stream.retry(($) => $(backoff).pipe(Schedule.while(({ input }) => isTransient(input)))),
      Stream.filter(({ data }) => data !== ""),
      Stream.mapEffect((frame) => decode(url, frame, cursor))
    )
  })

// internal --------------------------------------------------------------------

/** The server shows every 15 seconds that it is alive. */
const longestSilence = "45 seconds"

const backoff = Schedule.min([Schedule.exponential("1 second"), Schedule.spaced("30 seconds")])

const isTransient = (error: FollowFailure): boolean =>
  error._tag === "ClientError" && error.retryable

const broken = (url: string, cause: unknown, status: number | null = null) =>
  new Client.ClientError({
    operation: "follow_events",
    url,
    status,
    retryable: status === null || status >= 500 || status === 429,
    cause: typeof cause === "string" ? new Error(cause) : cause
  })

/** One connection: its frames until it is lost. */
const frames = (
  connection: Connection,
  url: string,
  cursor: string | undefined
): Stream.Stream<Frame, FollowFailure> =>
  Stream.unwrap(
    Effect.map(open(connection, url, cursor), (body) => {
      const decoder = new TextDecoder()
      const read = reader()
      return Stream.fromReadableStream<Uint8Array, FollowFailure>({
        evaluate: () => body,
        onError: (cause) => broken(url, cause)
      }).pipe(
        Stream.timeoutOrElse({
          duration: longestSilence,
          orElse: () => Stream.fail(broken(url, "The feed fell silent"))
        }),
        Stream.mapEffect((bytes) =>
          Effect.try({
            try: () => read(decoder.decode(bytes, { stream: true })),
            catch: (cause) => broken(url, cause)
          })
        ),
        Stream.flattenIterable
      )
    })
  )

const open = Effect.fnUntraced(function* (
  connection: Connection,
  url: string,
  cursor: string | undefined
): Effect.fn.Return<ReadableStream<Uint8Array>, FollowFailure> {
  const { fetch = (address, init) => globalThis.fetch(address, init), timeoutMillis = 60_000 } =
    connection
  const headers = {
    ...headersOf(connection),
    accept: "text/event-stream",
    ...(cursor === undefined ? {} : { "last-event-id": cursor })
  }
  const response = yield* Effect.tryPromise({
    try: (signal) => fetch(url, { headers, signal, redirect: "error", cache: "no-store" }),
    catch: (cause) => broken(url, cause)
  }).pipe(
    Effect.timeoutOrElse({
      duration: timeoutMillis,
      orElse: () => Effect.fail(broken(url, "It took too long"))
    })
  )
  if (response.ok && response.body !== null) return response.body
  const refusal = yield* Effect.promise(() => refusalOf(response))
  return yield* asClass(url, refusal)
})

const asClass = (url: string, { code, facts, message, status }: Refusal.Refusal): FollowFailure => {
  if (code === "OrganizationNotFound") {
    return new Organization.OrganizationNotFound({
      organizationId: String(facts["organization_id"])
    })
  }
  return code === "InvalidInput"
    ? new Refusal.InvalidInput({ problems: [{ path: "after", problem: message }] })
    : broken(url, message, status)
}

const decodeEvent = Schema.decodeUnknownEffect(
  Schema.fromJsonString(Wire.of(Answers.RecordedEvent))
)

const decode = (url: string, { data, id }: Frame, cursor: string | undefined) =>
  decodeEvent(data).pipe(
    Effect.map((event): Events.FeedItem => ({ event, cursor: id ?? cursor ?? "0" })),
    // An event that this client cannot read will be the same the next time.
    Effect.mapError((cause) => broken(url, cause, 200))
  )
