/**
 * What can be asked about projects and their modules.
 *
 * Their ids may be their creators' own, so they say nothing of the organisation: it is the caller's, or
 * that of the team that is named, or the local one.
 *
 * @since 0.1.0
 */
import { Effect, Schema } from "effect"
import { ModuleId, Name, ProjectId, RepositoryId, TeamId } from "../rules/Identifier.ts"
import * as Module from "../rules/Module.ts"
import * as Project from "../rules/Project.ts"
import { BranchName, RepositoryNotFound } from "../rules/Repository.ts"
import { TeamNotFound } from "../rules/Team.ts"
import * as Operation from "./Operation.ts"

// models ----------------------------------------------------------------------

const team = {
  teamId: Schema.optionalKey(TeamId.annotate({ description: "Its team; the local one if absent" }))
}

const Description = Project.Text.annotate({ description: "What it is for" })

const RepoRoot = Schema.String.check(Schema.isMaxLength(4096)).annotate({
  description: "Folder of its repository on the server; registered with the team if it is not yet"
})

const { manager, policy, repositoryId } = Project.Project.fields
const { boardState, completionCriteria, paths } = Module.Module.fields

const given = <S extends Operation.Pure>(schema: S) => Schema.optionalKey(Schema.NullOr(schema))

const ofProject = { projectId: ProjectId, ...team }
const ofModule = { moduleId: ModuleId, ...team }

const words = {
  name: Name,
  description: Description.pipe(Schema.withDecodingDefaultKey(Effect.succeed("")))
}
const otherWords = { name: given(Name), description: given(Description) }

// services --------------------------------------------------------------------

export const createProject = Operation.make("create_project", {
  title: "Create project",
  description:
    "Creates a project: a goal inside a team, with the repository that its tasks change. Give it an " +
    "id of your own, or it gets one. An id that exists is refused.",
  kind: "command",
  permission: "project:plan",
  http: { method: "POST", path: "/api/v1/projects", status: 201 },
  cli: "project create",
  input: {
    ...team,
    projectId: Schema.optionalKey(ProjectId),
    ...words,
    repositoryId: Schema.optionalKey(RepositoryId),
    repoRoot: Schema.optionalKey(RepoRoot),
    defaultBranch: BranchName.annotate({
      description: "Where changes of that folder land, if it is not registered yet"
    }).pipe(Schema.withDecodingDefaultKey(Effect.succeed("main"))),
    policy: policy.pipe(Schema.withDecodingDefaultKey(Effect.succeed(Project.defaultPolicy))),
    manager: Schema.optionalKey(manager)
  },
  output: Project.Project,
  errors: [TeamNotFound, Project.ProjectExists, RepositoryNotFound],
  tool: { omit: ["repoRoot", "defaultBranch"], roles: ["manager"] }
})

export const listProjects = Operation.makeList("list_projects", {
  title: "List projects",
  description: "Lists projects by name: those of a team, or of the whole organization.",
  permission: "project:read",
  http: { method: "GET", path: "/api/v1/projects" },
  cli: "project list",
  input: team,
  item: Project.Project,
  errors: [],
  tool: { roles: ["manager"] }
})

export const getProject = Operation.make("get_project", {
  title: "Get project",
  description: "Shows a project.",
  kind: "query",
  permission: "project:read",
  http: { method: "GET", path: "/api/v1/projects/:project_id" },
  cli: "project show",
  input: ofProject,
  output: Project.Project,
  errors: [Project.ProjectNotFound],
  tool: { roles: ["manager"] }
})

export const updateProject = Operation.make("update_project", {
  title: "Update project",
  description: "Changes what is given: name, description, policy, repository or manager.",
  kind: "command",
  permission: "project:plan",
  http: { method: "PATCH", path: "/api/v1/projects/:project_id" },
  cli: "project update",
  input: {
    ...ofProject,
    ...otherWords,
    repositoryId: Schema.optionalKey(repositoryId),
    repoRoot: given(RepoRoot),
    policy: given(policy),
    manager: Schema.optionalKey(manager)
  },
  output: Project.Project,
  errors: [Project.ProjectNotFound, RepositoryNotFound],
  tool: { omit: ["policy", "repoRoot"], roles: ["manager"] }
})

export const createModule = Operation.make("create_module", {
  title: "Create module",
  description:
    "Creates a module: an area of a project, with the paths of the repository that belong to it.",
  kind: "command",
  permission: "project:plan",
  http: { method: "POST", path: "/api/v1/projects/:project_id/modules", status: 201 },
  cli: "project module create",
  input: {
    ...ofProject,
    moduleId: Schema.optionalKey(ModuleId),
    ...words,
    completionCriteria: completionCriteria.pipe(Schema.withDecodingDefaultKey(Effect.succeed([]))),
    paths: paths.pipe(Schema.withDecodingDefaultKey(Effect.succeed([]))),
    boardState: boardState.pipe(Schema.withDecodingDefaultKey(Effect.succeed("planned" as const)))
  },
  output: Module.Module,
  errors: [Project.ProjectNotFound, Module.ModuleExists],
  tool: { roles: ["manager"] }
})

export const listModules = Operation.makeList("list_modules", {
  title: "List modules",
  description: "Lists the modules of a project, by name. An unknown project has none.",
  permission: "project:read",
  http: { method: "GET", path: "/api/v1/projects/:project_id/modules" },
  cli: "project module list",
  input: ofProject,
  item: Module.Module,
  errors: [],
  tool: { roles: ["manager"] }
})

export const getModule = Operation.make("get_module", {
  title: "Get module",
  description: "Shows a module.",
  kind: "query",
  permission: "project:read",
  http: { method: "GET", path: "/api/v1/modules/:module_id" },
  cli: "project module show",
  input: ofModule,
  output: Module.Module,
  errors: [Module.ModuleNotFound],
  tool: { roles: ["manager"] }
})

export const updateModule = Operation.make("update_module", {
  title: "Update module",
  description: "Changes what is given: name, description, completion criteria or paths.",
  kind: "command",
  permission: "project:plan",
  http: { method: "PATCH", path: "/api/v1/modules/:module_id" },
  cli: "project module update",
  input: {
    ...ofModule,
    ...otherWords,
    completionCriteria: given(completionCriteria),
    paths: given(paths)
  },
  output: Module.Module,
  errors: [Module.ModuleNotFound],
  tool: { roles: ["manager"] }
})

export const changeModuleState = Operation.make("change_module_state", {
  title: "Change module state",
  description: "Moves a module on its project's board: planned, active, blocked or done.",
  kind: "command",
  permission: "project:plan",
  http: { method: "POST", path: "/api/v1/modules/:module_id/state" },
  cli: "project module state",
  input: { ...ofModule, boardState },
  output: Module.Module,
  errors: [Module.ModuleNotFound, Module.IllegalModuleMove],
  tool: { roles: ["manager"] }
})
