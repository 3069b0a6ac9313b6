/**
 * Runs of which nothing is heard any more: recorded as lost, and what they held given back.
 *
 * @since 0.1.0
 */
import { Cause, Effect, Option } from "effect"
import type { StoreUnavailable } from "../operations/Refusal.ts"
import type { Row, Step } from "../ports/Driver.ts"
import { RunId } from "../rules/Identifier.ts"
import { isDue } from "../rules/Lease.ts"
import * as Run from "../rules/Run.ts"
import * as AttemptEnd from "./AttemptEnd.ts"
import type { NotStarted } from "./AttemptShell.ts"
import { forgotten } from "./Leases.ts"
import * as Projection from "./Projection.ts"
import * as RunObservation from "./RunObservation.ts"
import type { Shell, ShellFailure } from "./Shell.ts"

// services --------------------------------------------------------------------

/**
 * Records a run as lost, if it is not over.
 *
 * @category services
 * @since 0.1.0
 */
export const lose = (
  shell: Shell["Service"],
  fence: AttemptEnd.Fence,
  run: Run.Run
): Effect.Effect<void, NotStarted | ShellFailure> => {
  const lost = { outcome: "lost", exitCode: null, cause: "lost", answer: null } as const
  const nothing = { headCommit: null, hold: null, output: null }
  const end = AttemptEnd.end(shell, fence, { ...lost, ...nothing, attempt: run })
  return Effect.andThen(end, RunObservation.ended("lost"))
}

/**
 * Ends a run that nobody has begun, or that this process has stopped because it could not go on itself:
 * its task is queued again, and nothing has failed.
 *
 * @category services
 * @since 0.1.0
 */
export const giveBack = (
  shell: Shell["Service"],
  fence: AttemptEnd.Fence,
  run: Run.Run
): Effect.Effect<void, NotStarted | ShellFailure> => {
  const over = { outcome: "cancelled", exitCode: null, cause: Run.shutdown, answer: null } as const
  const nothing = { headCommit: null, hold: null, output: null }
  const end = AttemptEnd.end(shell, fence, { ...over, ...nothing, attempt: run })
  return Effect.andThen(end, RunObservation.ended("cancelled"))
}

/**
 * Records how a run ended that was over before that could be written. Where it cannot be written at all,
 * now or later, the run is lost: whoever takes over must not meet that again and again. Says whether it
 * is recorded.
 *
 * @category services
 * @since 0.1.0
 */
export const recall = (
  shell: Shell["Service"],
  fence: AttemptEnd.Fence,
  run: Run.Run,
  ended: AttemptEnd.Ended
): Effect.Effect<boolean, NotStarted | ShellFailure> =>
  AttemptEnd.end(shell, fence, { ...ended, attempt: run }).pipe(
    Effect.andThen(RunObservation.ended(ended.outcome)),
    Effect.as(true),
    Effect.catchCauseIf(isForGood, (cause) =>
      Effect.andThen(
        lose(shell, fence, run),
        Effect.as(
          Effect.logError(`The end of run ${run.id} is not recorded: it is lost`, cause),
          false
        )
      )
    )
  )

/**
 * Goes on where recording the end of a run is refused for good, and says so once, however often that is
 * asked for. What passes is left to whoever asks again. Says whether it is recorded.
 *
 * @category services
 * @since 0.1.0
 */
export const orTold = <A>(
  shell: Shell["Service"],
  { id }: Pick<Run.Run, "id">,
  recording: Effect.Effect<A, NotStarted | ShellFailure>
): Effect.Effect<boolean, NotStarted | ShellFailure> =>
  Effect.catchCauseIf(Effect.as(recording, true), isForGood, (cause) => {
    const known = told.get(shell) ?? new Set()
    told.set(shell, known)
    if (known.has(id)) return Effect.as(Effect.logDebug(`Run ${id} is still not recorded`), false)
    // Beyond that nobody is told of each, but nothing grows without end.
    if (known.size < toldMost) known.add(id)
    const error = Option.getOrUndefined(Cause.findErrorOption(cause))
    const words =
      `The end of run ${id} cannot be recorded: it stays as the store has it, and this server goes ` +
      "on without it. If it is still live there, end it (foreman run stop, stop_task_run)"
    // A refusal says all in a line; of a defect the log needs to know where it was.
    const said =
      error === undefined
        ? Effect.logError(`${words}.`, cause)
        : Effect.logError(`${words}. The refusal: ${refusalOf(error)}`)
    return Effect.as(said, false)
  })

/**
 * The fence of whoever ends a run for want of a word: it holds while there is none.
 *
 * @category services
 * @since 0.1.0
 */
export const silent = (organization: string, runId: RunId, now: number): AttemptEnd.Fence => ({
  organization,
  guard: {
    _tag: "Require",
    table: "heartbeats",
    key: { run_id: runId },
    where: [{ columns: ["until"], is: "<=", than: now }]
  }
})

/**
 * The live runs of an organisation whose time is up. What is kept of runs that are over is forgotten.
 *
 * @category services
 * @since 0.1.0
 */
export const due = Effect.fnUntraced(function* (
  shell: Shell["Service"],
  organization: string,
  now: number
): Effect.fn.Return<ReadonlyArray<Run.Run>, StoreUnavailable> {
  const found: Array<Run.Run> = []
  const over: Array<Step> = []
  for (let after: Row | undefined; ;) {
    const from = after === undefined ? {} : { after }
    const query = { organization, table: "heartbeats", index: "key", equals: {}, ...from }
    const page: ReadonlyArray<Row> = yield* shell.read((driver) =>
      driver.find({ ...query, limit: pageSize })
    )
    for (const row of page) {
      if (!isDue(Number(row["until"]), now)) continue
      const id = RunId.make(String(row["run_id"]))
      const stored = yield* shell.read((driver) => driver.get(organization, "runs", { id }))
      const run = stored === undefined ? undefined : Projection.runs.fromRow(stored)
      if (run !== undefined && Run.isLive(run.status)) found.push(run)
      else over.push(forgotten(id))
    }
    after = page.at(-1)
    if (page.length < pageSize) break
  }
  if (over.length > 0) {
    const batch = { organization, reliesOn: [], steps: over, events: [] }
    yield* shell.read((driver) => driver.commit(batch))
  }
  return found
})

// internal --------------------------------------------------------------------

const pageSize = 500

/** The runs of which that was said, by the store that refused it. */
const told = new WeakMap<Shell["Service"], Set<RunId>>()

/** So many are known to have been told; more are told each time. */
const toldMost = 1000

/** What the store failed with stands in the log already. */
const refusalOf = (error: NotStarted | ShellFailure): string =>
  error._tag === "StoreUnavailable" ? "the store does not take it" : error.message

/** Whether trying again would meet the same. What is nobody's fault, or another's, passes. */
const isForGood = (cause: Cause.Cause<NotStarted | ShellFailure>): boolean => {
  const error = Option.getOrUndefined(Cause.findErrorOption(cause))
  if (error === undefined) return Cause.hasDies(cause)
  if (error._tag === "StoreUnavailable") return !error.retryable
  return error._tag !== "NotStarted" && error._tag !== "Busy"
}
