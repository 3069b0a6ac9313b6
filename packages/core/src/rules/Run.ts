/**
 * Runs: the attempts of a runner at a task.
 *
 * A run's row and events exist before its process does, and its output survives whatever comes of
 * it. Its token is the task's attempt number: the newest one alone may write.
 *
 * @since 0.1.0
 */
import { Result, Schema } from "effect"
import { system } from "./Actor.ts"
import { accept, type Decision, refuse } from "./Decision.ts"
import { type AgentId, type CommitId, type RepositoryId, RunId } from "./Identifier.ts"
import * as Lease from "./Lease.ts"
import { isLive, type Run, type RunEvent, RunStatus, transitions } from "./RunEvent.ts"
import type { Aftermath } from "./Retry.ts"
import type { Span } from "./Span.ts"
import { held, moved, requeued, type Task, type TaskEvent } from "./Task.ts"

// models ----------------------------------------------------------------------

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
    /** What it may write: nobody else does while it is live. */
    readonly spans?: ReadonlyArray<Span>
    /** What others hold that meets it, as far as anybody has looked. */
    readonly held?: ReadonlyArray<Lease.Held>
  }
): Decision<TaskEvent | RunEvent | Lease.LeaseEvent, Lease.LeaseHeld> => {
  const { actorId, agentId, held: taken = [], holder, runId, runner, spans = [] } = facts
  const { repositoryId } = facts
  const { branch, id: taskId } = task
  const attempt = task.attempts + 1
  const assigned: ReadonlyArray<TaskEvent> =
    task.assigneeId === null
      ? [{ type: "task.assigned", data: { taskId, from: null, to: agentId } }]
      : []
  const move: ReadonlyArray<TaskEvent> =
    task.status === "todo" ? [moved(task, "in_progress", actorId, "dispatch")] : []
  return Result.map(Lease.acquire({ runId, taskId, token: attempt, spans }, taken), (lease) => [
    {
      type: "run.queued",
      data: { runId, taskId, agentId, attempt, runner, holder, repositoryId, branch }
    },
    ...lease,
    ...assigned,
    ...move,
    { type: "task.dispatched", data: { taskId, runId, attempt, agentId } }
  ])
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
 * The cause of a run that Foreman stopped because it was told to end itself.
 *
 * @category models
 * @since 0.1.0
 */
export const shutdown = "shutdown"

/**
 * The cause of a run that somebody stopped. Its task stays where it is, as after a failure.
 *
 * @category models
 * @since 0.1.0
 */
export const stopped = "stopped"

/**
 * Ends a run, and gives back its task and what it held. Where a successful run's task goes is
 * `Review.open`'s; a task that a run moved on by itself before it failed comes back. One whose run
 * Foreman stopped for its own end is queued again: nothing has failed.
 *
 * @category rules
 * @since 0.1.0
 */
export const end = (
  run: Run,
  task: Task,
  { headCommit, outcome, ...how }: End,
  after: Aftermath | null = null
): Decision<TaskEvent | RunEvent | Lease.LeaseEvent, RunIsOver> => {
  if (!isLive(run.status)) return refuse(new RunIsOver({ runId: run.id, status: run.status }))
  const { attempt, baseCommit, id: runId, spans, taskId } = run
  const hasFailed = outcome === "failed" || outcome === "lost"
  const isShutdown = outcome === "cancelled" && how.cause === shutdown
  const isStopped = isShutdown || (outcome === "cancelled" && how.cause === stopped)
  const isAhead = task.status === "in_review" || task.status === "in_approval"
  const isBegun = isAhead || task.status === "in_progress"
  const reason = hasFailed ? "run_failed" : isStopped ? "run_stopped" : null
  const next = isShutdown ? "shutdown" : after?.isAgain === true ? "failed" : null
  return accept<TaskEvent | RunEvent | Lease.LeaseEvent>(
    { type: `run.${outcome}`, data: { runId, taskId, headCommit, ...how } },
    {
      type: "task.attempt_ended",
      data: { taskId, runId, attempt, outcome, baseCommit, headCommit }
    },
    ...Lease.release({ runId, taskId, token: attempt, spans }, outcome),
    ...(reason !== null && isAhead ? [moved(task, "in_progress", system.id, reason)] : []),
    ...(next !== null && isBegun ? [requeued(task, runId, next)] : []),
    ...(after === null ? [] : [held(task, after.hold, after.until)])
  )
}

export * from "./RunEvent.ts"

// internal --------------------------------------------------------------------

const step = (run: Run, to: RunStatus, event: RunEvent): Decision<RunEvent, RunIsOver> => {
  if (!isLive(run.status)) return refuse(new RunIsOver({ runId: run.id, status: run.status }))
  return transitions[run.status].includes(to) ? accept(event) : accept()
}
