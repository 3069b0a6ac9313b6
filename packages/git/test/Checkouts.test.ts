import * as fs from "node:fs/promises"
import { dirname, join } from "node:path"

import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"

import * as Checkouts from "../src/internal/Checkouts.ts"
import * as Git from "../src/internal/Git.ts"
import * as Locks from "../src/internal/Locks.ts"
import * as Given from "./given.ts"

import {
  isClean,
  landing,
  lines,
  meddler,
  on,
  read,
  see,
  sh,
  shell,
  task,
  work,
  write
} from "./given.ts"

describe("a checkout", () => {
  const cases: ReadonlyArray<readonly [string, string, string?]> = [
    ["a file was changed", "echo mine > src/a.txt"],
    ["a change is staged", "echo mine > src/a.txt; git add src/a.txt"],
    ["a file was removed", "rm readme.md"],
    ["an untracked file is in the way", "echo mine > src/b.txt"],
    [
      "an ignored file is in the way",
      "echo .env > .git/info/exclude; echo mine > .env",
      "echo theirs > .env"
    ],
    [
      "an ignored file is where a folder should be",
      "echo build > .git/info/exclude; echo mine > build",
      "mkdir build; echo x > build/x"
    ],
    [
      "an ignored folder is where a file should be",
      "echo build > .git/info/exclude; mkdir build; echo mine > build/x",
      "echo x > build"
    ],
    [
      "an ignored file is deep in the way",
      "echo build > .git/info/exclude; mkdir -p build/a; echo mine > build/a/b",
      "mkdir -p build/a/b; echo x > build/a/b/c"
    ],
    ["a merge is under way", "git rev-parse HEAD > .git/MERGE_HEAD"],
    ["its index stays locked", "touch .git/index.lock"],
    [
      "a rebase will bring the branch back",
      `git commit -q --allow-empty -m 2; git reset -q --soft HEAD~1
       GIT_SEQUENCE_EDITOR='echo break >' git rebase -q -i HEAD 2> /dev/null`
    ],
    [
      "a filter is set for a changed file",
      "echo '*.bin filter=lfs' > .git/info/attributes",
      "echo x > x.bin"
    ]
  ]

  // A repository whose main branch has no checkout of the commit that is to come.
  const prepared = Effect.fnUntraced(function* (change: string) {
    const { user, root } = yield* Effect.promise(() => Given.world())
    yield* sh(
      user,
      `git config user.name x; git config user.email x; mkdir -p .git/info; ${change}`
    )
    yield* sh(user, "git add .; git commit -q -m Next; git tag next; git reset -q --hard HEAD~1")
    const path = process.env["PATH"] ?? ""
    const git = Git.make({ program: "git", path, ceiling: root, longMillis: 10_000 })
    const site = { git, root, locks: Locks.make(), limits: { maxBytes: 1000, maxFiles: 10 } }
    const [from = "", to = ""] = yield* lines(user, "rev-parse", "main", "next")
    const source = { path: user, gitDir: join(user, ".git"), workTree: user, format: "sha1" }
    const checkout = { gitDir: source.gitDir, path: user }
    return { user, site, source, checkout, move: { from, to } }
  })

  for (const [name, spoil, change = "echo b > src/b.txt"] of cases) {
    it.live(`does not follow its branch when ${name}`, () =>
      Effect.gen(function* () {
        const { checkout, move, site, source, user } = yield* prepared(change)
        yield* sh(user, spoil)
        const [found] = yield* Checkouts.find(site, source, "refs/heads/main")
        assert.deepStrictEqual(found, checkout)
        assert.isFalse(yield* Checkouts.canFollow(site, checkout, move))
      })
    )
  }

  it.live("waits for an index that another program has locked for a moment", () =>
    Effect.gen(function* () {
      const { checkout, move, site, user } = yield* prepared("echo b > src/b.txt")
      const lock = join(user, ".git", "index.lock")
      yield* Effect.promise(() => fs.writeFile(lock, ""))
      // The first attempt fails, and only then is the lock gone.
      const program = yield* Effect.promise(() =>
        meddler(`code=0; git "$@" || code=$?; rm -f ${lock}; exit $code`)
      )
      const patient = { ...site, git: { ...site.git, program } }
      assert.isTrue(yield* Checkouts.follow(patient, checkout, move))
      assert.strictEqual(yield* Effect.promise(() => read(user, "src/b.txt")), "b\n")
    })
  )
})

