/**
 * Repositories: the git repositories that a team's tasks change.
 *
 * Registering one touches no disk: its path is looked at when a task first needs it.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"
import { accept, type Decision } from "./Decision.ts"
import * as Event from "./Event.ts"
import { Free, Name, RepositoryId, TeamId, Timestamp } from "./Identifier.ts"

// models ----------------------------------------------------------------------

/**
 * The name of a branch that git accepts as such.
 *
 * @category schemas
 * @since 0.1.0
 */
export const BranchName = Schema.String.check(
  Schema.isMinLength(1),
  Schema.isMaxLength(100),
  Schema.makeFilter((name) => isBranchName(name) || "Expected a name that git accepts for a branch")
).annotate({ description: "Name of a branch" })

/**
 * A registered repository.
 *
 * @category models
 * @since 0.1.0
 */
export interface Repository extends Schema.Schema.Type<typeof Repository> {}
export const Repository = Schema.Struct({
  id: RepositoryId,
  teamId: TeamId,
  name: Name,
  localPath: Schema.NonEmptyString.annotate({ description: "Absolute path on the server" }),
  defaultBranch: BranchName,
  config: Free,
  createdAt: Timestamp
})

export const Registered = Event.define(
  "repo.registered",
  {
    repositoryId: RepositoryId,
    teamId: TeamId,
    name: Name,
    localPath: Schema.NonEmptyString,
    defaultBranch: BranchName,
    config: Free
  },
  ({ repositoryId }) => `repo:${repositoryId}`
)

/** Its clone lies on one node's disk: runs and landings go there from now on. */
export const Homed = Event.define(
  "repo.homed",
  { repositoryId: RepositoryId, node: Schema.NonEmptyString },
  ({ repositoryId }) => `repo:${repositoryId}`
)

/**
 * What happens to repositories.
 *
 * @category models
 * @since 0.1.0
 */
export type RepositoryEvent = Event.EventOf<typeof Registered> | Event.EventOf<typeof Homed>

// errors ----------------------------------------------------------------------

/**
 * There is no such repository, or the caller may not see it.
 *
 * @category errors
 * @since 0.1.0
 */
export class RepositoryNotFound extends Schema.TaggedError<RepositoryNotFound>()(
  "RepositoryNotFound",
  { repositoryId: Schema.String },
  { httpApiStatus: 404 }
) {
  override get message() {
    return "Repository not found"
  }
}

// rules -----------------------------------------------------------------------

/**
 * Registers a repository. Whether its name is free is decided where it is written.
 *
 * @category rules
 * @since 0.1.0
 */
export const register = (
  wanted: Pick<Repository, "teamId" | "name" | "localPath" | "defaultBranch" | "config">,
  facts: { readonly repositoryId: RepositoryId }
): Decision<RepositoryEvent> => accept({ type: "repo.registered", data: { ...facts, ...wanted } })

/**
 * The node whose disk has the repository's clone, or null while that is no matter: nobody has used it
 * yet, or all nodes reach the same disk. Whoever registers it may say it, as `config.home`.
 *
 * @category rules
 * @since 0.1.0
 */
export const homeOf = ({ config }: Pick<Repository, "config">): string | null => {
  const { home } = config
  return typeof home === "string" && home !== "" ? home : null
}

/**
 * Records where a repository's clone lies. Whoever comes second changes nothing.
 *
 * @category rules
 * @since 0.1.0
 */
export const settle = (repository: Repository, node: string): Decision<RepositoryEvent> =>
  homeOf(repository) === null
    ? accept({ type: "repo.homed", data: { repositoryId: repository.id, node } })
    : accept()

/**
 * Says whether git takes the name for a branch, by the rules of `git check-ref-format --branch`.
 *
 * **Example** (An option is no branch)
 *
 * ```ts import.meta.vitest
 * import { Repository } from "@foreman/core"
 *
 * Repository.isBranchName("--upload-pack=x") // => false
 * Repository.isBranchName("feature/login") // => true
 * ```
 *
 * @category rules
 * @since 0.1.0
 */
export const isBranchName = (name: string): boolean =>
  name !== "" &&
  name !== "@" &&
  name !== "HEAD" &&
  !name.startsWith("-") &&
  !name.endsWith(".") &&
  !name.includes("..") &&
  !name.includes("@{") &&
  // oxlint-disable-next-line no-control-regex -- git forbids control characters in names
  !/[\u0000-\u0020\u007f~^:?*[\\]/.test(name) &&
  name.split("/").every((part) => part !== "" && !part.startsWith(".") && !part.endsWith(".lock"))

/**
 * Folds one event into the repository.
 *
 * @category rules
 * @since 0.1.0
 */
export const evolve = (
  before: Repository | undefined,
  event: RepositoryEvent,
  at: Timestamp
): Repository | undefined => {
  if (event.type === "repo.homed") {
    return before && { ...before, config: { ...before.config, home: event.data.node } }
  }
  const { repositoryId, ...rest } = event.data
  return { id: repositoryId, ...rest, createdAt: at }
}
