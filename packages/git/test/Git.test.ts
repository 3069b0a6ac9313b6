import { existsSync, readFileSync } from "node:fs"
import * as fs from "node:fs/promises"
import { join } from "node:path"

import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"

import * as Git from "../src/internal/Git.ts"
import * as Given from "./given.ts"
import { landing, on, task, work, workspacesOf, write } from "./given.ts"

const scripted = Effect.fnUntraced(function* (script: string, longMillis = 300) {
  const folder = yield* Effect.promise(Given.folder)
  const program = join(folder, "git")
  yield* Effect.promise(() => fs.writeFile(program, `#!/bin/sh\n${script}\n`, { mode: 0o755 }))
  const path = process.env["PATH"] ?? ""
  return { folder, git: Git.make({ program, path, ceiling: folder, longMillis }) }
})

const call = (wanted: Partial<Git.Call> = {}): Git.Call => ({
  operation: "test",
  args: ["status"],
  ...wanted
})

const exiting = 0x4

// One that has ended stays in the list, as "Z", until its parent looks. One that is about to has let
// go of its files before, by which its end is known.
const isAlive = Effect.fnUntraced(function* (pid: number) {
  const path = `/proc/${pid}/stat`
  const stat = yield* Effect.promise(() => fs.readFile(path, "utf8").catch(() => ""))
  const [state = "Z", , , , , , flags] = stat.slice(stat.lastIndexOf(")") + 2).split(" ")
  return stat !== "" && state !== "Z" && (Number(flags) & exiting) === 0
})

// Waits for what another process writes.
const text = Effect.fnUntraced(function* (path: string) {
  for (;;) {
    const found = yield* Effect.promise(() => fs.readFile(path, "utf8").catch(() => ""))
    if (found.endsWith("\n")) return found.trim()
    yield* Effect.sleep("5 millis")
  }
})

describe("a call of git", () => {
  it.live("answers with what git prints, and with the exit codes that are answers", () =>
    Effect.gen(function* () {
      const { git } = yield* scripted('printf out; cat; exit "$CODE"')
      const answered = yield* Git.run(
        git,
        call({ stdin: "in", answers: [1], environment: { CODE: "1" } })
      )
      assert.deepStrictEqual([answered.code, answered.stdout.toString()], [1, "outin"])
    })
  )

  it.live("fails with what git complains of, and says whether trying again may help", () =>
    Effect.gen(function* () {
      const { git } = yield* scripted('echo noise >&2; echo "fatal: $SAY" >&2; exit 128')
      const fail = (say: string) => Effect.flip(Git.run(git, call({ environment: { SAY: say } })))
      const bad = yield* fail("bad object")
      assert.deepStrictEqual([bad.detail, bad.retryable], ["bad object", false])
      const locked = yield* fail("Unable to create '/x/index.lock': File exists.")
      assert.isTrue(locked.retryable)
    })
  )

  it.live("fails when git cannot be started", () =>
    Effect.gen(function* () {
      const git = Git.make({ program: "/nowhere/git", path: "", ceiling: "/", longMillis: 1 })
      const failure = yield* Effect.flip(Git.run(git, call()))
      assert.match(failure.detail, /cannot be started/)
      assert.isFalse(failure.retryable)
    })
  )

  it.live("ends with all it started when it takes too long", () =>
    Effect.gen(function* () {
      let out: string
      // A machine that is busy gets more time, until the script has started something.
      for (let longMillis = 300; ; longMillis *= 2) {
        const { folder, git } = yield* scripted('sleep 60 & echo $! > "$OUT"; wait', longMillis)
        out = join(folder, "pid")
        const failure = yield* Effect.flip(
          Git.run(git, call({ isLong: true, environment: { OUT: out } }))
        )
        assert.include(failure.detail, `longer than ${longMillis} ms`)
        assert.isTrue(failure.retryable)
        if (existsSync(out) && readFileSync(out, "utf8").endsWith("\n")) break
      }
      assert.isFalse(yield* isAlive(Number(yield* text(out))))
    })
  )

  it.live("ends with all it started when it is interrupted, even if it does not wish to", () =>
    Effect.gen(function* () {
      const { folder, git } = yield* scripted('trap "" TERM; sleep 60 & echo $! > "$OUT"; wait')
      const out = join(folder, "pid")
      const fiber = yield* Effect.forkChild(Git.run(git, call({ environment: { OUT: out } })))
      const pid = Number(yield* text(out))
      yield* Fiber.interrupt(fiber)
      assert.isFalse(yield* isAlive(pid))
    })
  )

  it.live("fails when the answer is endless", () =>
    Effect.gen(function* () {
      const { git } = yield* scripted("exec cat /dev/zero")
      const failure = yield* Effect.flip(Git.run(git, call()))
      assert.match(failure.detail, /more than \d+ bytes/)
    })
  )
})

