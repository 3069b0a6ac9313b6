/**
 * One run of Codex from its start to its end.
 *
 * @since 0.1.0
 */
import { Clock, Deferred, Effect, Stream } from "effect"
import type { Scope } from "effect"

import { AgentRunner } from "@foreman/core"
import type { Environment, ProcessError, Supervisor } from "@foreman/process"
import type { Config, Options } from "../CodexRunner.ts"
import * as Connection from "./connection.ts"
import { isQuota, reasonOf } from "./ending.ts"
import type { Reason } from "./ending.ts"
import * as Following from "./following.ts"
import * as Home from "./home.ts"
import * as Permission from "./permission.ts"
import type { CodexProgram } from "./program.ts"
import type { Turn } from "./protocol.ts"
import * as Thread from "./thread.ts"

// models ----------------------------------------------------------------------

/** What a run takes. */
export interface Order {
  readonly supervisor: Supervisor.Supervisor["Service"]
  readonly options: Options
  readonly config: Config
  readonly program: CodexProgram
  /** The variable with the key of the model's provider, if it has one. */
  readonly key: Environment.Environment
  readonly spec: AgentRunner.RunSpec
  readonly started: Effect.Effect<void>
}

// services --------------------------------------------------------------------

/** Runs Codex, and answers how it ended. When it answers nothing of it is alive. */
export const run = (
  order: Order
): Effect.Effect<AgentRunner.RunResult, AgentRunner.RunnerError, Scope.Scope> =>
  Effect.uninterruptibleMask((restore) =>
    Effect.flatMap(Home.open(order.options, order.spec), (home) =>
      Effect.flatMap(launch(order, home), (running) =>
        // The scope would end the process too, but it may stay open for longer than this effect.
        restore(Effect.andThen(order.started, follow(order, home, running))).pipe(
          Effect.onInterrupt(() => Effect.ignore(running.end))
        )
      )
    )
  ).pipe(Effect.catchTag("ProcessError", (error) => Effect.fail(failed(error))))

// internal --------------------------------------------------------------------

const silenceSeconds = 300
const mostMalformed = 100
const drainMillis = 2_000
const defaultGraceSeconds = 2

/** What ends a run, whichever comes first. */
type End =
  | { readonly _tag: "Turn"; readonly turn: Turn }
  | { readonly _tag: "Ended" }
  | { readonly _tag: "Silent" }
  | { readonly _tag: "Malformed" }
  | { readonly _tag: "Stopped"; readonly cause: string }
  | { readonly _tag: "Refused"; readonly failure: Connection.CallFailed }

const launch = ({ config, key, options, program, spec, supervisor }: Order, home: Home.Home) =>
  supervisor.start({
    program: program.path,
    args: ["app-server"],
    folder: spec.workspace,
    environment: {
      ...options.environment,
      ...spec.environment,
      ...key,
      CODEX_HOME: home.codexHome,
      TMPDIR: home.temporaryFolder
    },
    keepsInputOpen: true,
    outputFolder: home.outputFolder,
    timeoutSeconds: Math.min(
      config.timeout_seconds ?? Number.POSITIVE_INFINITY,
      spec.timeoutSeconds
    ),
    maxOutputBytes: spec.maxOutputBytes,
    ...(options.graceSeconds === undefined ? {} : { graceSeconds: options.graceSeconds })
  })

const follow = Effect.fnUntraced(function* (
  order: Order,
  home: Home.Home,
  running: Supervisor.RunningProcess
) {
  const { config, options, spec } = order
  const { permission = denyAll, usage = () => Effect.void } = spec
  const following = Following.make(usage)
  const { pathsOf } = following
  const facts = { workspace: home.workspace, ask: permission, pathsOf }
  const connection = yield* Connection.open(running, {
    onNotice: following.onNotice,
    onRequest: (method, params) => Permission.answer(facts, method, params)
  })
  let turnId: string | undefined
  const onThread = following.setThread
  const turn = Effect.gen(function* () {
    const begun = yield* Thread.begin(connection, { config, options, spec, home, onThread })
    turnId = begun.turnId
    return { _tag: "Turn", turn: yield* Deferred.await(following.ended) } as const
  }).pipe(Effect.catch((failure) => onFailure(failure, running)))
  const first: End = yield* Effect.raceAllFirst<Effect.Effect<End, ProcessError.ProcessError>>([
    turn,
    Effect.as(running.ended, { _tag: "Ended" }),
    watch(config.silence_seconds ?? silenceSeconds, connection, following),
    Effect.map(spec.stop ?? Effect.never, (cause) => ({ _tag: "Stopped", cause }))
  ])
  const threadId = following.threadId()
  if (first._tag === "Stopped" && threadId !== undefined) {
    yield* Thread.interrupt(connection, { threadId, turnId })
  }
  const ending = yield* close(running, first, options.graceSeconds ?? defaultGraceSeconds)
  // The process may have ended before its last words were read.
  yield* Effect.timeoutOption(connection.drained, drainMillis)
  const late = Deferred.isDoneUnsafe(following.ended)
    ? ({ _tag: "Turn", turn: yield* Deferred.await(following.ended) } as const)
    : first
  const end = first._tag === "Ended" ? late : first
  const now = yield* Clock.currentTimeMillis
  const reason = judge(end, ending, { following, malformed: connection.malformed(), now })
  if (!isResumable(reason.cause)) yield* home.abandon
  return {
    outcome: reason.isSuccess ? ("succeeded" as const) : ("failed" as const),
    exitCode: ending.exitCode,
    cause: reason.cause,
    answer: AgentRunner.lastWords(new TextEncoder().encode(reason.answer)),
    output: Stream.mapError(running.output, failed)
  }
})

