/**
 * Callers that each do one thing after the other for a while, and how long each took.
 *
 * @since 0.1.0
 */
import { quantile } from "./Rounds.ts"

// models ----------------------------------------------------------------------

/** How many do it at once, and for how long. */
export interface Load {
  readonly callers: number
  readonly milliseconds: number
}

/** What they did. */
export interface Done {
  readonly times: ReadonlyArray<number>
  readonly milliseconds: number
}

// operations ------------------------------------------------------------------

/** Lets them do it. */
export const call = async (once: () => Promise<unknown>, load: Load): Promise<Done> => {
  const times: Array<number> = []
  const begin = performance.now()
  const end = begin + load.milliseconds
  const caller = async () => {
    for (let start = performance.now(); start < end;) {
      await once()
      const after = performance.now()
      times.push(after - start)
      start = after
    }
  }
  await Promise.all(Array.from({ length: load.callers }, caller))
  return { times, milliseconds: performance.now() - begin }
}

/** The figures of what was done by all of several processes at once. */
export const figuresOf = (done: ReadonlyArray<Done>) => {
  const times = done.flatMap((one) => one.times)
  const perSecond = done.map((one) => (one.times.length / one.milliseconds) * 1000)
  return {
    "commands/s": perSecond.reduce((sum, rate) => sum + rate, 0),
    "p50 ms": quantile(times, 0.5),
    "p99 ms": quantile(times, 0.99)
  }
}
