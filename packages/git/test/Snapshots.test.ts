import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"

import { git, on, shell, task, work, copyOf } from "./given.ts"

describe("a result", () => {
  it.live(
    "is what was committed, and on top what was left",
    on(function* (given) {
      const done = yield* work(given.workspace, task(given, 1), (path) =>
        shell(
          path,
          `echo b > b; git add b; git commit -q -m 'B of the agent'
           echo c > 'c c'; rm src/a.txt; git mv readme.md guide.md; chmod +x guide.md
           ln -s /etc/passwd link; printf '\\000\\001' > binary; mkdir empty
           printf 'ignored\\n' > .gitignore; echo x > ignored`
        )
      )
      const copy = copyOf(given)
      const log = yield* Effect.promise(() =>
        git(copy, "log", "--format=%s by %an", `${done.baseCommit}..${done.headCommit}`)
      )
      assert.deepStrictEqual(log.split("\n"), ["Task 1 by Foreman", "B of the agent by Agent"])
      const files = yield* Effect.promise(() => git(copy, "ls-tree", "-r", done.headCommit))
      assert.deepStrictEqual(
        files.split("\n").map((line) => line.replace(/ blob .*\t/, " ")),
        [
          "100644 .gitignore",
          "100644 b",
          "100644 binary",
          "100644 c c",
          "100755 guide.md",
          "120000 link"
        ]
      )
      const link = yield* Effect.promise(() => git(copy, "show", `${done.headCommit}:link`))
      assert.strictEqual(link, "/etc/passwd")
    })
  )

  it.live(
    "is the head, wherever it stands",
    on(function* (given) {
      const scripts = {
        detached: "git checkout -q --detach; git commit -q --allow-empty -m x",
        other: "git checkout -q -b other/name; git commit -q --allow-empty -m x",
        packed: "git commit -q --allow-empty -m x; git pack-refs --all; git gc -q"
      }
      for (const [index, script] of Object.values(scripts).entries()) {
        const input = task(given, index)
        let head = ""
        const done = yield* work(given.workspace, input, async (path) => {
          await shell(path, script)
          head = await git(path, "rev-parse", "HEAD")
        })
        assert.strictEqual(done.headCommit, head)
      }
    })
  )

  it.live(
    "is refused when it does not descend from its base",
    on(function* (given) {
      yield* Effect.promise(() => git(given.user, "commit", "-q", "--allow-empty", "-m", "Second"))
      const scripts = ["git reset -q --hard HEAD~1", "git checkout -q --orphan x; git commit -qm x"]
      for (const [index, script] of scripts.entries()) {
        const input = task(given, index)
        const prepared = yield* given.workspace.prepare(input)
        yield* Effect.promise(() => shell(prepared.path, script))
        const refusal = yield* Effect.flip(
          given.workspace.collect({ ...input, ...prepared, message: "x" })
        )
        assert.strictEqual(refusal._tag, "ResultNotOnBase")
      }
    })
  )

  it.live(
    "leaves out repositories inside the folder, and keeps submodules as they were",
    on(function* (given) {
      yield* Effect.promise(() =>
        shell(
          given.user,
          `id=$(git rev-parse HEAD)
           for name in gone kept replaced; do git update-index --add --cacheinfo 160000,$id,$name; done
           git -c user.name=x -c user.email=x commit -q -m Submodules; mkdir gone kept replaced`
        )
      )
      const done = yield* work(given.workspace, task(given, 1), (path) =>
        shell(
          path,
          `commit() { git -C "$1" -c user.name=x -c user.email=x commit -q --allow-empty -m x; }
           git init -q nested; echo x > nested/file; git init -q 'with space'; commit 'with space'
           rmdir gone; echo x > replaced/file; git init -q kept; commit kept; echo y > y`
        )
      )
      const files = yield* Effect.promise(() =>
        git(copyOf(given), "ls-tree", "-r", "--format=%(objectmode) %(path)", done.headCommit)
      )
      assert.deepStrictEqual(files.split("\n"), [
        "160000 kept",
        "100644 readme.md",
        "100644 replaced/file",
        "100644 src/a.txt",
        "100644 y"
      ])
    })
  )

  it.live(
    "is refused when it is larger than allowed, committed or not",
    on(
      function* (given) {
        const scripts = [
          "for n in $(seq 60); do echo $n > $n; done",
          "for n in $(seq 60); do echo $n > $n; done; git add .; git commit -q -m Many",
          "head -c 300000 /dev/urandom > large",
          "head -c 300000 /dev/urandom > large; git add .; git commit -q -m Large"
        ]
        for (const [index, script] of scripts.entries()) {
          const input = task(given, index)
          const prepared = yield* given.workspace.prepare(input)
          yield* Effect.promise(() => shell(prepared.path, script))
          const refusal = yield* Effect.flip(
            given.workspace.collect({ ...input, ...prepared, message: "x" })
          )
          assert.match(refusal.message, /more than (50|200000)/)
        }
      },
      { maxFiles: 50, maxBytes: 200_000 }
    )
  )
})
