/**
 * One way to come to each command of a manager and each one about projects.
 *
 * @internal
 */
import { Effect } from "effect"

import { Foreman, Identifier, LocalTeam, type Project, Shell } from "@foreman/core"
import {
  givenApproval,
  givenStuck,
  type Prepare,
  ready,
  sendBack,
  sure
} from "./FailingStoreGiven.ts"
import * as Approvals from "./ForemanSuiteApprovalsGiven.ts"
import { walk } from "./ForemanSuiteSubject.ts"
import type { GivenTeam } from "./TestForeman.ts"

// testing ---------------------------------------------------------------------

/**
 * The scenarios, by the names of the commands.
 *
 * @category testing
 * @since 0.1.0
 */
export const scenarios: Readonly<Record<string, Prepare>> = {
  create_project: ({ team: { id: teamId } }) =>
    ready((client, options) =>
      client.createProject({ ...plain, teamId, name: "Shop", repoRoot: "/src/shop" }, options)
    ),
  update_project: Effect.fnUntraced(function* (given: GivenTeam) {
    const { id: projectId, teamId } = yield* project(given)
    return yield* ready((client, options) =>
      client.updateProject({ projectId, teamId, name: "Store" }, options)
    )
  }),
  create_module: Effect.fnUntraced(function* (given: GivenTeam) {
    const { id: projectId, teamId } = yield* project(given)
    return yield* ready((client, options) =>
      client.createModule({ ...area, projectId, teamId }, options)
    )
  }),
  update_module: Effect.fnUntraced(function* (given: GivenTeam) {
    const named = yield* module(given)
    return yield* ready((client, options) =>
      client.updateModule({ ...named, paths: ["src/"] }, options)
    )
  }),
  change_module_state: Effect.fnUntraced(function* (given: GivenTeam) {
    const named = yield* module(given)
    return yield* ready((client, options) =>
      client.changeModuleState({ ...named, boardState: "active" }, options)
    )
  }),
  manager_command: () =>
    Effect.andThen(
      task,
      ready((client, options) =>
        client.managerCommand({ kind: "create_task", summary: "Other" }, options)
      )
    ),
  dispatch_manager_task: Effect.fnUntraced(function* () {
    const taskId = yield* task
    yield* walk(taskId, "in_progress")
    yield* sendBack(taskId)
    return yield* ready((client, options) =>
      client.dispatchManagerTask({ taskId: String(taskId) }, options)
    )
  }),
  retry_manager_task: Effect.fnUntraced(function* (given: GivenTeam) {
    const taskId = yield* task
    yield* stop(given, taskId)
    return yield* ready((client, options) =>
      client.retryManagerTask({ taskId: String(taskId) }, options)
    )
  }),
  cancel_manager_task: () =>
    Effect.flatMap(task, (taskId) =>
      ready((client, options) => client.cancelManagerTask({ taskId: String(taskId) }, options))
    ),
  reprioritize_manager_task: () =>
    Effect.flatMap(task, (taskId) =>
      ready((client, options) =>
        client.reprioritizeManagerTask({ taskId: String(taskId), priority: 77 }, options)
      )
    ),
  approve_manager_approval: (given) =>
    Effect.flatMap(givenApproval(given), ({ approvalId }) =>
      ready((client, options) => client.approveManagerApproval({ approvalId }, options))
    ),
  reject_manager_approval: (given) =>
    Effect.flatMap(givenApproval(given), ({ approvalId }) =>
      ready((client, options) =>
        client.rejectManagerApproval({ approvalId, rejectionReason: "Not now" }, options)
      )
    ),
  retry_manager_dispatch: (given) =>
    Effect.flatMap(givenStuck(given), (approvalId) =>
      ready((client, options) => client.retryManagerDispatch({ approvalId }, options))
    )
}

// internal --------------------------------------------------------------------

const plain = { description: "", policy: "strict", defaultBranch: "main" } as const

const area = {
  name: "Cart",
  description: "",
  completionCriteria: [],
  paths: [],
  boardState: "planned"
} as const

const project = ({
  team: { id: teamId }
}: GivenTeam): Effect.Effect<Project.Project, never, Foreman> =>
  sure(Foreman.use(({ client }) => client.createProject({ ...plain, teamId, name: "Shop" })))

const module = Effect.fnUntraced(function* (given: GivenTeam) {
  const { client } = yield* Foreman
  const { id: projectId, teamId } = yield* project(given)
  const { id: moduleId } = yield* sure(client.createModule({ ...area, projectId, teamId }))
  return { moduleId, teamId }
})

/** A task of the local team, which is there after it. */
const task = Effect.gen(function* () {
  const { client } = yield* Foreman
  yield* engineer
  const wish = { kind: "create_task", summary: "A task" }
  const { taskId } = yield* sure(client.managerCommand(wish))
  return Identifier.TaskId.make(Number(taskId))
})

/** Somebody in the local team who takes tasks: where nobody is, a manager is told so. */
const engineer = Effect.gen(function* () {
  const { client } = yield* Foreman
  const find = LocalTeam.find(yield* Shell.Shell)
  const known = yield* Effect.orDie(find)
  if (known !== undefined) return
  yield* sure(client.managerCommand({ kind: "create_project", name: "Yard" }))
  const local = yield* Effect.orDie(find)
  const { teamId } = local ?? (yield* Effect.die("There is no local team"))
  const hand = { teamId, name: "Hand", role: "engineer", model: "any", config: {} } as const
  yield* sure(client.createAgent(hand))
})

/** Begins it by an agent of its own and stops that, after which it counts as failed. */
const stop = Effect.fnUntraced(function* (given: GivenTeam, taskId: Identifier.TaskId) {
  const { client } = yield* Foreman
  const local = yield* Effect.orDie(LocalTeam.find(yield* Shell.Shell))
  const { organizationId, teamId } = local ?? (yield* Effect.die("There is no local team"))
  const { slug } = given.organization
  const hired = { teamId, name: slug, role: "engineer", model: "any" } as const
  const engineer = yield* sure(client.createAgent({ ...hired, config: { runner: "memory" } }))
  const organization = { ...given.organization, id: organizationId }
  const dispatch = yield* Approvals.dispatcherOf({ ...given, organization, engineers: [engineer] })
  const { liveRunId } = yield* dispatch(taskId)
  const runId = liveRunId ?? (yield* Effect.die("It was not begun"))
  yield* sure(client.stopTaskRun({ runId }))
})
