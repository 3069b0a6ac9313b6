import * as fs from "node:fs/promises"
import { join } from "node:path"

import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Logger } from "effect"

import { Workspaces } from "@foreman/git"
import { WorkspaceSuite } from "@foreman/testkit"

import * as Given from "./given.ts"
import { git, on, shell, task, work, write, copyOf } from "./given.ts"

WorkspaceSuite.run("of git", {
  layer: Layer.unwrap(
    Effect.map(Effect.promise(Given.folder), (root) => Workspaces.layer({ root }))
  ),
  repository: Effect.map(
    Effect.promise(() => Given.world()),
    ({ place }) => place
  ),
  unusable: Effect.map(
    Effect.promise(() => Given.world()),
    ({ place }) => ({ ...place, localPath: join(place.localPath, "src") })
  ),
  write: (run, { name, text }) => Effect.promise(() => fs.writeFile(join(run.path, name), text))
})

describe("a workspace", () => {
  it.live(
    "holds the files of the base on the task's branch, ready to commit",
    on(function* (given) {
      const { path, baseCommit } = yield* given.workspace.prepare(task(given, 1))
      const seen = yield* Effect.promise(() =>
        shell(
          path,
          "git status --porcelain --branch; git log --format=%H; cat src/a.txt; git remote"
        )
      )
      assert.deepStrictEqual(seen.split("\n"), ["## foreman/task-1", baseCommit, "a"])
      yield* Effect.promise(() => shell(path, "echo b > b; git add b; git commit -q -m B"))
      const author = yield* Effect.promise(() => git(path, "log", "-1", "--format=%an <%ae>"))
      assert.strictEqual(author, "Agent <agent@localhost>")
    })
  )

  it.live(
    "leaves the user's repository as it was",
    on(function* (given) {
      const state = async () => {
        const refs = await git(given.user, "for-each-ref")
        // While it is asked for, the index may be locked, which is a file more.
        const status = await git(given.user, "status", "--porcelain", "--ignored")
        return { refs, status, files: await fs.readdir(join(given.user, ".git")) }
      }
      const before = yield* Effect.promise(state)
      yield* work(given.workspace, task(given, 1), (path) => write(path, { "b.txt": "b" }))
      assert.deepStrictEqual(yield* Effect.promise(state), before)
    })
  )

  it.live(
    "begins at the head that the default branch has by then",
    on(function* (given) {
      yield* given.workspace.prepare(task(given, 1))
      yield* Effect.promise(() => git(given.user, "commit", "-q", "--allow-empty", "-m", "Second"))
      const head = yield* Effect.promise(() => git(given.user, "rev-parse", "main"))
      assert.strictEqual((yield* given.workspace.prepare(task(given, 2))).baseCommit, head)
    })
  )

  it.live(
    "can be of a bare repository, and of one with SHA-256",
    on(
      function* (given) {
        const done = yield* work(given.workspace, task(given, 1), (path) =>
          shell(path, "echo b > b; git add b; git commit -q -m B; echo c > c")
        )
        assert.lengthOf(done.headCommit, 64)
      },
      { bare: true, format: "sha256" }
    )
  )

  it.live(
    "is refused for ids and branches that cannot stand in a path",
    on(function* (given) {
      const wishes = [
        { organizationId: "../x" },
        { runId: "a/b" },
        { branch: "-x" },
        { branch: "a..b" },
        { branch: "HEAD" }
      ]
      for (const wish of wishes) {
        const refusal = yield* Effect.flip(given.workspace.prepare(task(given, 1, wish)))
        assert.strictEqual(refusal._tag, "GitError")
      }
      assert.deepStrictEqual(yield* Effect.promise(() => fs.readdir(given.root)), ["tmp"])
    })
  )
})

