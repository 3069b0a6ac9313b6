/**
 * What the suite of workspaces needs of those who run it, and the runs that its tests speak of.
 *
 * @since 0.1.0
 */
import { assert } from "@effect/vitest"
import { Effect } from "effect"
import type { Layer } from "effect"

import { Workspace } from "@foreman/core"

// models ----------------------------------------------------------------------

/**
 * How the suite meets the world around the workspaces.
 *
 * @category testing
 * @since 0.1.0
 */
export interface Harness<E = never> {
  readonly layer: Layer.Layer<Workspace.Workspace, E>
  /** A repository of its own, with commits on its default branch. */
  readonly repository: Effect.Effect<Workspace.RepositoryPlace>
  /** A repository that cannot be used. */
  readonly unusable: Effect.Effect<Workspace.RepositoryPlace>
  /** Writes a file in a task's folder, as an agent would. */
  readonly write: (
    run: Workspace.PrepareInput & Workspace.Prepared,
    file: { readonly name: string; readonly text: string }
  ) => Effect.Effect<void>
}

/**
 * The workspaces of one test, and the repository that it has for itself.
 *
 * @category models
 * @since 0.1.0
 */
export interface Given {
  readonly workspace: Workspace.Workspace
  readonly repository: Workspace.RepositoryPlace
}

/**
 * A run, and the file that it writes.
 *
 * @category models
 * @since 0.1.0
 */
export interface Wanted extends Partial<
  Pick<Workspace.PrepareInput, "branch" | "previous" | "runId">
> {
  readonly taskId: number
  readonly file: string
}

/**
 * A run that is over, and what it left.
 *
 * @category models
 * @since 0.1.0
 */
export interface Done {
  readonly input: Workspace.PrepareInput & { readonly repository: Workspace.RepositoryPlace }
  readonly baseCommit: string
  readonly headCommit: string
}

// testing ---------------------------------------------------------------------

/**
 * Runs a test with a layer and a repository of its own.
 *
 * @category testing
 * @since 0.1.0
 */
export const on =
  <E>(harness: Harness<E>, body: (given: Given) => Effect.fn.Return<void, unknown>) =>
  () =>
    Effect.all({ workspace: Workspace.Workspace, repository: harness.repository }).pipe(
      Effect.flatMap(Effect.fnUntraced(body)),
      Effect.provide(harness.layer)
    )

/**
 * The first run of a task.
 *
 * @category testing
 * @since 0.1.0
 */
export const task = (
  taskId: number,
  repository: Workspace.RepositoryPlace | null
): Workspace.PrepareInput => ({
  organizationId: repository?.organizationId ?? "local",
  taskId,
  runId: `run-${taskId}-1`,
  repository,
  branch: `foreman/task-${taskId}`,
  previous: null
})

/**
 * One run of a task from its folder to its result.
 *
 * @category testing
 * @since 0.1.0
 */
export const work = Effect.fnUntraced(function* <E>(
  harness: Harness<E>,
  { workspace, repository }: Given,
  { file, ...wanted }: Wanted
) {
  const input = { ...task(wanted.taskId, repository), ...wanted, repository }
  const prepared = yield* workspace.prepare(input)
  yield* harness.write({ ...input, ...prepared }, { name: file, text: `Task ${input.taskId}\n` })
  const { headCommit } = yield* workspace.collect({
    ...input,
    baseCommit: prepared.baseCommit,
    message: `Task ${input.taskId}`
  })
  const { baseCommit } = prepared
  if (baseCommit === null || headCommit === null) return assert.fail("the run left no commit")
  const done: Done = { input, baseCommit, headCommit }
  return done
})

/**
 * The wish to land what a run left.
 *
 * @category testing
 * @since 0.1.0
 */
export const landingOf = (
  { input, baseCommit, headCommit }: Done,
  wanted: { readonly strategy?: Workspace.Strategy } = {}
): Workspace.LandInput => ({
  jobId: input.taskId + 1000,
  taskId: input.taskId,
  repository: input.repository,
  branch: input.branch,
  targetBranch: input.repository.defaultBranch,
  baseCommit,
  headCommit,
  strategy: wanted.strategy ?? "merge",
  message: `Task ${input.taskId}\n\nWhat it is about.`
})

/**
 * Fails unless it is the full name of a commit.
 *
 * @category testing
 * @since 0.1.0
 */
export const assertCommit = (id: string | null): void =>
  assert.match(id ?? "none", /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/)
