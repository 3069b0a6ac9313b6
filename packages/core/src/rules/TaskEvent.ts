/**
 * What happens to a task, and what it is after that.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"
import * as Event from "./Event.ts"
import {
  AgentId,
  ApprovalId,
  CommitId,
  Free,
  ModuleId,
  ProjectId,
  RepositoryId,
  RunId,
  TaskId,
  TeamId,
  Timestamp
} from "./Identifier.ts"
import { defaultPlace, type Task } from "./TaskModel.ts"
import {
  ApprovalStatus,
  Hold,
  Outcome,
  Priority,
  priorityOf,
  Scope,
  Status,
  Tag,
  Title,
  Type,
  Urgency,
  urgencyOf
} from "./TaskWords.ts"

// models ----------------------------------------------------------------------

/**
 * The stream of a task: itself, its dependencies, reviews and merge jobs.
 *
 * @category models
 * @since 0.1.0
 */
export const streamOf = ({ taskId }: { readonly taskId: TaskId }): string => `task:${taskId}`

/** What a task has besides what every task names; absent where it is as usual. */
const more = {
  acceptance: Schema.optionalKey(Schema.String),
  moduleId: Schema.optionalKey(ModuleId),
  projectId: Schema.optionalKey(ProjectId),
  scopes: Schema.optionalKey(Schema.Array(Scope)),
  type: Schema.optionalKey(Type),
  urgency: Schema.optionalKey(Urgency)
}

export const Created = Event.define(
  "task.created",
  {
    taskId: TaskId,
    teamId: TeamId,
    title: Title,
    description: Schema.String,
    priority: Priority,
    driId: Schema.NullOr(AgentId),
    assigneeId: Schema.NullOr(AgentId),
    dependsOn: Schema.Array(TaskId),
    repoIds: Schema.Array(RepositoryId),
    tags: Schema.Array(Tag),
    branch: Schema.String,
    metadata: Free,
    ...more
  },
  streamOf
)

export const Updated = Event.define(
  "task.updated",
  {
    taskId: TaskId,
    title: Schema.optionalKey(Title),
    description: Schema.optionalKey(Schema.String),
    priority: Schema.optionalKey(Priority),
    tags: Schema.optionalKey(Schema.Array(Tag)),
    repoIds: Schema.optionalKey(Schema.Array(RepositoryId)),
    metadata: Schema.optionalKey(Free),
    ...more
  },
  streamOf
)

/**
 * Why a task moved: asked for by an actor, or what it followed from.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Reason = Schema.Literals([
  "asked",
  "dispatch",
  "run_succeeded",
  "approved",
  "changes_requested",
  "landed",
  "landing_failed",
  "run_failed",
  "run_stopped",
  "retry"
])
export type Reason = typeof Reason.Type

export const StatusChanged = Event.define(
  "task.status_changed",
  { taskId: TaskId, from: Status, to: Status, actorId: Schema.String, reason: Reason },
  streamOf
)

export const Assigned = Event.define(
  "task.assigned",
  { taskId: TaskId, from: Schema.NullOr(AgentId), to: AgentId },
  streamOf
)

export const DependencyAdded = Event.define(
  "task.dependency_added",
  { taskId: TaskId, dependsOnId: TaskId },
  streamOf
)

export const DependencyRemoved = Event.define(
  "task.dependency_removed",
  { taskId: TaskId, dependsOnId: TaskId },
  streamOf
)

export const Held = Event.define(
  "task.held",
  { taskId: TaskId, reason: Hold, until: Schema.optionalKey(Timestamp) },
  streamOf
)

/** Where the approval of its dispatch stands, as the approval itself says in its own stream. */
export const ApprovalChanged = Event.define(
  "task.approval_changed",
  { taskId: TaskId, approvalId: ApprovalId, status: ApprovalStatus },
  streamOf
)

/** Without a reason somebody has looked at it; what is due goes on as it was. */
export const Released = Event.define(
  "task.released",
  { taskId: TaskId, reason: Schema.optionalKey(Schema.Literals(["due"])) },
  streamOf
)

export const Requeued = Event.define(
  "task.requeued",
  { taskId: TaskId, runId: RunId, reason: Schema.Literals(["shutdown", "failed"]) },
  streamOf
)

export const Dispatched = Event.define(
  "task.dispatched",
  { taskId: TaskId, runId: RunId, attempt: Schema.Int, agentId: AgentId },
  streamOf
)

export const AttemptEnded = Event.define(
  "task.attempt_ended",
  {
    taskId: TaskId,
    runId: RunId,
    attempt: Schema.Int,
    outcome: Outcome,
    baseCommit: Schema.NullOr(CommitId),
    headCommit: Schema.NullOr(CommitId)
  },
  streamOf
)

/**
 * What happens to tasks.
 *
 * @category models
 * @since 0.1.0
 */
