import { mkdirSync, readdirSync, statSync, symlinkSync } from "node:fs"
import { join, relative } from "node:path"

import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Exit, Fiber, Scope, Stream } from "effect"

import { ProcessIdentity, Supervisor } from "@foreman/process"
import { CommandRunner } from "@foreman/runner-command"
import { RunnerSuite } from "@foreman/testkit"
import { agent, folder, made, scoped, script, specOf } from "./harness.ts"

const commandOf = (scenario: string) => ({
  runner: "command",
  command: [process.execPath, agent, scenario]
})

RunnerSuite.run("command", {
  runner: Effect.map(made(), ({ runner }) => runner),
  workspace: folder,
  config: (scenario) => (scenario === "unusable" ? { command: "a string" } : commandOf(scenario)),
  processes: {
    config: commandOf,
    isAlive: (pid) =>
      Effect.flatMap(ProcessIdentity.of(pid), (found) =>
        found === undefined ? Effect.succeed(false) : ProcessIdentity.isAlive(found)
      )
  }
})

describe("the command", () => {
  it.live(
    "is looked for from the server's folder, never from the workspace",
    scoped(function* () {
      const { runner, base, workspace } = yield* made()
      script(join(base, "agent.sh"), "echo of the server")
      script(join(workspace, "agent.sh"), "echo of the workspace")
      script(join(workspace, "only-here.sh"), "echo of the workspace")
      const result = yield* runner.run(specOf({ command: ["./agent.sh"] }, workspace), Effect.void)
      assert.strictEqual(result.answer, "of the server")
      const error = yield* Effect.flip(runner.check({ command: ["./only-here.sh"] }))
      assert.strictEqual(error.reason, "unavailable")
    })
  )

  it.live(
    "may climb out of the server's folder, as its owner wishes",
    scoped(function* () {
      const { runner, base } = yield* made()
      yield* runner.check({ command: [relative(base, agent)] })
    })
  )

  it.live(
    "without a slash is found in PATH, of which relative folders do not count",
    scoped(function* () {
      const base = yield* folder
      const workspace = yield* folder
      const [first, second] = [join(base, "first"), join(base, "second")]
      for (const path of [first, second]) mkdirSync(path)
      script(join(first, "foreman-agent"), "echo not executable", 0o644)
      script(join(second, "foreman-agent"), "echo from PATH")
      script(join(workspace, "foreman-agent"), "echo of the workspace")
      const supervisor = yield* Supervisor.make({
        environment: { PATH: `.::${first}:${second}:/bin` }
      })
      const runner = yield* CommandRunner.make({ baseFolder: base, outputFolder: base }).pipe(
        Effect.provideService(Supervisor.Supervisor, supervisor)
      )
      const spec = specOf({ command: ["foreman-agent"] }, workspace)
      assert.strictEqual((yield* runner.run(spec, Effect.void)).answer, "from PATH")
    })
  )

  it.live(
    "gets its arguments as they are, with the variables of server and run, stronger last",
    scoped(function* () {
      const { runner, base, workspace } = yield* made()
      script(join(base, "agent.sh"), 'printf "%s|" "$@" "$GIVEN" "$RUN"')
      const spec = specOf({ command: ["./agent.sh", "a b", "$(id)", ""] }, workspace)
      const result = yield* runner.run({ ...spec, environment: { RUN: "fact" } }, Effect.void)
      assert.strictEqual(result.answer, "a b|$(id)||by the server|fact|")
      const other = yield* runner.run({ ...spec, environment: { GIVEN: "run" } }, Effect.void)
      assert.strictEqual(other.answer, "a b|$(id)||run||")
    })
  )

  it.live(
    "answers with stdout alone, and keeps stderr in the output",
    scoped(function* () {
      const { runner, base, workspace } = yield* made()
      script(join(base, "agent.sh"), "echo noise >&2; echo answer; echo noise >&2")
      const result = yield* runner.run(specOf({ command: ["./agent.sh"] }, workspace), Effect.void)
      assert.strictEqual(result.answer, "answer")
      const output = yield* Stream.mkString(Stream.decodeText(result.output))
      assert.sameMembers(output.split("\n"), ["noise", "answer", "noise", ""])
    })
  )

  it.live(
    "obeys the smaller of its own time limit and the run's",
    scoped(function* () {
      const { runner, workspace } = yield* made()
      const command = ["/bin/sh", "-c", "sleep 60"]
      for (const [own, ofRun] of [
        [0.1, 60],
        [60, 0.1]
      ] as const) {
        const spec = specOf({ command, timeout_seconds: own }, workspace, { timeoutSeconds: ofRun })
        assert.strictEqual((yield* runner.run(spec, Effect.void)).cause, "timeout")
      }
    })
  )

  it.live(
    "fails with its signal when somebody kills it",
    scoped(function* () {
      const { runner, workspace } = yield* made()
      const spec = specOf({ command: ["/bin/sh", "-c", "kill -9 $$"] }, workspace)
      const { outcome, exitCode, cause } = yield* runner.run(spec, Effect.void)
      assert.deepStrictEqual([outcome, exitCode, cause], ["failed", null, "signal:SIGKILL"])
    })
  )
})

