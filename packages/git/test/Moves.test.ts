import * as fs from "node:fs/promises"

import { assert, describe, it } from "@effect/vitest"
import { Effect, Schedule } from "effect"

import type * as Given from "./given.ts"
import {
  isClean,
  landing,
  lines,
  meddler,
  on,
  read,
  see,
  task,
  work,
  workspacesOf,
  write
} from "./given.ts"

describe("a landing that is disturbed", () => {
  const disturbed = Effect.fnUntraced(function* (given: Given.World, script: string) {
    const program = yield* Effect.promise(() => meddler(script))
    return yield* workspacesOf({ root: given.root, program })
  })

  it.live(
    "takes the new head when the branch moves under it",
    on(function* (given) {
      const done = yield* work(given.workspace, task(given, 1), (path) => write(path, { b: "b" }))
      const workspace = yield* disturbed(
        given,
        `case "$*" in *"update-ref -m"*) if mkdir "$here/once" 2> /dev/null; then
           git -C ${given.user} -c user.name=x -c user.email=x commit -q --allow-empty -m Meanwhile
         fi;; esac`
      )
      yield* workspace.land(landing(done))
      assert.deepStrictEqual(yield* lines(given.user, "log", "--first-parent", "--format=%s"), [
        "Task 1",
        "Meanwhile",
        "First"
      ])
      yield* isClean(given.user)
    })
  )

  it.live(
    "gives up when the branch never rests",
    on(function* (given) {
      const done = yield* work(given.workspace, task(given, 1), (path) => write(path, { b: "b" }))
      const workspace = yield* disturbed(
        given,
        `case "$*" in *"update-ref -m"*)
           git -C ${given.user} -c user.name=x -c user.email=x commit -q --allow-empty -m Meanwhile
         ;; esac`
      )
      const failure = yield* Effect.flip(workspace.land(landing(done)))
      assert.strictEqual(failure._tag, "GitError")
      assert.isTrue(failure._tag === "GitError" && failure.retryable)
    })
  )

  it.live(
    "takes the branch back when a file is changed at the last moment, and lands beside it",
    on(function* (given) {
      const done = yield* work(given.workspace, task(given, 1), (path) =>
        write(path, { "readme.md": "theirs\n" })
      )
      const workspace = yield* disturbed(
        given,
        `case "$*" in *"update-ref -m"*) echo mine > ${given.user}/readme.md;; esac`
      )
      const landed = yield* workspace.land(landing(done))
      assert.strictEqual(landed.branch, "foreman/main")
      assert.strictEqual(yield* see(given.user, "rev-parse", "main"), done.baseCommit)
      assert.strictEqual(yield* Effect.promise(() => read(given.user, "readme.md")), "mine\n")
      assert.strictEqual(yield* see(given.user, "diff", "--cached"), "")
    })
  )

  const crash = Effect.fnUntraced(function* (
    given: Given.World & { readonly workspace: Given.Service }
  ) {
    const done = yield* work(given.workspace, task(given, 1), (path) =>
      write(path, { b: "b", "readme.md": "theirs\n" })
    )
    const workspace = yield* disturbed(
      given,
      `case "$*" in *"read-tree -m -u -n"*) ;; *"read-tree -m -u"*) exit 9;; esac`
    )
    yield* Effect.flip(workspace.land(landing(done)))
    // The branch holds the change and the files do not: what a crash in between leaves.
    assert.strictEqual(yield* see(given.user, "log", "-1", "--format=%s", "main"), "Task 1")
    assert.notInclude(yield* Effect.promise(() => fs.readdir(given.user)), "b")
    return done
  })

  it.live(
    "is mended when it is asked for again",
    on(function* (given) {
      const done = yield* crash(given)
      const landed = yield* given.workspace.land(landing(done))
      assert.strictEqual(landed.branch, "main")
      yield* isClean(given.user)
      assert.strictEqual(
        yield* see(given.user, "rev-list", "--count", "--first-parent", "main"),
        "2"
      )
    })
  )

  it.live(
    "is mended when the next task begins, around what the person changed since",
    on(function* (given) {
      yield* crash(given)
      yield* Effect.promise(() => write(given.user, { "src/a.txt": "mine\n" }))
      yield* given.workspace.prepare(task(given, 2))
      assert.strictEqual(yield* see(given.user, "status", "--porcelain"), " M src/a.txt")
      assert.strictEqual(yield* Effect.promise(() => read(given.user, "readme.md")), "theirs\n")
    })
  )

  it.live(
    "is not mended over what the person did in the same file",
    on(function* (given) {
      yield* crash(given)
      yield* Effect.promise(() => write(given.user, { "readme.md": "mine\n" }))
      yield* given.workspace.prepare(task(given, 2))
      assert.strictEqual(yield* Effect.promise(() => read(given.user, "readme.md")), "mine\n")
    })
  )

  it.live(
    "lands each change once when two processes land at once",
    on(function* (given) {
      const jobs = yield* Effect.forEach([1, 2, 3, 4], (taskId) =>
        work(given.workspace, task(given, taskId), (path) => write(path, { [`${taskId}`]: "x" }))
      )
      const other = yield* workspacesOf({ root: given.root })
      const place = { ...given.place, localPath: given.user }
      // The machine may keep the other one waiting in the middle of a move.
      const schedule = Schedule.spaced("100 millis")
      const isDisturbed = ({ _tag }: { readonly _tag: string }) => _tag === "GitError"
      yield* Effect.forEach(
        jobs.flatMap((done) => [[given.workspace, done] as const, [other, done] as const]),
        ([workspace, done]) =>
          workspace
            .land({ ...landing(done), repository: place })
            .pipe(Effect.retry({ while: isDisturbed, times: 200, schedule })),
        { concurrency: "unbounded" }
      )
      const subjects = yield* lines(given.user, "log", "--first-parent", "--format=%s", "main")
      assert.deepStrictEqual(subjects.toSorted(), ["First", "Task 1", "Task 2", "Task 3", "Task 4"])
    })
  )
})
