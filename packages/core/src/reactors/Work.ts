/**
 * The carrying out of one attempt: folder, agent, result, output.
 *
 * However it ends, the end is recorded with its cause, and what the agent wrote is kept. Whoever
 * interrupts it finds every process of the agent ended.
 *
 * @since 0.1.0
 */
import { Cause, Effect, Exit, Fiber, Option, Result, Schedule } from "effect"
import { SecureRandom } from "effect/crypto"
import type { AgentRunner, RunResult, RunSpec } from "../ports/AgentRunner.ts"
import type { ArtifactStore } from "../ports/ArtifactStore.ts"
import type { CollectInput, Prepared, PrepareInput, Workspace } from "../ports/Workspace.ts"
import { ArtifactId, CommitId } from "../rules/Identifier.ts"
import * as Prompt from "../rules/Prompt.ts"
import type { Hold } from "../rules/TaskWords.ts"
import * as Attempts from "../services/Attempts.ts"
import * as RunObservation from "../services/RunObservation.ts"
import type { AskPerson } from "../services/People.ts"
import type { Shell } from "../services/Shell.ts"
import type { StoreClock } from "../services/StoreClock.ts"
import type { Tenure } from "../services/Tenure.ts"
import * as Permissions from "./Permissions.ts"

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
  readonly limits: Limits
  /** Whose disk the workspaces lie on, where nodes have disks of their own. */
  readonly node?: string | undefined
  /** Where a run's agent finds Foreman, once that is known. */
  readonly apiUrl: () => string | undefined
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
    Effect.retry(Attempts.end(bench.shell, tenure, { ...ended, attempt: attempt.run }), {
      schedule: Schedule.exponential("200 millis").pipe(Schedule.upTo({ times: 8 })),
      while: (error) => error._tag === "Busy" || error._tag === "StoreUnavailable"
    }).pipe(Effect.andThen(seen.ended(ended.outcome)))
  return Effect.scoped(
    work(bench, order, seen).pipe(
      Effect.catchDefect((defect) =>
        Effect.as(
          Effect.logError(`Run ${attempt.run.id} met a defect`, Cause.die(defect)),
          failed("foreman failed; its log says why")
        )
      ),
      Effect.flatMap(record)
    )
  ).pipe(
    Effect.as(true),
    Effect.catch((error) =>
      Effect.as(
        Effect.logWarning(`The end of run ${attempt.run.id} is not recorded: ${error.message}`),
        false
      )
    ),
    seen.around
  )
}

// internal --------------------------------------------------------------------

const nothing = { exitCode: null, answer: null, headCommit: null, hold: null, output: null }

const failed = (cause: string, hold: Hold | null = null): Attempts.Ended => ({
  ...nothing,
  outcome: "failed",
  cause,
  hold
})

