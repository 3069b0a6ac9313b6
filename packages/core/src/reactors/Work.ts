/**
 * The carrying out of one attempt: folder, agent, result, output.
 *
 * However it ends, the end is recorded with its cause, and what the agent wrote is kept. Whoever
 * interrupts it finds every process of the agent ended. Where the agent has ended already, what came
 * of it can still be found out: a store that is away costs no work that is done.
 *
 * @since 0.1.0
 */
import { Effect, Exit, Fiber, Option, Result, Schedule, Scope } from "effect"
import type { AgentRunner } from "../ports/AgentRunner.ts"
import type { ArtifactIntake } from "../ports/ArtifactIntake.ts"
import type { ArtifactStore } from "../ports/ArtifactStore.ts"
import type { Prepared, PrepareInput, Workspace } from "../ports/Workspace.ts"
import { CommitId } from "../rules/Identifier.ts"
import type { Terms } from "../rules/Lease.ts"
import type * as Run from "../rules/Run.ts"
import * as Attempts from "../services/Attempts.ts"
import * as RunObservation from "../services/RunObservation.ts"
import type { AskPerson } from "../services/People.ts"
import type { Policies } from "../services/Policies.ts"
import type { Shell } from "../services/Shell.ts"
import type { StoreClock } from "../services/StoreClock.ts"
import type { Tenure } from "../services/Tenure.ts"
import * as Permissions from "./Permissions.ts"
import * as WorkEnd from "./WorkEnd.ts"
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
  /**
   * Hears of its end before that is recorded, first as soon as its agent has ended. How it ended is
   * still to be found out then, which may be interrupted and begun again while the scope is open.
   */
  readonly heard?: (found: WorkEnd.Found) => void
  /** Completes when its end is not to wait any more for where its bytes are kept. */
  readonly hurry?: Effect.Effect<void>
}

// services --------------------------------------------------------------------

/**
 * Carries out an attempt to its recorded end, and says whether it could be recorded. The scope holds
 * what its agent wrote, until that is recorded.
 *
 * @category services
 * @since 0.1.0
 */
export const carryOut = (
  bench: Bench,
  order: Order
): Effect.Effect<boolean, never, Scope.Scope> => {
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
  const defect = WorkEnd.failed("foreman failed; its log says why")
  return WorkEnd.told(attempt.run.id, defect, work(bench, order, seen)).pipe(
    Effect.tap((ended) => Effect.sync(() => order.heard?.(foundAs(ended)))),
    Effect.flatMap(record),
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

/** Of an end that is known nothing is to be found out. */
const foundAs = (ended: Attempts.Ended): WorkEnd.Found => ({
  ended: Effect.succeed(ended),
  kept: Effect.succeed(ended.output ?? [])
})

const work = Effect.fnUntraced(function* (
  bench: Bench,
  order: Order,
  seen: RunObservation.RunObservation
) {
  const { attempt, tenure } = order
  const { agent } = attempt
  const runner = bench.runners.get(attempt.run.runner)
  if (runner === undefined) {
    return WorkEnd.failed(`there is no runner ${attempt.run.runner} here`, "runner_unusable")
  }
  const checked = yield* Effect.result(runner.check(agent.config))
  if (Result.isFailure(checked)) return WorkEnd.failed(checked.failure.detail, "runner_unusable")

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
    return WorkEnd.cancelled(prepared.cause)
  }
  if (Result.isSuccess(prepared)) return prepared.success
  const { _tag, detail, message } = prepared.failure
  yield* Effect.logWarning(`Run ${input.runId} of task ${input.taskId} cannot begin: ${message}`)
  return _tag === "RepositoryUnusable"
    ? WorkEnd.failed(message, "repository_unusable")
    : WorkEnd.failed(detail, null, "infrastructure")
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
  const scope = yield* Scope.fork(yield* Effect.scope)
  const result = yield* runner.run(spec, begun).pipe(
    Scope.provide(scope),
    Effect.onError((cause) => Scope.close(scope, Exit.failCause(cause))),
    Effect.result
  )
  // What never stood in the store as started is not brought in either.
  const refusal = yield* startRefused(started)
  if (refusal !== undefined) {
    yield* Scope.close(scope, Exit.void)
    const usage = answers.unrecorded()
    return { ...WorkEnd.failed(refusal, null, "infrastructure"), usage }
  }
  if (Result.isFailure(result)) {
    return { ...WorkEnd.unusable(result.failure), usage: answers.unrecorded() }
  }
  const place = { ...prepared, message: messageOf(attempt) }
  const { unrecorded } = answers
  const { hurry = Effect.never } = order
  const said = { result: result.success, scope, folder, unrecorded, access, hurry }
  const found = WorkEnd.make(bench, place, said)
  order.heard?.(found)
  return yield* found.ended
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
