/**
 * One line per operation.
 *
 * @since 0.1.0
 */
import { Effect } from "effect"
import type { FullCatalogue } from "../operations/catalogue.ts"
import type { Handlers } from "../operations/Handlers.ts"
import { Health } from "../services/Health.ts"
import { HumanRequests } from "../services/HumanRequests.ts"
import { Messages } from "../services/Messages.ts"
import { Organizations } from "../services/Organizations.ts"
import { Reviews } from "../services/Reviews.ts"
import { Runs } from "../services/Runs.ts"
import { Tasks } from "../services/Tasks.ts"
import { Teams } from "../services/Teams.ts"

// services --------------------------------------------------------------------

/**
 * What answers each operation.
 *
 * @category operations
 * @since 0.1.0
 */
export const handlers: Effect.Effect<
  Handlers<FullCatalogue>,
  never,
  Health | HumanRequests | Messages | Organizations | Reviews | Runs | Tasks | Teams
> = Effect.gen(function* () {
  const health = yield* Health
  const humanRequests = yield* HumanRequests
  const messages = yield* Messages
  const organizations = yield* Organizations
  const reviews = yield* Reviews
  const runs = yield* Runs
  const tasks = yield* Tasks
  const teams = yield* Teams
  return {
    ping: health.ping,
    createOrganization: organizations.create,
    listOrganizations: organizations.list,
    createTeam: teams.create,
    listTeams: teams.list,
    getTeam: teams.get,
    getTeamSettings: teams.settings,
    updateTeamSettings: teams.configure,
    createAgent: teams.createAgent,
    listAgents: teams.listAgents,
    registerRepository: teams.registerRepository,
    listRepositories: teams.listRepositories,
    createTask: tasks.create,
    listTasks: tasks.list,
    getTask: tasks.get,
    updateTask: tasks.update,
    changeTaskStatus: tasks.move,
    assignTask: tasks.assign,
    retryTask: tasks.retry,
    addDependency: tasks.addDependency,
    removeDependency: tasks.removeDependency,
    getTaskEvents: tasks.events,
    sendMessage: messages.send,
    getInbox: messages.inbox,
    acknowledgeMessage: messages.acknowledge,
    requestReview: reviews.request,
    listReviews: reviews.list,
    approveTask: reviews.approve,
    rejectTask: reviews.reject,
    getMergeStatus: reviews.mergeStatus,
    listTaskRuns: runs.list,
    getTaskRun: runs.get,
    getTaskRunOutput: runs.output,
    askHuman: humanRequests.ask,
    getHumanRequest: humanRequests.get,
    getPendingRequests: humanRequests.pending,
    listHumanRequests: humanRequests.list,
    respondToRequest: humanRequests.respond
  }
})
