/**
 * The commands of the dispatcher that keep a task out of the queue and give it back.
 *
 * @since 0.1.0
 */
import { Effect } from "effect"
import type { StoreError } from "../ports/Driver.ts"
import type { TaskId } from "../rules/Identifier.ts"
import * as Task from "../rules/Task.ts"
import type { Hold } from "../rules/TaskWords.ts"
import { asSystem, gone, type NotStarted, placeOf } from "./AttemptShell.ts"
import * as CommandId from "./CommandId.ts"
import * as Lanes from "./Lanes.ts"
import type { Session } from "./Session.ts"
import type { Shell, ShellFailure } from "./Shell.ts"
import { repositoriesOf } from "./TaskRepositories.ts"
import { reliedOn } from "./TaskSession.ts"
import { fenceOf, type Tenure } from "./Tenure.ts"

// services --------------------------------------------------------------------

/**
 * Keeps a task that nobody works at out of the queue.
 *
 * @category services
 * @since 0.1.0
 */
export const hold = (
  shell: Shell["Service"],
  tenure: Tenure,
  taskId: TaskId,
  reason: Hold
): Effect.Effect<void, NotStarted | ShellFailure> =>
  change(shell, tenure, taskId, (task) => {
    const isFree = task.hold === null && task.liveRunId === null && !Task.isFinal(task.status)
    return Effect.succeed(isFree ? [Task.held(task, reason)] : [])
  })

/**
 * Gives a task back to the queue that was held because the home of its repository was away, if this
 * tenure is that home's.
 *
 * @category services
 * @since 0.1.0
 */
export const release = (
  shell: Shell["Service"],
  tenure: Tenure,
  taskId: TaskId
): Effect.Effect<void, NotStarted | ShellFailure> =>
  change(shell, tenure, taskId, (task, session) =>
    Effect.map(repositoriesOf(session, task), ([repository = null]) => {
      const isOurs = task.hold === "home_away" && Lanes.of(repository) === tenure.name
      return isOurs ? [{ type: "task.released", data: { taskId } } as const] : []
    })
  )

/**
 * Gives a task back to the queue whose time there has come.
 *
 * @category services
 * @since 0.1.0
 */
export const releaseDue = (
  shell: Shell["Service"],
  tenure: Tenure,
  taskId: TaskId
): Effect.Effect<void, NotStarted | ShellFailure> =>
  change(shell, tenure, taskId, (task, _, now) =>
    Effect.succeed(
      Task.isDue(task, now) ? [{ type: "task.released", data: { taskId, reason: "due" } }] : []
    )
  )

// internal --------------------------------------------------------------------

const change = Effect.fnUntraced(function* (
  shell: Shell["Service"],
  tenure: Tenure,
  taskId: TaskId,
  decide: (
    task: Task.Task,
    session: Session,
    now: number
  ) => Effect.Effect<ReadonlyArray<Task.TaskEvent>, StoreError>
): Effect.fn.Return<void, NotStarted | ShellFailure> {
  const key = `task/${taskId}/hold/${yield* CommandId.next()}`
  const transaction = shell.transact(
    placeOf(tenure, taskId),
    Effect.fnUntraced(function* (session, now) {
      const task = yield* Effect.catchTag(reliedOn(session, taskId), "TaskNotFound", Effect.die)
      return {
        events: yield* decide(task, session, now),
        guards: [fenceOf(tenure)],
        answer: () => null,
        onGuard: () => gone
      }
    })
  )
  yield* asSystem(key, transaction)
})
