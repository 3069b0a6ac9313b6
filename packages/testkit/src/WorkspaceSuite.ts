/**
 * What workspaces promise, as tests that every kind of them runs.
 *
 * Left open on purpose: what a folder is, what commits hold, and how conflicts are found. Those who
 * have real files test these themselves.
 *
 * @since 0.1.0
 */
import { assert, describe, it } from "@effect/vitest"
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

// testing ---------------------------------------------------------------------

/**
 * The branch on which the suite makes changes that conflict with what has landed.
 *
 * @category testing
 * @since 0.1.0
 */
export const conflictingBranch = "foreman/conflicting"

/**
 * Runs the promises of the port. Each test builds the layer anew and asks for its own repository.
 *
 * @category testing
 * @since 0.1.0
 */
export const run = <E>(name: string, harness: Harness<E>): void => {
  describe(`the workspaces ${name}`, () => {
    preparing(harness)
    collecting(harness)
    landing(harness)
    discarding(harness)
  })
}

// internal --------------------------------------------------------------------

interface Given {
  readonly workspace: Workspace.Workspace
  readonly repository: Workspace.RepositoryPlace
}

const preparing = <E>(harness: Harness<E>) =>
  describe("preparing", () => {
    it.live(
      "begins tasks at the head of the default branch, each in its own folder every time",
      on(harness, function* ({ workspace, repository }) {
        const first = yield* workspace.prepare(task(1, repository))
        const second = yield* workspace.prepare(task(2, repository))
        assertCommit(first.baseCommit)
        assert.strictEqual(second.baseCommit, first.baseCommit)
        assert.notStrictEqual(second.path, first.path)
        assert.deepStrictEqual(yield* workspace.prepare(task(1, repository)), first)
      })
    )

    it.live(
      "gives a task without a repository a folder and no commit",
      on(harness, function* ({ workspace }) {
        const input = task(1, null)
        const prepared = yield* workspace.prepare(input)
        assert.isNull(prepared.baseCommit)
        yield* harness.write({ ...input, ...prepared }, { name: "note.txt", text: "note" })
        const collected = yield* workspace.collect({ ...input, baseCommit: null, message: "x" })
        assert.isNull(collected.headCommit)
      })
    )

    it.live(
      "refuses a repository that cannot be used",
      on(harness, function* ({ workspace }) {
        const repository = yield* harness.unusable
        const refusal = yield* Effect.flip(workspace.prepare(task(1, repository)))
        assert.strictEqual(refusal._tag, "RepositoryUnusable")
      })
    )
  })

const collecting = <E>(harness: Harness<E>) =>
  describe("collecting", () => {
    it.live(
      "answers a new commit when something changed, and the same one when asked again",
      on(harness, function* (given) {
        const done = yield* work(harness, given, { taskId: 1, file: "a.txt" })
        assertCommit(done.headCommit)
        assert.notStrictEqual(done.headCommit, done.baseCommit)
        const again = yield* given.workspace.collect({ ...done.input, ...done, message: "again" })
        assert.strictEqual(again.headCommit, done.headCommit)
      })
    )

    it.live(
      "answers that nothing changed",
      on(harness, function* ({ workspace, repository }) {
        const input = task(1, repository)
        const { baseCommit } = yield* workspace.prepare(input)
        const collected = yield* workspace.collect({ ...input, baseCommit, message: "nothing" })
        assert.isNull(collected.headCommit)
      })
    )

    it.live(
      "lets a later run go on from what an earlier one left",
      on(harness, function* (given) {
        const first = yield* work(harness, given, { taskId: 1, file: "a.txt" })
        const previous = { baseCommit: first.baseCommit, headCommit: first.headCommit }
        const input = { ...first.input, runId: "run-1-2", previous }
        const prepared = yield* given.workspace.prepare(input)
        assert.strictEqual(prepared.baseCommit, first.baseCommit)
        yield* harness.write({ ...input, ...prepared }, { name: "b.txt", text: "b" })
        const second = yield* given.workspace.collect({ ...input, ...prepared, message: "second" })
        assertCommit(second.headCommit)
        assert.notStrictEqual(second.headCommit, first.headCommit)
      })
    )
  })

