/**
 * What is said when an offer is taken, so that whoever has made it need not read what for.
 *
 * It is said with the hint of the commit and may be lost or repeated; the offer's row says the same.
 *
 * @internal
 */
import type { Attempt } from "./AttemptDecision.ts"
import type { Offer } from "./Offers.ts"

// models ----------------------------------------------------------------------

/** An offer that was taken, and what for. */
export interface Taken {
  readonly runId: string
  readonly attempt: Attempt
}

// rules -----------------------------------------------------------------------

/** The words for it, unless they are so many that they are better read. */
export const newsOf = ({ runId }: Offer, attempt: Attempt): string | undefined => {
  const taken: Taken = { runId, attempt }
  const words = JSON.stringify(taken)
  return words.length > mostCharacters ? undefined : words
}

/** Which offer was taken, if the words say that of one. */
export const takenBy = (news: string): Taken | undefined => {
  try {
    // As: what a store tells was said here, or by a Foreman that says other things.
    const { attempt, runId } = JSON.parse(news) as Partial<Taken>
    return typeof runId === "string" && attempt?.run?.id === runId ? { runId, attempt } : undefined
  } catch {
    // The row says it too.
    return undefined
  }
}

// internal --------------------------------------------------------------------

const mostCharacters = 8_000
