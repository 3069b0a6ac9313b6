/**
 * The port that drives a coding agent: one attempt at one task, from its prompt to its end.
 *
 * A runner starts the agent, keeps its output and says how it ended. It decides nothing about the
 * task; what the end means is core's.
 *
 * @since 0.1.0
 */
import { Context, Data } from "effect"
import type { Effect, Scope, Stream } from "effect"
import type { AgentRequest, TokenUsage, Verdict } from "../rules/AgentRequest.ts"

// models ----------------------------------------------------------------------

/**
 * What a runner is told about the attempt.
 *
 * @category models
 * @since 0.1.0
 */
export interface RunSpec {
  readonly runId: string
  readonly taskId: number
  /** Counts from 1 per task; also the run's fencing token. */
  readonly attempt: number
  readonly agent: {
    readonly id: string
    readonly name: string
    readonly model: string
    /** The agent's configuration as its owner wrote it: untrusted until the runner has decoded it. */
    readonly config: Readonly<Record<string, unknown>>
  }
  /** What the agent is asked. It never becomes an argument of a command line. */
  readonly prompt: string
  /** The folder in which the agent works, absolute. */
  readonly workspace: string
  /** Facts for the agent's environment: `FOREMAN_TASK_*`, `FOREMAN_RUN_*`, `FOREMAN_API_URL`. */
  readonly environment: Readonly<Record<string, string>>
  readonly timeoutSeconds: number
  /** Output beyond this ends the run. */
  readonly maxOutputBytes: number
  /** What the agent may do with its workspace; `write` unless given. */
  readonly access?: "read" | "write"
  /**
   * Completes when the run is to end before its time, with the cause that the result then has. The
   * output so far is kept, which an interruption would lose.
   */
  readonly stop?: Effect.Effect<string>
  /**
   * Decides what the agent asks before it does it. It may wait for a person. Without it a runner
   * denies.
   */
  readonly permission?: (request: AgentRequest) => Effect.Effect<Verdict>
  /** Takes what the run has used in all so far: the latest report counts, reports are never added. */
  readonly usage?: (total: TokenUsage) => Effect.Effect<void>
}

/**
 * How an attempt ended.
 *
 * @category models
 * @since 0.1.0
 */
export interface RunResult {
  readonly outcome: "succeeded" | "failed"
  readonly exitCode: number | null
  /**
   * `exit:<code>`, `signal:<name>`, `timeout`, `output_limit`, or what `stop` said. Runners that
   * understand their agent say more: `quota` or `quota:<when it is lifted, ISO 8601>`,
   * `unauthorized`, `unreachable` and `model_error` (of the model behind it), `silent` (nothing is
   * said any more), `refused`, `malformed_output`, `interrupted`, `unfinished`, and `completed` for
   * what succeeded without an exit code of 0.
   */
  readonly cause: string
  /** What the agent said last, for a person to read. */
  readonly answer: string
  /** All of the answer, where that may be more than `answer`. Readable like the output, as often. */
  readonly said?: Stream.Stream<Uint8Array, RunnerError>
  /**
   * Everything it wrote. Each reading gives all of it from its beginning, also behind one that was
   * given up in the middle: what a store that was away did not take is read again. Readable until the
   * scope of the run closes. A chunk is good until the next one is asked for.
   */
  readonly output: Stream.Stream<Uint8Array, RunnerError>
}

// errors ----------------------------------------------------------------------

/**
 * The runner could not start or follow the agent.
 *
 * @category errors
 * @since 0.1.0
 */
export class RunnerError extends Data.TaggedError("RunnerError")<{
  readonly runner: string
  /** `unavailable`: not installed or not executable. `config`: the agent's configuration is wrong. */
  readonly reason: "unavailable" | "config" | "failed"
  /** What is wrong and what to do, for a person to read. */
  readonly detail: string
  readonly retryable: boolean
  readonly cause?: unknown
}> {
  override get message() {
    return `The runner ${this.runner} failed: ${this.detail}`
  }
}

// rules -----------------------------------------------------------------------

/**
 * The answer of an agent that does not mark it: the last lines of what it wrote, fifty at most and in
 * no more than four KiB of UTF-8, cut between characters.
 *
 * **Gotchas**
 *
 * What is no UTF-8, and each NUL character, which not every store can keep, becomes U+FFFD.
 *
 * @category rules
 * @since 0.1.0
 */
export const lastWords = (output: Uint8Array): string => {
  const text = decodeTail(output).replaceAll("\0", "\uFFFD").trimEnd()
  const lines = text.split("\n").slice(-mostAnswerLines).join("\n")
  // Replacing a byte makes three of it.
  return decodeTail(new TextEncoder().encode(lines))
}

// services --------------------------------------------------------------------

/**
 * An adapter that drives one kind of agent.
 *
 * **Gotchas**
 *
 * When `run` answers, every process that it started has ended, however the run ended: the scope may
 * stay open for long after that, while a store that is away cannot take the output. They have ended as
 * well when the effect is interrupted or the scope closes before there is an answer.
 *
 * @category services
 * @since 0.1.0
 */
export interface AgentRunner {
  /** What `config.runner` of an agent names, say `command`. */
  readonly name: string
  /** Says what is wrong with an agent's configuration before anything starts. */
  readonly check: (config: Readonly<Record<string, unknown>>) => Effect.Effect<void, RunnerError>
  /** `started` must be run as soon as the agent's process lives. */
  readonly run: (
    spec: RunSpec,
    started: Effect.Effect<void>
  ) => Effect.Effect<RunResult, RunnerError, Scope.Scope>
}

/**
 * The runners of this process by name.
 *
 * @category services
 * @since 0.1.0
 */
export class AgentRunners extends Context.Service<AgentRunners, ReadonlyMap<string, AgentRunner>>()(
  "@foreman/core/AgentRunners"
) {}

// internal --------------------------------------------------------------------

const mostAnswerBytes = 4_096
const mostAnswerLines = 50

const decodeTail = (bytes: Uint8Array): string => {
  let begin = Math.max(0, bytes.length - mostAnswerBytes)
  // A byte of the form 10xxxxxx goes on with a character that began before; there are three at most.
  for (let skipped = 0; begin > 0 && skipped < 3; skipped += 1) {
    if (((bytes[begin] ?? 0) & 0xc0) !== 0x80) break
    begin += 1
  }
  return new TextDecoder().decode(bytes.subarray(begin))
}
