import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"

import { AgentRunner, AgentRunnerMemory } from "@foreman/core"
import { RunnerSuite } from "@foreman/testkit"

const lines = `${"a line of the answer\n".repeat(6_000)}so it is\ndone é\n`

const behaviours: Readonly<Record<RunnerSuite.Scenario, AgentRunnerMemory.Behaviour>> = {
  repeat: ({ prompt }) => Effect.succeed({ output: prompt }),
  deaf: () => Effect.succeed({}),
  answer: () => Effect.succeed({ output: lines }),
  fail: () => Effect.succeed({ exitCode: 3, output: "what went wrong\n" }),
  binary: () => Effect.succeed({ output: Uint8Array.from({ length: 256 }, (_, byte) => byte) }),
  longLine: () => Effect.succeed({ output: `${"x".repeat(1_000_000)}\n` }),
  flood: ({ maxOutputBytes }) => Effect.succeed({ output: new Uint8Array(maxOutputBytes + 1) }),
  wait: () => Effect.never,
  unusable: () => Effect.die("an agent with a wrong configuration ran")
}

const isScenario = (name: unknown): name is RunnerSuite.Scenario =>
  typeof name === "string" && name in behaviours

const scripted = AgentRunnerMemory.make(
  "memory",
  (spec) => {
    const { scenario } = spec.agent.config
    return isScenario(scenario) ? behaviours[scenario](spec) : Effect.die("no such scenario")
  },
  {
    check: ({ scenario }) =>
      scenario === "unusable"
        ? Effect.fail(
            new AgentRunner.RunnerError({
              runner: "memory",
              reason: "config",
              detail: "the scenario is unusable",
              retryable: false
            })
          )
        : Effect.void
  }
)

RunnerSuite.run("in memory", {
  runner: Effect.succeed(scripted),
  workspace: Effect.succeed("/nowhere"),
  config: (scenario) => ({ scenario })
})

const spec: AgentRunner.RunSpec = {
  runId: "run",
  taskId: 1,
  attempt: 1,
  agent: { id: "agent", name: "agent", model: "model", config: {} },
  prompt: "asked",
  workspace: "/nowhere",
  environment: {},
  timeoutSeconds: 60,
  maxOutputBytes: 100
}

describe("a runner in memory", () => {
  it.effect("lets a test's clock pass the time of its agents", () =>
    Effect.gen(function* () {
      const runner = AgentRunnerMemory.make("slow", () =>
        Effect.as(Effect.sleep("30 seconds"), { answer: "at last", output: "much more" })
      )
      const started = yield* Deferred.make<void>()
      const begin = Effect.asVoid(Deferred.succeed(started, undefined))
      const fiber = yield* Effect.forkChild(runner.run(spec, begin))
      yield* Deferred.await(started)
      yield* TestClock.adjust("29 seconds")
      assert.isUndefined(fiber.pollUnsafe())
      yield* TestClock.adjust("1 second")
      assert.strictEqual((yield* Fiber.join(fiber)).answer, "at last")
    })
  )
})

describe("the last words", () => {
  const wordsOf = (text: string) => AgentRunner.lastWords(new TextEncoder().encode(text))

  it("are the whole of a short output, without the blank end", () => {
    assert.strictEqual(wordsOf(""), "")
    assert.strictEqual(wordsOf(" first\n\nlast \n\n"), " first\n\nlast")
  })

  it("are fifty lines at most", () => {
    const numbers = Array.from({ length: 60 }, (_, index) => String(index))
    assert.strictEqual(wordsOf(numbers.join("\n")), numbers.slice(10).join("\n"))
  })

  it.each([1, 2, 3, 4, 5])("are cut between characters (%i bytes off)", (off) => {
    const words = wordsOf(`${"😀é".repeat(1_000)}${"x".repeat(off)}`)
    assert.notInclude(words, "\uFFFD")
    assert.isAtMost(new TextEncoder().encode(words).length, 4_096)
    assert.isAbove(words.length, 2_000)
  })

  it("keep their size when bytes that are no text are replaced", () => {
    const words = AgentRunner.lastWords(new Uint8Array(10_000).fill(0xff))
    assert.strictEqual(words, "\uFFFD".repeat(1_365))
    assert.strictEqual(wordsOf("a\0b"), "a\uFFFDb")
  })
})
