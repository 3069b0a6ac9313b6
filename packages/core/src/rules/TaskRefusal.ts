/**
 * What the rules of a task refuse, each with the facts that an agent needs to go on.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"
import { ApprovalId, CommitId, RunId, TaskId } from "./Identifier.ts"
import { Status } from "./TaskWords.ts"

// models ----------------------------------------------------------------------

/**
 * A dependency that is not done.
 *
 * @category models
 * @since 0.1.0
 */
export interface Blocker extends Schema.Schema.Type<typeof Blocker> {}
export const Blocker = Schema.Struct({ taskId: TaskId, status: Status })

// errors ----------------------------------------------------------------------

/**
 * There is no such task, or the caller may not see it.
 *
 * @category errors
 * @since 0.1.0
 */
export class TaskNotFound extends Schema.TaggedError<TaskNotFound>()(
  "TaskNotFound",
  { taskId: Schema.Int },
  { httpApiStatus: 404 }
) {
  override get message() {
    return "Task not found"
  }
}

/**
 * The workflow has no such step.
 *
 * @category errors
 * @since 0.1.0
 */
export class IllegalMove extends Schema.TaggedError<IllegalMove>()(
  "IllegalMove",
  { taskId: TaskId, from: Status, to: Status, allowed: Schema.Array(Status) },
  { httpApiStatus: 409 }
) {
  override get message() {
    const allowed = this.allowed.map((status) => `'${status}'`).toSorted()
    const words = allowed.length === 0 ? "none (terminal state)" : `{${allowed.join(", ")}}`
    return `Cannot transition from '${this.from}' to '${this.to}'. Allowed: ${words}`
  }
}

/**
 * Tasks that this one waits for are not done.
 *
 * @category errors
 * @since 0.1.0
 */
export class BlockedByDependencies extends Schema.TaggedError<BlockedByDependencies>()(
  "BlockedByDependencies",
  { taskId: TaskId, blockedBy: Schema.Array(Blocker) },
  { httpApiStatus: 409 }
) {
  override get message() {
    const open = this.blockedBy.map(({ status, taskId }) => `task ${taskId} (${status})`)
    return `Blocked by unresolved dependencies: ${open.join(", ")}`
  }
}

/**
 * A run works on the task. Only it moves the task, or a cancel.
 *
 * @category errors
 * @since 0.1.0
 */
export class RunIsLive extends Schema.TaggedError<RunIsLive>()(
  "RunIsLive",
  { taskId: TaskId, runId: RunId },
  { httpApiStatus: 409 }
) {
  override get message() {
    return `Run ${this.runId} works on task ${this.taskId}; wait for its end or cancel the task`
  }
}

/**
 * The team merges only what someone else approved, at its present commit.
 *
 * @category errors
 * @since 0.1.0
 */
export class ReviewRequired extends Schema.TaggedError<ReviewRequired>()(
  "ReviewRequired",
  { taskId: TaskId, headCommit: Schema.NullOr(CommitId) },
  { httpApiStatus: 409 }
) {
  override get message() {
    return `Task ${this.taskId} needs an approving review of its present commit before it merges`
  }
}

/**
 * The task's branch has commits that have not landed.
 *
 * @category errors
 * @since 0.1.0
 */
export class NotLanded extends Schema.TaggedError<NotLanded>()(
  "NotLanded",
  { taskId: TaskId, headCommit: CommitId },
  { httpApiStatus: 409 }
) {
  override get message() {
    return `Task ${this.taskId} is done when its commit ${this.headCommit} has landed`
  }
}

/**
 * The task's change is being landed right now.
 *
 * @category errors
 * @since 0.1.0
 */
export class LandingInProgress extends Schema.TaggedError<LandingInProgress>()(
  "LandingInProgress",
  { taskId: TaskId },
  { httpApiStatus: 409 }
) {
  override get message() {
    return `Task ${this.taskId} is being landed; wait for the end of its merge job`
  }
}

/**
 * Nothing about the task can be retried.
 *
 * @category errors
 * @since 0.1.0
 */
export class NotHeldNorFailed extends Schema.TaggedError<NotHeldNorFailed>()(
  "NotHeldNorFailed",
  { taskId: TaskId, status: Status },
  { httpApiStatus: 409 }
) {
  override get message() {
    return `Task ${this.taskId} (${this.status}) is neither held nor is its latest run a failed one`
  }
}

/**
 * The policy wants a person to agree before an agent begins the task. The approval has been asked for.
 *
 * @category errors
 * @since 0.1.0
 */
export class ApprovalNeeded extends Schema.TaggedError<ApprovalNeeded>()(
  "ApprovalNeeded",
  { taskId: TaskId, approvalId: Schema.NullOr(ApprovalId) },
  { httpApiStatus: 409 }
) {
  override get message() {
    return `Task ${this.taskId} begins when a person has approved it`
  }
}
