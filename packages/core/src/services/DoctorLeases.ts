/**
 * What the doctor sees of leases in the story that the events tell: that no two meet, and that none is
 * left.
 *
 * @internal
 */
import type { DomainEvent } from "../events/EventTypes.ts"
import type { Tally } from "./DoctorTally.ts"

// models ----------------------------------------------------------------------

/** An account of leases. */
export interface Leases {
  readonly look: (event: DomainEvent, place: string) => void
  /** The log is at its end: what is held now is held by who lives. */
  readonly close: () => void
}

// services --------------------------------------------------------------------

/** Begins an account. */
export const makeLeases = (tally: Tally): Leases => {
  const held = new Map<string, ReadonlyArray<string>>()
  const over = new Set<string>()
  return {
    look: (event, place) => {
      if (event.type === "lease.acquired") {
        const { runId, spans } = event.data
        const others = [...held.values()].flat()
        const met = spans.find((span) => others.some((other) => areOne(span, other)))
        tally.judge("I-29", place, met === undefined ? undefined : "meets a live lease")
        tally.judge("I-28", place, held.has(runId) ? "is the run's second" : undefined)
        held.set(runId, spans)
      } else if (event.type === "lease.released") {
        const wasHeld = held.delete(event.data.runId)
        tally.judge("I-28", place, wasHeld ? undefined : "gives back what was not held")
      } else if (ends.has(event.type) && "runId" in event.data) {
        over.add(String(event.data.runId))
      }
    },
    close: () => {
      for (const runId of held.keys()) {
        tally.judge("I-28", `run ${runId}`, over.has(runId) ? "is over and holds on" : undefined)
      }
    }
  }
}

// internal --------------------------------------------------------------------

const ends: ReadonlySet<string> = new Set([
  "run.cancelled",
  "run.failed",
  "run.lost",
  "run.succeeded"
])

const areOne = (left: string, right: string): boolean =>
  left.startsWith(right) || right.startsWith(left)