export type TaskEvent =
  | Event.EventOf<typeof Created>
  | Event.EventOf<typeof Updated>
  | Event.EventOf<typeof StatusChanged>
  | Event.EventOf<typeof Assigned>
  | Event.EventOf<typeof DependencyAdded>
  | Event.EventOf<typeof DependencyRemoved>
  | Event.EventOf<typeof ApprovalChanged>
  | Event.EventOf<typeof Held>
  | Event.EventOf<typeof Released>
  | Event.EventOf<typeof Requeued>
  | Event.EventOf<typeof Dispatched>
  | Event.EventOf<typeof AttemptEnded>

// rules -----------------------------------------------------------------------

/**
 * Folds one event into the task. Holds no rules: what happened, happened.
 *
 * @category rules
 * @since 0.1.0
 */
export const evolve = (
  before: Task | undefined,
  event: TaskEvent,
  at: Timestamp
): Task | undefined => {
  if (event.type === "task.created") return created(event.data, at)
  return before && { ...before, ...changed(before, event, at), updatedAt: at }
}

// internal --------------------------------------------------------------------

const created = (
  { taskId, ...wanted }: Event.EventOf<typeof Created>["data"],
  at: Timestamp
): Task => ({
  ...wanted,
  ...urgencyIs(wanted.urgency ?? urgencyOf[wanted.priority]),
  acceptance: wanted.acceptance ?? "",
  moduleId: wanted.moduleId ?? defaultPlace.moduleId,
  projectId: wanted.projectId ?? defaultPlace.projectId,
  scopes: wanted.scopes ?? [],
  type: wanted.type ?? "write",
  id: taskId,
  status: "todo",
  attempts: 0,
  failures: 0,
  rejections: 0,
  isRework: false,
  hold: null,
  heldUntil: null,
  approvalId: null,
  approvalStatus: null,
  liveRunId: null,
  lastRunId: null,
  lastAgentId: null,
  lastOutcome: null,
  baseCommit: null,
  headCommit: null,
  createdAt: at,
  updatedAt: at,
  completedAt: null
})

const changed = (
  before: Task,
  event: Exclude<TaskEvent, { readonly type: "task.created" }>,
  at: Timestamp
): Partial<Task> => {
  switch (event.type) {
    case "task.updated": {
      const { taskId: _, ...edit } = event.data
      return { ...edit, ...urgencyIn(event.data), ...lookedAt(before) }
    }
    case "task.status_changed":
      return movedBy(before, event.data, at)
    case "task.assigned":
      return { assigneeId: event.data.to }
    case "task.dependency_added":
      return { dependsOn: [...before.dependsOn, event.data.dependsOnId] }
    case "task.dependency_removed":
      return { dependsOn: before.dependsOn.filter((id) => id !== event.data.dependsOnId) }
    case "task.held":
      return { hold: event.data.reason, heldUntil: event.data.until ?? null }
    case "task.approval_changed":
      return { approvalId: event.data.approvalId, approvalStatus: event.data.status }
    case "task.released":
      return event.data.reason === "due" ? notHeld : lookedAt(before)
    case "task.requeued":
      return { isRework: true }
    case "task.dispatched": {
      const { agentId, attempt, runId } = event.data
      const runs = { attempts: attempt, liveRunId: runId, lastRunId: runId, lastAgentId: agentId }
      return { ...runs, isRework: false, ...notHeld }
    }
    case "task.attempt_ended": {
      const { baseCommit, headCommit, outcome } = event.data
      const ended = { liveRunId: null, lastOutcome: outcome }
      const hasFailed = outcome === "failed" || outcome === "lost"
      if (hasFailed) return { ...ended, failures: before.failures + 1 }
      return outcome === "succeeded" ? { ...ended, failures: 0, baseCommit, headCommit } : ended
    }
  }
}

const notHeld = { hold: null, heldUntil: null } as const

/** An urgency and its word; the number is the finer one. */
const urgencyIs = (urgency: Urgency): Pick<Task, "priority" | "urgency"> => ({
  priority: priorityOf(urgency),
  urgency
})

/** What an edit says of the urgency, whether as a word or as a number. */
const urgencyIn = ({ priority, urgency }: Event.EventOf<typeof Updated>["data"]) => {
  if (urgency !== undefined) return urgencyIs(urgency)
  return priority === undefined ? {} : urgencyIs(urgencyOf[priority])
}

/** Somebody has looked at it: a hold ends, and what led to it is counted anew. */
const lookedAt = ({ hold }: Task): Partial<Task> =>
  hold === null ? {} : { ...notHeld, failures: 0, rejections: 0 }

const movedBy = (
  before: Task,
  { reason, to }: Event.EventOf<typeof StatusChanged>["data"],
  at: Timestamp
): Partial<Task> => {
  const isSentBack = reason === "changes_requested" || reason === "landing_failed"
  const isOver = to === "done" || to === "cancelled"
  return {
    status: to,
    isRework: isSentBack,
    // An agent moves its own task too, so only a look at a held task counts anew.
    rejections: before.rejections + (isSentBack ? 1 : 0),
    failures: reason === "retry" ? 0 : before.failures,
    ...(isOver || reason === "retry" ? notHeld : {}),
    completedAt: to === "done" ? at : before.completedAt
  }
}
