/**
 * What the operations on tasks and reviews refuse, with the contract's status and words, and that a
 * refusal changes nothing.
 *
 * @internal
 */
import { depending, moving } from "./ForemanSuiteMoveRefusals.ts"
import {
  type Expected,
  given,
  inOtherTeam,
  missing,
  noAgent,
  type Plan,
  taskNotFound
} from "./ForemanSuitePlan.ts"
import * as Refusals from "./ForemanSuiteRefusals.ts"
import { type Wish, wish, wrong } from "./ForemanSuiteRefusals.ts"
import * as Subject from "./ForemanSuiteSubject.ts"
import { nobody, noNumber } from "./ForemanSuiteSubject.ts"

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
    ...moving(),
    ...depending(),
    ...judging
  ])

// internal --------------------------------------------------------------------

const create = (title: string, more: (plan: Plan) => object, ...expected: Expected): Wish<Plan> =>
  wish(
    "create_task",
    title,
    (plan) => ({ team_id: plan.team.id, title: "T", ...more(plan) }),
    ...expected
  )

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
  create(
    "an assignee of another team",
    ({ stranger }) => ({ assignee_id: stranger.id }),
    ...inOtherTeam
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
  wish<Plan>(
    "update_task",
    "an unknown repository",
    ({ task }) => ({ task_id: task.id, repo_ids: [nobody] }),
    "RepositoryNotFound",
    404,
    () => "Repository not found"
  ),
  taskNotFound("assign_task", { assignee_id: nobody }),
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
  ),
  wish<Plan>(
    "assign_task",
    "an agent of another team",
    ({ stranger, task }) => ({ task_id: task.id, assignee_id: stranger.id }),
    ...inOtherTeam
  ),
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
