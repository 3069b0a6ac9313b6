/**
 * How many runs there may be at once in this process, whichever organisation they belong to.
 *
 * @internal
 */
import { Clock, Effect, Latch, Queue } from "effect"

// models ----------------------------------------------------------------------

/**
 * How many runs there may be at once, in all organisations of this process together.
 *
 * @category configuration
 * @since 0.1.0
 */
export interface Capacity {
  free: number
  /** Offered whenever there is no room left: what was offered on account of it is taken back. */
  readonly wakes: Set<Queue.Enqueue<void>>
  /** Open unless somebody decides on candidates: each of these has a place until that is done. */
  readonly decided: Latch.Latch
  /** How many decide, and since when one of them does, in milliseconds. */
  deciding: number
  since: number
}

// services --------------------------------------------------------------------

/**
 * Room for so many runs.
 *
 * @category configuration
 * @since 0.1.0
 */
export const capacityOf = (free: number): Capacity => ({
  free,
  wakes: new Set(),
  decided: Latch.makeUnsafe(true),
  deciding: 0,
  since: 0
})

/** Decides on candidates, which each have a place until that is done. */
export const deciding = <A, E>(capacity: Capacity, decisions: Effect.Effect<A, E>) =>
  Effect.flatMap(Clock.currentTimeMillis, (now) => {
    if (capacity.deciding === 0) capacity.since = now
    capacity.deciding += 1
    capacity.decided.closeUnsafe()
    const decided = Effect.sync(() => {
      capacity.deciding -= 1
      if (capacity.deciding === 0) capacity.decided.openUnsafe()
    })
    return Effect.ensuring(decisions, decided)
  })

/** Waits until it is known which candidates begin, also where nobody may be interrupted. */
export const untilDecided = (capacity: Capacity) =>
  Effect.flatMap(Clock.currentTimeMillis, (now) => {
    const left = Math.max(0, capacity.since + decidedMillis - now)
    return Effect.exit(Effect.interruptible(Effect.timeoutOption(capacity.decided.await, left)))
  })

/** Takes a place; the caller has seen that there is one. */
export const occupy = (capacity: Capacity): void => {
  capacity.free -= 1
  if (capacity.free > 0) return
  for (const wake of capacity.wakes) Queue.offerUnsafe(wake, undefined)
}

// internal --------------------------------------------------------------------

/** Candidates are decided on in a commit or two. Nobody waits longer, not even one after the other. */
const decidedMillis = 1_000
