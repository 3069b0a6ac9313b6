/**
 * What moves and dependencies are refused, with the contract's status and words.
 *
 * @internal
 */
import type { Task } from "@foreman/core"
import { type Expected, missing, type Plan, taskNotFound } from "./ForemanSuitePlan.ts"
import { type Wish, wish, wrong } from "./ForemanSuiteRefusals.ts"
import { noNumber } from "./ForemanSuiteSubject.ts"

// testing ---------------------------------------------------------------------

/**
 * What moves are refused.
 *
 * @category testing
 * @since 0.1.0
 */
export const moving = (): ReadonlyArray<Wish<Plan>> => [
  taskNotFound("change_task_status", { status: "done" }, `Task ${noNumber} not found`),
  wrong("change_task_status", "a status that is none", ({ task }) => ({
    task_id: task.id,
    status: "archived"
  })),
  move(
    "a skipped step",
    "task",
    "in_review",
    ...illegal("todo", "in_review", "{'cancelled', 'in_progress'}")
  ),
  move("to stay", "task", "todo", ...illegal("todo", "todo", "{'cancelled', 'in_progress'}")),
  move(
    "a second start",
    "started",
    "in_progress",
    ...illegal("in_progress", "in_progress", "{'cancelled', 'in_review', 'todo'}")
  ),
  move(
    "to cancel what merges",
    "merging",
    "cancelled",
    ...illegal("merging", "cancelled", "{'done', 'in_progress'}")
  ),
  move(
    "to begin anew what is done",
    "done",
    "in_progress",
    ...illegal("done", "in_progress", "none (terminal state)")
  ),
  move(
    "to begin anew what is cancelled",
    "cancelled",
    "todo",
    ...illegal("cancelled", "todo", "none (terminal state)")
  ),
  move(
    "a start before its dependencies are done",
    "blocked",
    "in_progress",
    "BlockedByDependencies",
    409,
    ({ started, task }) =>
      `Blocked by unresolved dependencies: task ${task.id} (todo), task ${started.id} (in_progress)`
  ),
  move(
    "a start after a cancelled dependency",
    "stranded",
    "in_progress",
    "BlockedByDependencies",
    409,
    ({ cancelled }) => `Blocked by unresolved dependencies: task ${cancelled.id} (cancelled)`
  )
]

/**
 * What dependencies are refused.
 *
 * @category testing
 * @since 0.1.0
 */
export const depending = (): ReadonlyArray<Wish<Plan>> => [
  taskNotFound("add_dependency", { depends_on_id: 1 }),
  depend("one that is not there", "task", () => noNumber, ...missing(() => noNumber)),
  depend(
    "one of another organization",
    "task",
    ({ other }) => other.task.id,
    ...missing(({ other }) => other.task.id)
  ),
  depend(
    "the task itself",
    "task",
    ({ task }) => task.id,
    "DependsOnItself",
    409,
    ({ task }) => `Task ${task.id} cannot depend on itself`
  ),
  depend(
    "one that waits for it, and names the way",
    "task",
    ({ end }) => end.id,
    "DependencyCycle",
    409,
    ({ end, middle, task }) =>
      `Circular dependency: ${[task, end, middle, task].map(({ id }) => `task ${id}`).join(" -> ")}`
  ),
  depend(
    "one that it has",
    "middle",
    ({ task }) => task.id,
    "DependencyExists",
    409,
    ({ middle, task }) => `Task ${middle.id} depends on task ${task.id} already`
  ),
  depend(
    "any once it has begun",
    "started",
    ({ task }) => task.id,
    "DependenciesFixed",
    409,
    ({ started }) => `The dependencies of task ${started.id} are fixed: it is in_progress`
  ),
  taskNotFound("remove_dependency", { depends_on_id: 1 }),
  wish(
    "remove_dependency",
    "one that it does not have",
    ({ end, task }) => ({ task_id: task.id, depends_on_id: end.id }),
    "DependencyNotFound",
    404,
    ({ end, task }) => `Task ${task.id} does not depend on task ${end.id}`
  )
]

// internal --------------------------------------------------------------------

type Place = { readonly [Key in keyof Plan]: Plan[Key] extends Task.Task ? Key : never }[keyof Plan]

const move = (title: string, place: Place, status: Task.Status, ...expected: Expected) =>
  wish<Plan>(
    "change_task_status",
    title,
    (plan) => ({ task_id: plan[place].id, status }),
    ...expected
  )

const illegal = (from: Task.Status, to: Task.Status, allowed: string): Expected => [
  "IllegalMove",
  409,
  () => `Cannot transition from '${from}' to '${to}'. Allowed: ${allowed}`
]

const depend = (title: string, from: Place, to: (plan: Plan) => number, ...expected: Expected) =>
  wish<Plan>(
    "add_dependency",
    title,
    (plan) => ({ task_id: plan[from].id, depends_on_id: to(plan) }),
    ...expected
  )
