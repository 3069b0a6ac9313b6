/**
 * Runs any command as a coding agent.
 *
 * The command reads what it is asked on stdin, finds facts in `FOREMAN_TASK_*` and `FOREMAN_RUN_*`,
 * works in the workspace that is its working folder, and answers with its last lines on stdout. Exit
 * code 0 means that it succeeded. It has the rights of the server on the machine and no sandbox.
 *
 * @since 0.1.0
 */
import { constants } from "node:fs"
import { access, mkdir, mkdtemp, rm, stat } from "node:fs/promises"
import { isAbsolute, join, resolve } from "node:path"

import { Effect, Schema, Stream } from "effect"
import type { Scope } from "effect"

import { AgentRunner } from "@foreman/core"
import { Supervisor } from "@foreman/process"
import type { Environment, ProcessError } from "@foreman/process"

// models ----------------------------------------------------------------------

/**
 * A program and its arguments. A program with a `/` in it is looked for from the server's folder, one
 * without in the folders of `PATH`; neither ever in a workspace.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Command = Schema.NonEmptyArray(
  Schema.String.check(Schema.isMaxLength(32_768), Schema.isPattern(/^[^\0]*$/))
)
  .check(Schema.isMaxLength(256))
  .annotate({ description: "The program and its arguments, passed as they are and to no shell" })
export type Command = typeof Command.Type

/**
 * What stands in the configuration of an agent whose runner is a command.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Config = Schema.Struct({
  command: Command,
  timeout_seconds: Schema.optionalKey(
    Schema.Finite.check(Schema.isGreaterThan(0)).annotate({
      description: "Ends a run after so many seconds, if its own limit has not ended it before"
    })
  )
})
export type Config = typeof Config.Type

/**
 * Where the runner finds commands and keeps output.
 *
 * @category configuration
 * @since 0.1.0
 */
export interface Options {
  /** The server's folder, absolute, from which relative commands are looked for. */
  readonly baseFolder: string
  /** An absolute folder for the output of live runs, made when missing. Each run's is removed with it. */
  readonly outputFolder: string
  /** Variables for every agent, beside the allowed ones of the server and the facts of the run. */
  readonly environment?: Environment.Environment
  /** From the request to end to the end by force; 2 unless set. */
  readonly graceSeconds?: number
}

// services --------------------------------------------------------------------

/**
 * Makes the runner `command`, whose agents name their command in their configuration.
 *
 * @category services
 * @since 0.1.0
 */
export const make = (
  options: Options
): Effect.Effect<AgentRunner.AgentRunner, never, Supervisor.Supervisor> =>
  runner("command", options, (config) => decode("command", config))

/**
 * Makes a runner with a command of the server's own, as the setting `FOREMAN_RUNNER` names one. What
 * agents have in their configuration does not matter to it.
 *
 * @category services
 * @since 0.1.0
 */
export const fixed = (
  name: string,
  command: ReadonlyArray<string>,
  options: Options
): Effect.Effect<AgentRunner.AgentRunner, never, Supervisor.Supervisor> =>
  runner(name, options, () => decode(name, { command }))

// internal --------------------------------------------------------------------

// More than an answer has room for, so that its beginning is cut between characters.
const tailBytes = 8_192

type Configuration = AgentRunner.RunSpec["agent"]["config"]

const runner = Effect.fnUntraced(function* (
  name: string,
  options: Options,
  configOf: (config: Configuration) => Effect.Effect<Config, AgentRunner.RunnerError>
) {
  const supervisor = yield* Supervisor.Supervisor
  const prepare = Effect.fnUntraced(function* (configuration: Configuration) {
    const config = yield* configOf(configuration)
    const [word, ...args] = config.command
    const program = yield* locate(name, word, options, supervisor.environment["PATH"])
    return { program, args, timeoutSeconds: config.timeout_seconds ?? Number.POSITIVE_INFINITY }
  })
  const start = Effect.fnUntraced(function* (spec: AgentRunner.RunSpec) {
    const { program, args, timeoutSeconds } = yield* prepare(spec.agent.config)
    return yield* supervisor.start({
      program,
      args,
      folder: spec.workspace,
      environment: { ...options.environment, ...spec.environment },
      input: spec.prompt,
      outputFolder: yield* outputFolder(name, options.outputFolder, spec.runId),
      timeoutSeconds: Math.min(timeoutSeconds, spec.timeoutSeconds),
      maxOutputBytes: spec.maxOutputBytes,
      ...(options.graceSeconds === undefined ? {} : { graceSeconds: options.graceSeconds })
    })
  })
  // The scope would end the process too, but it may stay open for longer than this effect.
  const run: AgentRunner.AgentRunner["run"] = (spec, started) =>
    Effect.uninterruptibleMask((restore) =>
      Effect.flatMap(start(spec), (running) =>
        restore(Effect.andThen(started, resultOf(name, running, spec.stop))).pipe(
          Effect.onInterrupt(() => Effect.ignore(running.end))
        )
      )
    ).pipe(Effect.catchTag("ProcessError", (error) => Effect.fail(failed(name, error))))
  return { name, check: (config: Configuration) => Effect.asVoid(prepare(config)), run }
})

