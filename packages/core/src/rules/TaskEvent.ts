/**
 * What happens to a task. What it is after that is told by `TaskFold.ts`.
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
import {
  ApprovalStatus,
  Hold,
  Outcome,
  Priority,
  Scope,
  Status,
  Tag,
  Title,
  Type,
  Urgency
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
