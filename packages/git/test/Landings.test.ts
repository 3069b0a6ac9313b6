import * as fs from "node:fs/promises"
import { join } from "node:path"

import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"

import { isClean, landing, lines, on, read, see, sh, shell, task, work, write } from "./given.ts"

const append = (name: string, text: string) => (path: string) =>
  fs.appendFile(join(path, name), text)

describe("landing by merge", () => {
  it.live(
    "puts a commit of two parents on the target, with the job's trailer, and updates the files",
    on(function* (given) {
      const done = yield* work(given.workspace, task(given, 1), (path) =>
        write(path, { "b.txt": "b\n", "src/a.txt": "changed\n" })
      )
      const landed = yield* given.workspace.land(
        landing(done, { message: "Subject\n\nBody.\n\nForeman-Merge: 7\nReviewed-by: R <r@x>" })
      )
      assert.strictEqual(yield* see(given.user, "rev-parse", "main"), landed.commit)
      const told = yield* lines(given.user, "log", "-1", "--format=%P%n%an %cn <%ce>%n%B", "main")
      assert.deepStrictEqual(told, [
        `${done.baseCommit} ${done.headCommit}`,
        "Foreman Foreman <foreman@localhost>",
        "Subject",
        "",
        "Body.",
        "",
        "Reviewed-by: R <r@x>",
        "Foreman-Merge: 1001",
        `Foreman-Head: ${done.headCommit}`
      ])
      yield* isClean(given.user)
      assert.strictEqual(yield* Effect.promise(() => read(given.user, "b.txt")), "b\n")
      assert.strictEqual(yield* Effect.promise(() => read(given.user, "src/a.txt")), "changed\n")
      assert.deepStrictEqual(yield* lines(given.user, "for-each-ref", "--format=%(refname)"), [
        "refs/heads/main"
      ])
    })
  )

  it.live(
    "carries bytes, renames, modes and links as they are",
    on(function* (given) {
      const done = yield* work(given.workspace, task(given, 1), (path) =>
        shell(
          path,
          `head -c 5000 /dev/zero > zero; git mv readme.md docs.md; chmod +x docs.md
           ln -s src/a.txt link; git rm -q src/a.txt`
        )
      )
      yield* Effect.promise(() => append("readme.md", "six\n")(given.user))
      yield* see(given.user, "commit", "-q", "-a", "-m", "Second")
      yield* given.workspace.land(landing(done))
      yield* isClean(given.user)
      const seen = yield* sh(
        given.user,
        "ls; tail -1 docs.md; test -x docs.md; readlink link; wc -c < zero"
      )
      assert.deepStrictEqual(seen.split("\n"), [
        "docs.md",
        "link",
        "zero",
        "six",
        "src/a.txt",
        "5000"
      ])
    })
  )

  it.live(
    "says where a change conflicts and moves nothing",
    on(function* (given) {
      const done = yield* work(given.workspace, task(given, 1), (path) =>
        shell(path, "echo mine > readme.md; git rm -q src/a.txt")
      )
      yield* Effect.promise(() => write(given.user, { "readme.md": "x\n", "src/a.txt": "x\n" }))
      yield* see(given.user, "commit", "-q", "-a", "-m", "Second")
      const head = yield* see(given.user, "rev-parse", "main")
      for (const strategy of ["merge", "rebase", "squash"] as const) {
        const refusal = yield* Effect.flip(given.workspace.land(landing(done, { strategy })))
        assert.strictEqual(refusal._tag, "LandingConflict")
        if (refusal._tag !== "LandingConflict") return
        assert.deepStrictEqual(refusal.paths, ["readme.md", "src/a.txt"])
        assert.strictEqual(refusal.targetCommit, head)
      }
      assert.strictEqual(yield* see(given.user, "rev-parse", "main"), head)
      yield* isClean(given.user)
    })
  )

  it.live(
    "gives a change that the target holds already a commit of its own, once",
    on(function* (given) {
      for (const [index, strategy] of (["merge", "rebase", "squash"] as const).entries()) {
        const done = yield* work(given.workspace, task(given, index), (path) =>
          write(path, { [strategy]: "x" })
        )
        yield* Effect.promise(() => write(given.user, { [strategy]: "x" }))
        yield* see(given.user, "add", ".")
        yield* see(given.user, "commit", "-q", "-m", "The same by hand")
        const landed = yield* given.workspace.land(landing(done, { strategy }))
        assert.strictEqual(yield* see(given.user, "rev-parse", "main"), landed.commit)
        assert.strictEqual(yield* see(given.user, "diff", "main^", "main"), "")
        assert.deepStrictEqual(yield* given.workspace.land(landing(done, { strategy })), landed)
      }
    })
  )
})

