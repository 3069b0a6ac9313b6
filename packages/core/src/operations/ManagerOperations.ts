/**
 * What a manager agent can ask for: one door for its commands, and views of what became of them.
 *
 * It works on the local organization. Whoever plans there acts as its agent `manager`.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"
import { ModuleExists, ModuleNotFound } from "../rules/Module.ts"
import { ProjectExists, ProjectNotFound } from "../rules/Project.ts"
import * as Answers from "./ManagerAnswers.ts"
import * as Refusals from "./ManagerRefusal.ts"
import * as Operation from "./Operation.ts"

// models ----------------------------------------------------------------------

/** A manager that fills a form leaves nothing out: what it does not mean is null or empty. */
const text = (description: string, most = 100_000) =>
  Schema.optionalKey(
    Schema.NullOr(Schema.String.check(Schema.isMaxLength(most))).annotate({ description })
  )

const id = (description: string) => text(description, 200)

const inProject = Schema.optionalKey(
  Answers.ManagerId.annotate({ description: "Project of the task, if the caller knows it" })
)

const page = {
  limit: Schema.optionalKey(
    Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 200 })).annotate({
      description: "How many items of each column at most"
    })
  ),
  column: Schema.optionalKey(
    Schema.String.annotate({ description: "Only this column, as next_cursors names it" })
  ),
  cursor: Schema.optionalKey(
    Schema.String.annotate({ description: "Where the column goes on, from next_cursors" })
  )
}

const projectId = Answers.ManagerId.annotate({ description: "Id of the project" })
const taskId = Answers.ManagerId.annotate({ description: "Number of the task, as text" })
const runId = Answers.ManagerId.annotate({ description: "Id of the run" })

const ofTask = [ProjectNotFound, Refusals.TaskActionNotFound, Refusals.TaskActionConflict] as const

/** Where an action of a task is found: its project stands in the query. */
const actionOf = (action: string) =>
  ({
    method: "POST",
    path: `/api/manager/tasks/:task_id/${action}`,
    query: ["project_id"]
  }) as const

const acted = { input: { taskId, projectId: inProject }, output: Answers.TaskAnswer } as const

// services --------------------------------------------------------------------

export const managerCommand = Operation.make("manager_command", {
  title: "Manager command",
  description:
    "Carries out one command of a manager agent: create_project, create_module, create_task (which " +
    "is dispatched at once) or dispatch_task. The answer comes soon however long the work takes: " +
    "completion, in_progress, or approval_needed where a person must decide first.",
  kind: "command",
  permission: "task:plan",
  http: { method: "POST", path: "/api/manager/commands" },
  cli: "manager command",
  input: {
    kind: text("create_project, create_module, create_task or dispatch_task", 200),
    sessionId: text("The manager's own; not kept", 1000),
    projectId: id("The project, demo unless given"),
    moduleId: id("The module, module-default unless given"),
    taskId: id("The task to dispatch"),
    name: text("Name of what is made", 1000),
    summary: text("What is to be done; the agent is asked exactly this"),
    description: text("What a module is about"),
    repoRoot: text("The folder of a project's repository", 4096),
    taskType: text("read or write, write unless given", 200),
    writeScope: text("What the task may write, repo:<project> unless given", 4096),
    acceptance: text("How to see that it is done, the summary unless given"),
    priority: Schema.optionalKey(
      Schema.NullOr(Schema.Int).annotate({
        description: "Higher is sooner, 10 unless it is more than 0"
      })
    )
  },
  output: Answers.CommandAnswer,
  errors: [
    Refusals.UnsupportedAction,
    Refusals.UnsupportedTaskType,
    Refusals.FieldRequired,
    Refusals.OutsideProject,
    Refusals.TaskActionNotFound,
    Refusals.TaskActionConflict,
    Refusals.AgentNeeded,
    Refusals.TaskHeld,
    Refusals.DispatchFailed,
    ProjectNotFound,
    ProjectExists,
    ModuleNotFound,
    ModuleExists
  ],
  tool: false
})

