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
import * as Span from "../rules/Span.ts"
import * as Attempts from "../services/Attempts.ts"
import * as AttemptLosses from "../services/AttemptLosses.ts"
import type { Tenure } from "../services/Tenure.ts"
import type { Adrift } from "./Adrift.ts"
import * as Candidates from "./Candidates.ts"
import { type Capacity, deciding, occupy, untilDecided } from "./Capacity.ts"
import * as Elsewhere from "./Elsewhere.ts"
import * as Inbox from "./Inbox.ts"
import * as Underway from "./Underway.ts"
import * as Waiting from "./Waiting.ts"
import type { Bench } from "./Work.ts"

// models ----------------------------------------------------------------------

export { type Capacity, capacityOf } from "./Capacity.ts"

export { recover } from "./Recovery.ts"

/**
 * The dispatcher of one organisation.
 *
 * @category services
 * @since 0.1.0
 */
export interface Dispatcher {
  /** What was said at a commit may be what has been handed over. */
  readonly hear: (news: string | undefined) => Effect.Effect<void>
  /** Begins what has been handed over. */
  readonly receive: Effect.Effect<void>
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
  /** Has all runs end that are live, and lets no more be begun; waits for nothing. */
  readonly signal: (cause: string) => Effect.Effect<void>
  /** Ends all runs and begins none, in little time: another one may begin their tasks soon. */
  readonly halt: (cause: string) => Effect.Effect<void>
  /** Takes back what is offered, and gives back what was handed over. */
  readonly close: Effect.Effect<void>
  /** Closes, ends all runs and waits for their recorded ends, so many milliseconds at most. */
  readonly stopAll: (cause: string, withinMillis: number) => Effect.Effect<void>
}

// services --------------------------------------------------------------------

/**
 * Begins to dispatch for the organisation of a tenure. `wake` is offered whenever a run has ended. What
 * is `adrift` at its end is for whoever has the tenure next in this process.
 *
 * @category services
 * @since 0.1.0
 */
export const make = (
  bench: Bench,
  tenure: Tenure,
  capacity: Capacity,
  wake: Queue.Queue<void>,
  adrift: Adrift = new Map()
): Dispatcher => {
  const elsewhere = Elsewhere.make(bench, tenure)
  const waiting = Waiting.make()
  const passed = () => elsewhere.size() + waiting.size()
  const inbox = Inbox.make(bench, tenure)
  let isStopping = false
  capacity.wakes.add(wake)
  const hasRoom = () => capacity.free > 0 && !isStopping
  const underway = Underway.make(
    bench,
    tenure,
    adrift,
    Effect.suspend(() => {
      capacity.free += 1
      return Effect.asVoid(Queue.offer(wake, undefined))
    })
  )

  const launch = launcher(bench, { capacity, elsewhere, hasRoom, underway, waiting })
  const receive = inbox.open(receiver(bench, tenure, { capacity, hasRoom, underway }))

  const fill = Effect.gen(function* () {
    yield* receive
    // Whatever kept their ends from being recorded may be over now.
    yield* underway.settle
    yield* elsewhere.refresh
    const now = yield* bench.clock.now
    waiting.refresh(now)
    while (hasRoom()) {
      if (waiting.isPaused(now)) return yield* inbox.offer([], 0)
      const before = passed()
      const sight = { elsewhere, waiting, present: underway.present(), room: capacity.free }
      const { candidates, idle } = yield* Candidates.find(bench, tenure, sight)
      const started = yield* deciding(capacity, launchAll(candidates, launch))
      if (started === 0 && passed() === before) return yield* inbox.offer(idle, capacity.free)
    }
    yield* inbox.offer([], 0)
  }).pipe(Effect.catch((error) => bench.shell.outage.missed("Nothing was dispatched", error)))

  const shut = () => {
    isStopping = true
    capacity.wakes.delete(wake)
  }
  const close = Effect.andThen(Effect.sync(shut), closing(inbox, receive))

  return {
    hear: inbox.hear,
    receive,
    fill,
    stop: underway.stop,
    runs: () => [...underway.ids(), ...inbox.ids()],
    released: waiting.release,
    resume: waiting.resume,
    signal: (cause) => Effect.andThen(Effect.sync(shut), underway.signal(cause)),
    halt: (cause) => Effect.andThen(Effect.sync(shut), underway.halt(cause)),
    close,
    stopAll: (cause, withinMillis) => Effect.andThen(close, underway.stopAll(cause, withinMillis))
  }
}