describe("a configuration", () => {
  const wrong: ReadonlyArray<readonly [string, Readonly<Record<string, unknown>>]> = [
    ["without a command", {}],
    ["with a string for a command", { command: "/bin/sh -c true" }],
    ["with an empty command", { command: [] }],
    ["with a number among the arguments", { command: ["/bin/sh", 1] }],
    ["with a NUL character", { command: ["/bin/sh", "a\0b"] }],
    ["with too many arguments", { command: Array.from({ length: 257 }, () => "x") }],
    ["with a time limit of nothing", { command: ["/bin/sh"], timeout_seconds: 0 }],
    ["with a time limit that is no number", { command: ["/bin/sh"], timeout_seconds: "5" }]
  ]
  for (const [name, config] of wrong) {
    it.live(
      `${name} is refused`,
      scoped(function* () {
        const { runner, workspace } = yield* made()
        const error = yield* Effect.flip(runner.check(config))
        assert.deepInclude(error, { runner: "command", reason: "config", retryable: false })
        const again = yield* Effect.flip(runner.run(specOf(config, workspace), Effect.die("began")))
        assert.strictEqual(again.reason, "config")
      })
    )
  }

  it.live(
    "that names what cannot be run is refused, with what to do",
    scoped(function* () {
      const { runner, base } = yield* made()
      script(join(base, "text.sh"), "", 0o644)
      symlinkSync(join(base, "nowhere"), join(base, "dangling"))
      for (const [word, problem] of [
        ["./absent.sh", "does not exist"],
        ["./text.sh", "chmod +x"],
        ["./", "not a file"],
        ["./dangling", "does not exist"],
        ["no-such-program-here", "PATH"],
        ["", "PATH"]
      ] as const) {
        const error = yield* Effect.flip(runner.check({ command: [word] }))
        assert.strictEqual(error.reason, "unavailable", word)
        assert.include(error.detail, problem)
      }
    })
  )

  it.live(
    "is no matter to a runner whose command the server gave",
    scoped(function* () {
      const { runner, workspace } = yield* made(["/bin/sh", "-c", "cat; echo ' by the server'"])
      assert.strictEqual(runner.name, "fixed")
      const config = { command: ["/bin/sh", "-c", "echo by the agent"] }
      const result = yield* runner.run(specOf(config, workspace), Effect.void)
      assert.strictEqual(result.answer, "asked by the server")
      yield* runner.check({ command: 5 })
    })
  )

  it.live(
    "of the server's own is checked as well",
    scoped(function* () {
      const { runner } = yield* made(["/no/such/agent.sh"])
      assert.strictEqual((yield* Effect.flip(runner.check({}))).reason, "unavailable")
    })
  )
})

describe("a run", () => {
  it.live(
    "keeps its output to its owner, and removes it with its scope",
    scoped(function* () {
      const { runner, base, workspace } = yield* made()
      const scope = yield* Scope.make()
      const spec = specOf({ command: ["/bin/echo", "said"] }, workspace, { runId: "../../etc/é" })
      const result = yield* Scope.provide(runner.run(spec, Effect.void), scope)
      const [name = ""] = readdirSync(join(base, "output"))
      assert.match(name, /^[\w-]+$/)
      assert.strictEqual(statSync(join(base, "output", name)).mode & 0o777, 0o700)
      assert.strictEqual(yield* Stream.mkString(Stream.decodeText(result.output)), "said\n")
      yield* Scope.close(scope, Exit.void)
      assert.deepStrictEqual(readdirSync(join(base, "output")), [])
      const error = yield* Effect.flip(Stream.runDrain(result.output))
      assert.strictEqual(error._tag, "RunnerError")
    })
  )

  it.live(
    "leaves no folder behind when it cannot start",
    scoped(function* () {
      const { runner, base } = yield* made()
      const spec = specOf({ command: ["/bin/echo"] }, join(base, "no-workspace"))
      const error = yield* Effect.flip(Effect.scoped(runner.run(spec, Effect.void)))
      assert.deepInclude(error, { reason: "failed", retryable: false })
      assert.include(error.detail, "no-workspace")
      assert.deepStrictEqual(readdirSync(join(base, "output")), [])
    })
  )

  it.live(
    "is interrupted while it begins without leaving a process, and its folder goes with the scope",
    scoped(function* () {
      const { runner, base, workspace } = yield* made()
      const begun = yield* Deferred.make<void>()
      const stuck = Effect.andThen(Deferred.succeed(begun, undefined), Effect.never)
      const spec = specOf({ command: ["/bin/sh", "-c", "echo $$ > pid; sleep 60"] }, workspace)
      const fiber = yield* Effect.forkChild(Effect.scoped(runner.run(spec, stuck)))
      yield* Deferred.await(begun)
      yield* Fiber.interrupt(fiber)
      assert.deepStrictEqual(readdirSync(join(base, "output")), [])
    })
  )

  it.live(
    "is one of many at the same time",
    scoped(function* () {
      const { runner, workspace } = yield* made()
      const numbers = Array.from({ length: 8 }, (_, index) => String(index))
      const results = yield* Effect.forEach(
        numbers,
        (prompt) => {
          const spec = specOf({ command: ["/bin/cat"] }, workspace, { prompt })
          return runner.run(spec, Effect.void)
        },
        { concurrency: "unbounded" }
      )
      assert.deepStrictEqual(
        results.map(({ answer }) => answer),
        numbers
      )
    })
  )
})
