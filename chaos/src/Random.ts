/**
 * Numbers that a seed decides, so that a run can be had again.
 *
 * @since 0.1.0
 */

// models ----------------------------------------------------------------------

/** A source of numbers. */
export interface Random {
  /** At least 0, below 1. */
  readonly next: () => number
  /** A whole number, at least 0, below the bound. */
  readonly below: (bound: number) => number
  readonly pick: <A>(from: ReadonlyArray<A>) => A | undefined
  /** The same in another order. */
  readonly shuffled: <A>(from: ReadonlyArray<A>) => ReadonlyArray<A>
  /** A source of its own, that a name and this seed decide. */
  readonly fork: (name: string) => Random
}

// operations ------------------------------------------------------------------

/** The source of a seed. */
export const make = (seed: number): Random => {
  let state = seed >>> 0
  // Mulberry32: small, and good enough to choose faults with.
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
  const below = (bound: number) => Math.floor(next() * bound)
  return {
    next,
    below,
    pick: (from) => from[below(from.length)],
    shuffled: (from) => {
      const all = [...from]
      for (let end = all.length - 1; end > 0; end--) {
        const other = below(end + 1)
        const [a, b] = [all[end], all[other]]
        // Both are there: the places lie within the list.
        if (a !== undefined && b !== undefined) [all[end], all[other]] = [b, a]
      }
      return all
    },
    fork: (name) => make([...name].reduce((sum, letter) => sum * 31 + letter.charCodeAt(0), seed))
  }
}
