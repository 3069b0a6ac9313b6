/**
 * How much of an organization's order other processes write, as the positions of this one's own
 * commits tell it: what lies between two of them is others'.
 *
 * @since 0.1.0
 */
import type { Driver } from "@foreman/core"

// models ----------------------------------------------------------------------

/**
 * The positions that a group has got: those after `from`, up to `to`.
 *
 * @category models
 * @since 0.1.0
 */
export interface Stretch {
  readonly from: number
  readonly to: number
}

// rules -----------------------------------------------------------------------

/**
 * A stretch with what one more of the group has got.
 *
 * @category rules
 * @since 0.1.0
 */
export const widened = (
  stretch: Stretch | undefined,
  { events }: Driver.Batch,
  answer: Driver.Answer
): Stretch | undefined => {
  if (answer._tag !== "Committed") return stretch
  const { position } = answer
  const before = position - events.length
  return {
    from: Math.min(stretch?.from ?? before, before),
    to: Math.max(stretch?.to ?? position, position)
  }
}

// services --------------------------------------------------------------------

/**
 * What is known of the organizations of this process.
 *
 * @category services
 * @since 0.1.0
 */
export class Shares {
  readonly #shares = new Map<string, Share>()

  /** A group of this process was committed there. */
  wrote(organization: string, { from, to }: Stretch): void {
    const known = this.#shares.get(organization)
    if (known === undefined && this.#shares.size >= mostKnown) this.#shares.clear()
    const { others, own, position } = known ?? { ...none, position: from }
    this.#shares.set(organization, {
      // What was long ago counts less and less.
      own: own / 2 + to - from,
      others: others / 2 + Math.max(0, from - position),
      position: Math.max(position, to)
    })
  }

  /** Whether others have lately written more than half of what this process has. */
  isShared(organization: string): boolean {
    const { others, own } = this.#shares.get(organization) ?? none
    return others > own / 2
  }
}

// internal --------------------------------------------------------------------

interface Share {
  readonly own: number
  readonly others: number
  /** Up to where it was written when this process last heard of it. */
  readonly position: number
}

const none = { own: 0, others: 0 }

/** Organizations of which something is known at once. */
const mostKnown = 1_000
