/**
 * The line of an organization's callers, and how groups are cut from it.
 *
 * @since 0.1.0
 */
import type { Ticket } from "./GroupWrite.ts"
import { scopeOf } from "./PostgresGroup.ts"
import type { Lane } from "./PostgresLane.ts"

// models ----------------------------------------------------------------------

/**
 * What an organization's callers want, and what of it is under way.
 *
 * @category models
 * @since 0.1.0
 */
export interface Line {
  readonly organization: string
  readonly tickets: Array<Ticket>
  readonly sent: Set<ReadonlyArray<Ticket>>
  lane: Lane | undefined
  /** It has just got a lane, and may send one group also where others wait for one. */
  mayGo: boolean
  /** How many stood there in the last turn. */
  seen: number
}

// rules -----------------------------------------------------------------------

/**
 * How many of a line are under way.
 *
 * @category rules
 * @since 0.1.0
 */
export const underway = ({ sent }: Line): number =>
  [...sent].reduce((sum, { length }) => sum + length, 0)

/**
 * Takes the first group of a line. Who repeats a receipt of the group waits for the next one, and
 * whose receipt belongs to another organization goes alone.
 *
 * @category rules
 * @since 0.1.0
 */
export const cut = (line: Array<Ticket>, limit: number): ReadonlyArray<Ticket> => {
  const keys = new Set<string>()
  let weight = 0
  let count = 0
  for (const { batch } of line) {
    const { events, organization, receipt, steps } = batch
    const isForeign = scopeOf(receipt, organization) !== organization
    weight += steps.length + events.length
    if (count > 0) {
      const isRepeated = receipt !== undefined && keys.has(receipt.key)
      if (count >= limit || isForeign || isRepeated || weight > mostWeight) break
    }
    count += 1
    if (isForeign) break
    if (receipt !== undefined) keys.add(receipt.key)
  }
  return line.splice(0, count)
}

// internal --------------------------------------------------------------------

/** So many steps and events make a statement of some hundred kilobytes. */
const mostWeight = 2_000
