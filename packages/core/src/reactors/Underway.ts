/**
 * The runs that a dispatcher carries out: each from the commit that queues it to its recorded end.
 *
 * @internal
 */
import { Deferred, Effect, Exit, Fiber, Scope } from "effect"
import type { Run } from "../rules/Run.ts"
import * as AttemptLosses from "../services/AttemptLosses.ts"
import * as Attempts from "../services/Attempts.ts"
import type { ShellFailure } from "../services/Shell.ts"
import type { Tenure } from "../services/Tenure.ts"
import * as Tokens from "../services/Tokens.ts"
import type { Candidate } from "./Candidates.ts"
import * as Adrift from "./Adrift.ts"
import { spareOf } from "./Holding.ts"
import { type Bench, carryOut } from "./Work.ts"
import type { Found } from "./WorkEnd.ts"

// models ----------------------------------------------------------------------

/** An attempt that is queued in the store, and the token of its run. */
export interface Queued {
  readonly attempt: Attempts.Attempt
  readonly token: string
}

/** What is carried out. */
export interface Underway {
  /** Queues an attempt and carries it out, beside whoever asked for it. */
  readonly begin: (candidate: Candidate) => Effect.Effect<void, Attempts.NotStarted | ShellFailure>
  /** Carries out an attempt that is queued already. */
  readonly carry: (queued: Queued) => Effect.Effect<void>
  /** The runs that are live here, and those on their way into the store. */
  readonly ids: () => ReadonlyArray<string>
  /** The runs whose processes are not gone yet, be they over in the store or not. */
  readonly present: () => ReadonlyArray<Run>
  /**
   * Records the ends that could not be recorded; those that are not known are lost. What is refused for
   * good is told once, and is adrift no more.
   */
  readonly settle: Effect.Effect<void, Attempts.NotStarted | ShellFailure>
  /** Has all end that are live here or come to be, and waits for none. */
  readonly signal: (cause: string) => Effect.Effect<void>
  /** Ends one; nothing if it is not here. */
  readonly stop: (runId: string, cause: string) => Effect.Effect<void>
  /** Ends all and begins none, where no end can be recorded: what agents wrote is found out later. */
  readonly halt: (cause: string) => Effect.Effect<void>
  /** Ends all, waits for their recorded ends, so many milliseconds at most, and begins none. */
  readonly stopAll: (cause: string, withinMillis: number) => Effect.Effect<void>
}

// services --------------------------------------------------------------------

/** Begins with nothing. `ended` is run whenever one has ended; what is adrift then is put there. */
export const make = (
  bench: Bench,
  tenure: Tenure,
  adrift: Adrift.Adrift,
  ended: Effect.Effect<void>
): Underway => {
  const active = new Map<string, Active>()
  /** On their way into the store, or there already without our knowing. */
  const coming = new Set<string>()
  let isOver = false
  /** Why what is begun from now on is to end. */
  let signalled: string | undefined
  const carry = Effect.fnUntraced(function* (queued: Queued) {
    const { run } = queued.attempt
    if (isOver) {
      adrift.set(run.id, { run, found: undefined })
      return yield* ended
    }
    const stop = yield* Deferred.make<string>()
    if (signalled !== undefined) yield* Deferred.succeed(stop, signalled)
    yield* forked(bench, tenure, queued, { active, adrift, stop, ended })
  })
  return {
    begin: Effect.fnUntraced(function* (candidate) {
      const runId = yield* Attempts.nextRunId
      const issued = yield* Tokens.issue(runId, (yield* bench.clock.now) + tokenMicros)
      const { policies, terms } = bench
      const wanted = { ...candidate, runId, issued, policies, terms }
      coming.add(runId)
      const forget = Effect.sync(() => coming.delete(runId))
      const queued = Attempts.queue(bench.shell, tenure, wanted)
      const attempt = yield* Effect.onError(queued, () => forget)
      yield* carry({ attempt, token: issued.token })
      coming.delete(runId)
    }),
    carry,
    ids: () => [...active.keys(), ...coming],
    present: () => Array.from(active.values(), ({ run }) => run),
    settle: settleAll(bench, tenure, adrift, () => isOver),
    signal: (cause) =>
      Effect.suspend(() => {
        signalled = cause
        return signalAll([...active.values()], cause)
      }),
    stop: (runId, cause) => endOne(active.get(runId), cause),
    halt: (cause) =>
      Effect.suspend(() => {
        isOver = true
        return endAll([...active.values()], cause, haltMillisOf(tenure))
      }),
    stopAll: (cause, withinMillis) =>
      Effect.suspend(() => {
        isOver = true
        const runs = [...active.values()]
        const hurried = Effect.forEach(runs, ({ hurry }) => Deferred.succeed(hurry, undefined))
        return Effect.andThen(hurried, endAll(runs, cause, withinMillis))
      })
  }
}

