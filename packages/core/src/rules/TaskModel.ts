/**
 * What a task is.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"
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
  Urgency,
  urgencyOf
} from "./TaskWords.ts"

// models ----------------------------------------------------------------------

/**
 * A task.
 *
 * @category models
 * @since 0.1.0
 */
export interface Task extends Schema.Schema.Type<typeof Task> {}
export const Task = Schema.Struct({
  id: TaskId,
  teamId: TeamId,
  title: Title,
  description: Schema.String,
  status: Status,
  priority: Priority,
  urgency: Urgency,
  type: Type,
  projectId: ProjectId,
  moduleId: ModuleId,
  acceptance: Schema.String.annotate({ description: "What must hold of the result" }),
  scopes: Schema.Array(Scope).annotate({ description: "What it must be able to write" }),
  driId: Schema.NullOr(AgentId).annotate({ description: "The agent who answers for the task" }),
  assigneeId: Schema.NullOr(AgentId),
  dependsOn: Schema.Array(TaskId),
  repoIds: Schema.Array(RepositoryId),
  tags: Schema.Array(Tag),
  branch: Schema.String,
  metadata: Free,
  /** How many runs it has had. */
  attempts: Schema.Int,
  /** How many of its runs failed in a row, since a person looked at it. */
  failures: Schema.Int,
  /** How often a review or a landing sent it back, since a person looked at it. */
  rejections: Schema.Int,
  isRework: Schema.Boolean.annotate({
    description: "Sent back or interrupted, and queued for another run"
  }),
  hold: Schema.NullOr(Hold).annotate({ description: "Why nothing starts it by itself" }),
  heldUntil: Schema.NullOr(Timestamp).annotate({ description: "When the hold ends by itself" }),
  approvalId: Schema.NullOr(ApprovalId).annotate({
    description: "The latest approval of its dispatch"
  }),
  approvalStatus: Schema.NullOr(ApprovalStatus),
  liveRunId: Schema.NullOr(RunId),
  lastRunId: Schema.NullOr(RunId),
  lastAgentId: Schema.NullOr(AgentId),
  lastOutcome: Schema.NullOr(Outcome),
  baseCommit: Schema.NullOr(CommitId),
  headCommit: Schema.NullOr(CommitId).annotate({ description: "The commit of its latest result" }),
  createdAt: Timestamp,
  updatedAt: Timestamp,
  completedAt: Schema.NullOr(Timestamp)
})

/**
 * What the creator of a task decides.
 *
 * @category models
 * @since 0.1.0
 */
export type Wanted = Pick<
  Task,
  | "teamId"
  | "title"
  | "description"
  | "priority"
  | "driId"
  | "assigneeId"
  | "dependsOn"
  | "repoIds"
  | "tags"
  | "metadata"
> &
  Partial<Pick<Task, "acceptance" | "moduleId" | "projectId" | "scopes" | "type" | "urgency">>

/**
 * What may be edited at any time, in every status.
 *
 * @category models
 * @since 0.1.0
 */
export type Edit = Partial<
  Pick<
    Task,
    | "acceptance"
    | "description"
    | "metadata"
    | "moduleId"
    | "priority"
    | "projectId"
    | "repoIds"
    | "scopes"
    | "tags"
    | "title"
    | "type"
    | "urgency"
  >
>

// rules -----------------------------------------------------------------------

/**
 * Where tasks belong of which nobody said so.
 *
 * @category rules
 * @since 0.1.0
 */
export const defaultPlace: Pick<Task, "moduleId" | "projectId"> = {
  projectId: ProjectId.make("demo"),
  moduleId: ModuleId.make("module-default")
}

/**
 * What every task is like before anything has happened to it.
 *
 * @category models
 * @since 0.1.0
 */
export const untouched = {
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
  completedAt: null
} as const satisfies Partial<Task>

/**
 * A task to try a rule with: in status `todo`, with what is given changed.
 *
 * @category testing
 * @since 0.1.0
 */
export const example = (given: Partial<Task> = {}): Task => ({
  ...untouched,
  id: TaskId.make(1),
  teamId: TeamId.make("00000000-0000-7000-8000-000000000001"),
  title: "An example",
  description: "",
  priority: "medium",
  urgency: urgencyOf.medium,
  type: "write",
  ...defaultPlace,
  acceptance: "",
  scopes: [],
  driId: null,
  assigneeId: null,
  dependsOn: [],
  repoIds: [],
  tags: [],
  branch: "task-1-an-example",
  metadata: {},
  createdAt: "2026-01-01T00:00:00.000000Z",
  updatedAt: "2026-01-01T00:00:00.000000Z",
  ...given
})
