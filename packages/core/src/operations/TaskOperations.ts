/**
 * What can be asked about tasks.
 *
 * @since 0.1.0
 */
import { Effect, Schema } from "effect"
import { ActsForAnother } from "../rules/Actor.ts"
import { AgentInOtherTeam, AgentNotFound } from "../rules/Agent.ts"
import {
  AgentId,
  Free,
  ModuleId,
  PrincipalId,
  ProjectId,
  RepositoryId,
  TaskId,
  TeamId
} from "../rules/Identifier.ts"
import { ModuleInOtherProject, ModuleNotFound } from "../rules/Module.ts"
import { ProjectInOtherTeam, ProjectNotFound } from "../rules/Project.ts"
import { RepositoryNotFound } from "../rules/Repository.ts"
import * as Task from "../rules/Task.ts"
import * as TaskGraph from "../rules/TaskGraph.ts"
import { TeamNotFound } from "../rules/Team.ts"
import { RecordedEvent } from "./Answers.ts"
import * as Operation from "./Operation.ts"

// models ----------------------------------------------------------------------

const Description = Schema.String.check(Schema.isMaxLength(100_000)).annotate({
  description: "What is to be done, for the agent that does it"
})

const Tags = Schema.Array(Task.Tag).check(Schema.isMaxLength(100))

const RepositoryIds = Schema.Array(RepositoryId)
  .check(Schema.isMaxLength(100))
  .annotate({ description: "The repositories that the task changes; its runs work in the first" })

const dependsOn = Schema.Array(TaskId)
  .check(Schema.isMaxLength(1000))
  .annotate({ description: "Tasks that must be done before this one starts" })

const given = <S extends Operation.Pure>(schema: S) => Schema.optionalKey(Schema.NullOr(schema))

/** Where a task belongs and what its runs may do; the tools leave it to the project's manager. */
const place = {
  projectId: given(ProjectId),
  moduleId: given(ModuleId),
  type: given(Task.Type),
  acceptance: given(
    Schema.String.check(Schema.isMaxLength(100_000)).annotate({
      description: "What must hold of the result"
    })
  ),
  scopes: given(
    Schema.Array(Task.Scope)
      .check(Schema.isMaxLength(20))
      .annotate({ description: "What it must be able to write; all of its project if absent" })
  ),
  urgency: given(Task.Urgency)
}

const notOnTools = ["projectId", "moduleId", "type", "acceptance", "scopes", "urgency"] as const

const misplaced = [
  ProjectNotFound,
  ProjectInOtherTeam,
  ModuleNotFound,
  ModuleInOtherProject
] as const

const named = ({ task_id: id }: Readonly<Record<string, unknown>>) => `Task ${String(id)} not found`

// services --------------------------------------------------------------------

export const createTask = Operation.make("create_task", {
  title: "Create task",
  description:
    "Adds a task in status todo, which starts when every task it depends on is done. " +
    "Refuses dependencies that do not exist.",
  kind: "command",
  permission: "task:plan",
  http: { method: "POST", path: "/api/v1/teams/:team_id/tasks", status: 201 },
  cli: "task create",
  input: {
    teamId: TeamId,
    title: Task.Title,
    description: Description.pipe(Schema.withDecodingDefaultKey(Effect.succeed(""))),
    priority: Task.Priority.pipe(Schema.withDecodingDefaultKey(Effect.succeed("medium" as const))),
    assigneeId: Schema.optionalKey(Schema.NullOr(AgentId)),
    driId: Schema.optionalKey(Schema.NullOr(AgentId)),
    dependsOn: dependsOn.pipe(Schema.withDecodingDefaultKey(Effect.succeed([]))),
    repoIds: RepositoryIds.pipe(Schema.withDecodingDefaultKey(Effect.succeed([]))),
    tags: Tags.pipe(Schema.withDecodingDefaultKey(Effect.succeed([]))),
    metadata: Free.annotate({ description: "Your own data, stored and returned" }).pipe(
      Schema.withDecodingDefaultKey(Effect.succeed({}))
    ),
    ...place
  },
  output: Task.Task,
  errors: [
    TeamNotFound,
    AgentNotFound,
    AgentInOtherTeam,
    RepositoryNotFound,
    TaskGraph.DependencyMissing,
    TaskGraph.DependsOnItself,
    ...misplaced
  ],
  tool: { omit: ["driId", "repoIds", "metadata", ...notOnTools], roles: ["manager"] }
})

export const listTasks = Operation.makeList("list_tasks", {
  title: "List tasks",
  description: "Lists the tasks of a team, newest first. An unknown team has none.",
  permission: "task:read",
  http: { method: "GET", path: "/api/v1/teams/:team_id/tasks" },
  cli: "task list",
  input: {
    teamId: TeamId,
    status: Schema.optionalKey(
      Schema.String.annotate({ description: "Only tasks in this status" })
    ),
    assigneeId: Schema.optionalKey(AgentId),
    offset: Schema.optionalKey(
      Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 10_000 })).annotate({
        description: "How many to pass over; a cursor is faster"
      })
    )
  },
  item: Task.Task,
  errors: [],
  maxLimit: 500,
  tool: {
    omit: ["offset"],
    text: "Lists the tasks of a team, newest first. Pass next_cursor as cursor for more.",
    roles: ["manager", "engineer", "reviewer"]
  }
})

