/**
 * What the operations on tasks and reviews refuse, with the contract's status and words, and that a
 * refusal changes nothing.
 *
 * @since 0.1.0
 */
import { Effect } from "effect"

import { Foreman, type Task } from "@foreman/core"
import * as Refusals from "./ForemanSuiteRefusals.ts"
import { type Wish, wish, type World, wrong } from "./ForemanSuiteRefusals.ts"
import * as Subject from "./ForemanSuiteSubject.ts"
import { nobody, noNumber } from "./ForemanSuiteSubject.ts"
import * as TestForeman from "./TestForeman.ts"

// testing ---------------------------------------------------------------------

/**
 * Registers these tests.
 *
 * @category testing
 * @since 0.1.0
 */
export const register = (it: Subject.It): void =>
  Refusals.registerWishes(it, Subject.once(given), [
    ...creating,
    ...editing,
    ...moving,
    ...depending,
    ...judging
  ])

// internal --------------------------------------------------------------------

/** A task in each place that matters. */
interface Plan extends World {
  /** In todo, waiting for `task` and for a second one in progress. */
  readonly blocked: Task.Task
  readonly started: Task.Task
  /** In todo, waiting for a cancelled one. */
  readonly stranded: Task.Task
  readonly cancelled: Task.Task
  readonly done: Task.Task
  readonly merging: Task.Task
  /** In review, with a verdict. */
  readonly judged: Task.Task
  /** Waits for `middle`, which waits for `task`. */
  readonly end: Task.Task
  readonly middle: Task.Task
}

const given: Effect.Effect<Plan, never, Foreman> = Effect.gen(function* () {
  const world = yield* Refusals.given
  const plan = (...dependsOn: ReadonlyArray<Task.Task>) =>
    TestForeman.givenTask(world, { dependsOn: dependsOn.map(({ id }) => id) })
  const started = yield* plan()
  const cancelled = yield* plan()
  const merging = yield* plan()
  const done = yield* plan()
  const judged = yield* plan()
  yield* Subject.walk(started.id, "in_progress")
  yield* Subject.walk(cancelled.id, "cancelled")
  yield* Subject.walk(merging.id, "in_progress", "in_review", "in_approval", "merging")
  yield* Subject.walk(done.id, "in_progress", "in_review", "in_approval", "merging", "done")
  yield* Subject.walk(judged.id, "in_progress", "in_review")
  yield* judge(judged)
  const middle = yield* plan(world.task)
  const all = { ...world, started, cancelled, merging, done, judged, middle }
  const blocked = yield* plan(world.task, started)
  return { ...all, blocked, stranded: yield* plan(cancelled), end: yield* plan(middle) }
})

const judge = ({ id: taskId }: Task.Task) =>
  Foreman.use(({ client }) =>
    Effect.andThen(
      client.requestReview({ taskId, reviewerType: "user" }),
      client.rejectTask({ taskId })
    )
  ).pipe(TestForeman.asOperator, Effect.orDie)

const taskNotFound = (name: string, input: object, words = "Task not found"): Wish<Plan> =>
  wish(name, "an unknown task", () => ({ task_id: noNumber, ...input }), "TaskNotFound", 404, () =>
    words
  )

const create = (title: string, more: (plan: Plan) => object, ...expected: Expected): Wish<Plan> =>
  wish(
    "create_task",
    title,
    (plan) => ({ team_id: plan.team.id, title: "T", ...more(plan) }),
    ...expected
  )

type Expected = readonly [code: string, status: number, message: (plan: Plan) => string]

const noAgent: Expected = ["AgentNotFound", 404, () => "Agent not found"]

const missing = (id: (plan: Plan) => number): Expected => [
  "DependencyMissing",
  409,
  (plan) => `Dependency tasks not found: {${id(plan)}}`
]

