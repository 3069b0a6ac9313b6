/**
 * Whether an import stands whose commit was begun and never answered: here nobody knows that.
 */
import { Driver, type Transfer } from "@foreman/core"
import { Cause, Effect } from "effect"
import type { Left } from "./Vacated.ts"

// rules -----------------------------------------------------------------------

/** Whoever imports again waits for a commit that is still under way, so the answer is the right one. */
export const left: Left = {
  sentence:
    "Whether the import stands is not known: import again, which is refused because the store is not " +
    "empty if it does",
  facts: { ambiguous: true }
}

// services --------------------------------------------------------------------

/**
 * Fills a store, and tells where that failed while it may stand: all was written, and then the commit
 * was cut off or not waited for. Until all is written there is nothing that could stand.
 */
export const watch = <A, E, R>(
  driver: Driver.Driver,
  work: (driver: Driver.Driver) => Effect.Effect<A, E, R>,
  doubted: () => void
): Effect.Effect<A, E, R> => {
  const { fill } = driver
  if (fill === undefined) return work(driver)
  let isWritten = false
  const watched: Transfer.Fill = (body) =>
    fill((into) => Effect.tap(body(into), () => Effect.sync(() => void (isWritten = true))))
  return Effect.onError(work({ ...driver, fill: watched }), (cause) =>
    Effect.sync(() => {
      if (isWritten && !isCertain(Cause.squash(cause))) doubted()
    })
  )
}

// internal --------------------------------------------------------------------

const isCertain = (error: unknown): boolean =>
  error instanceof Driver.StoreError && !error.ambiguous
