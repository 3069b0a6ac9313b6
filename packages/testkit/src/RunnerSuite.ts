/**
 * What a runner promises, as tests that every one of them runs.
 *
 * A runner's tests say for each scenario with which configuration an agent of theirs plays it. Left
 * open on purpose: which channel stands where in the output, how soon an agent that is asked to end is
 * forced to, and what a runner does with an agent that wants more than it is given here.
 *
 * @since 0.1.0
 */
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Exit, Fiber, Scope } from "effect"

import { reading } from "./RunnerSuiteReading.ts"
import {
  bytesOf,
  familyOf,
  familyWithin,
  holds,
  on,
  pidsIn,
  withProcesses
} from "./RunnerSuiteSubject.ts"
import type { Subject } from "./RunnerSuiteSubject.ts"

export { processScenarios, scenarios } from "./RunnerSuiteSubject.ts"
export type { ProcessScenario, Scenario, Subject } from "./RunnerSuiteSubject.ts"

// testing ---------------------------------------------------------------------

/**
 * Runs the promises of the port against a runner.
 *
 * **Example** (Testing a runner)
 *
 * ```ts
 * import { Effect } from "effect"
 * import { RunnerSuite } from "@foreman/testkit"
 * import { make, scripted } from "./MyRunner.ts"
 *
 * RunnerSuite.run("mine", {
 *   runner: make,
 *   workspace: Effect.succeed("/tmp"),
 *   config: (scenario) => scripted[scenario]
 * })
 * ```
 *
 * @category testing
 * @since 0.1.0
 */
export const run = (name: string, subject: Subject): void => {
  describe(`the runner ${name}`, () => {
    asking(subject)
    answering(subject)
    reading(subject)
    limiting(subject)
    ending(subject)
    surrounding(subject)
  })
}

// internal --------------------------------------------------------------------

const asking = (subject: Subject) =>
  describe("asking", () => {
    it.live(
      "gives the agent its prompt, whole and as it is",
      on(subject, function* ({ play }) {
        const prompt = `first\n"quoted" $(id) é ${"long ".repeat(50_000)}\nlast\n`
        const { result, output } = yield* play("repeat", { prompt })
        assert.strictEqual(result.outcome, "succeeded")
        assert.isTrue(holds(subject, output, prompt), "the output is not the prompt")
      })
    )

    it.live(
      "does not mind an agent that never reads a megabyte of prompt",
      on(subject, function* ({ play }) {
        const { result } = yield* play("deaf", { prompt: "x".repeat(1_000_000) })
        assert.strictEqual(result.cause, "exit:0")
      })
    )

    it.live(
      "says once that the agent has started, before it has ended",
      on(subject, function* ({ play }) {
        assert.strictEqual((yield* play("repeat")).startedTimes, 1)
        assert.strictEqual((yield* play("fail")).startedTimes, 1)
      })
    )

    it.live(
      "refuses a wrong configuration before anything has started",
      on(subject, function* ({ runner, spec }) {
        const { agent } = yield* spec("unusable")
        const refusal = yield* Effect.flip(runner.check(agent.config))
        assert.include(["config", "unavailable"], refusal.reason)
        assert.strictEqual(refusal.runner, runner.name)
        assert.isFalse(refusal.retryable)
        const started = yield* Deferred.make<void>()
        const error = yield* Effect.flip(
          runner.run(yield* spec("unusable"), Effect.asVoid(Deferred.succeed(started, undefined)))
        )
        assert.strictEqual(error.reason, refusal.reason)
        assert.isFalse(yield* Deferred.isDone(started))
      })
    )

    it.live(
      "accepts the configurations with which it runs",
      on(subject, function* ({ runner, spec }) {
        yield* runner.check((yield* spec("repeat")).agent.config)
        yield* runner.check((yield* spec("wait")).agent.config)
      })
    )
  })

const answering = (subject: Subject) =>
  describe("answering", () => {
    it.live(
      "answers what the agent said last, in no more than fifty lines and four KiB",
      on(subject, function* ({ play }) {
        const { result } = yield* play("answer")
        assert.isTrue(result.answer.endsWith("so it is\ndone é"), result.answer.slice(-100))
        assert.isAtMost(result.answer.split("\n").length, 50)
        assert.isAtMost(Buffer.byteLength(result.answer), 4_096)
      })
    )

    it.live(
      "keeps all of the output",
      on(subject, function* ({ play }) {
        const { output } = yield* play("answer")
        assert.isAbove(output.length, 100 * 1_024)
        const end = subject.output === "events" ? output : output.subarray(-17)
        assert.isTrue(holds(subject, end, "so it is\ndone é\n"), end.subarray(-100).toString())
      })
    )

    it.live(
      "says how an agent failed, and keeps what it wrote",
      on(subject, function* ({ play }) {
        const { result, output } = yield* play("fail")
        const { outcome, exitCode, cause } = result
        assert.deepStrictEqual([outcome, exitCode, cause], ["failed", 3, "exit:3"])
        assert.isTrue(holds(subject, output, "what went wrong\n"), output.toString())
      })
    )

    it.live(
      "survives bytes that are no text",
      on(subject, function* ({ play }) {
        const { result, output } = yield* play("binary")
        const bytes = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte))
        if (subject.output === "events") assert.isTrue(output.includes(bytes))
        else assert.deepStrictEqual(output, bytes)
        assert.isTrue(result.answer.isWellFormed())
        assert.notInclude(result.answer, "\0")
        assert.isAtMost(Buffer.byteLength(result.answer), 4_096)
      })
    )

    it.live(
      "survives a line of a megabyte",
      on(subject, function* ({ play }) {
        const { result, output } = yield* play("longLine")
        assert.isTrue(holds(subject, output, `${"x".repeat(1_000_000)}\n`), "the line is cut")
        assert.strictEqual(result.answer, "x".repeat(result.answer.length))
        assert.isAtLeast(result.answer.length, 1_000)
        assert.isAtMost(result.answer.length, 4_096)
      })
    )
  })

