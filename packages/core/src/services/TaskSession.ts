/**
 * What every decision about a task begins with: the task, relied on, and the facts around it.
 *
 * @since 0.1.0
 */
import { Effect } from "effect"
import type { StoreError } from "../ports/Driver.ts"
import type { TaskId } from "../rules/Identifier.ts"
import * as Task from "../rules/Task.ts"
import * as TaskGraph from "../rules/TaskGraph.ts"
import { defaults, type Settings } from "../rules/Team.ts"
import { followed } from "./ApprovalFollow.ts"
import { lookUp } from "./Directory.ts"
import * as Projection from "./Projection.ts"
import type { Session } from "./Session.ts"
import type { Shell } from "./Shell.ts"

// services --------------------------------------------------------------------

/**
 * The task of an id with its organisation, or the refusal.
 *
 * @category services
 * @since 0.1.0
 */
export const taskOf = (shell: Shell["Service"], taskId: TaskId) =>
  lookUp(shell, Projection.tasks, "task", taskId, () => new Task.TaskNotFound({ taskId }))

/**
 * The task as an attempt at a decision reads it: its stream is relied on.
 *
 * @category services
 * @since 0.1.0
 */
export const reliedOn = Effect.fnUntraced(function* (session: Session, taskId: TaskId) {
  yield* session.relyOn(`task:${taskId}`)
  const task = yield* session.get(Projection.tasks, { id: taskId })
  return task ?? (yield* new Task.TaskNotFound({ taskId }))
})

/**
 * Decides one thing about one task, in the queue of that task.
 *
 * @category services
 * @since 0.1.0
 */
export const changing = Effect.fnUntraced(function* <E, R>(
  shell: Shell["Service"],
  taskId: TaskId,
  decide: (task: Task.Task, session: Session) => Effect.Effect<ReadonlyArray<Task.TaskEvent>, E, R>
) {
  const { organization } = yield* taskOf(shell, taskId)
  return yield* shell.transact(
    { organization, queue: `task:${taskId}` },
    Effect.fnUntraced(function* (session) {
      const task = yield* reliedOn(session, taskId)
      const events = yield* followed(session, task, yield* decide(task, session))
      return {
        events,
        answer: ({ after }) => after<Task.Task>(Projection.tasks, { id: taskId }) ?? task
      }
    })
  )
})

/**
 * The settings of a task's team.
 *
 * @category services
 * @since 0.1.0
 */
export const settingsOf = (
  session: Session,
  task: Task.Task
): Effect.Effect<Settings, StoreError> =>
  Effect.map(
    session.get(Projection.teams, { id: task.teamId }),
    (team) => team?.settings ?? defaults
  )

/**
 * The dependencies of a task that are not done.
 *
 * @category services
 * @since 0.1.0
 */
export const blockersOf = Effect.fnUntraced(function* (session: Session, task: Task.Task) {
  const statuses = new Map<TaskId, Task.Status>()
  for (const id of task.dependsOn) {
    const dependency = yield* session.get(Projection.tasks, { id })
    if (dependency !== undefined) statuses.set(id, dependency.status)
  }
  return TaskGraph.blockersOf(task, statuses)
})
