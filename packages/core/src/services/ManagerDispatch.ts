/**
 * The dispatch of a task by a manager: what keeps it back is let go, and its work is waited for, for
 * a bounded time.
 *
 * Nothing is started here. A task that nothing keeps back is in the queue, and the dispatcher starts
 * it; a manager asks for the approval that it needs, and looks on.
 *
 * @since 0.1.0
 */
import { Effect, Option, Stream } from "effect"
import { CurrentActor } from "../operations/Authorization.ts"
import { CurrentCommand } from "../operations/Command.ts"
import * as DryRun from "../operations/DryRun.ts"
import type * as Answers from "../operations/ManagerAnswers.ts"
import { DispatchFailed, TaskHeld } from "../operations/ManagerRefusal.ts"
import { timed } from "../operations/Observation.ts"
import * as ManagerTask from "../rules/ManagerTask.ts"
import type { Hold } from "../rules/TaskWords.ts"
import { hints } from "./Hints.ts"
import { type LocalTeam, managerOf } from "./LocalTeam.ts"
import type { Bench } from "./Manager.ts"
import { conflictOf, runOf, type Sight, sightOf } from "./ManagerSight.ts"
import { noAnswer, noted } from "./ManagerStanding.ts"
import type { Shell } from "./Shell.ts"

// services --------------------------------------------------------------------

/**
 * Lets go of what keeps a task back, and notes that the command was carried out where nothing does.
 *
 * @category services
 * @since 0.1.0
 */
export const release = Effect.fnUntraced(function* (
  { shell, tasks }: Pick<Bench, "shell" | "tasks">,
  local: LocalTeam,
  { state, task }: Sight
) {
  if (task.hold === null || !isQueued(state)) return yield* noted(shell, local)
  const command = yield* CurrentCommand
  yield* tasks.retry({ taskId: task.id }).pipe(
    // Somebody else has let it go meanwhile, or it has gone on.
    Effect.catchTags({ NotHeldNorFailed: () => Effect.void, TaskNotFound: Effect.die }),
    Effect.provideService(CurrentActor, managerOf(local)),
    Effect.provideService(CurrentCommand, { ...command, ...noAnswer })
  )
})

/**
 * The task once there is something to tell: it is finished, it waits for a person, it cannot go on, or
 * so much time has passed.
 *
 * @category services
 * @since 0.1.0
 */
export const settled = Effect.fnUntraced(function* (
  shell: Shell["Service"],
  organization: string,
  taskId: number,
  withinMillis: number,
  isSettled: (sight: Sight) => boolean = hasNews
) {
  // In a dry run there is nothing to look at yet.
  yield* DryRun.begin
  const look = shell
    .read((driver) => sightOf(driver, organization, taskId))
    .pipe(
      Effect.filterOrElse(
        (sight) => sight !== undefined,
        () => Effect.die(`Task ${taskId} was there and is gone`)
      )
    )
  const news = hints(shell.driver, organization).pipe(
    Stream.mapEffect(() => look),
    Stream.filter(isSettled),
    Stream.runHead,
    Effect.timeoutOption(withinMillis),
    Effect.map(Option.flatten)
  )
  const found = yield* timed("wait", news)
  return Option.isSome(found) ? found.value : yield* look
})

/**
 * Why a task does not go on by itself, if it does not: its run has failed, or it is held.
 *
 * @category errors
 * @since 0.1.0
 */
export const troubleOf = (
  { run, state, task }: Sight,
  decided: { readonly approvalId?: string; readonly approvalState?: string } = {}
): DispatchFailed | TaskHeld | undefined => {
  const place = {
    ...decided,
    taskId: String(task.id),
    projectId: task.projectId,
    moduleId: task.moduleId,
    taskState: state
  }
  if (state === "failed") {
    const cause = run === undefined ? "its run failed" : (run.cause ?? `its run is ${run.status}`)
    return new DispatchFailed({ ...place, runId: run?.id ?? null, cause })
  }
  return isQueued(state) && isStuck(task.hold)
    ? new TaskHeld({ ...place, hold: task.hold })
    : undefined
}

/**
 * Refuses what a dispatch has come to when it cannot go on by itself; else answers the task again.
 *
 * @category services
 * @since 0.1.0
 */
export const refusedOr = (sight: Sight) => {
  const trouble = troubleOf(sight)
  if (trouble !== undefined) return Effect.fail(trouble)
  return sight.state === "canceled"
    ? Effect.fail(conflictOf(sight, "dispatch", "Task canceled"))
    : Effect.succeed(sight)
}

/**
 * Says whether a hold ends only when somebody has looked at the task.
 *
 * @category rules
 * @since 0.1.0
 */
export const isStuck = (hold: Hold | null): hold is Hold => hold !== null && !passing.has(hold)

/**
 * What a dispatch has come to, as the answer of a command.
 *
 * @category services
 * @since 0.1.0
 */
export const dispatchAnswer = Effect.fnUntraced(function* (shell: Shell["Service"], sight: Sight) {
  const { organization, state, task } = yield* refusedOr(sight)
  const { approvalId, moduleId, projectId } = task
  const common = {
    projectId,
    moduleId,
    taskId: String(task.id),
    summary: ManagerTask.summaryOf(task),
    ...idOf(runOf(sight))
  }
  const answer = (kind: Answers.CommandAnswer["kind"]): Answers.CommandAnswer => ({
    kind,
    ...common
  })
  if (state === "completed") return answer("completion")
  if (state !== "waiting_approval" || approvalId === null) return answer("in_progress")
  const reason = yield* reasonOf(shell, organization, approvalId)
  return { ...answer("approval_needed"), approvalId, summary: reason ?? common.summary }
})

// internal --------------------------------------------------------------------

/** Nobody has to look at these: they end by themselves. */
const passing: ReadonlySet<Hold> = new Set<Hold>(["approval", "backoff", "home_away", "quota"])

const isQueued = (state: ManagerTask.State): boolean =>
  state === "ready" || state === "approved_pending_dispatch"

const hasNews = ({ state, task }: Sight): boolean => {
  switch (state) {
    case "leased":
    case "running":
      return false
    case "approved_pending_dispatch":
    case "ready":
      return isStuck(task.hold)
    default:
      return true
  }
}

const idOf = ({ runId }: { readonly runId?: string }) => (runId === undefined ? {} : { runId })

const reasonOf = (shell: Shell["Service"], organization: string, id: string) =>
  Effect.map(
    shell.read((driver) => driver.get(organization, "approvals", { id })),
    (row) => row && String(row["reason"])
  )
