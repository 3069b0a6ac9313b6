/**
 * A runner without processes: what an agent would do is a function, for tests and for a try.
 *
 * It keeps the port's promises about prompts, limits and interruption, and starts nothing.
 *
 * @since 0.1.0
 */
import { Effect, Option, Stream } from "effect"

import { lastWords } from "./AgentRunner.ts"
import type { AgentRunner, RunnerError, RunResult, RunSpec } from "./AgentRunner.ts"

// models ----------------------------------------------------------------------

/**
 * What a pretended agent did in the end.
 *
 * @category models
 * @since 0.1.0
 */
export interface Performance {
  /** 0 unless set; anything else is a failure. */
  readonly exitCode?: number
  /** Nothing unless set. */
  readonly output?: string | Uint8Array
  /** The last lines of the output unless set. */
  readonly answer?: string
}

/**
 * What a pretended agent does. It may take its time, and it is interrupted as a process is ended.
 *
 * @category models
 * @since 0.1.0
 */
export type Behaviour = (spec: RunSpec) => Effect.Effect<Performance, RunnerError>

/**
 * What a runner in memory may be told beside its agent's behaviour.
 *
 * @category configuration
 * @since 0.1.0
 */
export interface Options {
  /** What is wrong with an agent's configuration. By default nothing ever is. */
  readonly check?: AgentRunner["check"]
}

// services --------------------------------------------------------------------

/**
 * Makes a runner whose agents behave as the function says.
 *
 * **Example** (An agent that repeats what it is asked)
 *
 * ```ts
 * import { Effect } from "effect"
 * import { AgentRunnerMemory } from "@foreman/core"
 *
 * AgentRunnerMemory.make("echo", (spec) => Effect.succeed({ output: spec.prompt }))
 * ```
 *
 * @category services
 * @since 0.1.0
 */
export const make = (name: string, behaviour: Behaviour, options: Options = {}): AgentRunner => {
  const check = options.check ?? (() => Effect.void)
  return {
    name,
    check,
    run: Effect.fnUntraced(function* (spec, started) {
      yield* check(spec.agent.config)
      yield* started
      const stopped = Effect.map(spec.stop ?? Effect.never, (cause) => ended(cause))
      const performed = behaviour(spec).pipe(
        Effect.timeoutOption(spec.timeoutSeconds * 1_000),
        Effect.map(
          Option.match({
            onNone: () => ended("timeout"),
            onSome: (done) => resultOf(done, spec)
          })
        )
      )
      return yield* Effect.raceFirst(performed, stopped)
    })
  }
}

// internal --------------------------------------------------------------------

const resultOf = (performance: Performance, { maxOutputBytes }: RunSpec): RunResult => {
  const { output = "", exitCode = 0 } = performance
  const bytes = typeof output === "string" ? new TextEncoder().encode(output) : output
  if (bytes.length > maxOutputBytes) return ended("output_limit", bytes.slice(0, maxOutputBytes))
  return {
    outcome: exitCode === 0 ? "succeeded" : "failed",
    exitCode,
    cause: `exit:${exitCode}`,
    answer: performance.answer ?? lastWords(bytes),
    output: Stream.succeed(bytes)
  }
}

const ended = (cause: string, bytes = new Uint8Array()): RunResult => ({
  outcome: "failed",
  exitCode: null,
  cause,
  answer: lastWords(bytes),
  output: Stream.succeed(bytes)
})
