/**
 * The carrying out of one attempt: folder, agent, result, output.
 *
 * However it ends, the end is recorded with its cause, and what the agent wrote is kept. Whoever
 * interrupts it finds every process of the agent ended.
 *
 * @since 0.1.0
 */
import { Cause, Effect, Exit, Fiber, Option, Result, Schedule } from "effect"
import type { AgentRunner, RunResult } from "../ports/AgentRunner.ts"
import type { ArtifactIntake, Folder } from "../ports/ArtifactIntake.ts"
import type { ArtifactStore } from "../ports/ArtifactStore.ts"
import type { CollectInput, Prepared, PrepareInput, Workspace } from "../ports/Workspace.ts"
import { CommitId } from "../rules/Identifier.ts"
import type { Terms } from "../rules/Lease.ts"
import * as Run from "../rules/Run.ts"
import type { Fault } from "../rules/Retry.ts"
import type { Hold } from "../rules/TaskWords.ts"
import * as ArtifactKeeping from "../services/ArtifactKeeping.ts"
import * as Attempts from "../services/Attempts.ts"
import * as RunObservation from "../services/RunObservation.ts"
import type { AskPerson } from "../services/People.ts"
import type { Policies } from "../services/Policies.ts"
import type { Shell } from "../services/Shell.ts"
import type { StoreClock } from "../services/StoreClock.ts"
import type { Tenure } from "../services/Tenure.ts"
import * as Permissions from "./Permissions.ts"
import { accessOf, messageOf, prepareInput, specOf } from "./WorkInput.ts"

// models ----------------------------------------------------------------------

/**
 * What runs may use and how much of it.
 *
 * @category configuration
 * @since 0.1.0
 */
export interface Limits {
  /** How long a run may take unless its agent's `timeout_seconds` says otherwise. */
  readonly timeoutSeconds: number
  readonly maxOutputBytes: number
}

/**
 * What carrying out an attempt stands on.
 *
 * @category models
 * @since 0.1.0
 */
export interface Bench {
  readonly shell: Shell["Service"]
  readonly clock: StoreClock["Service"]
  readonly runners: ReadonlyMap<string, AgentRunner>
  readonly workspace: Workspace
  readonly artifacts: ArtifactStore
  readonly intake?: ArtifactIntake | undefined
  readonly limits: Limits
  /** How long runs are taken to live without a word, if not as usual. */
  readonly terms?: Terms | undefined
  /** Whose disk the workspaces lie on, where nodes have disks of their own. */
  readonly node?: string | undefined
  /** Where a run's agent finds Foreman, once that is known. */
  readonly apiUrl: () => string | undefined
  readonly policies: Policies
  /** Asks a person what the policy wants one for. Without it that is denied. */
  readonly ask?: AskPerson | undefined
}

/**
 * One attempt to carry out.
 *
 * @category models
 * @since 0.1.0
 */
export interface Order {
  readonly tenure: Tenure
  readonly attempt: Attempts.Attempt
  /** The run's own token, for its agent alone. */
  readonly token: string
  /** Completes with a cause when the run is to end before its time. */
  readonly stop: Effect.Effect<string>
  /** Hears how it ended, before that is recorded. */
  readonly heard?: (ended: Attempts.Ended) => void
}

// services --------------------------------------------------------------------

/**
 * Carries out an attempt to its recorded end, and says whether it could be recorded.
 *
 * @category services
 * @since 0.1.0
 */