const work = Effect.fnUntraced(function* (
  bench: Bench,
  order: Order,
  seen: RunObservation.RunObservation
) {
  const { attempt, tenure } = order
  const { agent, run } = attempt
  const runner = bench.runners.get(run.runner)
  if (runner === undefined) {
    return failed(`there is no runner ${run.runner} here`, "runner_unusable")
  }
  const checked = yield* Effect.result(runner.check(agent.config))
  if (Result.isFailure(checked)) return failed(checked.failure.detail, "runner_unusable")

  const input = prepareInput(tenure, attempt)
  const prepared = yield* Effect.result(bench.workspace.prepare(input))
  if (Result.isFailure(prepared)) {
    const { _tag, detail } = prepared.failure
    return failed(detail, _tag === "RepositoryUnusable" ? "repository_unusable" : null)
  }
  const { baseCommit, path } = prepared.success
  // The run is in the store since it was queued; that its folder is ready need not be before its
  // agent is started. A run that was cancelled meanwhile is stopped like any other one.
  const started = yield* Effect.forkChild(
    Attempts.start(bench.shell, tenure, run, {
      workspace: path,
      baseCommit: baseCommit === null ? null : CommitId.make(baseCommit),
      node: bench.node
    }),
    { startImmediately: true }
  )
  const begun = Fiber.join(started).pipe(
    Effect.andThen(seen.begun),
    Effect.andThen(Attempts.begin(bench.shell, tenure, run)),
    Effect.catch((error) => Effect.logDebug(`Run ${run.id} began too late: ${error.message}`)),
    Effect.asVoid
  )
  const stop = Effect.raceFirst(order.stop, refusalOf(started))
  const access = accessOf(attempt)
  const answers = Permissions.make({ ...bench, tenure, attempt, access, ask: bench.ask })
  const { permission, usage } = answers
  const spec = { ...specOf(bench, order, path), stop, access, permission, usage }
  const result = yield* Effect.result(runner.run(spec, begun))
  yield* answers.settle
  // What never stood in the store as started is not brought in either.
  const refusal = yield* startRefused(started)
  if (refusal !== undefined) return failed(refusal)
  if (Result.isFailure(result)) {
    const { detail, reason } = result.failure
    return failed(detail, reason === "failed" ? null : "runner_unusable")
  }
  return yield* settle(bench, result.success, {
    ...input,
    ...prepared.success,
    message: messageOf(attempt)
  })
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

/** Keeps what the agent wrote and takes in what it left. */
const settle = Effect.fnUntraced(function* (
  { artifacts, limits, workspace }: Bench,
  { answer, cause, exitCode, outcome, output }: RunResult,
  place: CollectInput & Prepared
) {
  // Both ends of the output may go a little beyond the limit that ended the run.
  const kept = yield* Effect.result(
    artifacts.put(place.organizationId, output, { maxBytes: 2 * limits.maxOutputBytes })
  )
  if (Result.isFailure(kept)) yield* Effect.logError(kept.failure.message)
  const id = ArtifactId.make(SecureRandom.uuidV7Unsafe())
  const ended = {
    ...nothing,
    exitCode,
    answer,
    output: Result.isSuccess(kept) ? { ...kept.success, id } : null
  }
  if (outcome === "failed") {
    const isStopped = cause === "cancelled" || cause === "shutdown"
    return { ...ended, outcome: isStopped ? ("cancelled" as const) : outcome, cause }
  }
  const collected = yield* Effect.result(workspace.collect(place))
  if (Result.isFailure(collected)) {
    return { ...ended, outcome: "failed" as const, cause: collected.failure.message }
  }
  const { headCommit } = collected.success
  const head = headCommit === null ? null : CommitId.make(headCommit)
  return { ...ended, outcome, cause, headCommit: head }
})

const prepareInput = (
  { organization }: Tenure,
  { repository, run, task }: Attempts.Attempt
): PrepareInput => {
  const { baseCommit, headCommit } = task
  return {
    organizationId: organization,
    taskId: task.id,
    runId: run.id,
    branch: run.branch,
    repository: repository && { ...repository, organizationId: organization },
    previous: baseCommit === null || headCommit === null ? null : { baseCommit, headCommit }
  }
}

const specOf = (bench: Bench, { attempt, stop, token }: Order, workspace: string): RunSpec => {
  const { agent, feedback, repository, run, task } = attempt
  const { limits } = bench
  const timeout = agent.config["timeout_seconds"]
  const apiUrl = bench.apiUrl()
  return {
    runId: run.id,
    taskId: task.id,
    attempt: run.attempt,
    agent: { id: agent.id, name: agent.name, model: agent.model, config: agent.config },
    prompt: Prompt.of(task, { hasRepository: repository !== null, feedback }),
    workspace,
    environment: {
      FOREMAN_TASK_ID: String(task.id),
      FOREMAN_TASK_TITLE: task.title,
      FOREMAN_TASK_PRIORITY: task.priority,
      FOREMAN_TASK_BRANCH: task.branch,
      FOREMAN_TASK_TEAM_ID: task.teamId,
      FOREMAN_RUN_ID: run.id,
      FOREMAN_RUN_ATTEMPT: String(run.attempt),
      FOREMAN_RUN_AGENT_ID: agent.id,
      FOREMAN_RUN_TOKEN: token,
      ...(apiUrl === undefined ? {} : { FOREMAN_API_URL: apiUrl })
    },
    timeoutSeconds: typeof timeout === "number" && timeout > 0 ? timeout : limits.timeoutSeconds,
    maxOutputBytes: limits.maxOutputBytes,
    stop
  }
}

const accessOf = ({ task }: Attempts.Attempt) => task.type

const messageOf = ({ run, task }: Attempts.Attempt): string =>
  `${task.title}\n\nTask ${task.id}, run ${run.attempt}.`
