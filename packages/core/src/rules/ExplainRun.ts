/**
 * What an explanation tells of a run: how it stands or how it ended.
 *
 * @internal
 */
import type { Explanation } from "./ExplainModel.ts"
import type { Silence } from "./ExplainSilence.ts"
import type { Run } from "./RunEvent.ts"

// rules -----------------------------------------------------------------------

/** A run in an explanation, and since when nothing is heard of it, if that is so. */
export const shown = (
  run: Run,
  silence: Silence | null = null
): NonNullable<Explanation["run"]> => ({
  runId: run.id,
  agentId: run.agentId,
  attempt: run.attempt,
  status: run.status,
  cause: run.cause,
  words: `${wordsOfRun(run)}${silence === null ? "" : heardAt(silence)}`,
  since: run.endedAt ?? run.startedAt ?? run.queuedAt
})

/** How a run stands or ended, in a sentence. */
export const wordsOfRun = ({ attempt, cause, status }: Run): string => {
  // That a run was lost is all that is known of why it ended.
  const why = cause === null || cause === status ? "" : ` (${cause})`
  const said: Readonly<Record<Run["status"], string>> = {
    queued: "is queued and not yet started",
    starting: "is being started",
    running: "is running",
    succeeded: "succeeded",
    failed: `failed${why}`,
    cancelled: `was stopped${why}`,
    lost: `was lost with the process that carried it out${why}`
  }
  return `Run ${attempt} ${said[status]}`
}

/** The same for programs. */
export const factsOfRun = ({ cause, id, status }: Run) => ({
  run_id: id,
  run_status: status,
  cause
})

// internal --------------------------------------------------------------------

const heardAt = ({ since }: Silence): string =>
  `; the last sign of life from its node was at ${since}`
