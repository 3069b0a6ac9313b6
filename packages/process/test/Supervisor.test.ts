import { readdirSync, statSync } from "node:fs"
import { join } from "node:path"

import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Exit, Fiber, Scope } from "effect"

import { ProcessTree, Supervisor } from "@foreman/process"
import {
  alive,
  family,
  folder,
  identities,
  line,
  pidsOf,
  shell,
  start,
  supervised,
  taken,
  text
} from "./harness.ts"

describe("starting", () => {
  it.live(
    "passes arguments as they are, and the input up to its end",
    supervised(function* () {
      const args = ["-c", 'cat; printf "%s|" "$@"', "sh", "a b", "$(id)", "*", "--", ""]
      const running = yield* start("/bin/sh", args, { input: "what is asked\n" })
      assert.strictEqual((yield* running.ended).cause, "exit:0")
      assert.strictEqual(yield* text(running.stdout), "what is asked\na b|$(id)|*|--||")
    })
  )

  it.live(
    "lets the child open its input by name",
    supervised(function* () {
      const running = yield* shell("cat /dev/stdin", { input: new Uint8Array([0, 255, 10]) })
      yield* running.ended
      assert.deepStrictEqual(yield* running.stdoutTail(100), Buffer.from([0, 255, 10]))
    })
  )

  it.live(
    "does not mind a child that never reads a megabyte of input",
    supervised(function* () {
      const running = yield* shell("exit 0", { input: "x".repeat(1_000_000) })
      assert.strictEqual((yield* running.ended).cause, "exit:0")
    })
  )

  it.live(
    "keeps the control plane's variables from the child, but for the allowed ones",
    supervised(function* () {
      yield* planted
      const supervisor = yield* Supervisor.make()
      const running = yield* shell("env; cat /proc/self/environ 2>/dev/null", {
        environment: { GIT_CEILING_DIRECTORIES: "/given" }
      }).pipe(Effect.provideService(Supervisor.Supervisor, supervisor))
      yield* running.ended
      const seen = yield* text(running.stdout)
      assert.notInclude(seen, "secret")
      for (const name of ["PATH", "LC_FOREMAN"]) {
        assert.include(seen, `${name}=${process.env[name]}\n`)
      }
      assert.include(seen, "GIT_CEILING_DIRECTORIES=/given\n")
    })
  )

  it.live(
    "keeps output to its owner and leaves no copy of the input",
    supervised(function* () {
      const outputFolder = yield* folder
      const running = yield* shell("cat; echo said >&2", { outputFolder, input: "asked" })
      yield* running.ended
      assert.deepStrictEqual(readdirSync(outputFolder).toSorted(), ["stderr.log", "stdout.log"])
      for (const name of readdirSync(outputFolder)) {
        assert.strictEqual(statSync(join(outputFolder, name)).mode & 0o777, 0o600)
      }
    })
  )

  it.live(
    "says why a process cannot be started",
    supervised(function* () {
      const path = yield* folder
      const reasons = yield* Effect.forEach(
        [
          start("/no/such/program", []),
          start("/etc/passwd", []),
          start("/bin/sh", [], { folder: join(path, "absent") }),
          start("/bin/sh", ["\0"]),
          start("/bin/sh", [], { environment: { "A=B": "" } }),
          start("/bin/sh", [], { environment: { A: "\0" } }),
          start("/bin/sh", [], { timeoutSeconds: Number.NaN }),
          start("/bin/sh", ["-c", "x".repeat(3_000_000)])
        ],
        (effect) => Effect.map(Effect.flip(effect), ({ reason }) => reason)
      )
      assert.deepStrictEqual(reasons, [
        "missing",
        "forbidden",
        "folder",
        "invalid",
        "invalid",
        "invalid",
        "invalid",
        "invalid"
      ])
    })
  )

  it.live(
    "refuses to start anything without a guardian",
    supervised(
      function* () {
        const error = yield* Effect.flip(shell("exit 0"))
        assert.strictEqual(error.reason, "guardian")
        assert.isTrue(error.retryable)
      },
      { guardianProgram: "/no/such/guardian.js" }
    )
  )
})

