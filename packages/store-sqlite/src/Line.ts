/**
 * A line in which every organisation has a line of its own: each gets its turn, whoever has many
 * waiting.
 *
 * @since 0.1.0
 */

// models ----------------------------------------------------------------------

/**
 * Those who wait.
 *
 * @category models
 * @since 0.1.0
 */
export interface Line<A> {
  readonly size: () => number
  readonly join: (organization: string, one: A) => void
  /** Does nothing for one who has left already. */
  readonly leave: (organization: string, one: A) => void
  /** Takes so many at most: one of each organisation in turn, each organisation's in their order. */
  readonly take: (count: number) => ReadonlyArray<A>
}

// services --------------------------------------------------------------------

/**
 * An empty line.
 *
 * @category services
 * @since 0.1.0
 */
export const make = <A>(): Line<A> => {
  // Sets keep an order, and take out one in the middle as fast as the first.
  const lines = new Map<string, Set<A>>()
  let size = 0
  const leave = (organization: string, one: A) => {
    const line = lines.get(organization)
    if (line?.delete(one) !== true) return
    size -= 1
    if (line.size === 0) lines.delete(organization)
  }
  return {
    size: () => size,
    join: (organization, one) => {
      const line = lines.get(organization) ?? new Set<A>()
      lines.set(organization, line.add(one))
      size += 1
    },
    leave,
    take: (count) => {
      const taken: Array<A> = []
      while (taken.length < count && size > 0) {
        for (const [organization, line] of lines) {
          if (taken.length === count) break
          const [one] = line
          // Whose turn it was goes to the end, so that the next part begins with the others.
          lines.delete(organization)
          if (one === undefined) continue
          line.delete(one)
          size -= 1
          if (line.size > 0) lines.set(organization, line)
          taken.push(one)
        }
      }
      return taken
    }
  }
}