const resultOf = Effect.fnUntraced(function* (
  name: string,
  running: Supervisor.RunningProcess,
  stop: Effect.Effect<string> = Effect.never
) {
  // A stopped run keeps its output, and says why it was stopped rather than how it died of it.
  let stoppedBy: string | undefined
  const stopped = Effect.flatMap(stop, (cause) => {
    stoppedBy = cause
    return running.end
  })
  const ending = yield* Effect.raceFirst(running.ended, stopped)
  const cause = stoppedBy ?? ending.cause
  return {
    outcome: cause === "exit:0" ? ("succeeded" as const) : ("failed" as const),
    exitCode: ending.exitCode,
    cause,
    answer: AgentRunner.lastWords(yield* running.stdoutTail(tailBytes)),
    said: Stream.mapError(running.stdout, (error) => failed(name, error)),
    output: Stream.mapError(running.output, (error) => failed(name, error))
  }
})

const decode = (name: string, config: unknown) =>
  Schema.decodeUnknownEffect(Config)(config).pipe(
    Effect.mapError(
      (error) =>
        new AgentRunner.RunnerError({
          runner: name,
          reason: "config",
          detail: `the configuration is wrong: ${error.message}`,
          retryable: false,
          cause: error
        })
    )
  )

const locate = Effect.fnUntraced(function* (
  name: string,
  word: string,
  { baseFolder }: Options,
  path: string | undefined
) {
  if (word.includes("/")) return yield* executable(name, resolve(baseFolder, word))
  // A relative folder of PATH would be looked for in the workspace, whose content is the agent's.
  const folders = (path ?? "").split(":").filter(isAbsolute)
  for (const folder of folders) {
    const found = yield* Effect.option(executable(name, join(folder, word)))
    if (found._tag === "Some") return found.value
  }
  return yield* unavailable(name, `${JSON.stringify(word)} is in no folder of PATH`)
})

const executable = Effect.fnUntraced(function* (name: string, path: string) {
  const problem = yield* Effect.promise(async () => {
    const isFile = await stat(path).then(
      (found) => found.isFile(),
      () => undefined
    )
    if (isFile !== true) return isFile === undefined ? "does not exist" : "is not a file"
    return access(path, constants.X_OK).then(
      () => undefined,
      () => "is not executable (chmod +x)"
    )
  })
  return problem === undefined ? path : yield* unavailable(name, `${path} ${problem}`)
})

const outputFolder = (
  name: string,
  parent: string,
  runId: string
): Effect.Effect<string, AgentRunner.RunnerError, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.tryPromise({
      try: async () => {
        await mkdir(parent, { recursive: true, mode: 0o700 })
        return mkdtemp(join(parent, `${runId.replaceAll(/[^\w-]/g, "_")}-`))
      },
      catch: (cause) =>
        new AgentRunner.RunnerError({
          runner: name,
          reason: "failed",
          detail: `no folder for its output can be made in ${parent}`,
          retryable: true,
          cause
        })
    }),
    (folder) => Effect.ignore(Effect.tryPromise(() => rm(folder, { recursive: true, force: true })))
  )

const unavailable = (runner: string, detail: string) =>
  new AgentRunner.RunnerError({ runner, reason: "unavailable", detail, retryable: false })

const failed = (runner: string, error: ProcessError.ProcessError) =>
  new AgentRunner.RunnerError({
    runner,
    reason: error.reason === "missing" || error.reason === "forbidden" ? "unavailable" : "failed",
    detail: error.detail,
    retryable: error.retryable,
    cause: error
  })