describe("every call of git", () => {
  it.live(
    "has the same empty environment and the same switches, and names its git folder",
    on(function* (given) {
      process.env["FOREMAN_TEST_SECRET"] = "secret"
      process.env["GIT_DIR"] = "/nowhere"
      const { folder, git } = yield* scripted(
        'here=$(dirname "$0"); { env -0; printf "ARGS=%s\\0\\n" "$*"; } >> "$here/log"; exec git "$@"'
      )
      const workspace = yield* workspacesOf({ root: given.root, program: git.program })
      for (const [index, strategy] of (["merge", "rebase"] as const).entries()) {
        const done = yield* work(workspace, task(given, index), (path) =>
          write(path, { [strategy]: "x" })
        )
        yield* workspace.land(landing(done, { strategy }))
      }
      delete process.env["FOREMAN_TEST_SECRET"]
      delete process.env["GIT_DIR"]
      const log = yield* Effect.promise(() => fs.readFile(join(folder, "log"), "utf8"))
      const calls = log.split("\0\n").slice(0, -1)
      assert.isAbove(calls.length, 40)
      const inherited = /^(PATH|PWD|HOME|LC_ALL|OLDPWD|SHLVL|_|GIT_[A-Z_]+)=/
      for (const variables of calls.map((entry) => entry.split("\0"))) {
        const args = variables.at(-1) ?? ""
        assert.include(variables, "HOME=/nonexistent")
        assert.include(variables, "GIT_CONFIG_GLOBAL=/dev/null")
        assert.include(variables, "GIT_CONFIG_NOSYSTEM=1")
        assert.include(variables, "GIT_ALLOW_PROTOCOL=file")
        assert.include(variables, "GIT_TERMINAL_PROMPT=0")
        assert.isFalse(variables.some((entry) => entry.startsWith("GIT_DIR=")))
        assert.deepStrictEqual(
          variables.slice(0, -1).filter((entry) => !inherited.test(entry)),
          []
        )
        assert.match(args, /^ARGS=--no-pager .*core\.hooksPath=\/dev\/null/)
        assert.match(args, /--git-dir=|(?: init| version| rev-parse --is-bare-repository)/)
      }
    })
  )
})

describe("the git of a machine", () => {
  it.live("is refused when it is too old, until a newer one is there", () =>
    Effect.gen(function* () {
      const { folder, git } = yield* scripted(
        'case "$*" in *" version") cat "$(dirname "$0")/version";; *) exec git "$@";; esac'
      )
      const made = yield* Effect.promise(() => Given.world())
      const workspace = yield* workspacesOf({ root: made.root, program: git.program })
      const say = (version: string) =>
        Effect.promise(() => fs.writeFile(join(folder, "version"), `git version ${version}\n`))
      yield* say("2.37.9")
      const refusal = yield* Effect.flip(workspace.prepare(task(made, 1)))
      assert.match(refusal.message, /2\.37\.9 is older than 2\.38/)
      yield* say("2.38.0.windows.1")
      yield* workspace.prepare(task(made, 1))
    })
  )
})
