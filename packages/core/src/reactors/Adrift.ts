/**
 * The runs that this process carried out, that nobody works at any more, and whose ends could not be
 * written.
 *
 * It is the memory of the process, so it outlives a tenure and never the process: whoever ends its runs
 * because it cannot renew its tenure, and has it again, knows what became of them. Whether they are still
 * live is for the store to say.
 *
 * @internal
 */
import type { Run } from "../rules/Run.ts"
import type { Ended } from "../services/Attempts.ts"

// models ----------------------------------------------------------------------

/** One of them, and how it ended; undefined if it was stopped before it came to an end. */
export interface Ending {
  readonly run: Run
  readonly ended: Ended | undefined
}

/** Those of one lane, by their ids. */
export type Adrift = Map<string, Ending>

/** Those of all lanes of a process. */
export interface Memory {
  /** Begins with none for one more lane. */
  readonly lane: () => Adrift
  /** Whether a run's end is known here, and waits for its lane to be this process's again. */
  readonly knows: (runId: string) => boolean
}

// services --------------------------------------------------------------------

/** Begins with no lane. */
export const make = (): Memory => {
  const lanes: Array<Adrift> = []
  return {
    lane: () => {
      const lane: Adrift = new Map()
      lanes.push(lane)
      return lane
    },
    knows: (runId) => lanes.some((lane) => lane.has(runId))
  }
}
