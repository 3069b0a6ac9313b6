/**
 * The project and the module of a task: those that are named exist and belong together.
 *
 * @since 0.1.0
 */
import { Effect } from "effect"
import type { ModuleId, ProjectId } from "../rules/Identifier.ts"
import { ModuleInOtherProject, ModuleNotFound } from "../rules/Module.ts"
import { type Project, ProjectInOtherTeam, ProjectNotFound } from "../rules/Project.ts"
import { defaultPlace, type Task } from "../rules/TaskModel.ts"
import * as Projection from "./Projection.ts"
import type { Session } from "./Session.ts"

// models ----------------------------------------------------------------------

/**
 * Where somebody wants a task to be.
 *
 * @category models
 * @since 0.1.0
 */
export interface PlaceWish {
  readonly projectId?: ProjectId | null | undefined
  readonly moduleId?: ModuleId | null | undefined
}

// services --------------------------------------------------------------------

/**
 * What a task keeps of its place: nothing if nobody names one. A module that is named says which
 * project it is; a project that is named alone keeps the task's module, which must be its own.
 *
 * Neither is ever gone and no module goes to another project, so nothing is relied on.
 *
 * @category services
 * @since 0.1.0
 */
export const placeWanted = Effect.fnUntraced(function* (
  session: Session,
  wish: PlaceWish,
  task: Pick<Task, "teamId"> & Partial<Pick<Task, "moduleId">>
) {
  const named = wish.projectId ?? undefined
  if (named === undefined && (wish.moduleId ?? undefined) === undefined) return undefined
  const known = named === undefined ? undefined : yield* projectOf(session, named, task)
  const moduleId = wish.moduleId ?? task.moduleId ?? defaultPlace.moduleId
  const module = yield* session.get(Projection.modules, { id: moduleId })
  if (module === undefined && typeof wish.moduleId === "string") {
    return yield* new ModuleNotFound({ moduleId })
  }
  if (named !== undefined && module?.projectId !== named) {
    return yield* new ModuleInOtherProject({ moduleId, projectId: named })
  }
  const projectId = named ?? module?.projectId ?? defaultPlace.projectId
  const project = known ?? (yield* projectOf(session, projectId, task))
  return { projectId, moduleId, project }
})

/**
 * The repositories of a task: those it names, else that of the project it is made for.
 *
 * @category services
 * @since 0.1.0
 */
export const repositoriesIn = (
  named: Task["repoIds"],
  project: Pick<Project, "repositoryId"> | undefined
): Task["repoIds"] => {
  const own = project?.repositoryId ?? null
  return named.length > 0 || own === null ? named : [own]
}

// internal --------------------------------------------------------------------

const projectOf = Effect.fnUntraced(function* (
  session: Session,
  projectId: ProjectId,
  { teamId }: Pick<Task, "teamId">
) {
  const project = yield* session.get(Projection.projects, { id: projectId })
  if (project === undefined) return yield* new ProjectNotFound({ projectId })
  if (project.teamId !== teamId) return yield* new ProjectInOtherTeam({ projectId, teamId })
  return project
})
