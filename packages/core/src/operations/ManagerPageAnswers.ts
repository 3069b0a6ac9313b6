/**
 * What a manager agent is answered of one task or one run, and after an action.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"
import * as ManagerTask from "../rules/ManagerTask.ts"
import { ArtifactItem, Instant } from "./ManagerWords.ts"

// models ----------------------------------------------------------------------

/**
 * The page of a task.
 *
 * @category models
 * @since 0.1.0
 */
export interface TaskWorkbench extends Schema.Schema.Type<typeof TaskWorkbench> {}
export const TaskWorkbench = Schema.Struct({
  taskId: Schema.String,
  projectId: Schema.String,
  moduleId: Schema.String,
  summary: Schema.String,
  taskState: ManagerTask.State,
  priority: Schema.Int,
  writeScope: Schema.String,
  taskType: Schema.String,
  acceptance: Schema.String,
  latestRunId: Schema.optionalKey(Schema.String),
  latestRunState: Schema.optionalKey(Schema.String),
  latestRunSummary: Schema.optionalKey(Schema.String),
  latestApprovalId: Schema.optionalKey(Schema.String),
  latestApprovalState: Schema.optionalKey(Schema.String),
  latestApprovalReason: Schema.optionalKey(Schema.String),
  approvalWorkbenchUrl: Schema.String,
  runDetailUrl: Schema.optionalKey(Schema.String),
  artifacts: Schema.Array(ArtifactItem),
  availableActions: Schema.Array(
    Schema.Struct({
      actionId: ManagerTask.PageAction,
      enabled: Schema.Boolean,
      disabledReason: Schema.optionalKey(Schema.String),
      currentValue: Schema.optionalKey(Schema.Int)
    })
  ),
  disabledReasons: Schema.Record(Schema.String, Schema.String)
})

/**
 * How a task stands after an action.
 *
 * @category models
 * @since 0.1.0
 */
export interface TaskAnswer extends Schema.Schema.Type<typeof TaskAnswer> {}
export const TaskAnswer = Schema.Struct({
  taskId: Schema.String,
  taskState: ManagerTask.State,
  latestRunId: Schema.optionalKey(Schema.String),
  latestRunState: Schema.optionalKey(Schema.String),
  latestApprovalId: Schema.optionalKey(Schema.String),
  latestApprovalState: Schema.optionalKey(Schema.String),
  refreshRequired: Schema.Literal(true),
  message: Schema.optionalKey(Schema.String)
})

/**
 * The page of a run.
 *
 * @category models
 * @since 0.1.0
 */
export interface RunWorkbench extends Schema.Schema.Type<typeof RunWorkbench> {}
export const RunWorkbench = Schema.Struct({
  runId: Schema.String,
  taskId: Schema.String,
  projectId: Schema.String,
  moduleId: Schema.String,
  taskSummary: Schema.String,
  runState: Schema.String,
  runnerKind: Schema.String,
  primarySummary: Schema.String,
  runCreatedAt: Schema.optionalKey(Instant),
  taskWorkbenchUrl: Schema.String,
  runWorkbenchUrl: Schema.String,
  artifactTargetUrls: Schema.Record(Schema.String, Schema.String),
  artifacts: Schema.Array(ArtifactItem)
})
