/**
 * Server-sent events: how the feed looks on the wire, and how it is written to a caller that may be
 * slow, gone or asleep.
 *
 * What a caller has not read waits in this process, so it is counted, the frame that is about to be
 * written included. A caller that lets too much wait for too long is cut off; it has its last id
 * and goes on from there.
 *
 * @since 0.1.0
 */
import { Effect, Schema } from "effect"
import type { ServerResponse } from "node:http"
import { Answers, type Events, Wire } from "@foreman/core"
import type { Limits } from "./Limits.ts"

// models ----------------------------------------------------------------------

/**
 * Makes the frame of an event.
 *
 * @category models
 * @since 0.1.0
 */
export type Encode = (item: Events.FeedItem) => string

/**
 * What is written to: Node's response, or anything with the same few members.
 *
 * @category models
 * @since 0.1.0
 */
export type Sink = Pick<
  ServerResponse,
  "destroy" | "destroyed" | "off" | "once" | "writableLength" | "writableNeedDrain" | "write"
>

// rules -----------------------------------------------------------------------

/**
 * A line that says nothing but that the feed is alive.
 *
 * @category rules
 * @since 0.1.0
 */
export const heartbeat = ":\n\n"

/**
 * The first frame: where the feed begins. It has no data, so it is no event; browsers and clients
 * still keep its id for the time they are cut off.
 *
 * @category rules
 * @since 0.1.0
 */
export const opening = (cursor: string): string => `retry: 1000\nid: ${cursor}\n\n`

/**
 * Makes an encoder that remembers the latest events: what goes to many callers is encoded once. The
 * id differs from caller to caller, the data does not.
 *
 * @category rules
 * @since 0.1.0
 */
export const encoder = (remembered = 256): Encode => {
  const known = new Map<string, string>()
  return ({ cursor, event }) => {
    const key = `${event.orgId}/${event.id}`
    const data = known.get(key) ?? encode(event)
    if (!known.has(key) && data.length <= longestRemembered) {
      known.set(key, data)
      if (known.size > remembered) known.delete(known.keys().next().value ?? key)
    }
    return `id: ${cursor}\ndata: ${data}\n\n`
  }
}

// services --------------------------------------------------------------------

/**
 * Writes frames, as many at a time as may wait. Answers whether the caller is still there.
 *
 * @category operations
 * @since 0.1.0
 */
export const write = Effect.fnUntraced(function* (
  sink: Sink,
  frames: Iterable<string>,
  limits: Pick<Limits, "feedBytes" | "feedStallMillis">
): Effect.fn.Return<boolean> {
  for (const frame of frames) {
    const bytes = Buffer.byteLength(frame)
    if (sink.writableNeedDrain && sink.writableLength + bytes > limits.feedBytes) {
      const isDrained = yield* drained(sink, limits.feedStallMillis)
      if (!isDrained) {
        sink.destroy()
        return false
      }
    }
    if (sink.destroyed) return false
    sink.write(frame)
  }
  return true
})

// internal --------------------------------------------------------------------

const longestRemembered = 16_384

const wire = Schema.encodeSync(Wire.of(Answers.RecordedEvent))

const encode = (event: Answers.RecordedEvent): string => JSON.stringify(wire(event))

/** Waits until everything was read, but not for ever. */
const drained = (sink: Sink, millis: number): Effect.Effect<boolean> =>
  Effect.callback<boolean>((resume) => {
    const forget = () => {
      sink.off("drain", onDrain)
      sink.off("close", onClose)
    }
    const end = (isDrained: boolean) => {
      forget()
      resume(Effect.succeed(isDrained))
    }
    const onDrain = () => end(true)
    const onClose = () => end(false)
    sink.once("drain", onDrain)
    sink.once("close", onClose)
    return Effect.sync(forget)
  }).pipe(Effect.timeoutOrElse({ duration: millis, orElse: () => Effect.succeed(false) }))
