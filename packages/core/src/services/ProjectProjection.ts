/**
 * The tables of projects and of their modules.
 *
 * @since 0.1.0
 */
import * as Module from "../rules/Module.ts"
import * as Project from "../rules/Project.ts"
import type { Projection } from "./Fold.ts"
import * as RowCodec from "./RowCodec.ts"

// rules -----------------------------------------------------------------------

/**
 * Projects. Their ids are their creators' own, so the directory cannot lead to them.
 *
 * @category models
 * @since 0.1.0
 */
export const projects: Projection<Project.Project, Project.ProjectEvent> = {
  table: "projects",
  folds: (type) => type.startsWith("project."),
  makes: (type) => type === "project.created",
  keyOf: ({ data }) => ({ id: data.projectId }),
  evolve: Project.evolve,
  ...RowCodec.make<Project.Project>({
    id: "plain",
    teamId: "plain",
    name: "plain",
    description: "plain",
    repositoryId: "plain",
    repoRoot: "plain",
    policy: "plain",
    manager: "plain",
    createdAt: "instant",
    updatedAt: "instant"
  })
}

/**
 * Modules, whose events stand in the streams of their projects.
 *
 * @category models
 * @since 0.1.0
 */
export const modules: Projection<Module.Module, Module.ModuleEvent> = {
  table: "modules",
  folds: (type) => type.startsWith("module."),
  makes: (type) => type === "module.created",
  keyOf: ({ data }) => ({ id: data.moduleId }),
  evolve: Module.evolve,
  ...RowCodec.make<Module.Module>({
    id: "plain",
    projectId: "plain",
    name: "plain",
    description: "plain",
    completionCriteria: "json",
    paths: "json",
    boardState: "plain",
    createdAt: "instant",
    updatedAt: "instant"
  })
}