/** Nobody is there to answer, so what would need one does not happen. */
const denyAll: NonNullable<AgentRunner.RunSpec["permission"]> = () =>
  Effect.succeed({ _tag: "Deny", reason: "nobody can be asked" })

// A pipe that breaks and a request that is cut off are the process's end, which tells more.
const onFailure = (
  failure: Connection.CallFailed | ProcessError.ProcessError,
  running: Supervisor.RunningProcess
): Effect.Effect<End, ProcessError.ProcessError> =>
  failure._tag === "ProcessError" || failure.reason === "ended"
    ? Effect.as(running.ended, { _tag: "Ended" })
    : Effect.succeed({ _tag: "Refused", failure })

/** Waits until the model has been silent for too long, or what is said makes no sense. */
const watch = Effect.fnUntraced(function* (
  seconds: number,
  connection: Connection.Connection,
  following: Following.Following
): Effect.fn.Return<End> {
  for (;;) {
    yield* Effect.sleep(Math.min(1_000, 250 * seconds))
    if (connection.malformed() > mostMalformed) return { _tag: "Malformed" }
    // Before there is a thread each request has a bound of its own. Who waits for a person, a
    // command or a tool does not wait for the model.
    const hasThread = following.threadId() !== undefined
    if (!hasThread || connection.waiting() > 0 || following.isBusy()) continue
    const silent = (yield* Clock.currentTimeMillis) - connection.heardAt()
    if (silent > 1_000 * seconds) return { _tag: "Silent" }
  }
})

/** The end of stdin ends Codex and its commands; what does not end by it is ended. */
const close = Effect.fnUntraced(function* (
  running: Supervisor.RunningProcess,
  { _tag }: End,
  graceSeconds: number
) {
  if (_tag === "Ended") return yield* running.ended
  if (_tag === "Malformed") return yield* running.end
  yield* running.endInput
  return yield* running.ended.pipe(
    Effect.timeoutOrElse({ duration: 1_000 * graceSeconds, orElse: () => running.end })
  )
})

interface Known {
  readonly following: Following.Following
  readonly malformed: number
  readonly now: number
}

type Judged = Reason & { readonly isSuccess?: boolean }

const judge = (end: End, ending: Supervisor.Ending, known: Known): Judged => {
  const { following, malformed } = known
  const said = following.said()
  if (ending.cause === "output_limit") return { cause: "output_limit", answer: said }
  switch (end._tag) {
    case "Stopped":
      return { cause: end.cause, answer: said }
    case "Turn":
      return judgeTurn(end.turn, ending, known)
    case "Silent": {
      const error = following.lastError()
      if (error !== undefined && isQuota(error)) return ofError(error, known)
      return { cause: "silent", answer: said === "" ? "The model does not answer." : said }
    }
    case "Malformed":
      return { cause: "malformed_output", answer: "What codex writes is not its protocol." }
    case "Refused":
      return end.failure.reason === "late"
        ? { cause: "silent", answer: `Codex does not answer. ${end.failure.message}` }
        : { cause: "refused", answer: `Codex refuses to begin. ${end.failure.message}` }
    case "Ended":
      if (ending.cause !== "exit:0") return { cause: ending.cause, answer: said }
      return malformed > 0
        ? { cause: "malformed_output", answer: "What codex writes is not its protocol." }
        : { cause: "unfinished", answer: said === "" ? "Codex ended within its turn." : said }
  }
}

const judgeTurn = (turn: Turn, ending: Supervisor.Ending, known: Known): Judged => {
  const said = known.following.said()
  if (turn.status === "completed") {
    const answer = said === "" ? "Codex ended its turn without a word." : said
    return { cause: ending.exitCode === 0 ? "exit:0" : "completed", answer, isSuccess: true }
  }
  if (turn.error !== undefined && turn.error !== null) return ofError(turn.error, known)
  return { cause: "interrupted", answer: said === "" ? "The turn was interrupted." : said }
}

const ofError = (error: NonNullable<Turn["error"]>, { following, now }: Known) =>
  reasonOf(error, { resetsAt: following.resetsAt(), now })

/** Whether the next run should go on where this one was cut off. */
const isResumable = (cause: string) =>
  /^(signal:|quota|shutdown$|silent$|timeout$|unfinished$|unreachable$)/.test(cause)

const failed = (error: ProcessError.ProcessError) =>
  new AgentRunner.RunnerError({
    runner: "codex",
    reason: error.reason === "missing" || error.reason === "forbidden" ? "unavailable" : "failed",
    detail: error.detail,
    retryable: error.retryable,
    cause: error
  })
