/**
 * What a manager agent is answered: small views of tasks, boards, approvals, runs and artifacts.
 *
 * Every id is text, states are the manager's words, instants have nanoseconds, and what does not
 * exist is left out.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"
import * as ManagerTask from "../rules/ManagerTask.ts"
import { State as ModuleState } from "../rules/Module.ts"
import { ArtifactItem, Instant } from "./ManagerWords.ts"

// models ----------------------------------------------------------------------

/**
 * What became of a command.
 *
 * @category models
 * @since 0.1.0
 */
export interface CommandAnswer extends Schema.Schema.Type<typeof CommandAnswer> {}
export const CommandAnswer = Schema.Struct({
  kind: Schema.Literals([
    "project_created",
    "module_created",
    "completion",
    "in_progress",
    "approval_needed"
  ]).annotate({ description: "What happened; approval_needed waits for a person" }),
  projectId: Schema.optionalKey(Schema.String),
  moduleId: Schema.optionalKey(Schema.String),
  taskId: Schema.optionalKey(Schema.String),
  summary: Schema.optionalKey(Schema.String),
  runId: Schema.optionalKey(Schema.String),
  approvalId: Schema.optionalKey(Schema.String)
})

/**
 * A task as a manager sees it.
 *
 * @category models
 * @since 0.1.0
 */
export interface TaskView extends Schema.Schema.Type<typeof TaskView> {}
export const TaskView = Schema.Struct({
  taskId: Schema.String,
  projectId: Schema.String,
  moduleId: Schema.String,
  summary: Schema.String,
  state: ManagerTask.State,
  priority: Schema.Int,
  runId: Schema.optionalKey(Schema.String),
  runState: Schema.optionalKey(Schema.String),
  approvalId: Schema.optionalKey(Schema.String),
  approvalReason: Schema.optionalKey(Schema.String),
  approvalState: Schema.optionalKey(Schema.String),
  pendingApproval: Schema.Boolean
})

/**
 * Where to read on in each column that goes on, by the column's name.
 *
 * @category models
 * @since 0.1.0
 */
export const NextCursors = Schema.Record(Schema.String, Schema.String).annotate({
  description: "Where each column goes on, by its name; give one back as column and cursor"
})
export type NextCursors = typeof NextCursors.Type

/**
 * Modules by the names of their columns. Empty columns are left out.
 *
 * @category models
 * @since 0.1.0
 */
export const ModuleColumns = Schema.Record(
  Schema.String,
  Schema.Array(Schema.Struct({ moduleId: Schema.String, name: Schema.String, state: ModuleState }))
)
export type ModuleColumns = typeof ModuleColumns.Type

/**
 * Tasks by the names of their columns. Empty columns are left out.
 *
 * @category models
 * @since 0.1.0
 */
export const TaskColumns = Schema.Record(
  Schema.String,
  Schema.Array(
    Schema.Struct({
      taskId: Schema.String,
      moduleId: Schema.String,
      summary: Schema.String,
      state: ManagerTask.State,
      priority: Schema.Int,
      pendingApproval: Schema.Boolean
    })
  )
)
export type TaskColumns = typeof TaskColumns.Type

/**
 * The board of a project: only columns that are not empty, and where to read on in each. Where the
 * modules go on stands under `modules`.
 *
 * @category models
 * @since 0.1.0
 */
export interface Board extends Schema.Schema.Type<typeof Board> {}
export const Board = Schema.Struct({
  projectId: Schema.String,
  modules: ModuleColumns,
  tasks: TaskColumns,
  nextCursors: NextCursors
})

/**
 * The modules of a project on its board.
 *
 * @category models
 * @since 0.1.0
 */
export interface BoardModules extends Schema.Schema.Type<typeof BoardModules> {}
export const BoardModules = Schema.Struct({ columns: ModuleColumns, nextCursors: NextCursors })

/**
 * The tasks of a project on its board.
 *
 * @category models
 * @since 0.1.0
 */
export interface BoardTasks extends Schema.Schema.Type<typeof BoardTasks> {}
export const BoardTasks = Schema.Struct({ columns: TaskColumns, nextCursors: NextCursors })

/**
 * The approvals of a project that wait for a person, the most pressing first.
 *
 * @category models
 * @since 0.1.0
 */
export interface ApprovalQueue extends Schema.Schema.Type<typeof ApprovalQueue> {}
export const ApprovalQueue = Schema.Struct({
  items: Schema.Array(
    Schema.Struct({
      approvalId: Schema.String,
      taskId: Schema.String,
      summary: Schema.String,
      riskLevel: Schema.String,
      priority: Schema.Int
    })
  ),
  nextCursor: Schema.optionalKey(Schema.String)
})

/**
 * The same approvals as a board shows them.
 *
 * @category models
 * @since 0.1.0
 */
export interface BoardApprovals extends Schema.Schema.Type<typeof BoardApprovals> {}
export const BoardApprovals = Schema.Struct({
  items: Schema.Array(
    Schema.Struct({
      approvalId: Schema.String,
      taskId: Schema.String,
      moduleId: Schema.String,
      summary: Schema.String,
      reason: Schema.String,
      state: Schema.String
    })
  ),
  nextCursor: Schema.optionalKey(Schema.String)
})

/**
 * All that a person decides an approval by.
 *
 * @category models
 * @since 0.1.0
 */
export interface ApprovalDetail extends Schema.Schema.Type<typeof ApprovalDetail> {}
export const ApprovalDetail = Schema.Struct({
  approvalId: Schema.String,
  taskId: Schema.String,
  summary: Schema.String,
  reason: Schema.String,
  approvalState: Schema.String,
  riskLevel: Schema.String,
  policyRule: Schema.String,
  rejectionReason: Schema.optionalKey(Schema.String),
  priority: Schema.Int,
  createdAt: Instant,
  taskState: ManagerTask.State,
  runId: Schema.optionalKey(Schema.String),
  runState: Schema.optionalKey(Schema.String),
  runDetailUrl: Schema.optionalKey(Schema.String),
  assistantSummaryPreview: Schema.String,
  artifacts: Schema.Array(ArtifactItem)
})

/**
 * How an approval and its task stand after a decision.
 *
 * @category models
 * @since 0.1.0
 */
export interface ApprovalAnswer extends Schema.Schema.Type<typeof ApprovalAnswer> {}
export const ApprovalAnswer = Schema.Struct({
  approvalId: Schema.String,
  approvalState: Schema.String,
  rejectionReason: Schema.optionalKey(Schema.String),
  taskId: Schema.String,
  taskState: ManagerTask.State,
  runId: Schema.optionalKey(Schema.String),
  runState: Schema.optionalKey(Schema.String)
})

export * from "./ManagerPageAnswers.ts"
export * from "./ManagerWords.ts"