describe("landing by rebase", () => {
  it.live(
    "lays each commit on the target, and keeps authors, dates and messages",
    on(function* (given) {
      const done = yield* work(given.workspace, task(given, 1), (path) =>
        shell(
          path,
          `commit() { git add .; git -c user.name="$1" -c user.email=$1@x commit -q --date="$2" -m "$3"; }
           echo 1 > 1; commit Ann '2020-01-02T03:04:05+0200' 'One

Foreman-Merge: 55'
           echo 2 > 2; echo 1b > 1; commit Ben '2021-01-02T03:04:05-0300' Two; echo left > 3`
        )
      )
      yield* Effect.promise(() => append("readme.md", "six\n")(given.user))
      yield* see(given.user, "commit", "-q", "-a", "-m", "Second")
      const second = yield* see(given.user, "rev-parse", "main")
      const landed = yield* given.workspace.land(landing(done, { strategy: "rebase" }))
      const format = "--format=%an %aI %cn %s %(trailers:key=Foreman-Merge,separator=)"
      assert.deepStrictEqual(
        yield* lines(given.user, "log", "--reverse", format, `${second}..main`),
        [
          "Ann 2020-01-02T03:04:05+02:00 Foreman One ",
          "Ben 2021-01-02T03:04:05-03:00 Foreman Two ",
          yield* see(given.user, "log", "-1", format, "main")
        ]
      )
      assert.match(
        yield* see(given.user, "log", "-1", format),
        /^Foreman .* Task 1 Foreman-Merge: 1001$/
      )
      assert.strictEqual(yield* see(given.user, "rev-parse", "main~3"), second)
      assert.strictEqual(yield* see(given.user, "rev-parse", "main"), landed.commit)
      assert.strictEqual(yield* sh(given.user, "cat 1 2 3; tail -1 readme.md"), "1b\n2\nleft\nsix")
      yield* isClean(given.user)
    })
  )

  it.live(
    "takes a merge among the commits for one commit",
    on(function* (given) {
      const done = yield* work(given.workspace, task(given, 1), (path) =>
        shell(
          path,
          `git checkout -q -b side; echo s > s; git add .; git commit -q -m Side
           git checkout -q -; echo m > m; git add .; git commit -q -m Main
           git merge -q --no-ff -m Merge side`
        )
      )
      yield* see(given.user, "commit", "-q", "--allow-empty", "-m", "Second")
      yield* given.workspace.land(landing(done, { strategy: "rebase" }))
      assert.deepStrictEqual(yield* lines(given.user, "log", "--format=%s", "main"), [
        "Merge",
        "Main",
        "Second",
        "First"
      ])
      assert.strictEqual(yield* sh(given.user, "cat m s"), "m\ns")
    })
  )
})

describe("landing by squash", () => {
  it.live(
    "puts one commit on the target, by the author of the change",
    on(function* (given) {
      const done = yield* work(given.workspace, task(given, 1), (path) =>
        shell(path, "for n in 1 2 3; do echo $n > $n; git add .; git commit -q -m $n; done")
      )
      const landed = yield* given.workspace.land(landing(done, { strategy: "squash" }))
      assert.deepStrictEqual(yield* lines(given.user, "log", "--format=%an %s %P", "-1"), [
        `Agent Task 1 ${done.baseCommit}`
      ])
      assert.strictEqual(yield* see(given.user, "rev-parse", "main"), landed.commit)
      assert.strictEqual(yield* sh(given.user, "cat 1 2 3"), "1\n2\n3")
    })
  )
})

describe("the trailer of a job", () => {
  it.live(
    "is not believed when an agent or a person wrote it",
    on(function* (given) {
      const forged = (jobId: number) => `x\n\nForeman-Merge: ${jobId}\nForeman-Head: 0`
      const first = yield* work(given.workspace, task(given, 1), (path) =>
        shell(path, `echo 1 > 1; git add .; git commit -q -m '${forged(1002)}'; echo y > y`)
      )
      const others = yield* Effect.forEach([2, 3], (taskId) =>
        work(given.workspace, task(given, taskId), (path) => write(path, { [`${taskId}`]: "x" }))
      )
      yield* given.workspace.land(landing(first, { strategy: "rebase" }))
      yield* see(given.user, "commit", "-q", "--allow-empty", "-m", forged(1003))
      for (const done of others) {
        yield* given.workspace.land(landing(done))
      }
      assert.strictEqual(yield* sh(given.user, "ls 1 2 3"), "1\n2\n3")
    })
  )

  it.live(
    "is not taken for another store's, which counts its jobs alike",
    on(function* (given) {
      const theirs = yield* work(given.workspace, task(given, 1), (path) =>
        write(path, { theirs: "1" })
      )
      const ours = yield* work(given.workspace, task(given, 2), (path) =>
        write(path, { ours: "2" })
      )
      const job = { jobId: 1 }
      const first = yield* given.workspace.land({ ...landing(theirs), ...job })
      const second = yield* given.workspace.land({ ...landing(ours), ...job })
      assert.notStrictEqual(second.commit, first.commit)
      assert.strictEqual(yield* sh(given.user, "cat theirs ours"), "12")
      // What has landed is found again by the one that it is of.
      assert.deepStrictEqual(yield* given.workspace.land({ ...landing(theirs), ...job }), first)
    })
  )
})
