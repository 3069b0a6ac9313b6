/**
 * Pages of what may be large: as many at once as weigh a few megabytes, so that memory has a bound.
 *
 * @internal
 */
import { Effect } from "effect"

// services --------------------------------------------------------------------

/**
 * Reads page after page, and hands each on before the next is read. Others run in between.
 *
 * `read` begins after the last one that it gave, and at the beginning without one.
 */
export const each = Effect.fnUntraced(function* <A, E, R, E2, R2>(
  read: (after: A | undefined, limit: number) => Effect.Effect<ReadonlyArray<A>, E, R>,
  weigh: (one: A) => number,
  see: (page: ReadonlyArray<A>) => Effect.Effect<void, E2, R2>
) {
  let limit = smallest
  for (let after: A | undefined; ;) {
    const page = yield* read(after, limit)
    if (page.length > 0) yield* see(page)
    if (page.length < limit) return
    after = page.at(-1)
    const weight = page.reduce((sum, one) => sum + weigh(one), 0)
    if (weight > heavy) limit = Math.max(Math.floor(limit / 4), 1)
    else if (weight < heavy / 4) limit = Math.min(limit * 2, largest)
    yield* Effect.yieldNow
  }
})

// internal --------------------------------------------------------------------

const smallest = 32
const largest = 500

/** In units of text. */
const heavy = 4 * 1024 * 1024