describe("landing beside a checkout", () => {
  it.live(
    "happens when a file was changed, and leaves everything as it was",
    on(function* (given) {
      const done = yield* work(given.workspace, task(given, 1), (path) =>
        write(path, { "src/b.txt": "b\n", "src/a.txt": "theirs\n" })
      )
      yield* sh(given.user, "echo mine > readme.md; echo staged > staged; git add staged")
      const state = () =>
        shell(
          given.user,
          "git rev-parse HEAD; git ls-files -s; git status --porcelain; cat readme.md"
        )
      const before = yield* Effect.promise(state)
      const landed = yield* given.workspace.land(landing(done))
      assert.strictEqual(landed.branch, "foreman/main")
      assert.strictEqual(yield* see(given.user, "rev-parse", "foreman/main"), landed.commit)
      assert.strictEqual(yield* Effect.promise(state), before)
      assert.deepStrictEqual(yield* given.workspace.land(landing(done)), landed)
    })
  )

  it.live(
    "does not happen for what is only untracked, ignored or touched",
    on(function* (given) {
      const done = yield* work(given.workspace, task(given, 1), (path) =>
        write(path, { "build/new": "x", "src/a.txt": "changed\n" })
      )
      yield* sh(
        given.user,
        "echo note > note; echo 'build/*' > .git/info/exclude; mkdir build; echo o > build/o; touch src/a.txt"
      )
      const landed = yield* given.workspace.land(landing(done))
      assert.strictEqual(landed.branch, "main")
      assert.strictEqual(yield* see(given.user, "status", "--porcelain"), "?? note")
      assert.strictEqual(yield* sh(given.user, "cat build/new build/o src/a.txt"), "xo\nchanged")
    })
  )

  it.live(
    "is built upon, and taken along once the checkout is clean",
    on(function* (given) {
      const doing = (taskId: number) =>
        work(given.workspace, task(given, taskId), (path) =>
          write(path, { [`${taskId}.txt`]: "x\n" })
        )
      yield* sh(given.user, "echo mine >> readme.md")
      const first = yield* doing(1)
      const landed = yield* given.workspace.land(landing(first))
      const second = yield* doing(2)
      assert.strictEqual(second.baseCommit, landed.commit)
      const next = yield* given.workspace.land(landing(second, { strategy: "rebase" }))
      assert.strictEqual(next.branch, "foreman/main")
      assert.strictEqual(yield* see(given.user, "rev-parse", "foreman/main^"), landed.commit)
      yield* sh(given.user, "git checkout -q readme.md")
      const third = yield* given.workspace.land(landing(yield* doing(3)))
      assert.strictEqual(third.branch, "main")
      assert.strictEqual(yield* sh(given.user, "ls *.txt"), "1.txt\n2.txt\n3.txt")
      yield* isClean(given.user)
      const again = yield* given.workspace.land(landing(first))
      assert.deepStrictEqual(again, { commit: landed.commit, branch: "main" })
    })
  )

  it.live(
    "keeps what stands there when the target goes its own way",
    on(function* (given) {
      const doing = (taskId: number) =>
        work(given.workspace, task(given, taskId), (path) =>
          write(path, { [`${taskId}.txt`]: "x\n" })
        )
      yield* sh(given.user, "echo mine >> readme.md")
      const first = yield* given.workspace.land(landing(yield* doing(1)))
      yield* see(given.user, "commit", "-q", "-a", "-m", "Mine")
      const second = yield* doing(2)
      yield* sh(given.user, "echo more >> readme.md")
      const landed = yield* given.workspace.land(landing(second))
      assert.strictEqual(landed.branch, "foreman/main")
      assert.strictEqual(yield* see(given.user, "rev-parse", "foreman/main^"), first.commit)
      assert.deepStrictEqual(yield* lines(given.user, "ls-tree", "--name-only", "foreman/main"), [
        "1.txt",
        "2.txt",
        "readme.md",
        "src"
      ])
    })
  )

  it.live(
    "is refused when both branches are checked out and changed",
    on(function* (given) {
      const done = yield* work(given.workspace, task(given, 1), (path) =>
        write(path, { "readme.md": "x\n" })
      )
      const other = join(dirname(given.user), "other")
      yield* see(given.user, "worktree", "add", "-q", "-b", "foreman/main", other)
      yield* sh(given.user, `echo mine > readme.md; echo mine > ${other}/readme.md`)
      const refusal = yield* Effect.flip(given.workspace.land(landing(done)))
      assert.strictEqual(refusal._tag, "GitError")
      assert.isTrue(refusal._tag === "GitError" && refusal.retryable)
    })
  )
})

