/**
 * The pages of tasks and runs: all that a person who looks at one wants to know, in one answer.
 *
 * @since 0.1.0
 */
import { Effect } from "effect"
import type { Handler } from "../operations/Handlers.ts"
import { instantOf } from "../operations/ManagerAnswers.ts"
import type * as Answers from "../operations/ManagerAnswers.ts"
import type * as Operations from "../operations/ManagerOperations.ts"
import { OutsideProject, RunWorkbenchNotFound } from "../operations/ManagerRefusal.ts"
import type { Driver, StoreError } from "../ports/Driver.ts"
import type { Artifact } from "../rules/Artifact.ts"
import * as ManagerTask from "../rules/ManagerTask.ts"
import type { Run } from "../rules/Run.ts"
import type { Bench } from "./Manager.ts"
import {
  approvalStateOf,
  projectNamed,
  runOf,
  type Sight,
  sightOf,
  taskNamed
} from "./ManagerSight.ts"
import { seenFrom } from "./ManagerStanding.ts"
import * as Projection from "./Projection.ts"

// services --------------------------------------------------------------------

/**
 * The part of `Manager` that shows single things.
 *
 * @category services
 * @since 0.1.0
 */
export const makePages = ({ shell }: Bench): Pages => ({
  task: Effect.fnUntraced(function* ({ projectId, taskId }) {
    const organization = yield* seenFrom(shell)
    return yield* shell.read(
      Effect.fnUntraced(function* (driver) {
        if (projectId !== undefined) yield* projectNamed(driver, organization, projectId)
        const sight = yield* taskNamed(driver, organization, { taskId })
        if (projectId !== undefined && sight.task.projectId !== projectId) {
          return yield* new OutsideProject({ thing: "task", id: taskId, projectId })
        }
        return yield* viewOf(driver, sight)
      })
    )
  }),
  taskWorkbench: Effect.fnUntraced(function* (input) {
    const organization = yield* seenFrom(shell)
    return yield* shell.read(
      Effect.fnUntraced(function* (driver) {
        return yield* workbenchOf(driver, yield* taskNamed(driver, organization, input))
      })
    )
  }),
  runWorkbench: Effect.fnUntraced(function* ({ runId }) {
    const organization = yield* seenFrom(shell)
    const missing = new RunWorkbenchNotFound({ runId })
    if (organization === undefined) return yield* missing
    return yield* shell.read(
      Effect.fnUntraced(function* (driver) {
        const row = yield* driver.get(organization, "runs", { id: runId.toLowerCase() })
        if (row === undefined) return yield* missing
        const run = Projection.runs.fromRow(row)
        const sight = yield* sightOf(driver, organization, run.taskId)
        // A run is written with its task, and nothing is ever gone.
        if (sight === undefined) return yield* Effect.die(`Run ${runId} has no task`)
        return yield* runPageOf(driver, sight, run)
      })
    )
  })
})

/**
 * The pages by what they show.
 *
 * @category models
 * @since 0.1.0
 */
export interface Pages {
  readonly task: Handler<typeof Operations.getManagerTask>
  readonly taskWorkbench: Handler<typeof Operations.getTaskWorkbench>
  readonly runWorkbench: Handler<typeof Operations.getRunWorkbench>
}

/**
 * The latest artifacts of a task, at most 200.
 *
 * @category services
 * @since 0.1.0
 */
export const artifactsOf = Effect.fnUntraced(function* (
  driver: Driver,
  { organization, task }: Pick<Sight, "organization" | "task">
): Effect.fn.Return<ReadonlyArray<Artifact>, StoreError> {
  const rows = yield* driver.find({
    organization,
    table: "artifacts",
    index: "artifacts_by_task",
    equals: { task_id: task.id },
    direction: "descending",
    limit: 200
  })
  return rows.map(Projection.artifacts.fromRow)
})

/**
 * An artifact in a list.
 *
 * @category rules
 * @since 0.1.0
 */
export const itemOf = ({ id, kind, path, summary }: Artifact): Answers.ArtifactItem => ({
  id,
  kind,
  path,
  summary
})

// internal --------------------------------------------------------------------

/** The latest approval of a task, as far as anything was ever asked. */
const approvalOf = Effect.fnUntraced(function* (
  driver: Driver,
  { organization, task }: Sight
): Effect.fn.Return<
  { readonly id: string; readonly state: string; readonly reason: string } | undefined,
  StoreError
> {
  const { approvalId: id, approvalStatus: status } = task
  if (id === null || status === null) return undefined
  const row = yield* driver.get(organization, "approvals", { id })
  return { id, state: approvalStateOf(status), reason: String(row?.["reason"] ?? "") }
})