export const getTask = Operation.make("get_task", {
  title: "Get task",
  description: "Shows a task.",
  kind: "query",
  permission: "task:read",
  http: { method: "GET", path: "/api/v1/tasks/:task_id" },
  cli: "task show",
  input: { taskId: TaskId },
  output: Task.Task,
  errors: [Task.TaskNotFound],
  tool: { roles: ["manager", "engineer", "reviewer"] }
})

export const updateTask = Operation.make("update_task", {
  title: "Update task",
  description: "Changes the title, description, priority or tags. Does NOT change status.",
  kind: "command",
  permission: "task:plan",
  http: { method: "PATCH", path: "/api/v1/tasks/:task_id" },
  cli: "task update",
  input: {
    taskId: TaskId,
    title: Schema.optionalKey(Schema.NullOr(Task.Title)),
    description: Schema.optionalKey(Schema.NullOr(Description)),
    priority: Schema.optionalKey(Schema.NullOr(Task.Priority)),
    tags: Schema.optionalKey(Schema.NullOr(Tags)),
    repoIds: Schema.optionalKey(Schema.NullOr(RepositoryIds)),
    metadata: Schema.optionalKey(Schema.NullOr(Free)),
    ...place
  },
  output: Task.Task,
  errors: [Task.TaskNotFound, RepositoryNotFound, ...misplaced],
  tool: { omit: ["repoIds", "metadata", ...notOnTools], roles: ["manager"] }
})

export const changeTaskStatus = Operation.make("change_task_status", {
  title: "Change task status",
  description:
    "Moves a task along its workflow. Validates transitions (can't skip steps), enforces DAG " +
    "dependencies, and says what is allowed. An engineer that moves a task of its team which " +
    "nobody has to in_progress is its assignee then.",
  kind: "command",
  permission: "task:work",
  http: { method: "POST", path: "/api/v1/tasks/:task_id/status" },
  cli: "task status",
  input: {
    taskId: TaskId,
    status: Task.Status,
    actorId: Schema.optionalKey(
      Schema.NullOr(PrincipalId.annotate({ description: "On whose behalf; yourself if absent" }))
    )
  },
  output: Task.Task,
  errors: [
    Task.TaskNotFound,
    Task.IllegalMove,
    Task.BlockedByDependencies,
    Task.RunIsLive,
    Task.ReviewRequired,
    Task.NotLanded,
    Task.LandingInProgress,
    Task.ApprovalNeeded,
    ActsForAnother
  ],
  says: { TaskNotFound: named },
  tool: { roles: ["engineer"] }
})

export const assignTask = Operation.make("assign_task", {
  title: "Assign task",
  description: "Makes an agent of the task's team its assignee.",
  kind: "command",
  permission: "task:plan",
  http: { method: "POST", path: "/api/v1/tasks/:task_id/assign" },
  cli: "task assign",
  input: { taskId: TaskId, assigneeId: AgentId },
  output: Task.Task,
  errors: [Task.TaskNotFound, AgentNotFound, AgentInOtherTeam],
  tool: { roles: ["manager"] }
})

export const retryTask = Operation.make("retry_task", {
  title: "Retry task",
  description: "Puts a task whose latest run failed, or that is held, back into the queue.",
  kind: "command",
  permission: "task:plan",
  http: { method: "POST", path: "/api/v1/tasks/:task_id/retry" },
  cli: "task retry",
  input: { taskId: TaskId },
  output: Task.Task,
  errors: [Task.TaskNotFound, Task.NotHeldNorFailed],
  tool: false
})

export const addDependency = Operation.make("add_dependency", {
  title: "Add dependency",
  description: "Makes a task that has not started wait for another one. Refuses cycles.",
  kind: "command",
  permission: "task:plan",
  http: { method: "POST", path: "/api/v1/tasks/:task_id/dependencies", status: 201 },
  cli: "task depend",
  input: { taskId: TaskId, dependsOnId: TaskId },
  output: Task.Task,
  errors: [
    Task.TaskNotFound,
    TaskGraph.DependenciesFixed,
    TaskGraph.DependsOnItself,
    TaskGraph.DependencyMissing,
    TaskGraph.DependencyExists,
    TaskGraph.DependencyCycle
  ],
  tool: false
})

export const removeDependency = Operation.make("remove_dependency", {
  title: "Remove dependency",
  description: "Lets a task that is not over no longer wait for another one.",
  kind: "command",
  permission: "task:plan",
  http: { method: "DELETE", path: "/api/v1/tasks/:task_id/dependencies/:depends_on_id" },
  cli: "task undepend",
  input: { taskId: TaskId, dependsOnId: TaskId },
  output: Task.Task,
  errors: [Task.TaskNotFound, TaskGraph.DependenciesFixed, TaskGraph.DependencyNotFound],
  tool: false
})

export const getTaskEvents = Operation.makeList("get_task_events", {
  title: "Get task events",
  description: "Lists what happened to a task, oldest first. An unknown task has no events.",
  permission: "task:read",
  http: { method: "GET", path: "/api/v1/tasks/:task_id/events" },
  cli: "task events",
  input: { taskId: TaskId },
  item: RecordedEvent,
  errors: [],
  tool: { roles: ["manager", "reviewer"] }
})
