/**
 * Merge jobs: the bringing of a task's branch onto its target.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"
import { accept, type Decision } from "./Decision.ts"
import * as Event from "./Event.ts"
import { CommitId, MergeJobId, RepositoryId, TaskId, Timestamp } from "./Identifier.ts"
import { maxRejections } from "./Review.ts"
import { held, moved, type Task, type TaskEvent } from "./Task.ts"
import { streamOf } from "./TaskEvent.ts"
import { Strategy } from "./Team.ts"

// models ----------------------------------------------------------------------

/**
 * Where a merge job stands.
 *
 * @category models
 * @since 0.1.0
 */
export const MergeJobStatus = Schema.Literals(["queued", "running", "success", "failed"]).annotate({
  description: "Where the merge job stands"
})
export type MergeJobStatus = typeof MergeJobStatus.Type

/**
 * A merge job.
 *
 * @category models
 * @since 0.1.0
 */
export interface MergeJob extends Schema.Schema.Type<typeof MergeJob> {}
export const MergeJob = Schema.Struct({
  id: MergeJobId,
  taskId: TaskId,
  repoId: RepositoryId,
  status: MergeJobStatus,
  strategy: Strategy,
  branch: Schema.String,
  targetBranch: Schema.String,
  baseCommit: CommitId,
  headCommit: CommitId,
  mergeCommit: Schema.NullOr(CommitId),
  landedOn: Schema.NullOr(Schema.String).annotate({
    description: "The branch that holds the change; not the target when its checkout was not clean"
  }),
  error: Schema.NullOr(Schema.String),
  createdAt: Timestamp,
  startedAt: Schema.NullOr(Timestamp),
  completedAt: Schema.NullOr(Timestamp)
})

export const Queued = Event.define(
  "merge.queued",
  {
    mergeJobId: MergeJobId,
    taskId: TaskId,
    repoId: RepositoryId,
    strategy: Strategy,
    branch: Schema.String,
    targetBranch: Schema.String,
    baseCommit: CommitId,
    headCommit: CommitId
  },
  streamOf
)

export const Started = Event.define(
  "merge.started",
  { mergeJobId: MergeJobId, taskId: TaskId },
  streamOf
)

export const Completed = Event.define(
  "merge.completed",
  {
    mergeJobId: MergeJobId,
    taskId: TaskId,
    strategy: Strategy,
    mergeCommit: CommitId,
    landedOn: Schema.String
  },
  streamOf
)

export const Failed = Event.define(
  "merge.failed",
  { mergeJobId: MergeJobId, taskId: TaskId, error: Schema.String },
  streamOf
)

/**
 * What happens to merge jobs.
 *
 * @category models
 * @since 0.1.0
 */
export type MergeJobEvent =
  | Event.EventOf<typeof Queued>
  | Event.EventOf<typeof Started>
  | Event.EventOf<typeof Completed>
  | Event.EventOf<typeof Failed>

// rules -----------------------------------------------------------------------

/**
 * Says whether the job is not over.
 *
 * @category rules
 * @since 0.1.0
 */
export const isOpen = ({ status }: Pick<MergeJob, "status">): boolean =>
  status === "queued" || status === "running"

/**
 * Queues the landing of the task's commits; nothing when it has none.
 *
 * @category rules
 * @since 0.1.0
 */
export const queue = (
  task: Pick<Task, "id" | "branch" | "baseCommit" | "headCommit">,
  facts: {
    readonly mergeJobId: MergeJobId
    readonly repository: { readonly id: RepositoryId; readonly defaultBranch: string } | null
    readonly strategy: Strategy
  }
): MergeJobEvent | null => {
  const { baseCommit, branch, headCommit, id: taskId } = task
  const { mergeJobId, repository, strategy } = facts
  if (baseCommit === null || headCommit === null || repository === null) return null
  const where = { repoId: repository.id, targetBranch: repository.defaultBranch }
  const data = { mergeJobId, taskId, ...where, strategy, branch, baseCommit, headCommit }
  return { type: "merge.queued", data }
}

/**
 * Begins to land. A job that was begun before a crash is begun again: nothing is recorded.
 *
 * @category rules
 * @since 0.1.0
 */
export const start = (job: MergeJob): Decision<MergeJobEvent> =>
  job.status === "queued"
    ? accept({ type: "merge.started", data: { mergeJobId: job.id, taskId: job.taskId } })
    : accept()

/**
 * The change has landed: its task is done.
 *
 * @category rules
 * @since 0.1.0
 */
export const complete = (
  job: MergeJob,
  task: Task,
  facts: { readonly mergeCommit: CommitId; readonly landedOn: string; readonly actorId: string }
): Decision<MergeJobEvent | TaskEvent> => {
  if (!isOpen(job)) return accept()
  const { actorId, landedOn, mergeCommit } = facts
  const { id: mergeJobId, strategy, taskId } = job
  const done = task.status === "merging" ? [moved(task, "done", actorId, "landed")] : []
  return accept<MergeJobEvent | TaskEvent>(
    { type: "merge.completed", data: { mergeJobId, taskId, strategy, mergeCommit, landedOn } },
    ...done
  )
}

/**
 * The change cannot land: its task goes back to its agent, and to a person after three times.
 *
 * @category rules
 * @since 0.1.0
 */
export const fail = (
  job: MergeJob,
  task: Task,
  facts: { readonly error: string; readonly actorId: string }
): Decision<MergeJobEvent | TaskEvent> => {
  if (!isOpen(job)) return accept()
  const { id: mergeJobId, taskId } = job
  const failed = { type: "merge.failed", data: { mergeJobId, taskId, error: facts.error } } as const
  if (task.status !== "merging") return accept<MergeJobEvent>(failed)
  const back = moved(task, "in_progress", facts.actorId, "landing_failed")
  return task.rejections + 1 < maxRejections
    ? accept<MergeJobEvent | TaskEvent>(failed, back)
    : accept<MergeJobEvent | TaskEvent>(failed, back, held(task, "landing_failed"))
}

/**
 * Folds one event into the merge job.
 *
 * @category rules
 * @since 0.1.0
 */
export const evolve = (
  before: MergeJob | undefined,
  event: MergeJobEvent,
  at: Timestamp
): MergeJob | undefined => {
  if (event.type === "merge.queued") {
    const { mergeJobId, ...rest } = event.data
    const fresh = { status: "queued", mergeCommit: null, landedOn: null, error: null } as const
    const times = { createdAt: at, startedAt: null, completedAt: null }
    return { id: mergeJobId, ...rest, ...fresh, ...times }
  }
  if (before === undefined) return undefined
  switch (event.type) {
    case "merge.started":
      return { ...before, status: "running", startedAt: at }
    case "merge.completed": {
      const { landedOn, mergeCommit } = event.data
      return { ...before, status: "success", mergeCommit, landedOn, completedAt: at }
    }
    case "merge.failed":
      return { ...before, status: "failed", error: event.data.error, completedAt: at }
  }
}
