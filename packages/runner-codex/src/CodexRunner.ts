/**
 * Runs OpenAI Codex as a coding agent, through `codex app-server`.
 *
 * What Codex may do inside its sandbox it does; what leaves the sandbox it asks, and Foreman answers.
 * A run has a private `CODEX_HOME`, never sees the settings of the machine's user, and takes no
 * settings from the repository it works in. Nothing of it is left when it ends; only the thread of a
 * run that was cut short stays, so that the task's next run goes on with it.
 *
 * @since 0.1.0
 */
import { Effect, Schema } from "effect"

import { AgentRunner } from "@foreman/core"
import { Supervisor } from "@foreman/process"
import type { Environment } from "@foreman/process"
import * as Program from "./internal/program.ts"
import { run as runCodex } from "./internal/run.ts"

// models ----------------------------------------------------------------------

/**
 * A service that speaks OpenAI's Responses API, for agents that shall not use OpenAI's own.
 *
 * @category schemas
 * @since 0.1.0
 */
export const ModelProvider = Schema.Struct({
  name: Schema.optionalKey(Schema.NonEmptyString.check(Schema.isMaxLength(100))),
  base_url: Schema.String.check(
    Schema.isMaxLength(2_000),
    Schema.isPattern(/^https?:\/\/[^\s]+$/u)
  ),
  env_key: Schema.optionalKey(
    Schema.String.check(Schema.isPattern(/^[A-Z][A-Z0-9_]{0,99}$/u)).annotate({
      description: "The variable with the key. The server must have been told to pass it on."
    })
  ),
  request_max_retries: Schema.optionalKey(atMost(100)),
  stream_max_retries: Schema.optionalKey(atMost(100)),
  stream_idle_timeout_ms: Schema.optionalKey(atMost(86_400_000))
})
export type ModelProvider = typeof ModelProvider.Type

/**
 * What stands in the configuration of an agent whose runner is `codex`.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Config = Schema.Struct({
  codex_path: Schema.optionalKey(
    Schema.String.check(Schema.isPattern(/^\/[^\0]*$/u)).annotate({
      description: "The program codex, absolute; else the server's, else the one in PATH"
    })
  ),
  model: Schema.optionalKey(Schema.NonEmptyString.check(Schema.isMaxLength(100))),
  model_provider: Schema.optionalKey(ModelProvider),
  sandbox: Schema.optionalKey(
    Schema.Literals(["read-only", "workspace-write"]).annotate({
      description: "A task that only reads is read-only whatever stands here"
    })
  ),
  approvals: Schema.optionalKey(
    Schema.Literals(["strict", "permissive"]).annotate({
      description: "Whether what leaves the sandbox needs a person (strict) or just happens"
    })
  ),
  silence_seconds: Schema.optionalKey(
    Schema.Finite.check(Schema.isGreaterThan(0)).annotate({
      description: "Ends a run whose model says nothing for so long; 300 unless set"
    })
  ),
  timeout_seconds: Schema.optionalKey(
    Schema.Finite.check(Schema.isGreaterThan(0)).annotate({
      description: "Ends a run after so many seconds, if its own limit has not ended it before"
    })
  )
})
export type Config = typeof Config.Type

/**
 * Where the runner finds Codex and keeps what belongs to runs.
 *
 * @category configuration
 * @since 0.1.0
 */
export interface Options {
  /**
   * An absolute folder for what live runs need, made when missing. It must lie neither under
   * `TMPDIR` nor in a workspace.
   */
  readonly stateFolder: string
  /** The program, for agents that name none; looked for in `PATH` unless given. */
  readonly codexPath?: string
  /** A login made by `codex login` (`auth.json`), which agents without a provider of their own use. */
  readonly loginFile?: string
  /** What holds for agents that say nothing else. */
  readonly defaults?: Config
  /** Keys that an agent's `env_key` may name. No other variable of the server can be named. */
  readonly keys?: Environment.Environment
  /** Variables for every agent, beside the allowed ones of the server and the facts of the run. */
  readonly environment?: Environment.Environment
  /** Starts the MCP server with the agent's own Foreman tools; without it there are none. */
  readonly foremanMcp?: { readonly command: string; readonly args: ReadonlyArray<string> }
  /** From the request to end to the end by force; 2 unless set. */
  readonly graceSeconds?: number
}

// rules -----------------------------------------------------------------------

/**
 * The oldest Codex that the runner drives. Its protocol is marked experimental and changes between
 * versions; newer ones are tried.
 *
 * @category configuration
 * @since 0.1.0
 */
export const oldestVersion = "0.169.0"

// services --------------------------------------------------------------------

/**
 * Makes the runner `codex`.
 *
 * @category services
 * @since 0.1.0
 */
export const make = Effect.fnUntraced(function* (
  options: Options
): Effect.fn.Return<AgentRunner.AgentRunner, never, Supervisor.Supervisor> {
  const supervisor = yield* Supervisor.Supervisor
  const programs = Program.make({ supervisor, options, oldestVersion })
  const prepare = Effect.fnUntraced(function* (
    configuration: AgentRunner.RunSpec["agent"]["config"]
  ) {
    const config = { ...options.defaults, ...(yield* decode(configuration)) }
    yield* keyOf(config, options)
    return { config, program: yield* programs.locate(config.codex_path) }
  })
  return {
    name,
    check: (configuration) => Effect.asVoid(prepare(configuration)),
    run: Effect.fnUntraced(function* (spec, started) {
      const { config, program } = yield* prepare(spec.agent.config)
      const key = yield* keyOf(config, options)
      return yield* runCodex({ supervisor, options, config, program, key, spec, started })
    })
  }
})

// internal --------------------------------------------------------------------

const name = "codex"

function atMost(maximum: number) {
  return Schema.Int.check(Schema.isBetween({ minimum: 0, maximum }))
}

const decode = (configuration: unknown) =>
  Schema.decodeUnknownEffect(Config)(configuration).pipe(
    Effect.mapError((error) => wrong(`the configuration is wrong: ${error.message}`, error))
  )

const keyOf = ({ model_provider: provider }: Config, { keys = {} }: Options) => {
  const variable = provider?.env_key
  if (variable === undefined) return Effect.succeed({})
  const value = keys[variable]
  return value === undefined
    ? Effect.fail(wrong(`env_key names ${variable}, which the server does not pass on`))
    : Effect.succeed({ [variable]: value })
}

const wrong = (detail: string, cause?: unknown) =>
  new AgentRunner.RunnerError({ runner: name, reason: "config", detail, retryable: false, cause })
