import * as fs from "node:fs/promises"
import { join } from "node:path"

import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"

import { Workspace } from "@foreman/core"
import { Workspaces } from "@foreman/git"
import { discreet } from "../src/internal/Discretion.ts"

import * as Given from "./given.ts"
import { copyOf, on, task, work, write } from "./given.ts"

const detailOf = (error: { readonly _tag: string }) => {
  assert(error instanceof Workspace.GitError || error instanceof Workspace.RepositoryUnusable)
  return error.detail
}

describe("a failure", () => {
  it.live(
    "of git names no folder of this server",
    on(function* (given) {
      const done = yield* work(given.workspace, task(given, 1), (path) =>
        write(path, { "b.txt": "b" })
      )
      yield* Effect.promise(() => fs.rm(join(copyOf(given), "HEAD")))
      const wishes: ReadonlyArray<Effect.Effect<unknown, Error & { readonly _tag: string }>> = [
        given.workspace.prepare(task(given, 2)),
        given.workspace.collect({ ...done.input, baseCommit: done.baseCommit, message: "M" }),
        given.workspace.land(Given.landing(done))
      ]
      for (const wish of wishes) {
        const error = yield* Effect.flip(wish)
        assert.include(detailOf(error), "<workspace>/repositories/")
        assert.notInclude(error.message, given.root)
      }
    })
  )

  it.live("of the files names no folder of this server, by none of its names", () =>
    Effect.gen(function* () {
      const folder = yield* Effect.promise(Given.folder)
      const given = yield* Effect.promise(() => Given.world())
      const [real, root] = [join(folder, "real"), join(folder, "link")]
      yield* Effect.promise(async () => {
        await fs.mkdir(real)
        await fs.symlink(real, root)
        await fs.writeFile(join(real, "repositories"), "in the way")
      })
      const prepare = Effect.flip(
        Effect.flatMap(Workspace.Workspace, (workspace) => workspace.prepare(task(given, 1)))
      )
      const detail = detailOf(yield* Effect.provide(prepare, Workspaces.layer({ root })))
      assert.include(detail, "<workspace>/repositories")
      assert.notInclude(detail, folder)
      // A root that is none cannot be opened at all.
      const file = join(real, "repositories")
      const unopened = detailOf(yield* Effect.provide(prepare, Workspaces.layer({ root: file })))
      assert.include(unopened, "<workspace>")
      assert.notInclude(unopened, folder)
    })
  )

  it.effect("keeps other paths, its cause and all that is no failure of git", () =>
    Effect.gen(function* () {
      const hide = discreet(["/srv/work/", "/srv/work.real"])
      const cause = new Error("/srv/work")
      const detail = "'/srv/work/a' '/srv/work' /srv/work.real/b; /srv/works /srv/work-2 /srv/user"
      const error = new Workspace.GitError({ operation: "o", detail, retryable: true, cause })
      const hidden = yield* Effect.flip(hide(Effect.fail(error)))
      assert.strictEqual(
        hidden.detail,
        "'<workspace>/a' '<workspace>' <workspace>/b; /srv/works /srv/work-2 /srv/user"
      )
      assert.deepInclude(hidden, { operation: "o", retryable: true, cause })
      const conflict = new Workspace.LandingConflict({ targetCommit: "c", paths: ["/srv/work"] })
      assert.strictEqual(yield* Effect.flip(hide(Effect.fail(conflict))), conflict)
      assert.strictEqual(yield* discreet([])(Effect.succeed(1)), 1)
    })
  )
})
