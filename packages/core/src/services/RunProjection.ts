/**
 * The table of runs, and of what live ones may write, as the fold of the events of runs and leases.
 *
 * @since 0.1.0
 */
import type { Step } from "../ports/Driver.ts"
import type * as Artifact from "../rules/Artifact.ts"
import type { LeaseEvent } from "../rules/Lease.ts"
import * as Run from "../rules/Run.ts"
import { listed, type Projection } from "./Fold.ts"
import * as RowCodec from "./RowCodec.ts"

// models ----------------------------------------------------------------------

/**
 * What changes runs.
 *
 * @category models
 * @since 0.1.0
 */
export type RunFact = Run.RunEvent | LeaseEvent | Artifact.ArtifactEvent

// rules -----------------------------------------------------------------------

/**
 * Runs, with what they hold as rows of `lease_spans`. `is_live` marks those that are not over;
 * `output_id` is the artifact that holds what one wrote.
 *
 * @category models
 * @since 0.1.0
 */
export const runs: Projection<Run.Run, RunFact> = {
  table: "runs",
  folds: (type) =>
    type.startsWith("run.") || type.startsWith("lease.") || type === "artifact.created",
  makes: (type) => type === "run.queued",
  keyOf: ({ data }) => ({ id: data.runId }),
  evolve: Run.evolve,
  ...RowCodec.make<Run.Run>(
    {
      id: "plain",
      taskId: "plain",
      agentId: "plain",
      attempt: "plain",
      status: "plain",
      runner: "plain",
      holder: "plain",
      repositoryId: "plain",
      branch: "plain",
      workspace: "plain",
      baseCommit: "plain",
      headCommit: "plain",
      exitCode: "plain",
      cause: "plain",
      answer: "plain",
      outputId: "plain",
      spans: "json",
      queuedAt: "instant",
      startedAt: "instant",
      endedAt: "instant"
    },
    ({ status }) => ({ is_live: Run.isLive(status) })
  ),
  also: (event) => heldBy(event)
}

// internal --------------------------------------------------------------------

const heldBy = ({ data, type }: RunFact): ReadonlyArray<Step> => {
  const table = "lease_spans"
  switch (type) {
    case "run.queued":
      return [listed("run", data.runId)]
    case "lease.acquired":
      return data.spans.map((span) => ({
        _tag: "Insert",
        table,
        row: { span, run_id: data.runId, task_id: data.taskId }
      }))
    case "lease.released":
      return data.spans.map((span) => ({ _tag: "Delete", table, key: { span } }))
    default:
      return []
  }
}
