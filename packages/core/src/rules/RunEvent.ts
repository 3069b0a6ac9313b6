/**
 * What happens to a run, and what it is after that.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"
import { RequestKind, TokenUsage } from "./AgentRequest.ts"
import type { LeaseEvent } from "./Lease.ts"
import { Span } from "./Span.ts"
import type { ArtifactEvent } from "./Artifact.ts"
import * as Event from "./Event.ts"
import {
  AgentId,
  ArtifactId,
  CommitId,
  RepositoryId,
  RunId,
  TaskId,
  Timestamp
} from "./Identifier.ts"

// models ----------------------------------------------------------------------

/**
 * Where a run stands.
 *
 * @category models
 * @since 0.1.0
 */
export const RunStatus = Schema.Literals([
  "queued",
  "starting",
  "running",
  "succeeded",
  "failed",
  "cancelled",
  "lost"
]).annotate({ description: "Where the run stands" })
export type RunStatus = typeof RunStatus.Type

/**
 * A run.
 *
 * @category models
 * @since 0.1.0
 */
export interface Run extends Schema.Schema.Type<typeof Run> {}
export const Run = Schema.Struct({
  id: RunId,
  taskId: TaskId,
  agentId: AgentId,
  attempt: Schema.Int.annotate({ description: "Counts from 1 per task; also the fencing token" }),
  status: RunStatus,
  runner: Schema.String,
  /** The process that started it. */
  holder: Schema.String,
  repositoryId: Schema.NullOr(RepositoryId),
  branch: Schema.String,
  workspace: Schema.NullOr(Schema.String),
  baseCommit: Schema.NullOr(CommitId),
  headCommit: Schema.NullOr(CommitId),
  exitCode: Schema.NullOr(Schema.Int),
  cause: Schema.NullOr(Schema.String).annotate({
    description: "How it ended: exit:<code>, signal:<name>, timeout, output_limit, or why not"
  }),
  answer: Schema.NullOr(Schema.String).annotate({ description: "What the agent said last" }),
  outputId: Schema.NullOr(ArtifactId),
  spans: Schema.Array(Span).annotate({ description: "What it may write while it is live" }),
  queuedAt: Timestamp,
  startedAt: Schema.NullOr(Timestamp),
  endedAt: Schema.NullOr(Timestamp)
})

const streamOf = ({ runId }: { readonly runId: RunId }): string => `run:${runId}`

export const Queued = Event.define(
  "run.queued",
  {
    runId: RunId,
    taskId: TaskId,
    agentId: AgentId,
    attempt: Schema.Int,
    runner: Schema.String,
    holder: Schema.String,
    repositoryId: Schema.NullOr(RepositoryId),
    branch: Schema.String
  },
  streamOf
)

export const Starting = Event.define(
  "run.starting",
  {
    runId: RunId,
    taskId: TaskId,
    workspace: Schema.String,
    baseCommit: Schema.NullOr(CommitId)
  },
  streamOf
)

export const Started = Event.define("run.started", { runId: RunId, taskId: TaskId }, streamOf)

export const PermissionDecided = Event.define(
  "run.permission_decided",
  {
    runId: RunId,
    taskId: TaskId,
    kind: RequestKind,
    summary: Schema.String.annotate({ description: "What was asked, without what may be secret" }),
    verdict: Schema.Literals(["allow", "deny"]),
    decidedBy: Schema.Literals(["policy", "person"]),
    rule: Schema.NullOr(Schema.String).annotate({ description: "The rule that spoke, if one did" }),
    reason: Schema.NullOr(Schema.String)
  },
  streamOf
)

export const UsageReported = Event.define(
  "run.usage_reported",
  { runId: RunId, taskId: TaskId, ...TokenUsage.fields },
  streamOf
)

const ended = {
  runId: RunId,
  taskId: TaskId,
  exitCode: Schema.NullOr(Schema.Int),
  cause: Schema.String,
  answer: Schema.NullOr(Schema.String),
  headCommit: Schema.NullOr(CommitId)
}

export const Succeeded = Event.define("run.succeeded", ended, streamOf)
export const Failed = Event.define("run.failed", ended, streamOf)
export const Cancelled = Event.define("run.cancelled", ended, streamOf)
export const Lost = Event.define("run.lost", ended, streamOf)

/**
 * What happens to runs.
 *
 * @category models
 * @since 0.1.0
 */
export type RunEvent =
  | Event.EventOf<typeof Queued>
  | Event.EventOf<typeof Starting>
  | Event.EventOf<typeof Started>
  | Event.EventOf<typeof PermissionDecided>
  | Event.EventOf<typeof UsageReported>
  | Event.EventOf<typeof Succeeded>
  | Event.EventOf<typeof Failed>
  | Event.EventOf<typeof Cancelled>
  | Event.EventOf<typeof Lost>

// rules -----------------------------------------------------------------------

/**
 * Where a run may go from where it stands.
 *
 * @category rules
 * @since 0.1.0
 */
export const transitions: Readonly<Record<RunStatus, ReadonlyArray<RunStatus>>> = {
  queued: ["starting", "failed", "cancelled", "lost"],
  starting: ["running", "failed", "cancelled", "lost"],
  running: ["succeeded", "failed", "cancelled", "lost"],
  succeeded: [],
  failed: [],
  cancelled: [],
  lost: []
}

/**
 * Says whether a run in this status still holds its task and its agent.
 *
 * @category rules
 * @since 0.1.0
 */
export const isLive = (status: RunStatus): boolean => transitions[status].length > 0

/**
 * Folds one event into the run. Its output may be kept after its end.
 *
 * @category rules
 * @since 0.1.0
 */
export const evolve = (
  before: Run | undefined,
  event: RunEvent | ArtifactEvent | LeaseEvent,
  at: Timestamp
): Run | undefined => {
  if (event.type === "run.queued") return queued(event.data, at)
  if (before === undefined) return undefined
  switch (event.type) {
    case "run.starting": {
      const { baseCommit, workspace } = event.data
      return { ...before, status: "starting", baseCommit, workspace }
    }
    case "run.started":
      return { ...before, status: "running", startedAt: at }
    case "lease.acquired":
      return { ...before, spans: event.data.spans }
    case "lease.released":
    case "run.permission_decided":
    case "run.usage_reported":
      return before
    case "artifact.created":
      return isOutput(event.data.kind) ? { ...before, outputId: event.data.artifactId } : before
    case "artifact.removed":
      return before
    default: {
      const { answer, cause, exitCode, headCommit } = event.data
      const status = outcomes[event.type]
      return { ...before, status, answer, cause, exitCode, headCommit, endedAt: at }
    }
  }
}

// internal --------------------------------------------------------------------

/** Foreman alone keeps artifacts of these kinds. The first ones had the shorter word. */
const isOutput = (kind: string): boolean => kind === "run_log" || kind === "log"

const outcomes = {
  "run.succeeded": "succeeded",
  "run.failed": "failed",
  "run.cancelled": "cancelled",
  "run.lost": "lost"
} as const

const queued = (
  { runId, ...wanted }: Event.EventOf<typeof Queued>["data"],
  at: Timestamp
): Run => ({
  ...wanted,
  id: runId,
  status: "queued",
  workspace: null,
  baseCommit: null,
  headCommit: null,
  exitCode: null,
  cause: null,
  answer: null,
  outputId: null,
  spans: [],
  queuedAt: at,
  startedAt: null,
  endedAt: null
})
