/**
 * Work that one process at a time does: it holds a tenure, and others stand by.
 *
 * @internal
 */
import { Cause, Effect, Result } from "effect"
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

/** Takes the tenure whenever it is free, and does its work while it lasts. */
export const whileHeld = (
  means: Means,
  wanted: Tenure.Wanted,
  serve: (tenure: Tenure.Tenure) => Effect.Effect<void>
): Effect.Effect<void> => {
  const { clock, shell } = means
  const { name, ttlMillis } = wanted
  const once = Effect.gen(function* () {
    const tenure = yield* Tenure.acquire(shell, clock, wanted)
    if (tenure === undefined) return yield* Effect.sleep(ttlMillis / 4)
    const release = Effect.ignore(Tenure.release(shell, tenure))
    yield* Effect.raceFirst(serve(tenure), renewed(means, tenure, ttlMillis)).pipe(
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

// internal --------------------------------------------------------------------

/** Goes on for as long as the tenure is ours: it ends before it lapses, not at the first failure. */
const renewed = Effect.fnUntraced(function* (
  { clock, shell }: Means,
  tenure: Tenure.Tenure,
  ttlMillis: number
) {
  for (let failures = 0; failures < 3;) {
    yield* Effect.sleep(ttlMillis / 4)
    const renewal = yield* Effect.result(Tenure.renew(shell, clock, tenure, ttlMillis))
    failures = Result.isFailure(renewal) ? failures + 1 : 0
    if (Result.isSuccess(renewal) && !renewal.success) {
      return yield* Effect.logWarning(`Another process is the ${tenure.name} now`)
    }
  }
  yield* Effect.logWarning("The store does not take renewals: whatever runs here is stopped")
})