describe("ending", () => {
  it.live(
    "tells exit codes from signals",
    supervised(function* () {
      const failed = yield* (yield* shell("exit 3")).ended
      assert.deepInclude(failed, { cause: "exit:3", exitCode: 3, signal: null, survivors: [] })
      const killed = yield* (yield* shell("kill -9 $$")).ended
      assert.deepInclude(killed, { cause: "signal:SIGKILL", exitCode: null, signal: "SIGKILL" })
    })
  )

  it.live(
    "does not wait for grandchildren that hold the output open, and ends them",
    supervised(function* () {
      const running = yield* shell("sleep 60 & a=$!; env -i sleep 60 & echo pids $a $!; exit 0")
      const pids = pidsOf(yield* line(running.stdout, "pids"))
      assert.lengthOf(pids, 2)
      assert.strictEqual((yield* running.ended).cause, "exit:0")
      assert.deepStrictEqual(taken(pids), [])
      assert.deepStrictEqual(yield* ProcessTree.living(running.tree), [])
    })
  )

  it.live(
    "obeys the time limit",
    supervised(function* () {
      const running = yield* shell("sleep 60", { timeoutSeconds: 0.1 })
      assert.deepInclude(yield* running.ended, { cause: "timeout", exitCode: null })
    })
  )

  it.live(
    "ends a family that ignores every request, wherever its members went",
    supervised(function* () {
      const running = yield* family("stubborn", { graceSeconds: 0.1 })
      const members = yield* identities(yield* line(running.stdout, "pids"))
      assert.lengthOf(members, 4)
      assert.lengthOf(yield* alive(members), 4)
      assert.deepInclude(yield* running.end, { cause: "signal:SIGKILL", survivors: [] })
      assert.deepStrictEqual(yield* alive(members), [])
    })
  )

  it.live(
    "gives everyone the grace to tidy up, and asks once",
    supervised(function* () {
      const running = yield* shell(
        "trap 'echo asked; sleep 0.2; echo tidy; exit 5' TERM; echo ready; while :; do sleep 0.02; done",
        { graceSeconds: 20 }
      )
      yield* line(running.stdout, "ready")
      assert.strictEqual((yield* running.end).cause, "exit:5")
      assert.strictEqual(yield* text(running.stdout), "ready\nasked\ntidy\n")
    })
  )

  it.live(
    "happens before the scope has closed",
    supervised(function* () {
      const scope = yield* Scope.make()
      const running = yield* Scope.provide(family("polite"), scope)
      const members = yield* identities(yield* line(running.stdout, "pids"))
      yield* Scope.close(scope, Exit.void)
      assert.deepStrictEqual(yield* alive(members), [])
    })
  )

  it.live(
    "happens before an interruption is over",
    supervised(function* () {
      const begun = yield* Deferred.make<string>()
      const fiber = yield* Effect.gen(function* () {
        const running = yield* family("polite")
        yield* Deferred.succeed(begun, yield* line(running.stdout, "pids"))
        return yield* running.ended
      }).pipe(Effect.scoped, Effect.forkChild)
      const members = yield* identities(yield* Deferred.await(begun))
      assert.lengthOf(yield* alive(members), 4)
      yield* Fiber.interrupt(fiber)
      assert.deepStrictEqual(yield* alive(members), [])
    })
  )

  it.effect(
    "goes by the real clock, whatever a test does to its own",
    supervised(function* () {
      const running = yield* shell("sleep 60", { timeoutSeconds: 0.1 })
      assert.strictEqual((yield* running.ended).cause, "timeout")
    })
  )

  it.live(
    "holds for many processes at once",
    supervised(function* () {
      const endings = yield* Effect.forEach(
        Array.from({ length: 20 }, (_, index) => index),
        (index) => Effect.flatMap(shell(`(sleep 60 &) ; exit ${index}`), ({ ended }) => ended),
        { concurrency: "unbounded" }
      )
      assert.deepStrictEqual(
        endings.map(({ exitCode }) => exitCode),
        Array.from({ length: 20 }, (_, index) => index)
      )
    })
  )
})

/** Secrets and loaders in this very process's environment, until the scope closes. */
const planted = Effect.acquireRelease(
  Effect.sync(() => {
    const names =
      "DATABASE_URL PGPASSWORD AWS_SECRET_ACCESS_KEY GIT_DIR GIT_SSH_COMMAND NODE_EXTRA_CA_CERTS " +
      "LD_PROFILE DYLD_INSERT_LIBRARIES PYTHONPATH SSH_AUTH_SOCK FOREMAN_TOKEN FOREMAN_API_KEY " +
      "GITHUB_TOKEN npm_config_foreman"
    const before = { ...process.env }
    for (const name of names.split(" ")) process.env[name] = `secret-${name}`
    process.env["LC_FOREMAN"] = "C"
    return before
  }),
  (before) =>
    Effect.sync(() => {
      process.env = before
    })
)
