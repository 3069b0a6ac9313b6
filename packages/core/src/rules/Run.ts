/**
 * Runs: the attempts of a runner at a task.
 *
 * A run's row and events exist before its process does, and its output survives whatever comes of
 * it. Its token is the task's attempt number: the newest one alone may write.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"
import type { ArtifactEvent } from "./Artifact.ts"
import { system } from "./Actor.ts"
import { accept, type Decision, refuse } from "./Decision.ts"
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
import { held, moved, type Task, type TaskEvent } from "./Task.ts"
import type { Hold } from "./TaskWords.ts"

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
  | Event.EventOf<typeof Succeeded>
  | Event.EventOf<typeof Failed>
  | Event.EventOf<typeof Cancelled>
  | Event.EventOf<typeof Lost>

/**
 * How a run ended, as the dispatcher saw it.
 *
 * @category models
 * @since 0.1.0
 */
export interface End {
  readonly outcome: "succeeded" | "failed" | "cancelled" | "lost"
  readonly exitCode: number | null
  readonly cause: string
  readonly answer: string | null
  readonly headCommit: CommitId | null
}

// errors ----------------------------------------------------------------------

/**
 * There is no such run, or the caller may not see it.
 *
 * @category errors
 * @since 0.1.0
 */
export class RunNotFound extends Schema.TaggedError<RunNotFound>()(
  "RunNotFound",
  { runId: Schema.String },
  { httpApiStatus: 404 }
) {
  override get message() {
    return "Run not found"
  }
}

/**
 * The run is over. What it wrote before counts, nothing after.
 *
 * @category errors
 * @since 0.1.0
 */
export class RunIsOver extends Schema.TaggedError<RunIsOver>()(
  "RunIsOver",
  { runId: RunId, status: RunStatus },
  { httpApiStatus: 409 }
) {
  override get message() {
    return `Run ${this.runId} is over: ${this.status}`
  }
}

/**
 * The run has kept no output.
 *
 * @category errors
 * @since 0.1.0
 */
export class OutputNotFound extends Schema.TaggedError<OutputNotFound>()(
  "OutputNotFound",
  { runId: RunId },
  { httpApiStatus: 404 }
) {
  override get message() {
    return `Run ${this.runId} has kept no output`
  }
}

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
 * Starts an attempt: the task belongs to the run until it ends.
 *
 * The caller has checked that the task is ready. A task that was sent back makes no move.
 *
 * @category rules
 * @since 0.1.0
 */
export const queue = (
  task: Task,
  facts: {
    readonly runId: RunId
    readonly agentId: AgentId
    readonly runner: string
    readonly holder: string
    readonly repositoryId: RepositoryId | null
    readonly actorId: string
  }
): Decision<TaskEvent | RunEvent> => {
  const { actorId, agentId, holder, repositoryId, runId, runner } = facts
  const { branch, id: taskId } = task
  const attempt = task.attempts + 1
  const assigned: ReadonlyArray<TaskEvent> =
    task.assigneeId === null
      ? [{ type: "task.assigned", data: { taskId, from: null, to: agentId } }]
      : []
  const move: ReadonlyArray<TaskEvent> =
    task.status === "todo" ? [moved(task, "in_progress", actorId, "dispatch")] : []
  return accept<TaskEvent | RunEvent>(
    {
      type: "run.queued",
      data: { runId, taskId, agentId, attempt, runner, holder, repositoryId, branch }
    },
    ...assigned,
    ...move,
    { type: "task.dispatched", data: { taskId, runId, attempt, agentId } }
  )
}

/**
 * The run's folder is ready. Saying so again records nothing.
 *
 * @category rules
 * @since 0.1.0
 */
export const start = (
  run: Run,
  facts: { readonly workspace: string; readonly baseCommit: CommitId | null }
): Decision<RunEvent, RunIsOver> =>
  step(run, "starting", {
    type: "run.starting",
    data: { runId: run.id, taskId: run.taskId, ...facts }
  })

/**
 * The run's agent lives. Saying so again records nothing.
 *
 * @category rules
 * @since 0.1.0
 */
export const begin = (run: Run): Decision<RunEvent, RunIsOver> =>
  step(run, "running", { type: "run.started", data: { runId: run.id, taskId: run.taskId } })

/**
 * Ends a run and gives its task back. Where a successful run's task goes is `Review.open`'s; a task
 * that a run moved on by itself before it failed comes back.
 *
 * @category rules
 * @since 0.1.0
 */
export const end = (
  run: Run,
  task: Task,
  { headCommit, outcome, ...how }: End,
  hold: Hold | null = null
): Decision<TaskEvent | RunEvent, RunIsOver> => {
  if (!isLive(run.status)) return refuse(new RunIsOver({ runId: run.id, status: run.status }))
  const { attempt, baseCommit, id: runId, taskId } = run
  const hasFailed = outcome === "failed" || outcome === "lost"
  const isAhead = task.status === "in_review" || task.status === "in_approval"
  return accept<TaskEvent | RunEvent>(
    { type: `run.${outcome}`, data: { runId, taskId, headCommit, ...how } },
    {
      type: "task.attempt_ended",
      data: { taskId, runId, attempt, outcome, baseCommit, headCommit }
    },
    ...(hasFailed && isAhead ? [moved(task, "in_progress", system.id, "run_failed")] : []),
    ...(hold === null ? [] : [held(task, hold)])
  )
}

/**
 * Folds one event into the run. Its output may be kept after its end.
 *
 * @category rules
 * @since 0.1.0
 */
export const evolve = (
  before: Run | undefined,
  event: RunEvent | ArtifactEvent,
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
    case "artifact.created":
      return event.data.kind === "log" ? { ...before, outputId: event.data.artifactId } : before
    default: {
      const { answer, cause, exitCode, headCommit } = event.data
      const status = outcomes[event.type]
      return { ...before, status, answer, cause, exitCode, headCommit, endedAt: at }
    }
  }
}

// internal --------------------------------------------------------------------

const step = (run: Run, to: RunStatus, event: RunEvent): Decision<RunEvent, RunIsOver> => {
  if (!isLive(run.status)) return refuse(new RunIsOver({ runId: run.id, status: run.status }))
  return transitions[run.status].includes(to) ? accept(event) : accept()
}

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
  queuedAt: at,
  startedAt: null,
  endedAt: null
})
