/**
 * What a dispatcher finds that takes over: runs of tenures before its own that are live in the store,
 * and that nobody works at any more.
 *
 * @internal
 */
import { Cause, Effect } from "effect"
import { isLive, type Run, shutdown } from "../rules/Run.ts"
import * as AttemptEnd from "../services/AttemptEnd.ts"
import * as AttemptLosses from "../services/AttemptLosses.ts"
import * as Attempts from "../services/Attempts.ts"
import * as Lanes from "../services/Lanes.ts"
import * as Projection from "../services/Projection.ts"
import type { Tenure } from "../services/Tenure.ts"
import * as Adrift from "./Adrift.ts"
import type { Bench } from "./Work.ts"

// models ----------------------------------------------------------------------

/** What has become of them, each with its count. */
export interface Recovered {
  /** Of former processes. */
  readonly lost: number
  /** Of this one, without an end. */
  readonly stopped: number
  /** Of this one, that had come to an end. */
  readonly ended: number
}

// services --------------------------------------------------------------------

/**
 * Records what became of the runs of former tenures. Those of former holders are lost: their processes
 * ended with the process that started them; what they had not said is not known. Those of this process
 * ended or were stopped by it, at the end of a tenure that it could not renew: it knows how.
 *
 * @category services
 * @since 0.1.0
 */
export const recover = Effect.fnUntraced(function* (
  bench: Bench,
  tenure: Tenure,
  adrift: Adrift.Adrift
) {
  const live = yield* Attempts.live(bench.shell, tenure.organization)
  const runs = live.filter((run) => Lanes.isRunOf(tenure, run))
  // One that cannot be settled does not keep the others.
  const [became, failures] = yield* Effect.partition(
    runs,
    (run) => settle(bench, tenure, adrift, run),
    { concurrency: "unbounded" }
  )
  const [failure] = failures
  if (failure !== undefined) return yield* Effect.fail(failure)
  // Those that are left were over in the store, or another one has begun their tasks anew.
  yield* keepOver(bench, tenure.organization, adrift)
  const countOf = (one: keyof Recovered) => became.filter((other) => other === one).length
  const count: Recovered = {
    lost: countOf("lost"),
    stopped: countOf("stopped"),
    ended: countOf("ended")
  }
  return count
})

/** While another process has the tenure it may end what is adrift here: that is kept then. */
export const standBy = (
  bench: Bench,
  organization: string,
  adrift: Adrift.Adrift
): Effect.Effect<void> =>
  keepOver(bench, organization, adrift).pipe(
    Effect.catch((error) => bench.shell.outage.missed("What agents wrote is not kept yet", error)),
    Effect.catchDefect((defect) =>
      bench.shell.outage.failed("What agents wrote is not kept", Cause.die(defect))
    )
  )

/** Says how many runs there were, and what became of them. */
export const tell = Effect.fnUntraced(function* ({ ended, lost, stopped }: Recovered) {
  const say = (count: number, one: string, more: string) =>
    count === 0
      ? Effect.void
      : Effect.logWarning(count === 1 ? `1 run ${one}` : `${count} runs ${more}`)
  yield* say(lost, "of a former process is lost", "of a former process are lost")
  yield* say(
    stopped,
    "was stopped with the lease: its task begins again",
    "were stopped with the lease: their tasks begin again"
  )
  yield* say(
    ended,
    "had ended before, and its end is recorded",
    "had ended before, and their ends are recorded"
  )
})

// internal --------------------------------------------------------------------

/**
 * Looks which runs that are adrift are over in the store, say since another process has taken over. What
 * their agents wrote is kept all the same, and nothing of them is adrift any more.
 */
const keepOver = Effect.fnUntraced(function* (
  { shell }: Bench,
  organization: string,
  adrift: Adrift.Adrift
) {
  const keep = Effect.fnUntraced(function* ({ found, run }: Adrift.Ending) {
    const { fromRow, table } = Projection.runs
    const row = yield* shell.read((driver) => driver.get(organization, table, { id: run.id }))
    if (row !== undefined && isLive(fromRow(row).status)) return
    if (row !== undefined && found !== undefined) {
      const keeping = AttemptEnd.keep(shell, organization, run, yield* found.kept)
      yield* AttemptLosses.orTold(shell, run, keeping)
    }
    yield* Adrift.forget(adrift, run.id)
  })
  // One that cannot be kept now does not keep the others.
  const concurrency = "unbounded"
  const [, failures] = yield* Effect.partition([...adrift.values()], keep, { concurrency })
  const [failure] = failures
  if (failure !== undefined) return yield* Effect.fail(failure)
})

/** Says what has become of it, unless that is told already. */
const settle = Effect.fnUntraced(function* (
  { shell }: Bench,
  tenure: Tenure,
  adrift: Adrift.Adrift,
  run: Run
): Effect.fn.Return<
  keyof Recovered | undefined,
  Effect.Error<ReturnType<typeof AttemptLosses.lose>>
> {
  const fence = Attempts.under(tenure)
  const own = adrift.get(run.id)
  const ended = own?.found === undefined ? undefined : yield* own.found.ended
  let isOurs = false
  // What is refused for good is told, and keeps nobody from dispatching.
  yield* AttemptLosses.orTold(
    shell,
    run,
    Effect.tap(recording(shell, fence, run, { ended, isOwn: own !== undefined }), (isRecorded) =>
      Effect.sync(() => {
        isOurs = isRecorded
      })
    )
  )
  yield* Adrift.forget(adrift, run.id)
  if (!isOurs) return undefined
  if (own === undefined) return "lost"
  return ended === undefined || ended.cause === shutdown ? "stopped" : "ended"
})

/** Says whether the end is recorded here: another one may have told it. */
const recording = (
  shell: Bench["shell"],
  fence: ReturnType<typeof Attempts.under>,
  run: Run,
  { ended, isOwn }: { readonly ended: Attempts.Ended | undefined; readonly isOwn: boolean }
) => {
  // Somebody who took over meanwhile would have begun the task anew, and the run were live no more.
  if (ended !== undefined) return AttemptLosses.recall(shell, fence, run, ended)
  // What nobody has begun has not failed.
  const isBegun = !isOwn && run.status !== "queued"
  const end = isBegun ? AttemptLosses.lose : AttemptLosses.giveBack
  return Effect.as(end(shell, fence, run), true)
}
