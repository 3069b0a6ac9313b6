import * as fs from "node:fs/promises"
import { dirname, join } from "node:path"

import { assert, it } from "@effect/vitest"
import { Effect } from "effect"

import type * as Given from "./given.ts"
import { landing, on, task, write } from "./given.ts"

// Notes that it ran.
export const plant = async (base: string): Promise<string> => {
  const path = join(base, "evil.sh")
  const text = `#!/bin/sh\necho "$0 $*" >> ${base}/ran\nexit 1\n`
  await fs.writeFile(path, text, { mode: 0o755 })
  return path
}

const hooks = [
  "applypatch-msg",
  "commit-msg",
  "fsmonitor-watchman",
  "post-checkout",
  "post-commit",
  "post-index-change",
  "post-merge",
  "post-receive",
  "post-rewrite",
  "post-update",
  "pre-auto-gc",
  "pre-commit",
  "pre-merge-commit",
  "pre-receive",
  "prepare-commit-msg",
  "proc-receive",
  "push-to-checkout",
  "reference-transaction",
  "update"
]

const settings = (evil: string): string => `
[alias]
\tadd = !${evil}
\tread-tree = !${evil}
[commit]
\tgpgSign = true
[core]
\talternateRefsCommand = ${evil}
\taskPass = ${evil}
\teditor = ${evil}
\tfsmonitor = ${evil}
\tgitProxy = ${evil}
\tpager = ${evil}
\tsshCommand = ${evil}
[credential]
\thelper = ${evil}
[diff "x"]
\tcommand = ${evil}
\ttextconv = ${evil}
[filter "x"]
\tclean = ${evil}
\tprocess = ${evil}
\trequired = true
\tsmudge = ${evil}
[gpg]
\tprogram = ${evil}
[merge "x"]
\tdriver = ${evil}
[remote "origin"]
\tpromisor = true
\tpartialCloneFilter = blob:none
\tuploadpack = ${evil}
\turl = ext::${evil}
[submodule]
\trecurse = true
[trailer "Foreman-Merge"]
\tcommand = ${evil}
[uploadpack]
\tpackObjectsHook = ${evil}
`

export const attributes = "* filter=x diff=x merge=x\n"

// Everything that a git folder can be told to run.
export const arm = async (gitDir: string, evil: string): Promise<void> => {
  await fs.appendFile(join(gitDir, "config"), settings(evil))
  await fs.mkdir(join(gitDir, "hooks"), { recursive: true })
  await fs.mkdir(join(gitDir, "info"), { recursive: true })
  await fs.writeFile(join(gitDir, "info", "attributes"), attributes)
  for (const name of hooks) await fs.copyFile(evil, join(gitDir, "hooks", name))
}

interface Site extends Given.World {
  readonly workspace: Given.Service
}

export const hasRun = ({ user }: Given.World) =>
  Effect.promise(() => fs.readFile(join(dirname(user), "ran"), "utf8").catch(() => ""))

// A whole life after the agent's run: collected, continued, collected, landed, discarded.
export const live = Effect.fnUntraced(function* (
  given: Site,
  agent: (path: string, evil: string) => Promise<unknown>
) {
  const evil = yield* Effect.promise(() => plant(dirname(given.user)))
  const input = task(given, 1)
  const prepared = yield* given.workspace.prepare(input)
  yield* Effect.promise(() => agent(prepared.path, evil))
  // What runs while the agent works is the agent's own affair.
  yield* Effect.promise(() => fs.rm(join(dirname(given.user), "ran"), { force: true }))
  const collected = yield* Effect.result(
    given.workspace.collect({ ...input, ...prepared, message: "Task 1" })
  )
  const previous =
    collected._tag === "Success" && collected.success.headCommit !== null
      ? { baseCommit: prepared.baseCommit ?? "", headCommit: collected.success.headCommit }
      : null
  const again = task(given, 1, { runId: "run-1-2", previous })
  yield* Effect.promise(() => write(prepared.path, { "more.txt": "more" }))
  const next = yield* given.workspace.prepare(again)
  if (previous !== null) {
    const second = yield* given.workspace.collect({ ...again, ...next, message: "Task 1" })
    const headCommit = second.headCommit ?? previous.headCommit
    const done = { ...next, input, baseCommit: previous.baseCommit, headCommit }
    yield* given.workspace.land(landing(done, { strategy: "rebase" }))
  }
  yield* given.workspace.discard(input)
  return { collected, evil }
})

export const harmless = (
  name: string,
  agent: (path: string, evil: string) => Promise<unknown>,
  expected: "collected" | RegExp
) =>
  it.live(
    name,
    on(function* (given) {
      const { collected } = yield* live(given, agent)
      assert.strictEqual(yield* hasRun(given), "")
      if (expected === "collected") assert.strictEqual(collected._tag, "Success")
      else assert.match(collected._tag === "Failure" ? collected.failure.message : "", expected)
    })
  )

/** A result that is refused, for the reason that it should be. */
export const refused = (name: string, agent: (path: string) => Promise<unknown>, reason: RegExp) =>
  it.live(
    name,
    on(function* (given) {
      const input = task(given, 1)
      const prepared = yield* given.workspace.prepare(input)
      yield* Effect.promise(() => agent(prepared.path))
      const refusal = yield* Effect.flip(
        given.workspace.collect({ ...input, ...prepared, message: "Task 1" })
      )
      assert.match(refusal.message, reason)
    })
  )