// internal --------------------------------------------------------------------

/** What is offered is taken back within that time, or is not. */
const closingMillis = 1_000

/** What was handed over until then is given back: first what was said, and then what is read. */
const closing = ({ offer }: Inbox.Inbox, receive: Effect.Effect<void>) =>
  Effect.timeoutOption(offer([], 0), closingMillis).pipe(
    Effect.andThen(receive),
    Effect.andThen(receive)
  )

/** Whether a process that is not gone yet works at the same task, or may write the same. */
const isMet = ({ attempt }: Inbox.Arrived, present: ReadonlyArray<Run>): boolean =>
  present.some(
    ({ spans, taskId }) => taskId === attempt.task.id || Span.meet(attempt.run.spans, spans)
  )

/** Queues the task of a run again that was handed over and not begun. */
const giveBack = ({ shell }: Bench, tenure: Tenure, run: Run) =>
  AttemptLosses.giveBack(shell, Attempts.under(tenure), run)

/** Where that cannot be recorded now the run is ended for want of a word. */
const returned = (bench: Bench, tenure: Tenure, { attempt }: Inbox.Arrived) =>
  Effect.catch(giveBack(bench, tenure, attempt.run), (error) =>
    bench.shell.outage.missed(`Run ${attempt.run.id} is not given back`, error)
  )

const isPassedOver = (error: { readonly _tag: string }): error is Attempts.NotStarted =>
  error instanceof Attempts.NotStarted &&
  (error.reason === "elsewhere" || error.reason === "scope_taken" || error.reason === "paused")

interface Receiving {
  readonly capacity: Capacity
  readonly hasRoom: () => boolean
  readonly underway: Pick<Underway.Underway, "carry" | "present">
}

/** What cannot begin at once is given back: it waits in the queue, where a pause holds it. */
const receiver = (bench: Bench, tenure: Tenure, { capacity, hasRoom, underway }: Receiving) =>
  Effect.fnUntraced(function* (one: Inbox.Arrived) {
    const { attempt, token } = one
    if (!hasRoom()) yield* untilDecided(capacity)
    const begins = hasRoom() && !isMet(one, underway.present())
    if (token === undefined || !begins) return yield* returned(bench, tenure, one)
    occupy(capacity)
    return yield* underway.carry({ attempt, token })
  })

interface Launching extends Pick<Passing, "elsewhere" | "waiting"> {
  readonly capacity: Capacity
  readonly hasRoom: () => boolean
  readonly underway: Pick<Underway.Underway, "begin">
}

/** Begins an attempt if there is room for it, and says whether it did. */
const launcher =
  (bench: Bench, { capacity, elsewhere, hasRoom, underway, waiting }: Launching) =>
  (candidate: Candidates.Candidate) =>
    Effect.suspend(() => {
      if (!hasRoom()) return Effect.succeed(false)
      const since = waiting.released()
      // Taken in the same turn, because the dispatchers of other organisations share it.
      occupy(capacity)
      return underway.begin(candidate).pipe(
        Effect.as(true),
        Effect.onError(() => Effect.sync(() => void (capacity.free += 1))),
        Effect.catchIf(isPassedOver, (error) =>
          passOver(bench, { elsewhere, since, waiting }, candidate, error)
        )
      )
    })

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
