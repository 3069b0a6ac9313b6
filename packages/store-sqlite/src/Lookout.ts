/**
 * Whether a thread stays awake for what it waits for.
 *
 * Waking a sleeping thread costs a caller alone a third of its time, so each of the two threads
 * looks out for the other for a moment before it sleeps. Where that was in vain, on a slow disk, a
 * busy machine or between commands that come now and then, it rests: the more often, the longer.
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

// rules -----------------------------------------------------------------------

/**
 * How long a thread stays awake, in milliseconds: two or three times what a commit takes on a good
 * disk.
 *
 * @category models
 * @since 0.1.0
 */
export const defaultMilliseconds = 1

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

// internal --------------------------------------------------------------------

const mostRest = 64
