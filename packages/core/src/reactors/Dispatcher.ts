/**
 * Gives ready tasks to idle agents, and sees each attempt through to its end.
 *
 * It reads the top of the queue and the idle agents at one moment, and decides from that: between a
 * hint and the commit there is one answer of the store. For agents who find nothing in a full page it
 * asks one by one, so a long queue of tasks that nobody can take delays no other. What it starts is
 * decided where it is written: two dispatchers that want the same task or the same agent start it
 * once.
 *
 * @since 0.1.0
 */
import { Cause, Effect, Queue } from "effect"
import type { Run } from "../rules/Run.ts"
import * as Attempts from "../services/Attempts.ts"
import * as AttemptLosses from "../services/AttemptLosses.ts"
import * as Lanes from "../services/Lanes.ts"
import type { Tenure } from "../services/Tenure.ts"
import * as Candidates from "./Candidates.ts"
import * as Elsewhere from "./Elsewhere.ts"
import * as Underway from "./Underway.ts"
import * as Waiting from "./Waiting.ts"
import type { Bench } from "./Work.ts"

// models ----------------------------------------------------------------------

/**
 * How many runs there may be at once, in all organisations of this process together.
 *
 * @category configuration
 * @since 0.1.0
 */
export interface Capacity {
  free: number
}

/**
 * The dispatcher of one organisation.
 *
 * @category services
 * @since 0.1.0
 */
export interface Dispatcher {
  /** Starts what can be started now. */
  readonly fill: Effect.Effect<void>
  /** Ends a run that is carried out here; nothing if it is not. */
  readonly stop: (runId: string, cause: string) => Effect.Effect<void>
  /** The runs that are carried out here. */
  readonly runs: () => ReadonlyArray<string>
  /** A run has given back what it held. */
  readonly released: (runId: string) => void
  /** The organisation's dispatch goes on. */
  readonly resume: () => void
  /** Ends all runs and waits for their recorded ends, so many milliseconds at most. */
  readonly stopAll: (cause: string, withinMillis: number) => Effect.Effect<void>
}

// services --------------------------------------------------------------------

/**
 * Begins to dispatch for the organisation of a tenure. `wake` is offered whenever a run has ended.
 *
 * @category services
 * @since 0.1.0
 */
export const make = (
  bench: Bench,
  tenure: Tenure,
  capacity: Capacity,
  wake: Queue.Queue<void>
): Dispatcher => {
  const elsewhere = Elsewhere.make(bench, tenure)
  const waiting = Waiting.make()
  const passed = () => elsewhere.size() + waiting.size()
  let isStopping = false
  const hasRoom = () => capacity.free > 0 && !isStopping
  const underway = Underway.make(
    bench,
    tenure,
    Effect.suspend(() => {
      capacity.free += 1
      return Effect.asVoid(Queue.offer(wake, undefined))
    })
  )

  /** Begins an attempt if there is room for it, and says whether it did. */
  const launch = (candidate: Candidates.Candidate) =>
    Effect.suspend(() => {
      if (!hasRoom()) return Effect.succeed(false)
      const since = waiting.released()
      // Taken in the same turn, because the dispatchers of other organisations share it.
      capacity.free -= 1
      return underway.begin(candidate).pipe(
        Effect.as(true),
        Effect.onError(() => Effect.sync(() => void (capacity.free += 1))),
        Effect.catchIf(isPassedOver, (error) =>
          passOver(bench, { elsewhere, since, waiting }, candidate, error)
        )
      )
    })

  const fill = Effect.gen(function* () {
    // Whatever kept their ends from being recorded may be over now.
    yield* underway.settle
    yield* elsewhere.refresh
    const now = yield* bench.clock.now
    waiting.refresh(now)
    while (hasRoom() && !waiting.isPaused(now)) {
      const before = passed()
      const sight = {
        elsewhere,
        waiting,
        present: underway.present(),
        room: capacity.free
      }
      const candidates = yield* Candidates.find(bench, tenure, sight)
      const started = yield* launchAll(candidates, launch)
      if (started === 0 && passed() === before) return
    }
  }).pipe(Effect.catch((error) => Effect.logWarning(`Nothing was dispatched: ${error.message}`)))

  return {
    fill,
    stop: underway.stop,
    runs: underway.ids,
    released: waiting.release,
    resume: waiting.resume,
    stopAll: (cause, withinMillis) =>
      Effect.suspend(() => {
        isStopping = true
        return underway.stopAll(cause, withinMillis)
      })
  }
}

/**
 * Records the runs of former holders as lost. Their processes ended with the process that started
 * them; what they had not said is not known.
 *
 * @category services
 * @since 0.1.0
 */
export const recover = Effect.fnUntraced(function* (bench: Bench, tenure: Tenure) {
  const live = yield* Attempts.live(bench.shell, tenure.organization)
  const runs = live.filter((run) => Lanes.isRunOf(tenure, run))
  yield* Effect.forEach(runs, (run) => lose(bench, tenure, run))
  return runs.length
})

// internal --------------------------------------------------------------------

/** Records a run as lost, if it is not over. */
const lose = ({ shell }: Bench, tenure: Tenure, run: Run) =>
  AttemptLosses.lose(shell, Attempts.under(tenure), run)

const isPassedOver = (error: { readonly _tag: string }): error is Attempts.NotStarted =>
  error instanceof Attempts.NotStarted &&
  (error.reason === "elsewhere" || error.reason === "scope_taken" || error.reason === "paused")

interface Passing {
  readonly elsewhere: Elsewhere.Elsewhere
  readonly waiting: Waiting.Waiting
  /** What had been given back before anybody tried. */
  readonly since: number
}

/** What keeps a task from being begun now keeps it from being met again for a while. */
const passOver = Effect.fnUntraced(function* (
  { clock }: Bench,
  { elsewhere, since, waiting }: Passing,
  { taskId }: Candidates.Candidate,
  { heldBy, home, reason }: Attempts.NotStarted
) {
  const now = yield* clock.now
  if (reason === "elsewhere") yield* elsewhere.put(taskId, home ?? null)
  if (reason === "scope_taken") waiting.put(taskId, { heldBy: heldBy ?? null, now, since })
  if (reason === "paused") waiting.pause(now, since)
  return false
})

/** Launches candidates together, as many as there is room for, and counts what began. */
const launchAll = <E>(
  candidates: ReadonlyArray<Candidates.Candidate>,
  launch: (candidate: Candidates.Candidate) => Effect.Effect<boolean, E>
) =>
  Effect.map(
    Effect.forEach(
      candidates,
      (candidate) =>
        // What is queued is also carried out, or a run would be live that nobody works at.
        Effect.uninterruptible(launch(candidate)).pipe(
          Effect.catchCause((cause) => {
            const words = `Task ${candidate.taskId} was not started`
            // A refusal is nothing new: somebody else was quicker, or the store is busy.
            const told = Cause.hasDies(cause) ? Effect.logError : Effect.logDebug
            return Effect.as(told(words, cause), false)
          })
        ),
      // Those of one turn of the loop become one group of the store.
      { concurrency: "unbounded" }
    ),
    (began) => began.filter(Boolean).length
  )
