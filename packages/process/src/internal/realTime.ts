/**
 * Real time for what concerns real processes.
 *
 * @since 0.1.0
 */
import { Clock, Effect } from "effect"

// services --------------------------------------------------------------------

/** Runs an effect by the real clock: a process does not wait for a test to move its clock. */
export const realTime = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.provideService(effect, Clock.Clock, Clock.Clock.defaultValue())
