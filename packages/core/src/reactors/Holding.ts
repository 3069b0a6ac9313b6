/**
 * Work that one process at a time does: it holds a tenure, and others stand by.
 *
 * @internal
 */
import { Cause, Clock, Effect, Option, Result } from "effect"
import type { Shell } from "../services/Shell.ts"
import type { StoreClock } from "../services/StoreClock.ts"
import * as Tenure from "../services/Tenure.ts"

// models ----------------------------------------------------------------------

/** What a tenure is held with. */
export interface Means {
  readonly shell: Shell["Service"]
  readonly clock: StoreClock["Service"]
}

// services --------------------------------------------------------------------

/**
 * Takes the tenure whenever it is free, and does its work while it lasts: on this machine's monotonic
 * clock the work ends before the store lets another one have it, also if the store cannot be asked.
 */
export const whileHeld = (
  means: Means,
  wanted: Tenure.Wanted,
  serve: (tenure: Tenure.Tenure) => Effect.Effect<void>
): Effect.Effect<void> => {
  const { clock, shell } = means
  const { name, ttlMillis } = wanted
  const once = Effect.gen(function* () {
    const asked = yield* monotonicMillis
    const tenure = yield* Tenure.acquire(shell, clock, wanted)
    if (tenure === undefined) return yield* Effect.sleep(ttlMillis / 4)
    // A store that is away does not keep whoever ends.
    const release = Tenure.release(shell, clock, tenure).pipe(
      Effect.timeoutOption(spareOf(ttlMillis)),
      Effect.ignore
    )
    yield* Effect.raceFirst(serve(tenure), renewed(means, tenure, ttlMillis, asked)).pipe(
      Effect.ensuring(release)
    )
  }).pipe(
    Effect.catchCause((cause) =>
      Cause.hasInterruptsOnly(cause)
        ? Effect.interrupt
        : Effect.andThen(Effect.logError(`A ${name} failed`, cause), Effect.sleep("1 second"))
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
  asked: number
) {
  const spare = spareOf(ttlMillis)
  let end = asked + tenure.lastsMillis - spare
  for (;;) {
    yield* Effect.sleep(Math.min(ttlMillis / 4, end - (yield* monotonicMillis)))
    const now = yield* monotonicMillis
    if (now >= end) break
    const renewal = yield* Tenure.renew(shell, clock, tenure, ttlMillis).pipe(
      Effect.result,
      Effect.timeoutOption(end - now)
    )
    if (Option.isNone(renewal)) break
    if (Result.isFailure(renewal.value)) continue
    const lastsMillis = renewal.value.success
    if (lastsMillis === undefined) {
      return yield* Effect.logWarning(`Another process is the ${tenure.name} now`)
    }
    end = now + lastsMillis - spare
  }
  yield* Effect.logWarning(
    `The ${tenure.name} could not renew its lease in time: whatever runs here is stopped`
  )
})
