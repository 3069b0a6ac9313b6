/**
 * Work that one process at a time does: it holds a tenure, and others stand by.
 *
 * @internal
 */
import { Cause, Clock, Effect, Fiber, Option, Result } from "effect"
import type { Shell } from "../services/Shell.ts"
import type { StoreClock } from "../services/StoreClock.ts"
import * as Tenure from "../services/Tenure.ts"

// models ----------------------------------------------------------------------

/** What a tenure is held with. */
export interface Means {
  readonly shell: Shell["Service"]
  readonly clock: StoreClock["Service"]
}

/** What is known of a tenure while its work goes on, and what is done when it is lost. */
export interface Hold {
  /** Whether it is held, for all that is known. */
  isHeld: boolean
  /** Begun at once when it is held no more, beside the work, which then ends. */
  onLoss: Effect.Effect<void>
  /**
   * Done only while it lasts by this machine's clock. A process that was frozen hears what was said to it
   * before it notices that its time is over.
   */
  readonly ifSure: (work: Effect.Effect<void>) => Effect.Effect<void>
}

// services --------------------------------------------------------------------

/**
 * Takes the tenure whenever it is free, and does its work while it lasts: on this machine's monotonic
 * clock the work ends before the store lets another one have it, also if the store cannot be asked. While
 * another one has it, `standBy` is done now and then, and interrupted when it is ours.
 */
export const whileHeld = (
  means: Means,
  wanted: Tenure.Wanted,
  serve: (tenure: Tenure.Tenure, hold: Hold) => Effect.Effect<void>,
  standBy: Effect.Effect<void> = Effect.void
): Effect.Effect<void> => {
  const { clock, shell } = means
  const { name, ttlMillis } = wanted
  let late = 0
  let standing: Fiber.Fiber<void> | undefined
  const once = Effect.gen(function* () {
    const asked = yield* monotonicMillis
    const tenure = yield* Tenure.acquire(shell, clock, wanted)
    if (tenure === undefined) {
      // Whatever that waits for, the tenure is taken when it is free.
      if (standing?.pollUnsafe() !== undefined) standing = undefined
      standing ??= yield* Effect.forkChild(standBy)
      return yield* Effect.sleep(ttlMillis / 4)
    }
    if (standing !== undefined) yield* Fiber.interrupt(standing)
    standing = undefined
    const end = asked + tenure.lastsMillis - spareOf(ttlMillis)
    // A store that said nothing gives it when its time is over, or may be: nothing has begun under it.
    if (end <= (yield* monotonicMillis)) {
      late += 1
      // The late answer may show the store's time wrong, and then the second is no good either.
      if (late <= 2) return yield* Effect.logDebug(`The lease of the ${name} came too late`)
      yield* Effect.logWarning(
        `The store is too slow for the lease of the ${name}: nothing runs here`
      )
      return yield* Effect.sleep(ttlMillis / 4)
    }
    late = 0
    // A store that is away does not keep whoever ends.
    const release = Tenure.release(shell, clock, tenure).pipe(
      Effect.timeoutOption(spareOf(ttlMillis)),
      Effect.ignore
    )
    const term = { end }
    const ifSure: Hold["ifSure"] = (work) =>
      Effect.flatMap(monotonicMillis, (now) => (now < term.end ? work : Effect.void))
    const hold: Hold = { isHeld: true, onLoss: Effect.void, ifSure }
    const untilLost = Effect.andThen(
      renewed(means, tenure, ttlMillis, term),
      Effect.suspend(() => {
        hold.isHeld = false
        // The end of the work may wait for a store that hangs.
        return Effect.forkDetach(hold.onLoss, { startImmediately: true })
      })
    )
    // Whoever is told to end may wait for the store as well: the lease is watched until that is over.
    const watching = yield* Effect.forkChild(untilLost)
    yield* Effect.raceFirst(serve(tenure, hold), Fiber.join(watching)).pipe(
      Effect.ensuring(Fiber.interrupt(watching)),
      Effect.ensuring(release)
    )
  }).pipe(
    Effect.catchCause((cause) =>
      Cause.hasInterruptsOnly(cause)
        ? Effect.interrupt
        : Effect.andThen(shell.outage.failed(`A ${name} failed`, cause), Effect.sleep("1 second"))
    )
  )
  return Effect.forever(once)
}

/** How much of a tenure is left when its holder stops, if it could not renew it. */
export const spareOf = (ttlMillis: number): number => ttlMillis / 6

// internal --------------------------------------------------------------------

const monotonicMillis = Effect.map(
  Clock.monotonicTimeNanos,
  (nanos) => Number(nanos / 1000n) / 1000
)

/** Goes on for as long as the tenure is ours. Whoever sleeps through its end stops on waking up. */
const renewed = Effect.fnUntraced(function* (
  { clock, shell }: Means,
  tenure: Tenure.Tenure,
  ttlMillis: number,
  term: { end: number }
) {
  for (;;) {
    yield* Effect.sleep(Math.min(ttlMillis / 4, term.end - (yield* monotonicMillis)))
    const now = yield* monotonicMillis
    if (now >= term.end) break
    const renewal = yield* Tenure.renew(shell, clock, tenure, ttlMillis).pipe(
      Effect.result,
      Effect.timeoutOption(term.end - now)
    )
    if (Option.isNone(renewal)) break
    if (Result.isFailure(renewal.value)) continue
    const lastsMillis = renewal.value.success
    if (lastsMillis === undefined) {
      return yield* Effect.logWarning(`Another process is the ${tenure.name} now`)
    }
    term.end = now + lastsMillis - spareOf(ttlMillis)
  }
  yield* shell.outage.unrenewed(tenure.name)
})
