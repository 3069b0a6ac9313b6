/**
 * Workspaces without files: folders are names, commits are numbers, and landing moves a number.
 *
 * It answers as real workspaces do, so that services and reactors can be tested without git. What a
 * run changed and what conflicts is for the test to say.
 *
 * @since 0.1.0
 */
import { Context, Effect, Layer } from "effect"

import { LandingConflict, RepositoryUnusable, Workspace } from "./Workspace.ts"
import type {
  CollectInput,
  Collected,
  GitError,
  Landed,
  LandInput,
  PrepareInput,
  RepositoryPlace
} from "./Workspace.ts"

// models ----------------------------------------------------------------------

/**
 * What the pretended files do. The functions are asked at each call, so their answers may change.
 *
 * @category configuration
 * @since 0.1.0
 */
export interface Options {
  /** Whether a run changed anything. By default each run did. */
  readonly changes?: (input: CollectInput) => boolean
  /** The paths in which a landing conflicts. By default none does. */
  readonly conflicts?: (input: LandInput) => ReadonlyArray<string>
  /** What happens before a folder is ready. By default nothing. */
  readonly prepares?: (input: PrepareInput) => Effect.Effect<void, GitError>
  /** Why a repository cannot be used. By default each can. */
  readonly unusable?: (repository: RepositoryPlace) => string | undefined
}

/**
 * A landing that happened: what was asked, and what came of it.
 *
 * @category models
 * @since 0.1.0
 */
export interface Landing {
  readonly input: LandInput
  readonly landed: Landed
}

// services --------------------------------------------------------------------

/**
 * What has landed so far, in order. A repeated job stands here once.
 *
 * @category testing
 * @since 0.1.0
 */
export interface Landings {
  readonly list: Effect.Effect<ReadonlyArray<Landing>>
}

/**
 * The landings of these workspaces.
 *
 * @category testing
 * @since 0.1.0
 */
export const Landings = Context.Service<Landings>("@foreman/core/WorkspaceMemory/Landings")

// layers ----------------------------------------------------------------------

/**
 * Provides workspaces in memory, and the list of what has landed through them.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (options: Options = {}): Layer.Layer<Workspace | Landings> =>
  Layer.effectContext(
    Effect.sync(() => {
      const state: State = {
        commits: new Set(),
        heads: new Map(),
        collected: new Map(),
        landings: []
      }
      return Context.make(Workspace, make(state, options)).pipe(
        Context.add(Landings, { list: Effect.sync(() => [...state.landings]) })
      )
    })
  )

// internal --------------------------------------------------------------------

interface State {
  /** All that there are: whoever names another one means a commit of other workspaces. */
  readonly commits: Set<string>
  readonly heads: Map<string, string>
  readonly collected: Map<string, Collected>
  readonly landings: Array<Landing>
}

const make = (state: State, options: Options): Workspace => ({
  prepare: Effect.fnUntraced(function* (input) {
    const path = `memory:/task-${input.taskId}`
    yield* options.prepares?.(input) ?? Effect.void
    if (input.repository === null) return { path, baseCommit: null }
    yield* refuseUnusable(options, input.repository)
    const baseCommit =
      found(state, input)?.baseCommit ??
      headOf(state, input.repository, input.repository.defaultBranch)
    return { path, baseCommit }
  }),
  collect: (input) =>
    Effect.sync(() => {
      const key = `${input.organizationId} ${input.runId}`
      const known = state.collected.get(key)
      if (known !== undefined) return known
      const changed = input.repository !== null && (options.changes?.(input) ?? true)
      const collected = {
        headCommit: changed ? mint(state) : (found(state, input)?.headCommit ?? null)
      }
      state.collected.set(key, collected)
      return collected
    }),
  land: Effect.fnUntraced(function* (input) {
    yield* refuseUnusable(options, input.repository)
    const known = state.landings.find((landing) => isSameJob(landing.input, input))
    if (known !== undefined) return known.landed
    const paths = options.conflicts?.(input) ?? []
    if (paths.length > 0) {
      const targetCommit = headOf(state, input.repository, input.targetBranch)
      return yield* new LandingConflict({ targetCommit, paths })
    }
    const landed = { commit: mint(state), branch: input.targetBranch }
    state.heads.set(keyOf(input.repository, input.targetBranch), landed.commit)
    state.landings.push({ input, landed })
    return landed
  }),
  discard: () => Effect.void
})

const refuseUnusable = (options: Options, repository: RepositoryPlace) => {
  const detail = options.unusable?.(repository)
  return detail === undefined
    ? Effect.void
    : Effect.fail(new RepositoryUnusable({ path: repository.localPath, detail }))
}

/** What an earlier run left, if it did so here. */
const found = ({ commits }: State, { previous }: PrepareInput): PrepareInput["previous"] => {
  if (previous === null) return null
  return commits.has(previous.baseCommit) && commits.has(previous.headCommit) ? previous : null
}

const isSameJob = (left: LandInput, right: LandInput): boolean =>
  left.jobId === right.jobId &&
  left.repository.organizationId === right.repository.organizationId &&
  left.repository.id === right.repository.id

const keyOf = (repository: RepositoryPlace, branch: string): string =>
  `${repository.organizationId} ${repository.id} ${branch}`

const mint = (state: State): string => {
  const commit = (state.commits.size + 1).toString(16).padStart(40, "0")
  state.commits.add(commit)
  return commit
}

const headOf = (state: State, repository: RepositoryPlace, branch: string): string => {
  const key = keyOf(repository, branch)
  const head = state.heads.get(key) ?? mint(state)
  state.heads.set(key, head)
  return head
}