export const getManagerTask = Operation.make("get_manager_task", {
  title: "Get a manager's task",
  description: "Shows a task in a few words: its state, its latest run, its latest approval.",
  kind: "query",
  permission: "task:read",
  http: { method: "GET", path: "/api/manager/tasks/:task_id" },
  cli: "manager task",
  input: { taskId, projectId: inProject },
  output: Answers.TaskView,
  errors: [ProjectNotFound, Refusals.TaskActionNotFound, Refusals.OutsideProject],
  tool: false
})

export const getProjectBoard = Operation.make("get_project_board", {
  title: "Get project board",
  description:
    "Shows the modules and tasks of a project in the columns of its board. Tasks come in pages: " +
    "the most urgent first.",
  kind: "query",
  permission: "task:read",
  http: { method: "GET", path: "/api/manager/projects/:project_id/board" },
  cli: "manager board",
  input: { projectId, ...page },
  output: Answers.Board,
  errors: [ProjectNotFound],
  tool: false
})

export const getBoardModules = Operation.make("get_board_modules", {
  title: "Get board modules",
  description: "Shows the modules of a project in the columns of its board, by name.",
  kind: "query",
  permission: "task:read",
  http: { method: "GET", path: "/board/modules" },
  cli: "manager modules",
  input: { projectId, ...page },
  output: Answers.BoardModules,
  errors: [ProjectNotFound],
  tool: false
})

export const getBoardTasks = Operation.make("get_board_tasks", {
  title: "Get board tasks",
  description: "Shows the tasks of a project in the columns of its board, the most urgent first.",
  kind: "query",
  permission: "task:read",
  http: { method: "GET", path: "/board/tasks" },
  cli: "manager tasks",
  input: { projectId, ...page },
  output: Answers.BoardTasks,
  errors: [ProjectNotFound],
  tool: false
})

export const getTaskWorkbench = Operation.make("get_task_workbench", {
  title: "Get task workbench",
  description: "Shows a task with what can be done with it, and why not, if not.",
  kind: "query",
  permission: "task:read",
  http: { method: "GET", path: "/api/manager/tasks/:task_id/workbench" },
  cli: "manager workbench",
  input: { taskId, projectId: inProject },
  output: Answers.TaskWorkbench,
  errors: [ProjectNotFound, Refusals.TaskActionNotFound],
  tool: false
})

export const dispatchManagerTask = Operation.make("dispatch_manager_task", {
  title: "Dispatch a manager's task",
  description: "Starts a task that is ready, or asks for the approval that it needs.",
  kind: "command",
  permission: "task:plan",
  http: actionOf("dispatch"),
  cli: "manager dispatch",
  ...acted,
  errors: [...ofTask, Refusals.AgentNeeded, Refusals.TaskHeld, Refusals.DispatchFailed],
  tool: false
})

export const retryManagerTask = Operation.make("retry_manager_task", {
  title: "Retry a manager's task",
  description: "Makes a failed task ready again. It is not dispatched by that.",
  kind: "command",
  permission: "task:plan",
  http: actionOf("retry"),
  cli: "manager retry",
  ...acted,
  errors: ofTask,
  tool: false
})

export const cancelManagerTask = Operation.make("cancel_manager_task", {
  title: "Cancel a manager's task",
  description: "Ends a task for good.",
  kind: "command",
  permission: "task:plan",
  http: actionOf("cancel"),
  cli: "manager cancel",
  ...acted,
  errors: ofTask,
  tool: false
})

export const reprioritizeManagerTask = Operation.make("reprioritize_manager_task", {
  title: "Reprioritize a manager's task",
  description: "Gives a task another priority: higher is sooner.",
  kind: "command",
  permission: "task:plan",
  http: actionOf("reprioritize"),
  cli: "manager reprioritize",
  input: {
    taskId,
    projectId: inProject,
    priority: Schema.Int.annotate({ description: "1 or more; higher is sooner" })
  },
  output: Answers.TaskAnswer,
  errors: [...ofTask, Refusals.PriorityTooLow],
  tool: false
})

export const getRunWorkbench = Operation.make("get_run_workbench", {
  title: "Get run workbench",
  description: "Shows a run: its state, its main result, and the artifacts of its task.",
  kind: "query",
  permission: "task:read",
  http: { method: "GET", path: "/api/manager/runs/:run_id/workbench" },
  cli: "manager run",
  input: { runId },
  output: Answers.RunWorkbench,
  errors: [Refusals.RunWorkbenchNotFound],
  tool: false
})
