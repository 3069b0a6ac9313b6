/**
 * What the manager API refuses beside what the operations under it refuse.
 *
 * Its callers know a task by the manager's eight states, so each refusal that is about a task says in
 * which of them it stands.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"
import * as ManagerTask from "../rules/ManagerTask.ts"
import { Hold } from "../rules/TaskWords.ts"

// errors ----------------------------------------------------------------------

/**
 * There is no command of this kind.
 *
 * @category errors
 * @since 0.1.0
 */
export class UnsupportedAction extends Schema.TaggedError<UnsupportedAction>()(
  "UnsupportedAction",
  {
    kind: Schema.String,
    /** Those that there are. */
    kinds: Schema.Array(Schema.String)
  },
  { httpApiStatus: 400 }
) {
  override get message() {
    return `unsupported manager-agent action: ${this.kind}`
  }
}

/**
 * A task is of type read or write.
 *
 * @category errors
 * @since 0.1.0
 */
export class UnsupportedTaskType extends Schema.TaggedError<UnsupportedTaskType>()(
  "UnsupportedTaskType",
  { taskType: Schema.String },
  { httpApiStatus: 400 }
) {
  override get message() {
    return `unsupported task type: ${this.taskType}`
  }
}

/**
 * The command lacks what it cannot be without.
 *
 * @category errors
 * @since 0.1.0
 */
export class FieldRequired extends Schema.TaggedError<FieldRequired>()(
  "FieldRequired",
  { field: Schema.String },
  { httpApiStatus: 400 }
) {
  override get message() {
    return `${this.field.replaceAll("_", " ")} is required`
  }
}

/**
 * The module or the task is of another project than the one that was named.
 *
 * @category errors
 * @since 0.1.0
 */
export class OutsideProject extends Schema.TaggedError<OutsideProject>()(
  "OutsideProject",
  { thing: Schema.Literals(["module", "task"]), id: Schema.String, projectId: Schema.String },
  { httpApiStatus: 400 }
) {
  override get message() {
    return `${this.thing} ${this.id} does not belong to project ${this.projectId}`
  }
}

/**
 * A priority counts from 1.
 *
 * @category errors
 * @since 0.1.0
 */
export class PriorityTooLow extends Schema.TaggedError<PriorityTooLow>()(
  "PriorityTooLow",
  { priority: Schema.Int },
  { httpApiStatus: 400 }
) {
  override get message() {
    return "priority must be >= 1"
  }
}

/**
 * The project has no such task.
 *
 * @category errors
 * @since 0.1.0
 */
export class TaskActionNotFound extends Schema.TaggedError<TaskActionNotFound>()(
  "TaskActionNotFound",
  { taskId: Schema.String, projectId: Schema.optionalKey(Schema.String) },
  { httpApiStatus: 404 }
) {
  override get message() {
    const where = this.projectId === undefined ? "" : ` in project ${this.projectId}`
    return `task action not found: task ${this.taskId} not found${where}`
  }
}

const dispatched = {
  taskId: Schema.String,
  projectId: Schema.String,
  moduleId: Schema.String,
  taskState: ManagerTask.State,
  /** The approval that was decided before the dispatch, where that was the wish. */
  approvalId: Schema.optionalKey(Schema.String),
  approvalState: Schema.optionalKey(Schema.String)
}

/**
 * The task is there and was dispatched, and its run failed. Retrying the command would make another
 * task; the task itself can be retried.
 *
 * @category errors
 * @since 0.1.0
 */
export class DispatchFailed extends Schema.TaggedError<DispatchFailed>()(
  "DispatchFailed",
  { ...dispatched, runId: Schema.NullOr(Schema.String), cause: Schema.String },
  { httpApiStatus: 500 }
) {
  override get message() {
    return this.cause
  }
}

/**
 * The task is there, and nothing starts it before somebody has looked at it.
 *
 * @category errors
 * @since 0.1.0
 */
export class TaskHeld extends Schema.TaggedError<TaskHeld>()(
  "TaskHeld",
  { ...dispatched, hold: Hold },
  { httpApiStatus: 409 }
) {
  override get message() {
    return `task ${this.taskId} is held: ${this.hold}`
  }
}

/**
 * The task is there, and nobody is: its team has no engineer who could do it, and it is assigned to
 * nobody. It begins when there is one.
 *
 * @category errors
 * @since 0.1.0
 */
export class AgentNeeded extends Schema.TaggedError<AgentNeeded>()("AgentNeeded", dispatched, {
  httpApiStatus: 409
}) {
  override get message() {
    return `task ${this.taskId} waits for an agent: its team has no engineer`
  }
}

/**
 * The task is not where this action can be taken. Its ids are text, as everywhere here.
 *
 * @category errors
 * @since 0.1.0
 */
export class TaskActionConflict extends Schema.TaggedError<TaskActionConflict>()(
  "TaskActionConflict",
  {
    taskId: Schema.String,
    taskState: ManagerTask.State,
    action: Schema.String,
    reason: Schema.String,
    runId: Schema.optionalKey(Schema.String),
    runState: Schema.optionalKey(Schema.String),
    approvalId: Schema.optionalKey(Schema.String),
    approvalState: Schema.optionalKey(Schema.String)
  },
  { httpApiStatus: 409 }
) {
  override get message() {
    return `task action conflict: ${this.action} unavailable: ${this.reason}`
  }
}

/**
 * There is no such run.
 *
 * @category errors
 * @since 0.1.0
 */
export class RunWorkbenchNotFound extends Schema.TaggedError<RunWorkbenchNotFound>()(
  "RunWorkbenchNotFound",
  { runId: Schema.String },
  { httpApiStatus: 404 }
) {
  override get message() {
    return `run workbench not found: ${this.runId}`
  }
}

/**
 * There is no such approval.
 *
 * @category errors
 * @since 0.1.0
 */
export class ApprovalActionNotFound extends Schema.TaggedError<ApprovalActionNotFound>()(
  "ApprovalActionNotFound",
  { approvalId: Schema.String },
  { httpApiStatus: 404 }
) {
  override get message() {
    return `approval action not found: approval ${this.approvalId} not found`
  }
}

/**
 * The approval was decided otherwise, or its task has gone on.
 *
 * @category errors
 * @since 0.1.0
 */
export class ApprovalActionConflict extends Schema.TaggedError<ApprovalActionConflict>()(
  "ApprovalActionConflict",
  {
    approvalId: Schema.String,
    approvalState: Schema.String,
    taskId: Schema.String,
    taskState: ManagerTask.State,
    runId: Schema.optionalKey(Schema.String),
    runState: Schema.optionalKey(Schema.String),
    problem: Schema.String
  },
  { httpApiStatus: 409 }
) {
  override get message() {
    return `approval action conflict: approval ${this.approvalId} ${this.problem}`
  }
}
