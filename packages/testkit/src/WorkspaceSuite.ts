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

import { assertCommit, type Harness, landingOf, on, task, work } from "./WorkspaceSuiteGiven.ts"

export type { Harness } from "./WorkspaceSuiteGiven.ts"

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
    beginningAnew(harness)
    landing(harness)
    discarding(harness)
  })
}

// internal --------------------------------------------------------------------

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

const beginningAnew = <E>(harness: Harness<E>) =>
  describe("beginning anew", () => {
    for (const [what, isBaseHere] of [
      ["only the base of an earlier run is here", true],
      ["nothing of an earlier run is here", false]
    ] as const) {
      it.live(
        `answers the head of the default branch as the base where ${what}`,
        on(harness, function* (given) {
          const { workspace } = given
          const first = yield* work(harness, given, { taskId: 1, file: "a.txt" })
          const other = yield* work(harness, given, { taskId: 2, file: "b.txt" })
          const { commit: head } = yield* workspace.land(landingOf(other))
          const { baseCommit, headCommit } = first
          const previous = {
            baseCommit: isBaseHere ? baseCommit : missing(baseCommit),
            headCommit: missing(headCommit)
          }
          const idle = { ...first.input, runId: "run-1-2", previous }
          const prepared = yield* workspace.prepare(idle)
          assert.strictEqual(prepared.baseCommit, head)
          const nothing = yield* workspace.collect({ ...idle, ...prepared, message: "nothing" })
          assert.isNull(nothing.headCommit)
          const again = { taskId: 1, file: "c.txt", runId: "run-1-3", previous }
          const done = yield* work(harness, given, again)
          assert.strictEqual(done.baseCommit, head)
          const left = { baseCommit: done.baseCommit, headCommit: done.headCommit }
          const later = { ...done.input, runId: "run-1-4", previous: left }
          assert.strictEqual((yield* workspace.prepare(later)).baseCommit, head)
          const landed = yield* workspace.land(landingOf(done))
          const next = yield* workspace.prepare(task(3, given.repository))
          assert.strictEqual(next.baseCommit, landed.commit)
        })
      )
    }
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

// The name of a commit that was made on another disk, and is on this one nowhere.
const missing = (commit: string) => "f".repeat(commit.length)