const creating: ReadonlyArray<Wish<Plan>> = [
  create(
    "an unknown team",
    () => ({ team_id: nobody }),
    "TeamNotFound",
    404,
    () => "Team not found"
  ),
  create("an unknown assignee", () => ({ assignee_id: nobody }), ...noAgent),
  create(
    "an assignee of another organization",
    ({ other }) => ({ assignee_id: other.manager.id }),
    ...noAgent
  ),
  create("an unknown responsible agent", () => ({ dri_id: nobody }), ...noAgent),
  create(
    "an unknown repository",
    () => ({ repo_ids: [nobody] }),
    "RepositoryNotFound",
    404,
    () => "Repository not found"
  ),
  create(
    "a dependency that is not there",
    () => ({ depends_on: [noNumber] }),
    ...missing(() => noNumber)
  ),
  create(
    "a dependency in another organization",
    ({ other, task }) => ({ depends_on: [task.id, other.task.id] }),
    ...missing(({ other }) => other.task.id)
  ),
  wrong("create_task", "an empty title", ({ team }) => ({ team_id: team.id, title: "" })),
  wrong("create_task", "a title that is too long", ({ team }) => ({
    team_id: team.id,
    title: "t".repeat(501)
  })),
  wrong("create_task", "a priority that is none", ({ team }) => ({
    team_id: team.id,
    title: "T",
    priority: "zzz"
  })),
  wrong("create_task", "a number for its title", ({ team }) => ({ team_id: team.id, title: 7 })),
  wrong("list_tasks", "to pass over less than nothing", ({ team }) => ({
    team_id: team.id,
    offset: -1
  }))
]

const editing: ReadonlyArray<Wish<Plan>> = [
  taskNotFound("get_task", {}),
  wrong("get_task", "a number that no task has", () => ({ task_id: 0 })),
  wrong("get_task", "text for a number", () => ({ task_id: "one" })),
  taskNotFound("update_task", { title: "T" }),
  wrong("update_task", "an empty title", ({ task }) => ({ task_id: task.id, title: "" })),
  taskNotFound("assign_task", { assignee_id: nobody }),
  ...[
    wish<Plan>(
      "assign_task",
      "an unknown agent",
      ({ task }) => ({ task_id: task.id, assignee_id: nobody }),
      ...noAgent
    ),
    wish<Plan>(
      "assign_task",
      "an agent of another organization",
      ({ other, task }) => ({ task_id: task.id, assignee_id: other.manager.id }),
      ...noAgent
    )
  ],
  taskNotFound("retry_task", {}),
  wish(
    "retry_task",
    "a task that neither failed nor is held",
    ({ task }) => ({ task_id: task.id }),
    "NotHeldNorFailed",
    409,
    ({ task }) => `Task ${task.id} (todo) is neither held nor is its latest run a failed one`
  )
]

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

const moving: ReadonlyArray<Wish<Plan>> = [
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

const depend = (
  title: string,
  from: Place,
  to: (plan: Plan) => number,
  ...expected: Expected
) =>
  wish<Plan>(
    "add_dependency",
    title,
    (plan) => ({ task_id: plan[from].id, depends_on_id: to(plan) }),
    ...expected
  )

const depending: ReadonlyArray<Wish<Plan>> = [
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

const judging: ReadonlyArray<Wish<Plan>> = [
  taskNotFound("request_review", {}),
  wish(
    "request_review",
    "an unknown reviewer",
    ({ task }) => ({ task_id: task.id, reviewer_id: nobody, reviewer_type: "agent" }),
    ...noAgent
  ),
  ...["approve_task", "reject_task"].flatMap((name): ReadonlyArray<Wish<Plan>> => [
    taskNotFound(name, {}),
    wish(
      name,
      "a task that nobody asked to judge",
      ({ task }) => ({ task_id: task.id }),
      "ReviewNotFound",
      404,
      () => "No review found for this task"
    ),
    wish(
      name,
      "a second verdict",
      ({ judged }) => ({ task_id: judged.id }),
      "AlreadyDecided",
      409,
      () => "Review already has verdict: reject"
    )
  ])
]