const landing = <E>(harness: Harness<E>) =>
  describe("landing", () => {
    for (const strategy of ["merge", "rebase", "squash"] as const) {
      it.live(
        `moves the target to the landed commit (${strategy})`,
        on(harness, function* (given) {
          const done = yield* work(harness, given, { taskId: 1, file: "a.txt" })
          const landed = yield* given.workspace.land(landingOf(done, { strategy }))
          assert.strictEqual(landed.branch, given.repository.defaultBranch)
          assertCommit(landed.commit)
          const next = yield* given.workspace.prepare(task(2, given.repository))
          assert.strictEqual(next.baseCommit, landed.commit)
        })
      )
    }

    it.live(
      "answers a repeated job with what has landed, and lands it once",
      on(harness, function* (given) {
        const done = yield* work(harness, given, { taskId: 1, file: "a.txt" })
        const landed = yield* given.workspace.land(landingOf(done))
        assert.deepStrictEqual(yield* given.workspace.land(landingOf(done)), landed)
        const next = yield* given.workspace.prepare(task(2, given.repository))
        assert.strictEqual(next.baseCommit, landed.commit)
      })
    )

    it.live(
      "lands what many ask for at once, each on top of another",
      on(harness, function* (given) {
        const all = yield* Effect.forEach([1, 2, 3, 4, 5], (taskId) =>
          work(harness, given, { taskId, file: `${taskId}.txt` })
        )
        const landed = yield* Effect.forEach(all, (done) => given.workspace.land(landingOf(done)), {
          concurrency: "unbounded"
        })
        const commits = landed.map(({ commit }) => commit)
        assert.strictEqual(new Set(commits).size, 5)
        const next = yield* given.workspace.prepare(task(9, given.repository))
        assert.include(commits, next.baseCommit)
        for (const [index, done] of all.entries()) {
          assert.deepStrictEqual(yield* given.workspace.land(landingOf(done)), landed[index])
        }
      })
    )

    it.live(
      "refuses a change that conflicts, and leaves the target where it is",
      on(harness, function* (given) {
        const first = yield* work(harness, given, { taskId: 1, file: "shared.txt" })
        const branch = conflictingBranch
        const second = yield* work(harness, given, { taskId: 2, file: "shared.txt", branch })
        const landed = yield* given.workspace.land(landingOf(first))
        const refusal = yield* Effect.flip(given.workspace.land(landingOf(second)))
        assert.strictEqual(refusal._tag, "LandingConflict")
        if (refusal._tag !== "LandingConflict") return
        assert.deepStrictEqual(refusal.paths, ["shared.txt"])
        assert.strictEqual(refusal.targetCommit, landed.commit)
        const next = yield* given.workspace.prepare(task(3, given.repository))
        assert.strictEqual(next.baseCommit, landed.commit)
      })
    )

    it.live(
      "refuses to land in a repository that cannot be used",
      on(harness, function* (given) {
        const done = yield* work(harness, given, { taskId: 1, file: "a.txt" })
        const repository = yield* harness.unusable
        const refusal = yield* Effect.flip(given.workspace.land({ ...landingOf(done), repository }))
        assert.strictEqual(refusal._tag, "RepositoryUnusable")
      })
    )
  })

const discarding = <E>(harness: Harness<E>) =>
  describe("discarding", () => {
    it.live(
      "may be repeated, and a later run finds what an earlier one left",
      on(harness, function* (given) {
        const done = yield* work(harness, given, { taskId: 1, file: "a.txt" })
        yield* given.workspace.discard(done.input)
        yield* given.workspace.discard(done.input)
        yield* given.workspace.discard({ ...done.input, repository: null })
        const previous = { baseCommit: done.baseCommit, headCommit: done.headCommit }
        const input = { ...done.input, runId: "run-1-2", previous }
        const prepared = yield* given.workspace.prepare(input)
        assert.strictEqual(prepared.baseCommit, done.baseCommit)
        const collected = yield* given.workspace.collect({ ...input, ...prepared, message: "x" })
        assert.strictEqual(collected.headCommit, done.headCommit)
      })
    )
  })

const on =
  <E>(harness: Harness<E>, body: (given: Given) => Effect.fn.Return<void, unknown>) =>
  () =>
    Effect.all({ workspace: Workspace.Workspace, repository: harness.repository }).pipe(
      Effect.flatMap(Effect.fnUntraced(body)),
      Effect.provide(harness.layer)
    )

const task = (
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

interface Done {
  readonly input: Workspace.PrepareInput & { readonly repository: Workspace.RepositoryPlace }
  readonly baseCommit: string
  readonly headCommit: string
}

// One run of a task from its folder to its result.
const work = Effect.fnUntraced(function* <E>(
  harness: Harness<E>,
  { workspace, repository }: Given,
  run: { readonly taskId: number; readonly file: string; readonly branch?: string }
) {
  const plain = task(run.taskId, repository)
  const input = { ...plain, repository, branch: run.branch ?? plain.branch }
  const prepared = yield* workspace.prepare(input)
  yield* harness.write({ ...input, ...prepared }, { name: run.file, text: `Task ${run.taskId}\n` })
  const { headCommit } = yield* workspace.collect({
    ...input,
    baseCommit: prepared.baseCommit,
    message: `Task ${run.taskId}`
  })
  const { baseCommit } = prepared
  if (baseCommit === null || headCommit === null) return assert.fail("the run left no commit")
  const done: Done = { input, baseCommit, headCommit }
  return done
})

const landingOf = (
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

const assertCommit = (id: string | null) =>
  assert.match(id ?? "none", /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/)