describe("a later run", () => {
  const later = (done: Given.Done, runId = "run-1-2") => ({
    ...done.input,
    runId,
    previous: { baseCommit: done.baseCommit, headCommit: done.headCommit }
  })

  it.live(
    "finds the folder as it was left, with a clean git folder",
    on(function* (given) {
      const done = yield* work(given.workspace, task(given, 1), (path) =>
        shell(path, "echo cache > .gitignore; echo warm > cache; git config user.name Other")
      )
      const { path } = yield* given.workspace.prepare(later(done))
      const seen = yield* Effect.promise(() =>
        shell(path, "git rev-parse HEAD; git status --porcelain; cat cache; git config user.name")
      )
      assert.deepStrictEqual(seen.split("\n"), [done.headCommit, "warm", "Agent"])
    })
  )

  it.live(
    "goes on with what a lost run had begun, which is kept under a reference",
    on(function* (given) {
      const done = yield* work(given.workspace, task(given, 1), (path) =>
        write(path, { "a.txt": "a" })
      )
      const lost = yield* given.workspace.prepare(later(done))
      yield* Effect.promise(() => write(lost.path, { "half.txt": "half" }))
      const { path } = yield* given.workspace.prepare(later(done, "run-1-3"))
      assert.strictEqual(yield* Effect.promise(() => Given.read(path, "half.txt")), "half")
      const kept = yield* Effect.promise(() =>
        git(copyOf(given), "show", "refs/foreman/saved/task-1/run-1-3:half.txt")
      )
      assert.strictEqual(kept, "half")
    })
  )

  it.live(
    "gets its folder back when it was lost or spoilt",
    on(function* (given) {
      const done = yield* work(given.workspace, task(given, 1), (path) =>
        write(path, { "a.txt": "a" })
      )
      for (const script of ["rm -rf .git", "echo x > .git/HEAD", "rm -rf $PWD"]) {
        yield* Effect.promise(() => shell(done.path, script))
        const { path } = yield* given.workspace.prepare(later(done))
        const seen = yield* Effect.promise(() => shell(path, "cat a.txt; git rev-parse HEAD"))
        assert.deepStrictEqual(seen.split("\n"), [`a${done.headCommit}`])
      }
    })
  )

  it.live(
    "without a previous one begins anew, and the old state is kept",
    on(function* (given) {
      const first = yield* given.workspace.prepare(task(given, 1))
      yield* Effect.promise(() => write(first.path, { "half.txt": "half" }))
      const second = yield* given.workspace.prepare(task(given, 1, { runId: "run-1-2" }))
      const names = yield* Effect.promise(() => fs.readdir(second.path))
      assert.notInclude(names, "half.txt")
      const kept = yield* Effect.promise(() =>
        git(copyOf(given), "show", "refs/foreman/saved/task-1/run-1-2:half.txt")
      )
      assert.strictEqual(kept, "half")
    })
  )

  it.live(
    "says that it begins anew at the tip where what was left is under another root, and lands",
    on(function* (given) {
      const done = yield* work(given.workspace, task(given, 1), (path) =>
        write(path, { "a.txt": "a" })
      )
      yield* Effect.promise(() => git(given.user, "commit", "-q", "--allow-empty", "-m", "Second"))
      const elsewhere = yield* Given.workspacesOf({ root: yield* Effect.promise(Given.folder) })
      const said: Array<string> = []
      const again = yield* work(elsewhere, later(done), (path) =>
        write(path, { "b.txt": "b" })
      ).pipe(
        Effect.provide(
          Logger.layer([
            Logger.make(({ logLevel, message }) => void said.push(`${logLevel} ${message}`))
          ])
        )
      )
      assert.deepStrictEqual(said, [
        `Warn Task 1 begins anew: the commit ${done.headCommit} of an earlier run is not on this ` +
          "server's disk"
      ])
      const tip = yield* Effect.promise(() => git(given.user, "rev-parse", "main"))
      assert.strictEqual(again.baseCommit, tip)
      // The next one goes on with what this one left.
      const next = yield* elsewhere.prepare(later(again, "run-1-3"))
      const head = yield* Effect.promise(() => shell(next.path, "git rev-parse HEAD"))
      assert.strictEqual(head, again.headCommit)
      yield* elsewhere.land(Given.landing(again))
      const files = yield* Effect.promise(() => git(given.user, "ls-tree", "--name-only", "main"))
      assert.include(files.split("\n"), "b.txt")
      assert.notInclude(files.split("\n"), "a.txt")
    })
  )

  it.live(
    "stays on its own base when its target has moved",
    on(function* (given) {
      const done = yield* work(given.workspace, task(given, 1), (path) =>
        write(path, { "a.txt": "a" })
      )
      yield* Effect.promise(() => git(given.user, "commit", "-q", "--allow-empty", "-m", "Second"))
      const { baseCommit } = yield* given.workspace.prepare(later(done))
      assert.strictEqual(baseCommit, done.baseCommit)
    })
  )
})

describe("discarding a workspace", () => {
  it.live(
    "removes folders without the right to write, and leaves what links lead to",
    on(function* (given) {
      const { path } = yield* given.workspace.prepare(task(given, 1))
      yield* Effect.promise(() =>
        shell(
          path,
          `mkdir -p locked/in; touch locked/in/x; chmod -R a-w locked; ln -s ${given.user} out`
        )
      )
      yield* given.workspace.discard(task(given, 1))
      const left = yield* Effect.promise(() => fs.readdir(join(given.root, "workspaces", "local")))
      assert.deepStrictEqual(left, [])
      assert.include(yield* Effect.promise(() => fs.readdir(given.user)), "readme.md")
      assert.deepStrictEqual(yield* Effect.promise(() => fs.readdir(join(given.root, "tmp"))), [])
    })
  )
})
