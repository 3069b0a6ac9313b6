/**
 * What an explanation tells of a run of which nothing is heard any more, until that is lost.
 *
 * @internal
 */
import type { Facts } from "./ExplainModel.ts"
import { micros, type Timestamp, timestamp } from "./Identifier.ts"
import * as Lease from "./Lease.ts"

// models ----------------------------------------------------------------------

/** For how long nothing is heard of a run, in words. */
export interface Silence {
  readonly since: Timestamp
  readonly words: string
}

// rules -----------------------------------------------------------------------

/**
 * Null while something is heard of the run as often as is to be expected, or of the process that carries
 * it out: whoever dispatches looks after its own runs.
 */
export const silenceOf = ({
  run,
  sign,
  terms
}: Pick<Facts, "run" | "sign" | "terms">): Silence | null => {
  if (run === null || sign === null || sign.isAttended) return null
  const { now, until } = sign
  const leaseMicros = terms.leaseMillis * 1000
  // Of one that has only been queued nothing more was heard than that.
  const since = Math.max(until - leaseMicros, micros(run.queuedAt))
  // It is said every third of that time that a run lives.
  if (now - since <= leaseMicros / 3) return null
  const silent = `no sign of life from its node for ${secondsOf(now - since)}`
  const end = Lease.isDue(until, now)
    ? "the next server that looks gives it up"
    : `it is given up after ${secondsOf(until - since)}`
  return { since: timestamp(since), words: `${silent}; ${end}` }
}

// internal --------------------------------------------------------------------

const secondsOf = (duration: number): string => `${Math.floor(duration / 1e6)} s`
