/**
 * Projects: goals inside a team, with the repository that their tasks change.
 *
 * A project and its modules share one stream, so that what is decided about either is in one order.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"
import { accept, type Decision } from "./Decision.ts"
import * as Event from "./Event.ts"
import { Name, ProjectId, RepositoryId, TeamId, Timestamp } from "./Identifier.ts"

// models ----------------------------------------------------------------------

/**
 * The name of the profile by which a project's actions are judged.
 *
 * @category schemas
 * @since 0.1.0
 */
export const PolicyName = Schema.String.check(
  Schema.isMinLength(1),
  Schema.isMaxLength(100)
).annotate({ description: "Name of the approval policy that judges the project's tasks" })

/**
 * What a project or a module is for, in at most 100,000 characters.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Text = Schema.String.check(Schema.isMaxLength(100_000))

/**
 * A project.
 *
 * @category models
 * @since 0.1.0
 */
export interface Project extends Schema.Schema.Type<typeof Project> {}
export const Project = Schema.Struct({
  id: ProjectId,
  teamId: TeamId,
  name: Name,
  description: Text,
  repositoryId: Schema.NullOr(RepositoryId).annotate({
    description: "The repository that its tasks change unless they name one"
  }),
  repoRoot: Schema.String.annotate({
    description: "Path of that repository on the server, or empty"
  }),
  policy: PolicyName,
  manager: Schema.NullOr(Name).annotate({ description: "Profile of the manager agent above it" }),
  createdAt: Timestamp,
  updatedAt: Timestamp
})

/**
 * The stream of a project: itself and its modules.
 *
 * @category models
 * @since 0.1.0
 */
export const streamOf = ({ projectId }: { readonly projectId: ProjectId }): string =>
  `project:${projectId}`

export const Created = Event.define(
  "project.created",
  {
    projectId: ProjectId,
    teamId: TeamId,
    name: Name,
    description: Text,
    repositoryId: Schema.NullOr(RepositoryId),
    repoRoot: Schema.String,
    policy: PolicyName,
    manager: Schema.NullOr(Name)
  },
  streamOf
)

export const Updated = Event.define(
  "project.updated",
  {
    projectId: ProjectId,
    name: Schema.optionalKey(Name),
    description: Schema.optionalKey(Text),
    repositoryId: Schema.optionalKey(Schema.NullOr(RepositoryId)),
    repoRoot: Schema.optionalKey(Schema.String),
    policy: Schema.optionalKey(PolicyName),
    manager: Schema.optionalKey(Schema.NullOr(Name))
  },
  streamOf
)

/**
 * What happens to projects.
 *
 * @category models
 * @since 0.1.0
 */
export type ProjectEvent = Event.EventOf<typeof Created> | Event.EventOf<typeof Updated>

/**
 * What the creator of a project decides.
 *
 * @category models
 * @since 0.1.0
 */
export type Wanted = Omit<Project, "id" | "createdAt" | "updatedAt">

/**
 * What may be changed of a project.
 *
 * @category models
 * @since 0.1.0
 */
export type Edit = Partial<Omit<Wanted, "teamId">>

// errors ----------------------------------------------------------------------

/**
 * There is no such project, or the caller may not see it.
 *
 * @category errors
 * @since 0.1.0
 */
export class ProjectNotFound extends Schema.TaggedError<ProjectNotFound>()(
  "ProjectNotFound",
  { projectId: Schema.String },
  { httpApiStatus: 404 }
) {
  override get message() {
    return `Project ${this.projectId} not found`
  }
}

/**
 * The organisation has a project of this id already. Creating never changes it.
 *
 * @category errors
 * @since 0.1.0
 */
export class ProjectExists extends Schema.TaggedError<ProjectExists>()(
  "ProjectExists",
  { projectId: ProjectId },
  { httpApiStatus: 409 }
) {
  override get message() {
    return `Project ${this.projectId} exists already`
  }
}

/**
 * A task can only be of a project of its own team.
 *
 * @category errors
 * @since 0.1.0
 */
export class ProjectInOtherTeam extends Schema.TaggedError<ProjectInOtherTeam>()(
  "ProjectInOtherTeam",
  { projectId: ProjectId, teamId: TeamId },
  { httpApiStatus: 409 }
) {
  override get message() {
    return `Project ${this.projectId} is not of the team of the task, ${this.teamId}`
  }
}

// rules -----------------------------------------------------------------------

/**
 * The policy of a project of which nobody said another one.
 *
 * @category models
 * @since 0.1.0
 */
export const defaultPolicy = "strict"

/**
 * Creates a project. Whether its id is free is decided where it is written.
 *
 * @category rules
 * @since 0.1.0
 */
export const create = (
  wanted: Wanted,
  facts: { readonly projectId: ProjectId }
): Decision<ProjectEvent> => accept({ type: "project.created", data: { ...facts, ...wanted } })

/**
 * Changes what is named; the rest stays.
 *
 * @category rules
 * @since 0.1.0
 */
export const update = (project: Project, edit: Edit): Decision<ProjectEvent> =>
  Object.keys(edit).length === 0
    ? accept()
    : accept({ type: "project.updated", data: { projectId: project.id, ...edit } })

/**
 * Folds one event into the project.
 *
 * @category rules
 * @since 0.1.0
 */
export const evolve = (
  before: Project | undefined,
  event: ProjectEvent,
  at: Timestamp
): Project | undefined => {
  const { projectId: id, ...data } = event.data
  if (event.type === "project.updated") return before && { ...before, ...data, updatedAt: at }
  // As: the first event of a project names all of it.
  return { ...(data as Wanted), id, createdAt: at, updatedAt: at }
}