const viewOf = Effect.fnUntraced(function* (driver: Driver, sight: Sight) {
  const { state, task } = sight
  const approval = yield* approvalOf(driver, sight)
  return {
    taskId: String(task.id),
    projectId: task.projectId,
    moduleId: task.moduleId,
    summary: ManagerTask.summaryOf(task),
    state,
    priority: task.urgency,
    ...runOf(sight),
    ...(approval === undefined
      ? {}
      : {
          approvalId: approval.id,
          approvalReason: approval.reason,
          approvalState: approval.state
        }),
    pendingApproval: task.approvalStatus === "pending"
  }
})

const workbenchOf = Effect.fnUntraced(function* (driver: Driver, sight: Sight) {
  const { run, state, task } = sight
  const approval = yield* approvalOf(driver, sight)
  const artifacts = yield* artifactsOf(driver, sight)
  const summary = ManagerTask.summaryOf(task)
  const actions = actionsOf(sight)
  const queue = `/board/approvals/workbench?project_id=${encodeURIComponent(task.projectId)}`
  return {
    taskId: String(task.id),
    projectId: task.projectId,
    moduleId: task.moduleId,
    summary,
    taskState: state,
    priority: task.urgency,
    writeScope: task.scopes.length === 0 ? `repo:${task.projectId}` : task.scopes.join(", "),
    taskType: task.type,
    acceptance: task.acceptance === "" ? summary : task.acceptance,
    ...(run === undefined ? {} : latestRun(run)),
    ...(approval === undefined
      ? {}
      : {
          latestApprovalId: approval.id,
          latestApprovalState: approval.state,
          latestApprovalReason: approval.reason
        }),
    approvalWorkbenchUrl: approval === undefined ? queue : `${queue}&approval_id=${approval.id}`,
    artifacts: artifacts.map(itemOf),
    availableActions: actions,
    disabledReasons: Object.fromEntries(
      actions.flatMap(({ actionId, disabledReason }) =>
        disabledReason === undefined ? [] : [[actionId, disabledReason]]
      )
    )
  }
})

const latestRun = ({ id, runner, status }: Run) => ({
  latestRunId: id,
  latestRunState: ManagerTask.runStates[status],
  latestRunSummary: `${runner} run is ${ManagerTask.runStates[status]}`,
  runDetailUrl: `/board/runs/${id}`
})

const actionsOf = ({ openDependencies, run, state, task }: Sight) => {
  const around = {
    openDependencies,
    hasRun: run !== undefined,
    hasApproval: task.approvalId !== null
  }
  return ManagerTask.PageAction.literals.map((actionId) => {
    const reason = ManagerTask.disabled(state, actionId, around)
    return {
      actionId,
      enabled: reason === null,
      ...(reason === null ? {} : { disabledReason: reason }),
      ...(actionId === "reprioritize" ? { currentValue: task.urgency } : {})
    }
  })
}

const runPageOf = Effect.fnUntraced(function* (driver: Driver, sight: Sight, run: Run) {
  const { task } = sight
  const artifacts = yield* artifactsOf(driver, sight)
  const taskPlace = `project_id=${encodeURIComponent(task.projectId)}&task_id=${task.id}`
  return {
    runId: run.id,
    taskId: String(task.id),
    projectId: task.projectId,
    moduleId: task.moduleId,
    taskSummary: ManagerTask.summaryOf(task),
    runState: ManagerTask.runStates[run.status],
    runnerKind: run.runner,
    primarySummary: primaryOf(run, artifacts),
    runCreatedAt: instantOf(run.queuedAt),
    taskWorkbenchUrl: `/board/tasks/workbench?${taskPlace}`,
    runWorkbenchUrl: `/board/runs/workbench?run_id=${run.id}`,
    artifactTargetUrls: Object.fromEntries(
      artifacts.map(({ id }) => [id, `/board/artifacts/workbench?artifact_id=${id}`])
    ),
    artifacts: artifacts.map(itemOf)
  }
})

/** What a run came to: its answer, or its state with what it has left beside logs. */
const primaryOf = (run: Run, artifacts: ReadonlyArray<Artifact>): string => {
  const own = artifacts.filter(({ runId }) => runId === run.id)
  const answer = own.find(({ kind, summary }) => kind === "assistant_summary" && summary !== "")
  if (answer !== undefined) return answer.summary
  const others = own.filter(({ kind, summary }) => summary !== "" && !/(^|_)log$/.test(kind))
  const parts = others.map(({ kind, summary }) => `${kind}: ${summary}`)
  return [ManagerTask.runStates[run.status], ...parts].join(" — ")
}