const limiting = (subject: Subject) =>
  describe("limiting", () => {
    it.live(
      "ends an agent that takes too long",
      on(subject, function* ({ play }) {
        const { result } = yield* play("wait", { timeoutSeconds: 0.4 })
        assert.deepStrictEqual([result.outcome, result.cause], ["failed", "timeout"])
      })
    )

    it.live(
      "ends an agent that writes too much, and keeps no more than the limit",
      on(subject, function* ({ play }) {
        const { result, output } = yield* play("flood", { maxOutputBytes: 50_000 })
        assert.deepStrictEqual([result.outcome, result.cause], ["failed", "output_limit"])
        assert.strictEqual(output.length, 50_000)
      })
    )
  })

const ending = (subject: Subject) =>
  describe("ending", () => {
    it.live(
      "ends when it is interrupted",
      on(subject, function* ({ runner, spec }) {
        const started = yield* Deferred.make<void>()
        const waiting = yield* spec("wait", { timeoutSeconds: 60 })
        const fiber = yield* runner
          .run(waiting, Effect.asVoid(Deferred.succeed(started, undefined)))
          .pipe(Effect.forkChild)
        yield* Deferred.await(started)
        yield* Fiber.interrupt(fiber).pipe(Effect.timeout("20 seconds"))
      })
    )

    withProcesses(subject, "leaves nothing alive when it is interrupted", function* (context) {
      const { fiber, pids } = yield* familyOf(context)
      yield* Fiber.interrupt(fiber)
      assert.deepStrictEqual(yield* context.alive(pids), [])
    })

    withProcesses(subject, "leaves nothing alive when its scope closes", function* (context) {
      const scope = yield* Scope.make()
      const { pids } = yield* Scope.provide(familyOf(context), scope)
      yield* Scope.close(scope, Exit.void)
      assert.deepStrictEqual(yield* context.alive(pids), [])
    })

    withProcesses(subject, "leaves nothing alive after the time limit", function* (context) {
      const { fiber, pids } = yield* familyWithin(context, 1)
      assert.strictEqual((yield* Fiber.join(fiber)).cause, "timeout")
      assert.deepStrictEqual(yield* context.alive(pids), [])
    })

    withProcesses(subject, "does not wait for a child that holds the output", function* (context) {
      const spec = yield* context.processSpec("orphan")
      const result = yield* context.runner.run(spec, Effect.void)
      assert.strictEqual(result.cause, "exit:0")
    })

    // In these the scope of the run is that of the test, which is still open.
    withProcesses(subject, "answers when nothing is alive any more", function* (context) {
      const spec = yield* context.processSpec("orphan")
      yield* context.runner.run(spec, Effect.void)
      assert.deepStrictEqual(yield* context.alive(yield* pidsIn(spec.workspace)), [])
    })

    withProcesses(subject, "answers a stop when nothing is alive any more", function* (context) {
      const stop = yield* Deferred.make<string>()
      const { fiber, pids } = yield* familyOf(context, { stop: Deferred.await(stop) })
      yield* Deferred.succeed(stop, "not wanted")
      assert.strictEqual((yield* Fiber.join(fiber)).cause, "not wanted")
      assert.deepStrictEqual(yield* context.alive(pids), [])
    })
  })

const surrounding = (subject: Subject) =>
  describe("surrounding", () => {
    withProcesses(subject, "gives the agent its workspace and its facts", function* (context) {
      const spec = yield* context.processSpec("surroundings")
      const result = yield* context.runner.run(spec, Effect.void)
      const text = (yield* bytesOf(result)).toString()
      const lines = text.split(subject.output === "events" ? /\\n|"/ : "\n")
      assert.include(lines, spec.workspace)
      for (const [name, value] of Object.entries(spec.environment)) {
        assert.include(lines, `${name}=${value}`)
      }
    })

    withProcesses(subject, "keeps the server's secrets from the agent", function* (context) {
      const names = ["FOREMAN_TOKEN", "DATABASE_URL", "AWS_SECRET_ACCESS_KEY", "GIT_CONFIG_COUNT"]
      yield* planted(names)
      const fresh = yield* context.makeRunner
      const result = yield* fresh.run(yield* context.processSpec("surroundings"), Effect.void)
      assert.notInclude((yield* bytesOf(result)).toString(), secret)
    })
  })

const secret = "a secret of the server"

const planted = (names: ReadonlyArray<string>) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const before = { ...process.env }
      for (const name of names) process.env[name] = secret
      return before
    }),
    (before) =>
      Effect.sync(() => {
        process.env = before
      })
  )
