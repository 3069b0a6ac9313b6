/**
 * The graph of tasks that wait for each other: it has no cycle, ever.
 *
 * What is true of the whole graph is asked where it is written, so a rule gets the answer as a
 * fact: the path that the new edge would close, or none.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"
import { accept, type Decision, refuse } from "./Decision.ts"
import { TaskId } from "./Identifier.ts"
import { isFinal, type Task } from "./Task.ts"
import type { TaskEvent } from "./TaskEvent.ts"
import { type Blocker } from "./TaskRefusal.ts"
import { Status } from "./TaskWords.ts"

// errors ----------------------------------------------------------------------

/**
 * A task cannot wait for tasks that do not exist in its organisation.
 *
 * @category errors
 * @since 0.1.0
 */
export class DependencyMissing extends Schema.TaggedError<DependencyMissing>()(
  "DependencyMissing",
  { missing: Schema.Array(TaskId) },
  { httpApiStatus: 409 }
) {
  override get message() {
    return `Dependency tasks not found: {${this.missing.join(", ")}}`
  }
}

/**
 * A task cannot wait for itself.
 *
 * @category errors
 * @since 0.1.0
 */
export class DependsOnItself extends Schema.TaggedError<DependsOnItself>()(
  "DependsOnItself",
  { taskId: TaskId },
  { httpApiStatus: 409 }
) {
  override get message() {
    return `Task ${this.taskId} cannot depend on itself`
  }
}

/**
 * Tasks would wait for each other. The path begins and ends with the same task.
 *
 * @category errors
 * @since 0.1.0
 */
export class DependencyCycle extends Schema.TaggedError<DependencyCycle>()(
  "DependencyCycle",
  { path: Schema.Array(TaskId) },
  { httpApiStatus: 409 }
) {
  override get message() {
    return `Circular dependency: ${this.path.map((id) => `task ${id}`).join(" -> ")}`
  }
}

/**
 * Dependencies are added only while a task has not started, and removed only while it is not over.
 *
 * @category errors
 * @since 0.1.0
 */
export class DependenciesFixed extends Schema.TaggedError<DependenciesFixed>()(
  "DependenciesFixed",
  { taskId: TaskId, status: Status },
  { httpApiStatus: 409 }
) {
  override get message() {
    return `The dependencies of task ${this.taskId} are fixed: it is ${this.status}`
  }
}

/**
 * The task waits for that one already.
 *
 * @category errors
 * @since 0.1.0
 */
export class DependencyExists extends Schema.TaggedError<DependencyExists>()(
  "DependencyExists",
  { taskId: TaskId, dependsOnId: TaskId },
  { httpApiStatus: 409 }
) {
  override get message() {
    return `Task ${this.taskId} depends on task ${this.dependsOnId} already`
  }
}

/**
 * The task does not wait for that one.
 *
 * @category errors
 * @since 0.1.0
 */
export class DependencyNotFound extends Schema.TaggedError<DependencyNotFound>()(
  "DependencyNotFound",
  { taskId: TaskId, dependsOnId: TaskId },
  { httpApiStatus: 404 }
) {
  override get message() {
    return `Task ${this.taskId} does not depend on task ${this.dependsOnId}`
  }
}

// rules -----------------------------------------------------------------------

/**
 * Checks what a new task is to wait for.
 *
 * @category rules
 * @since 0.1.0
 */
export const depend = (
  taskId: TaskId,
  dependsOn: ReadonlyArray<TaskId>,
  facts: { readonly known: ReadonlyArray<TaskId> }
): Decision<never, DependencyMissing | DependsOnItself> => {
  if (dependsOn.includes(taskId)) return refuse(new DependsOnItself({ taskId }))
  const missing = [...new Set(dependsOn)].filter((id) => !facts.known.includes(id))
  return missing.length > 0 ? refuse(new DependencyMissing({ missing })) : accept()
}

/**
 * Makes a task wait for another one.
 *
 * `path` is the way from the other task back to this one along "depends on", both ends included;
 * empty when there is none.
 *
 * **Example** (A refusal names the cycle)
 *
 * ```ts import.meta.vitest
 * import { Result } from "effect"
 * import { Identifier, Task, TaskGraph } from "@foreman/core"
 *
 * const [one, two] = [Identifier.TaskId.make(1), Identifier.TaskId.make(2)]
 * const decision = TaskGraph.add(Task.example({ id: one }), two, { isKnown: true, path: [two, one] })
 *
 * Result.isFailure(decision) && decision.failure.message
 * // => "Circular dependency: task 1 -> task 2 -> task 1"
 * ```
 *
 * @category rules
 * @since 0.1.0
 */
export const add = (
  task: Task,
  dependsOnId: TaskId,
  facts: { readonly isKnown: boolean; readonly path: ReadonlyArray<TaskId> }
): Decision<
  TaskEvent,
  DependenciesFixed | DependsOnItself | DependencyMissing | DependencyExists | DependencyCycle
> => {
  const { dependsOn, id: taskId, status } = task
  if (dependsOnId === taskId) return refuse(new DependsOnItself({ taskId }))
  if (!facts.isKnown) return refuse(new DependencyMissing({ missing: [dependsOnId] }))
  if (status !== "todo") return refuse(new DependenciesFixed({ taskId, status }))
  if (dependsOn.includes(dependsOnId)) return refuse(new DependencyExists({ taskId, dependsOnId }))
  if (facts.path.length > 0) return refuse(cycleOf(taskId, facts.path))
  return accept({ type: "task.dependency_added", data: { taskId, dependsOnId } })
}

/**
 * The refusal of a cycle, from the path that the new edge would close.
 *
 * @category rules
 * @since 0.1.0
 */
export const cycleOf = (taskId: TaskId, path: ReadonlyArray<TaskId>): DependencyCycle =>
  new DependencyCycle({ path: [taskId, ...path] })

/**
 * Lets a task no longer wait for another one.
 *
 * @category rules
 * @since 0.1.0
 */
export const remove = (
  task: Task,
  dependsOnId: TaskId
): Decision<TaskEvent, DependenciesFixed | DependencyNotFound> => {
  const { dependsOn, id: taskId, status } = task
  if (!dependsOn.includes(dependsOnId)) {
    return refuse(new DependencyNotFound({ taskId, dependsOnId }))
  }
  if (isFinal(status)) return refuse(new DependenciesFixed({ taskId, status }))
  return accept({ type: "task.dependency_removed", data: { taskId, dependsOnId } })
}

/**
 * The dependencies that are not done, in the order of the task. A cancelled one blocks until it is
 * removed.
 *
 * @category rules
 * @since 0.1.0
 */
export const blockersOf = (
  task: Pick<Task, "dependsOn">,
  statuses: ReadonlyMap<TaskId, Status>
): ReadonlyArray<Blocker> =>
  task.dependsOn.flatMap((taskId) => {
    const status = statuses.get(taskId)
    return status === undefined || status === "done" ? [] : [{ taskId, status }]
  })
