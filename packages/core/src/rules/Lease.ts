/**
 * Leases: the right of one run to write in some spans, until a time.
 *
 * A run has its lease from the moment it is queued to its end, both in the same commits. Two live leases
 * never meet. How long a run is taken to live is renewed by the process that carries it out, never by
 * its agent; what was not renewed in time is over.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"
import { accept, type Decision, refuse } from "./Decision.ts"
import * as Event from "./Event.ts"
import { RunId, TaskId } from "./Identifier.ts"
import { overlaps, Span } from "./Span.ts"

// models ----------------------------------------------------------------------

/**
 * A span of a live lease, with the run that holds it.
 *
 * @category models
 * @since 0.1.0
 */
export interface Held extends Schema.Schema.Type<typeof Held> {}
export const Held = Schema.Struct({
  span: Span,
  runId: RunId.annotate({ description: "The run that may write there" }),
  taskId: TaskId
})

/**
 * What a run holds: its spans, under the task's attempt number as its token.
 *
 * @category models
 * @since 0.1.0
 */
export interface Lease {
  readonly runId: RunId
  readonly taskId: TaskId
  readonly token: number
  readonly spans: ReadonlyArray<Span>
}

/**
 * How long a run is taken to live without a word of the process that carries it out.
 *
 * @category configuration
 * @since 0.1.0
 */
export interface Terms {
  /** Once that process works at it. It says so every third of this. */
  readonly leaseMillis: number
  /** After it was queued, until that process first says so: shorter. */
  readonly startMillis: number
}

const streamOf = ({ runId }: { readonly runId: RunId }): string => `run:${runId}`

const lease = { runId: RunId, taskId: TaskId, token: Schema.Int, spans: Schema.Array(Span) }

export const Acquired = Event.define("lease.acquired", lease, streamOf)

export const Released = Event.define(
  "lease.released",
  { ...lease, cause: Schema.String.annotate({ description: "How the run ended" }) },
  streamOf
)

/**
 * What happens to leases. They stand in the streams of their runs.
 *
 * @category models
 * @since 0.1.0
 */
export type LeaseEvent = Event.EventOf<typeof Acquired> | Event.EventOf<typeof Released>

// errors ----------------------------------------------------------------------

/**
 * Another run may write there. Its task waits until that one has ended.
 *
 * @category errors
 * @since 0.1.0
 */
export class LeaseHeld extends Schema.TaggedError<LeaseHeld>()(
  "LeaseHeld",
  { span: Span, runId: RunId, taskId: TaskId },
  { httpApiStatus: 409 }
) {
  override get message() {
    return `Run ${this.runId} of task ${this.taskId} holds ${this.span}`
  }
}

// rules -----------------------------------------------------------------------

/**
 * The terms unless told otherwise.
 *
 * @category configuration
 * @since 0.1.0
 */
export const defaults: Terms = { leaseMillis: 30_000, startMillis: 15_000 }

/**
 * Takes spans that nobody else holds. Who wants none holds nothing; the holder may ask again.
 *
 * @category rules
 * @since 0.1.0
 */
export const acquire = (
  wanted: Lease,
  held: ReadonlyArray<Held>
): Decision<LeaseEvent, LeaseHeld> => {
  const { runId, spans } = wanted
  const others = held.filter((one) => one.runId !== runId)
  const holder = others.find(({ span }) => spans.some((mine) => overlaps(span, mine)))
  if (holder !== undefined) return refuse(new LeaseHeld(holder))
  const isHolder = others.length < held.length
  if (spans.length === 0 || isHolder) return accept()
  return accept({ type: "lease.acquired", data: { ...wanted } })
}

/**
 * Gives back what a run held, with its end. One that held nothing gives nothing back.
 *
 * @category rules
 * @since 0.1.0
 */
export const release = (
  { runId, spans, taskId, token }: Lease,
  cause: string
): ReadonlyArray<LeaseEvent> =>
  spans.length === 0
    ? []
    : [{ type: "lease.released", data: { runId, taskId, token, spans, cause } }]

/**
 * Until when a run is taken to live that has just been queued, in microseconds.
 *
 * @category rules
 * @since 0.1.0
 */
export const begins = (now: number, { startMillis }: Terms): number => now + startMillis * 1000

/**
 * Until when a run is taken to live of which its process has just said so, in microseconds.
 *
 * @category rules
 * @since 0.1.0
 */
export const renewed = (now: number, { leaseMillis }: Terms): number => now + leaseMillis * 1000

/**
 * Says whether a run's time is up. Until that very moment it is not.
 *
 * @category rules
 * @since 0.1.0
 */
export const isDue = (until: number, now: number): boolean => until <= now
