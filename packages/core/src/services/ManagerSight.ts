/**
 * What a manager sees of a task: the task with its latest run and where it stands.
 *
 * @since 0.1.0
 */
import { Effect } from "effect"
import type * as Answers from "../operations/ManagerAnswers.ts"
import { TaskActionConflict, TaskActionNotFound } from "../operations/ManagerRefusal.ts"
import type { Driver, Row, StoreError } from "../ports/Driver.ts"

import * as ManagerTask from "../rules/ManagerTask.ts"
import { ProjectNotFound } from "../rules/Project.ts"
import type { Run } from "../rules/Run.ts"
import type { Task } from "../rules/Task.ts"
import * as Projection from "./Projection.ts"

// models ----------------------------------------------------------------------

/**
 * A task as it stands.
 *
 * @category models
 * @since 0.1.0
 */
export interface Sight {
  readonly organization: string
  readonly task: Task
  readonly run: Run | undefined
  readonly state: ManagerTask.State
  readonly openDependencies: number
}

// rules -----------------------------------------------------------------------

/**
 * The number that a manager has written, if it is one.
 *
 * @category rules
 * @since 0.1.0
 */
export const numberOf = (id: string): number | undefined => {
  const text = id.trim()
  const number = Number(text)
  return /^[1-9]\d{0,15}$/.test(text) && Number.isSafeInteger(number) ? number : undefined
}

/**
 * The status of an approval in a manager's words: one that was used is an approved one.
 *
 * @category rules
 * @since 0.1.0
 */
export const approvalStateOf = (status: string): string => (status === "used" ? "approved" : status)

/**
 * The latest run of a task, by the names that a place gives it.
 *
 * @category rules
 * @since 0.1.0
 */
export const runOf = ({ run }: Pick<Sight, "run">) =>
  run === undefined ? {} : { runId: run.id, runState: ManagerTask.runStates[run.status] }

/**
 * How a task stands after an action.
 *
 * @category rules
 * @since 0.1.0
 */
export const answerOf = (
  { run, state, task }: Pick<Sight, "run" | "state" | "task">,
  message?: string
): Answers.TaskAnswer => ({
  taskId: String(task.id),
  taskState: state,
  ...(run === undefined
    ? {}
    : { latestRunId: run.id, latestRunState: ManagerTask.runStates[run.status] }),
  ...(task.approvalId === null ? {} : { latestApprovalId: task.approvalId }),
  ...(task.approvalStatus === null
    ? {}
    : { latestApprovalState: approvalStateOf(task.approvalStatus) }),
  refreshRequired: true,
  ...(message === undefined ? {} : { message })
})

/**
 * Why an action is not to be had, as a refusal with what is known of the task.
 *
 * @category errors
 * @since 0.1.0
 */
export const conflictOf = (sight: Sight, action: string, reason: string): TaskActionConflict =>
  new TaskActionConflict({
    taskId: String(sight.task.id),
    taskState: sight.state,
    action,
    reason,
    ...runOf(sight),
    ...(sight.task.approvalId === null ? {} : { approvalId: sight.task.approvalId }),
    ...(sight.task.approvalStatus === null
      ? {}
      : { approvalState: approvalStateOf(sight.task.approvalStatus) })
  })

// services --------------------------------------------------------------------

/**
 * A task as it stands now, or undefined when there is none.
 *
 * @category services
 * @since 0.1.0
 */
export const sightOf = Effect.fnUntraced(function* (
  driver: Driver,
  organization: string,
  taskId: number
): Effect.fn.Return<Sight | undefined, StoreError> {
  const row = yield* driver.get(organization, "tasks", { id: taskId })
  return row === undefined ? undefined : yield* sightFrom(driver, organization, row)
})

/**
 * A task as its row shows it, with its latest run.
 *
 * @category services
 * @since 0.1.0
 */
export const sightFrom = Effect.fnUntraced(function* (
  driver: Driver,
  organization: string,
  row: Row
): Effect.fn.Return<Sight, StoreError> {
  const task = Projection.tasks.fromRow(row)
  const found =
    task.lastRunId === null
      ? undefined
      : yield* driver.get(organization, "runs", { id: task.lastRunId })
  const run = found === undefined ? undefined : Projection.runs.fromRow(found)
  const state = ManagerTask.stateOf(ManagerTask.boardOf(task), run?.status ?? null)
  return { organization, task, run, state, openDependencies: Number(row["open_dependencies"]) }
})

/**
 * A task that a manager names, in the project that it takes it to be in, if it says one.
 *
 * @category services
 * @since 0.1.0
 */
export const taskNamed = Effect.fnUntraced(function* (
  driver: Driver,
  organization: string | undefined,
  named: { readonly taskId: string; readonly projectId?: string | undefined }
) {
  const projectId = named.projectId?.trim() || undefined
  const missing = new TaskActionNotFound({
    taskId: named.taskId,
    ...(projectId === undefined ? {} : { projectId })
  })
  if (projectId !== undefined) yield* projectNamed(driver, organization, projectId)
  const id = numberOf(named.taskId)
  if (id === undefined || organization === undefined) return yield* missing
  const sight = yield* sightOf(driver, organization, id)
  const isThere =
    sight !== undefined && (projectId ?? sight.task.projectId) === sight.task.projectId
  return isThere ? sight : yield* missing
})

/**
 * A project that a manager names.
 *
 * @category services
 * @since 0.1.0
 */
export const projectNamed = Effect.fnUntraced(function* (
  driver: Driver,
  organization: string | undefined,
  projectId: string
) {
  const key = { id: projectId }
  const row = organization && (yield* driver.get(organization, "projects", key))
  if (row === undefined || row === "") return yield* new ProjectNotFound({ projectId })
  return Projection.projects.fromRow(row)
})