describe("the repository of a landing", () => {
  it.live(
    "may be bare",
    on(
      function* (given) {
        const done = yield* work(given.workspace, task(given, 1), (path) => write(path, { b: "b" }))
        const landed = yield* given.workspace.land(landing(done))
        assert.strictEqual(yield* see(given.place.localPath, "rev-parse", "main"), landed.commit)
      },
      { bare: true }
    )
  )

  it.live(
    "may have the target checked out elsewhere, clean or not",
    on(function* (given) {
      const other = join(dirname(given.user), "other")
      yield* see(given.user, "checkout", "-q", "-b", "mine")
      yield* see(given.user, "worktree", "add", "-q", other, "main")
      yield* sh(given.user, "echo mine > readme.md")
      const first = yield* work(given.workspace, task(given, 1), (path) => write(path, { b: "b" }))
      assert.strictEqual((yield* given.workspace.land(landing(first))).branch, "main")
      yield* isClean(other)
      assert.strictEqual(yield* Effect.promise(() => read(other, "b")), "b")
      const second = yield* work(given.workspace, task(given, 2), (path) => write(path, { c: "c" }))
      yield* sh(other, "echo mine > readme.md")
      assert.strictEqual((yield* given.workspace.land(landing(second))).branch, "foreman/main")
      assert.strictEqual(yield* see(given.user, "status", "--porcelain"), " M readme.md")
    })
  )

  it.live(
    "may be named by one of its linked checkouts",
    on(function* (given) {
      const other = join(dirname(given.user), "other")
      yield* see(given.user, "worktree", "add", "-q", "-b", "side", other)
      const place = { ...given.place, localPath: other }
      const done = yield* work(given.workspace, task({ ...given, place }, 1), (path) =>
        write(path, { b: "b" })
      )
      yield* given.workspace.land(landing(done))
      yield* isClean(given.user)
      assert.strictEqual(yield* Effect.promise(() => read(given.user, "b")), "b")
    })
  )

  it.live(
    "is left alone where the target is not checked out",
    on(function* (given) {
      const done = yield* work(given.workspace, task(given, 1), (path) => write(path, { b: "b" }))
      yield* see(given.user, "checkout", "-q", "-b", "mine")
      yield* sh(given.user, "echo mine > readme.md")
      const landed = yield* given.workspace.land(landing(done))
      assert.strictEqual(landed.branch, "main")
      assert.strictEqual(yield* see(given.user, "rev-parse", "main"), landed.commit)
      assert.strictEqual(yield* see(given.user, "status", "--porcelain"), " M readme.md")
    })
  )

  it.live(
    "must have the target",
    on(function* (given) {
      const done = yield* work(given.workspace, task(given, 1), (path) => write(path, { b: "b" }))
      for (const targetBranch of ["release", "-x", "a..b"]) {
        const refusal = yield* Effect.flip(given.workspace.land(landing(done, { targetBranch })))
        assert.strictEqual(refusal._tag, "RepositoryUnusable")
      }
    })
  )

  it.live(
    "runs none of its hooks",
    on(function* (given) {
      yield* sh(
        given.user,
        `for hook in reference-transaction post-checkout post-index-change post-merge pre-commit; do
           printf '#!/bin/sh\\ntouch %s/ran' $PWD/.. > .git/hooks/$hook; chmod +x .git/hooks/$hook; done
         git config core.fsmonitor "$PWD/.git/hooks/pre-commit"`
      )
      const done = yield* work(given.workspace, task(given, 1), (path) => write(path, { b: "b" }))
      yield* given.workspace.land(landing(done))
      assert.notInclude(yield* Effect.promise(() => fs.readdir(dirname(given.user))), "ran")
    })
  )
})