export const carryOut = (bench: Bench, order: Order): Effect.Effect<boolean> => {
  const { attempt, tenure } = order
  const seen = RunObservation.make(tenure.organization, attempt.run)
  const record = (ended: Attempts.Ended) =>
    Effect.retry(
      Attempts.end(bench.shell, Attempts.under(tenure), { ...ended, attempt: attempt.run }),
      {
        schedule: Schedule.exponential("200 millis").pipe(Schedule.upTo({ times: 8 })),
        while: (error) => error._tag === "Busy" || error._tag === "StoreUnavailable"
      }
    ).pipe(Effect.andThen(seen.ended(ended.outcome)))
  return Effect.scoped(
    work(bench, order, seen).pipe(
      Effect.catchDefect((defect) =>
        Effect.as(
          Effect.logError(`Run ${attempt.run.id} met a defect`, Cause.die(defect)),
          failed("foreman failed; its log says why")
        )
      ),
      Effect.tap((ended) => Effect.sync(() => order.heard?.(ended))),
      Effect.flatMap(record)
    )
  ).pipe(
    Effect.as(true),
    Effect.catch((error) =>
      Effect.as(
        bench.shell.outage.missed(`The end of run ${attempt.run.id} is not recorded`, error),
        false
      )
    ),
    seen.around
  )
}

// internal --------------------------------------------------------------------

const nothing = { exitCode: null, answer: null, headCommit: null, hold: null, output: null }

const failed = (
  cause: string,
  hold: Hold | null = null,
  fault: Fault = "agent"
): Attempts.Ended => ({ ...nothing, outcome: "failed", cause, fault, hold })

const work = Effect.fnUntraced(function* (
  bench: Bench,
  order: Order,
  seen: RunObservation.RunObservation
) {
  const { attempt, tenure } = order
  const { agent } = attempt
  const runner = bench.runners.get(attempt.run.runner)
  if (runner === undefined) {
    return failed(`there is no runner ${attempt.run.runner} here`, "runner_unusable")
  }
  const checked = yield* Effect.result(runner.check(agent.config))
  if (Result.isFailure(checked)) return failed(checked.failure.detail, "runner_unusable")

  const input = prepareInput(tenure, attempt)
  const prepared = yield* prepare(bench, order, input)
  return "outcome" in prepared
    ? prepared
    : yield* run(bench, { order, runner, seen }, { ...input, ...prepared })
})

/** Makes the folder ready, unless the run is to end before that. */
const prepare = Effect.fnUntraced(function* (bench: Bench, { stop }: Order, input: PrepareInput) {
  // One that is to end already gets no folder: that is asked first.
  const prepared = yield* Effect.raceFirst(
    Effect.map(stop, (cause) => ({ _tag: "Stopped", cause }) as const),
    Effect.result(bench.workspace.prepare(input))
  )
  if (prepared._tag === "Stopped") {
    return { ...nothing, outcome: "cancelled" as const, cause: prepared.cause }
  }
  if (Result.isSuccess(prepared)) return prepared.success
  const { _tag, detail, message } = prepared.failure
  yield* Effect.logWarning(`Run ${input.runId} of task ${input.taskId} cannot begin: ${message}`)
  return _tag === "RepositoryUnusable"
    ? failed(message, "repository_unusable")
    : failed(detail, null, "infrastructure")
})

/** With what an attempt is carried out. */
interface Tools {
  readonly order: Order
  readonly runner: AgentRunner
  readonly seen: RunObservation.RunObservation
}