// internal --------------------------------------------------------------------

/**
 * How long agents have to end by themselves, so that what they wrote is known: half of what is left of
 * a tenure that could not be renewed, and a second at most.
 */
const haltMillisOf = ({ lastsMillis }: Tenure): number => Math.min(1_000, spareOf(lastsMillis) / 2)

interface Active {
  readonly fiber: Fiber.Fiber<boolean>
  readonly stop: Deferred.Deferred<string>
  /** Its end is not to wait for where its bytes are kept. */
  readonly hurry: Deferred.Deferred<void>
  readonly run: Run
}

/** Where a run is known while it is carried out, and what is adrift when it could not be recorded. */
interface Known {
  readonly active: Map<string, Active>
  readonly adrift: Adrift.Adrift
  readonly stop: Deferred.Deferred<string>
  readonly ended: Effect.Effect<void>
}

/** Detached, so that whoever stops the dispatcher can wait for recorded ends. */
const forked = Effect.fnUntraced(function* (
  bench: Bench,
  tenure: Tenure,
  { attempt, token }: Queued,
  { active, adrift, ended, stop }: Known
) {
  const { run } = attempt
  const scope = yield* Scope.make()
  const hurry = yield* Deferred.make<void>()
  let found: Found | undefined
  const order = {
    tenure,
    attempt,
    token,
    stop: Deferred.await(stop),
    hurry: Deferred.await(hurry),
    heard: (now: Found) => void (found = now)
  }
  let hasEnded = false
  const onEnd = Effect.fnUntraced(function* (exit: Exit.Exit<boolean>) {
    const isRecorded = Exit.isSuccess(exit) && exit.value
    // What is adrift can still be read; else nothing of it is left before another one may begin.
    if (isRecorded || found === undefined) yield* Adrift.close(scope)
    hasEnded = true
    active.delete(run.id)
    if (!isRecorded) adrift.set(run.id, { run, found, scope })
    yield* ended
  })
  const work = Effect.onExit(Scope.provide(carryOut(bench, order), scope), onEnd)
  const fiber = yield* Effect.forkDetach(work, { startImmediately: true })
  // Where nothing is waited for it may have ended already.
  if (!hasEnded) active.set(run.id, { fiber, stop, hurry, run })
})

/** A run's token ends with the run; this is for one whose end was never recorded. */
const tokenMicros = 7 * 24 * 3600 * 1_000_000

const settleAll = Effect.fnUntraced(function* (
  bench: Bench,
  tenure: Tenure,
  adrift: Adrift.Adrift,
  isOver: () => boolean
) {
  for (const ending of adrift.values()) {
    // Those that were stopped have not failed: that is for the next tenure.
    if (isOver()) return
    yield* settleOne(bench, tenure, ending)
    yield* Adrift.forget(adrift, ending.run.id)
  }
})

/** What is refused for good would be so again, and keeps nothing behind it waiting. */
const settleOne = ({ shell }: Bench, tenure: Tenure, { found, run }: Adrift.Ending) => {
  const fence = Attempts.under(tenure)
  const settled =
    found === undefined
      ? AttemptLosses.lose(shell, fence, run)
      : Effect.flatMap(found.ended, (how) => AttemptLosses.recall(shell, fence, run, how))
  return AttemptLosses.orTold(shell, run, settled)
}

const endOne = (run: Active | undefined, cause: string) =>
  run === undefined ? Effect.void : Effect.asVoid(Deferred.succeed(run.stop, cause))

const signalAll = (runs: ReadonlyArray<Active>, cause: string) =>
  Effect.forEach(runs, (run) => endOne(run, cause), { discard: true })

const endAll = Effect.fnUntraced(function* (
  runs: ReadonlyArray<Active>,
  cause: string,
  withinMillis: number
) {
  yield* signalAll(runs, cause)
  yield* Effect.forEach(runs, ({ fiber }) => Fiber.await(fiber), {
    concurrency: "unbounded"
  }).pipe(Effect.timeoutOption(withinMillis))
  yield* Fiber.interruptAll(runs.map(({ fiber }) => fiber))
})
