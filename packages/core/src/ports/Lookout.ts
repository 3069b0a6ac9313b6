/**
 * Whether a store's thread stays awake for what it waits for.
 *
 * Waking a sleeping thread costs a caller alone up to a third of its time, so a thread looks out for
 * the answer for a moment before it sleeps. Where that was in vain, on a slow disk, far away from the
 * database, on a busy machine or between commands that come now and then, it rests: the more often,
 * the longer.
 *
 * @since 0.1.0
 */

// models ----------------------------------------------------------------------

/**
 * The memory of one thread that waits.
 *
 * @category models
 * @since 0.1.0
 */
export interface Lookout {
  /** Whether to stay awake this time. */
  readonly isWorthwhile: () => boolean
  /** What was waited for came in time. */
  readonly saw: () => void
  /** It did not come in time. */
  readonly missed: () => void
}

/**
 * What an event loop stays awake for.
 *
 * @category models
 * @since 0.1.0
 */
export interface Watch {
  /** How long it stays awake, in milliseconds; 0: not at all. */
  readonly milliseconds: number
  /** Whether what it waits for has not come yet. */
  readonly isWaiting: () => boolean
  /** Calls back in the next turn of the event loop, as `setImmediate` does. */
  readonly turn: (next: () => void) => unknown
}

// rules -----------------------------------------------------------------------

/**
 * Begins with staying awake, if that is wanted at all.
 *
 * @category services
 * @since 0.1.0
 */
export const make = (isWanted: boolean): Lookout => {
  let rest = isWanted ? 0 : Number.POSITIVE_INFINITY
  let penalty = 1
  return {
    isWorthwhile: () => {
      if (rest === 0) return true
      rest -= 1
      return false
    },
    saw: () => {
      penalty = 1
    },
    missed: () => {
      rest = penalty
      penalty = Math.min(penalty * 2, mostRest)
    }
  }
}

/**
 * Lets an event loop go round, in which everything else goes on, instead of letting it sleep: each
 * call begins or prolongs that.
 *
 * @category services
 * @since 0.1.0
 */
export const vigil = ({ isWaiting, milliseconds, turn }: Watch): (() => void) => {
  const lookout = make(milliseconds > 0)
  let isAwake = false
  let end = 0
  const look = () => {
    if (isWaiting() && performance.now() < end) return turn(look)
    isAwake = false
    if (isWaiting()) lookout.missed()
    else lookout.saw()
  }
  return () => {
    if (!isAwake && !lookout.isWorthwhile()) return
    end = performance.now() + milliseconds
    if (!isAwake) turn(look)
    isAwake = true
  }
}

// internal --------------------------------------------------------------------

const mostRest = 64
