/**
 * What a manager does with one task: dispatch, retry, cancel, reprioritize.
 *
 * @since 0.1.0
 */
import { Effect } from "effect"
import type { Handler } from "../operations/Handlers.ts"
import type * as Operations from "../operations/ManagerOperations.ts"
import { PriorityTooLow } from "../operations/ManagerRefusal.ts"
import { InvalidInput } from "../operations/Refusal.ts"
import { changeTaskStatus, retryTask, updateTask } from "../operations/TaskOperations.ts"
import * as ManagerTask from "../rules/ManagerTask.ts"
import type { Task } from "../rules/Task.ts"
import type { LocalTeam } from "./LocalTeam.ts"
import type { Bench } from "./Manager.ts"
import { refusedOr, release, settled } from "./ManagerDispatch.ts"
import * as ManagerGate from "./ManagerGate.ts"
import { answerOf, conflictOf, type Sight, sightOf, taskNamed } from "./ManagerSight.ts"
import { asManager, commanding, isRepeated, visible } from "./ManagerStanding.ts"

// services --------------------------------------------------------------------

/**
 * The part of `Manager` that acts on tasks.
 *
 * Whether an action is to be had is asked of the matrix first and of the operation after: who was
 * faster meanwhile makes it the same refusal.
 *
 * @category services
 * @since 0.1.0
 */
export const makeActions = (bench: Bench): Actions => {
  const { config, shell, tasks } = bench
  return {
    dispatch: Effect.fnUntraced(function* (input) {
      const { local, sight } = yield* begun(bench, input, "dispatch")
      yield* release(bench, local, sight)
      const { organization, task } = sight
      yield* ManagerGate.ask(bench, organization, task.id)
      const now = yield* settled(shell, organization, task.id, config.waitMillis)
      return answerOf(yield* refusedOr(now))
    }),
    retry: Effect.fnUntraced(function* (input) {
      const { local, sight } = yield* begun(bench, input, "retry")
      const wish = { taskId: sight.task.id }
      const task = yield* asManager(local, retryTask, tasks.retry, wish).pipe(
        Effect.catchTags({
          NotHeldNorFailed: () => beaten(bench, sight, "retry"),
          TaskNotFound: Effect.die
        })
      )
      return answerOf(after(sight, task))
    }),
    cancel: Effect.fnUntraced(function* (input) {
      const { local, sight } = yield* begun(bench, input, "cancel")
      const wish = { taskId: sight.task.id, status: "cancelled" as const }
      const task = yield* asManager(local, changeTaskStatus, tasks.move, wish).pipe(
        Effect.catchTag(["IllegalMove", "LandingInProgress"], () => beaten(bench, sight, "cancel")),
        // To cancel, none of these is asked.
        Effect.catchTags({
          TaskNotFound: Effect.die,
          BlockedByDependencies: Effect.die,
          RunIsLive: Effect.die,
          ReviewRequired: Effect.die,
          NotLanded: Effect.die,
          ApprovalNeeded: Effect.die,
          ActsForAnother: Effect.die
        })
      )
      const now = yield* shell.read((driver) => sightOf(driver, sight.organization, task.id))
      return answerOf(after(now ?? sight, task))
    }),
    reprioritize: Effect.fnUntraced(function* ({ priority: urgency, ...input }) {
      if (urgency < 1) return yield* new PriorityTooLow({ priority: urgency })
      const problem = { path: "priority", problem: "Expected a priority of at most 1000000" }
      if (urgency > most) return yield* new InvalidInput({ problems: [problem] })
      const { local, sight } = yield* begun(bench, input, "reprioritize")
      const wish = { taskId: sight.task.id, urgency }
      const task = yield* asManager(local, updateTask, tasks.update, wish).pipe(
        Effect.catchTags({
          TaskNotFound: Effect.die,
          RepositoryNotFound: Effect.die,
          ProjectNotFound: Effect.die,
          ProjectInOtherTeam: Effect.die,
          ModuleNotFound: Effect.die,
          ModuleInOtherProject: Effect.die
        })
      )
      return answerOf(after(sight, task), `priority updated to ${urgency}`)
    })
  }
}

/**
 * The actions by their names.
 *
 * @category models
 * @since 0.1.0
 */
export interface Actions {
  readonly dispatch: Handler<typeof Operations.dispatchManagerTask>
  readonly retry: Handler<typeof Operations.retryManagerTask>
  readonly cancel: Handler<typeof Operations.cancelManagerTask>
  readonly reprioritize: Handler<typeof Operations.reprioritizeManagerTask>
}

// internal --------------------------------------------------------------------

const most = 1_000_000

/** The task, if the caller may act on it and the action is to be had. */
const begun = Effect.fnUntraced(function* (
  { findLocal, shell }: Bench,
  input: { readonly taskId: string; readonly projectId?: string },
  action: ManagerTask.Action
) {
  // Where nothing is there yet, nothing is made for a task that cannot be there.
  const found = yield* visible(findLocal)
  const sight = yield* shell.read((driver) => taskNamed(driver, found?.organizationId, input))
  const local: LocalTeam = yield* commanding(findLocal)
  const reason = reasonOf(sight, action)
  if (reason === null || (yield* isRepeated(shell, local))) return { local, sight }
  return yield* conflictOf(sight, action, reason)
})

const reasonOf = ({ openDependencies, state, task }: Sight, action: ManagerTask.Action) =>
  ManagerTask.disabled(state, action, {
    openDependencies,
    hasRun: task.lastRunId !== null,
    hasApproval: task.approvalId !== null
  })

/** Somebody was faster: the refusal that the task's new state implies. */
const beaten = Effect.fnUntraced(function* (
  { shell }: Bench,
  before: Sight,
  action: ManagerTask.Action
) {
  const now = yield* shell.read((driver) => sightOf(driver, before.organization, before.task.id))
  const sight = now ?? before
  return yield* conflictOf(sight, action, reasonOf(sight, action) ?? "Task has changed")
})

/** How a task stands that a command has just changed. */
const after = ({ run }: Sight, task: Task): Pick<Sight, "run" | "state" | "task"> => ({
  run,
  task,
  state: ManagerTask.stateOf(ManagerTask.boardOf(task), run?.status ?? null)
})
