/**
 * The port to repositories: gives a task a folder to work in, takes the result in, and lands it.
 *
 * Core speaks of commits as 40 or 64 hex digits, never as names that could move.
 *
 * @since 0.1.0
 */
import { Context, Data } from "effect"
import type { Effect } from "effect"

// models ----------------------------------------------------------------------

/**
 * A registered repository, as far as its files are concerned.
 *
 * @category models
 * @since 0.1.0
 */
export interface RepositoryPlace {
  readonly organizationId: string
  readonly id: string
  /** Absolute path of the user's own repository. Nothing but landing ever writes there. */
  readonly localPath: string
  readonly defaultBranch: string
}

/**
 * What a run needs a folder for.
 *
 * @category models
 * @since 0.1.0
 */
export interface PrepareInput {
  readonly organizationId: string
  readonly taskId: number
  readonly runId: string
  /** Null for a task that needs no repository: it works in an empty folder. */
  readonly repository: RepositoryPlace | null
  readonly branch: string
  /**
   * What an earlier run of the task left, from which this one goes on. Where nothing of that is here,
   * say since it was made on another disk, the run begins anew.
   */
  readonly previous: { readonly baseCommit: string; readonly headCommit: string } | null
}

/**
 * A folder that is ready.
 *
 * @category models
 * @since 0.1.0
 */
export interface Prepared {
  /** Absolute path. */
  readonly path: string
  /** Where the task's branch begins; null without a repository or in one without commits. */
  readonly baseCommit: string | null
}

/**
 * What a run left in its folder.
 *
 * @category models
 * @since 0.1.0
 */
export interface CollectInput extends PrepareInput {
  readonly baseCommit: string | null
  /** The message of the commit that Foreman makes of what was left uncommitted. */
  readonly message: string
}

/**
 * The result of a run: the head of its branch, or null when nothing differs from the base.
 *
 * @category models
 * @since 0.1.0
 */
export interface Collected {
  readonly headCommit: string | null
}

/**
 * How a change becomes part of its target.
 *
 * @category models
 * @since 0.1.0
 */
export type Strategy = "merge" | "rebase" | "squash"

/**
 * What is to be landed.
 *
 * @category models
 * @since 0.1.0
 */
export interface LandInput {
  readonly jobId: number
  readonly taskId: number
  readonly repository: RepositoryPlace
  readonly branch: string
  readonly targetBranch: string
  readonly baseCommit: string
  readonly headCommit: string
  readonly strategy: Strategy
  /** Subject and body; the trailers `Foreman-Merge: <job>` and `Foreman-Head: <commit>` are added. */
  readonly message: string
}

/**
 * A change that has landed.
 *
 * @category models
 * @since 0.1.0
 */
export interface Landed {
  readonly commit: string
  /** The branch that holds it: the target, or `foreman/<branch>` when its checkout was not clean. */
  readonly branch: string
}

// errors ----------------------------------------------------------------------

/**
 * The path is no repository that Foreman can use, or its default branch has no commits.
 *
 * @category errors
 * @since 0.1.0
 */
export class RepositoryUnusable extends Data.TaggedError("RepositoryUnusable")<{
  readonly path: string
  readonly detail: string
}> {
  override get message() {
    return `The repository ${this.path} cannot be used: ${this.detail}`
  }
}

/**
 * The result does not descend from the commit on which the run began.
 *
 * @category errors
 * @since 0.1.0
 */
export class ResultNotOnBase extends Data.TaggedError("ResultNotOnBase")<{
  readonly baseCommit: string
  readonly headCommit: string
}> {
  override get message() {
    return `The result ${this.headCommit} does not descend from its base ${this.baseCommit}`
  }
}

/**
 * The change and the target changed the same lines.
 *
 * @category errors
 * @since 0.1.0
 */
export class LandingConflict extends Data.TaggedError("LandingConflict")<{
  readonly targetCommit: string
  readonly paths: ReadonlyArray<string>
}> {
  override get message() {
    return `The change conflicts with ${this.targetCommit} in ${this.paths.join(", ")}`
  }
}

/**
 * Git itself failed.
 *
 * @category errors
 * @since 0.1.0
 */
export class GitError extends Data.TaggedError("GitError")<{
  readonly operation: string
  readonly detail: string
  readonly retryable: boolean
  readonly cause?: unknown
}> {
  override get message() {
    return `git failed at ${this.operation}: ${this.detail}`
  }
}

// services --------------------------------------------------------------------

/**
 * Folders for tasks, and the way of their results into repositories.
 *
 * **Gotchas**
 *
 * `land` may be repeated with the same job: what has landed already is found and answered again.
 *
 * @category services
 * @since 0.1.0
 */
export interface Workspace {
  readonly prepare: (input: PrepareInput) => Effect.Effect<Prepared, RepositoryUnusable | GitError>
  readonly collect: (input: CollectInput) => Effect.Effect<Collected, ResultNotOnBase | GitError>
  readonly land: (
    input: LandInput
  ) => Effect.Effect<Landed, LandingConflict | RepositoryUnusable | GitError>
  /** Removes the folder of a task that is over. Removing what is not there is no error. */
  readonly discard: (
    task: Pick<PrepareInput, "organizationId" | "taskId" | "repository">
  ) => Effect.Effect<void, GitError>
}

/**
 * The workspaces of this process.
 *
 * @category services
 * @since 0.1.0
 */
export const Workspace = Context.Service<Workspace>("@foreman/core/Workspace")
