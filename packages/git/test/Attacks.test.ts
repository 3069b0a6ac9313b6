import * as fs from "node:fs/promises"
import { dirname, join } from "node:path"

import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"

import { arm, attributes, harmless, hasRun, plant } from "./attack.ts"
import * as Given from "./given.ts"
import { git, landing, on, shell, task, work, write } from "./given.ts"

describe("what an agent configures", () => {
  it.live(
    "would run in an unguarded git, so these tests can fail",
    on(function* (given) {
      const evil = yield* Effect.promise(() => plant(dirname(given.user)))
      yield* Effect.promise(() => arm(join(given.user, ".git"), evil))
      yield* Effect.promise(() => git(given.user, "status").catch(() => ""))
      assert.notStrictEqual(yield* hasRun(given), "")
    })
  )

  harmless(
    "in its clone never runs",
    async (path, evil) => {
      await shell(path, "echo b > b; git add b; git commit -q -m B")
      await write(path, { ".gitattributes": attributes, left: "x", "src/a.txt": "changed" })
      await arm(join(path, ".git"), evil)
    },
    "collected"
  )

  harmless(
    "in repositories inside its folder never runs, be they submodules or not",
    async (path, evil) => {
      const commit = "git -c user.name=x -c user.email=x commit -q --allow-empty -m x"
      await shell(path, `for n in sub other empty; do git init -q $n; done; (cd sub; ${commit})`)
      await shell(path, `(cd other; ${commit}); git add sub; git commit -q -m Sub 2> /dev/null`)
      for (const name of ["sub", "other", "empty"]) {
        await write(path, { [`${name}/.gitattributes`]: attributes, [`${name}/x`]: "x" })
        await arm(join(path, name, ".git"), evil)
      }
    },
    "collected"
  )

  harmless(
    "behind a .git that is a file is not looked at",
    async (path, evil) => {
      const other = join(dirname(path), "..", "..", "..", "..", "other")
      await shell("/", `git init -q ${other}`)
      await arm(join(other, ".git"), evil)
      await shell(path, `rm -rf .git; echo "gitdir: ${other}/.git" > .git`)
    },
    /\.git is not Foreman/
  )

  harmless(
    "behind a .git that is a link is not looked at",
    async (path, evil) => {
      await arm(join(path, ".git"), evil)
      await shell(path, "mv .git .other; ln -s .other .git")
    },
    /\.git is not Foreman/
  )

  harmless(
    "behind a .git of its own making is not looked at",
    async (path, evil) => {
      await shell(
        path,
        "rm -rf .git; git init -q; git add .; git -c user.name=x -c user.email=x commit -q -m x"
      )
      await arm(join(path, ".git"), evil)
    },
    /shared with a folder/
  )
})

describe("links in a folder", () => {
  it.live(
    "are kept as links and never followed",
    on(function* (given) {
      const done = yield* work(given.workspace, task(given, 1), (path) =>
        shell(path, "ln -s /etc/passwd file; ln -s /etc folder; rm -r src; ln -s /etc src")
      )
      yield* given.workspace.land(landing(done))
      const seen = yield* Effect.promise(() => git(given.user, "ls-tree", "-r", "main"))
      assert.deepStrictEqual(
        seen.split("\n").map((line) => line.replace(/^(\d+) (\w+) \w+\t/, "$1 ")),
        ["120000 file", "120000 folder", "100644 readme.md", "120000 src"]
      )
      const file = yield* Effect.promise(() => git(given.user, "show", "main:file"))
      assert.strictEqual(file, "/etc/passwd")
    })
  )

  it.live(
    "do not lead a later run out of its folder",
    on(function* (given) {
      const outside = yield* Effect.promise(Given.folder)
      const done = yield* work(given.workspace, task(given, 1), (path) =>
        write(path, { "dir/a": "a", "dir/b": "b" })
      )
      yield* Effect.promise(() =>
        shell(done.path, `rm -rf dir .git; ln -s ${outside} dir; ln -s ${outside} .git`)
      )
      const previous = { baseCommit: done.baseCommit, headCommit: done.headCommit }
      yield* given.workspace.prepare(task(given, 1, { runId: "run-1-2", previous }))
      assert.deepStrictEqual(yield* Effect.promise(() => fs.readdir(outside)), [])
    })
  )
})
