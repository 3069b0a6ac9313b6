/**
 * A runner from a plain asynchronous function: for agents that live in this process, and for people
 * who do not write Effect.
 *
 * @since 0.1.0
 */
import { Effect, Stream } from "effect"
import { type AgentRunner, lastWords, RunnerError, type RunSpec } from "./AgentRunner.ts"

// models ----------------------------------------------------------------------

/**
 * Works at a task and answers what is to be kept as its output; throws to fail. The signal says
 * that the run is to end: after that nobody waits for the answer.
 *
 * @category models
 * @since 0.1.0
 */
export type Work = (spec: RunSpec, signal: AbortSignal) => Promise<string>

// services --------------------------------------------------------------------

/**
 * Makes a runner. Agents whose `config.runner` is the name are worked for by the function.
 *
 * **Example** (An agent that answers with the title of its task)
 *
 * ```ts import.meta.vitest
 * import { PromiseRunner } from "@foreman/core"
 *
 * const runner = PromiseRunner.make("echo", async ({ environment }) => environment.FOREMAN_TASK_TITLE ?? "")
 *
 * runner.name // => "echo"
 * ```
 *
 * @category services
 * @since 0.1.0
 */
export const make = (name: string, work: Work): AgentRunner => ({
  name,
  check: () => Effect.void,
  run: Effect.fnUntraced(function* (spec, started) {
    yield* started
    const worked = Effect.tryPromise({
      try: (signal) => work(spec, signal),
      catch: (cause) => failed(name, cause)
    }).pipe(
      Effect.map((output) => resultOf("exit:0", output, spec.maxOutputBytes)),
      Effect.timeoutOrElse({
        duration: `${spec.timeoutSeconds} seconds`,
        orElse: () => Effect.succeed(resultOf("timeout", "", spec.maxOutputBytes))
      })
    )
    const stopped = Effect.map(spec.stop ?? Effect.never, (cause) =>
      resultOf(cause, "", spec.maxOutputBytes)
    )
    return yield* Effect.raceFirst(worked, stopped)
  })
})

// internal --------------------------------------------------------------------

const resultOf = (cause: string, output: string, maxBytes: number) => {
  const whole = new TextEncoder().encode(output)
  const bytes = whole.subarray(0, maxBytes)
  const isOver = whole.length > maxBytes
  const isGood = cause === "exit:0" && !isOver
  return {
    outcome: isGood ? ("succeeded" as const) : ("failed" as const),
    exitCode: isGood ? 0 : null,
    cause: isOver ? "output_limit" : cause,
    answer: lastWords(bytes),
    output: Stream.succeed(bytes)
  }
}

const failed = (runner: string, cause: unknown): RunnerError =>
  new RunnerError({
    runner,
    reason: "failed",
    detail: cause instanceof Error ? cause.message : String(cause),
    retryable: false,
    cause
  })