/** Lets the agent work in its folder, and takes in what comes of it. */
const run = Effect.fnUntraced(function* (
  bench: Bench,
  { order, runner, seen }: Tools,
  prepared: PrepareInput & Prepared
) {
  const { attempt, tenure } = order
  const { baseCommit, path } = prepared
  // The run is in the store since it was queued; that its folder is ready need not be before its
  // agent is started: it is written as soon as that one is on its way. A run that was cancelled
  // meanwhile is stopped like any other one.
  const started = yield* Effect.forkChild(
    Attempts.start(bench.shell, tenure, attempt.run, {
      workspace: path,
      baseCommit: baseCommit === null ? null : CommitId.make(baseCommit),
      node: bench.node
    })
  )
  const begun = Fiber.join(started).pipe(
    Effect.andThen(seen.begun),
    Effect.andThen(Attempts.begin(bench.shell, tenure, attempt.run)),
    Effect.catch((error) =>
      Effect.logDebug(`Run ${attempt.run.id} began too late: ${error.message}`)
    ),
    Effect.asVoid
  )
  const stop = Effect.raceFirst(order.stop, refusalOf(started))
  const access = accessOf(attempt)
  const answers = Permissions.make({
    ...bench,
    tenure,
    attempt,
    access,
    workspace: path,
    ask: bench.ask
  })
  const { permission, usage } = answers
  const folder = yield* openFolder(bench, attempt.run)
  const spec = { ...specOf(bench, order, path, folder), stop, access, permission, usage }
  const place = { ...prepared, message: messageOf(attempt) }
  const kept = (said: RunResult) => keep(bench, place, said, folder)
  // Its processes have ended before its work is taken in, whatever the runner says of them.
  const result = yield* Effect.scoped(Effect.result(Effect.flatMap(runner.run(spec, begun), kept)))
  yield* answers.settle
  // What never stood in the store as started is not brought in either.
  const refusal = yield* startRefused(started)
  if (refusal !== undefined) return failed(refusal, null, "infrastructure")
  if (Result.isFailure(result)) {
    const { detail, reason, retryable } = result.failure
    return reason === "failed"
      ? failed(detail, null, retryable ? "infrastructure" : "agent")
      : failed(detail, "runner_unusable")
  }
  return yield* settle(bench, result.success, place)
})

/** Why a run may not go on that could not be started; what was started is never refused. */
const refusalOf = <A, E extends { readonly message: string }>(fiber: Fiber.Fiber<A, E>) =>
  Effect.filterOrElse(
    startRefused(fiber),
    (refusal) => refusal !== undefined,
    () => Effect.never
  )

const startRefused = <A, E extends { readonly message: string }>(fiber: Fiber.Fiber<A, E>) =>
  Effect.map(Fiber.await(fiber), (exit) =>
    Exit.isSuccess(exit)
      ? undefined
      : Option.match(Exit.findErrorOption(exit), {
          onNone: () => "foreman failed; its log says why",
          onSome: ({ message }) => message
        })
  )

/** Where the agent leaves what it wants kept. A run goes on without it. */
const openFolder = ({ intake }: Bench, { id }: Run.Run) =>
  intake === undefined
    ? Effect.succeed(undefined)
    : Effect.catch(intake.open(id), (error) => Effect.as(Effect.logError(error.message), undefined))

/** Keeps what the agent wrote. */
const keep = Effect.fnUntraced(function* (
  bench: Bench,
  place: CollectInput & Prepared,
  said: RunResult,
  folder: Folder | undefined
) {
  const { maxOutputBytes } = bench.limits
  const output = yield* ArtifactKeeping.keep(bench, place, said, { maxOutputBytes, folder })
  return { said, output }
})

/** Takes in what the agent left. */
const settle = Effect.fnUntraced(function* (
  bench: Bench,
  { output, said }: Effect.Success<ReturnType<typeof keep>>,
  place: CollectInput & Prepared
) {
  const { answer, cause, exitCode, outcome } = said
  const ended = { ...nothing, exitCode, answer, output }
  if (outcome === "failed") {
    const isStopped = cause === "cancelled" || cause === Run.stopped || cause === Run.shutdown
    return { ...ended, outcome: isStopped ? ("cancelled" as const) : outcome, cause }
  }
  const collected = yield* Effect.result(bench.workspace.collect(place))
  if (Result.isFailure(collected)) {
    const { _tag, message } = collected.failure
    const fault = _tag === "ResultNotOnBase" ? "agent" : "infrastructure"
    return { ...ended, outcome: "failed" as const, cause: message, fault } as const
  }
  const { headCommit } = collected.success
  const head = headCommit === null ? null : CommitId.make(headCommit)
  return { ...ended, outcome, cause, headCommit: head }
})
