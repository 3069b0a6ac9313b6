/**
 * Work that is asked for more often than it is worth doing.
 *
 * @internal
 */
import { Cause, Effect } from "effect"

// services --------------------------------------------------------------------

/**
 * Begins the work in the turn in which it is asked for, beside whoever asks, who goes on at once. It is
 * done by one at a time: asked for meanwhile, it is done once more. It ends with the scope.
 */
export const whenAsked = Effect.fnUntraced(function* (work: Effect.Effect<void>) {
  const scope = yield* Effect.scope
  const state = { isUnderway: false, isWanted: false }
  const once = Effect.catchCause(work, (cause) =>
    Cause.hasInterruptsOnly(cause) ? Effect.interrupt : Effect.logError("A reactor failed", cause)
  )
  const over = () => {
    state.isUnderway = false
  }
  const rounds = Effect.gen(function* () {
    while (state.isWanted) {
      state.isWanted = false
      yield* once
    }
    // In the turn in which nothing was wanted: whoever asks later begins anew.
    over()
  }).pipe(Effect.onInterrupt(() => Effect.sync(over)))
  return Effect.suspend(() => {
    state.isWanted = true
    if (state.isUnderway) return Effect.void
    state.isUnderway = true
    return Effect.asVoid(Effect.forkIn(rounds, scope, { startImmediately: true }))
  })
})
