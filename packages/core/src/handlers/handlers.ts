/**
 * One line per operation.
 *
 * @since 0.1.0
 */
import { Effect } from "effect"
import type { FullCatalogue } from "../operations/catalogue.ts"
import type { Handlers } from "../operations/Handlers.ts"
import { Approvals } from "../services/Approvals.ts"
import { Control } from "../services/Control.ts"
import { Artifacts } from "../services/Artifacts.ts"
import { Explains } from "../services/Explains.ts"
import { Health } from "../services/Health.ts"
import { HumanRequests } from "../services/HumanRequests.ts"
import { Manager } from "../services/Manager.ts"
import { ManagerArtifacts } from "../services/ManagerArtifacts.ts"
import { Messages } from "../services/Messages.ts"
import { Organizations } from "../services/Organizations.ts"
import { Projects } from "../services/Projects.ts"
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
  | Approvals
  | Artifacts
  | Control
  | Explains
  | Health
  | HumanRequests
  | Manager
  | ManagerArtifacts
  | Messages
  | Organizations
  | Projects
  | Reviews
  | Runs
  | Tasks
  | Teams
> = Effect.gen(function* () {
  return { ...(yield* platform), ...(yield* work), ...(yield* manager) }
})

// internal --------------------------------------------------------------------

/** Who works where. */
const platform = Effect.gen(function* () {
  const control = yield* Control
  const health = yield* Health
  const humanRequests = yield* HumanRequests
  const messages = yield* Messages
  const organizations = yield* Organizations
  const projects = yield* Projects
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
    createProject: projects.create,
    listProjects: projects.list,
    getProject: projects.get,
    updateProject: projects.update,
    createModule: projects.createModule,
    listModules: projects.listModules,
    getModule: projects.getModule,
    updateModule: projects.updateModule,
    changeModuleState: projects.moveModule,
    sendMessage: messages.send,
    getInbox: messages.inbox,
    acknowledgeMessage: messages.acknowledge,
    stopTaskRun: control.stopRun,
    pauseAgent: control.pauseAgent,
    resumeAgent: control.resumeAgent,
    pauseDispatch: control.pauseDispatch,
    resumeDispatch: control.resumeDispatch,
    listLeases: control.leases,
    askHuman: humanRequests.ask,
    getHumanRequest: humanRequests.get,
    getPendingRequests: humanRequests.pending,
    listHumanRequests: humanRequests.list,
    respondToRequest: humanRequests.respond
  }
})

/** What is worked at, and what becomes of it. */
const work = Effect.gen(function* () {
  const approvals = yield* Approvals
  const artifacts = yield* Artifacts
  const explains = yield* Explains
  const reviews = yield* Reviews
  const runs = yield* Runs
  const tasks = yield* Tasks
  return {
    createTask: tasks.create,
    listTasks: tasks.list,
    getTask: tasks.get,
    explainTask: explains.task,
    updateTask: tasks.update,
    changeTaskStatus: tasks.move,
    assignTask: tasks.assign,
    retryTask: tasks.retry,
    addDependency: tasks.addDependency,
    removeDependency: tasks.removeDependency,
    getTaskEvents: tasks.events,
    requestReview: reviews.request,
    listReviews: reviews.list,
    approveTask: reviews.approve,
    rejectTask: reviews.reject,
    getMergeStatus: reviews.mergeStatus,
    listTaskRuns: runs.list,
    getTaskRun: runs.get,
    getTaskRunOutput: runs.output,
    listArtifacts: artifacts.list,
    listRunArtifacts: artifacts.listOfRun,
    getArtifact: artifacts.get,
    compareArtifacts: artifacts.compare,
    addArtifact: artifacts.add,
    listApprovals: approvals.list,
    getApproval: approvals.get,
    approveApproval: approvals.approve,
    rejectApproval: approvals.reject,
    retryDispatch: approvals.retryDispatch
  }
})

/** What a manager agent asks for in its own words. */
const manager = Effect.gen(function* () {
  const own = yield* Manager
  const managerArtifacts = yield* ManagerArtifacts
  return {
    managerCommand: own.command,
    getManagerTask: own.pages.task,
    getProjectBoard: own.boards.board,
    getBoardModules: own.boards.modules,
    getBoardTasks: own.boards.tasks,
    getTaskWorkbench: own.pages.taskWorkbench,
    dispatchManagerTask: own.actions.dispatch,
    retryManagerTask: own.actions.retry,
    cancelManagerTask: own.actions.cancel,
    reprioritizeManagerTask: own.actions.reprioritize,
    getRunWorkbench: own.pages.runWorkbench,
    getBoardApprovals: own.approvals.board,
    getManagerApprovals: own.approvals.queue,
    getManagerApproval: own.approvals.detail,
    approveManagerApproval: own.approvals.approve,
    rejectManagerApproval: own.approvals.reject,
    retryManagerDispatch: own.approvals.retryDispatch,
    getManagerArtifact: managerArtifacts.workbench,
    compareManagerArtifacts: managerArtifacts.compare
  }
})
