/**
 * How often the store is asked again, and what a caller learns when it does not answer.
 *
 * @internal
 */
import { Effect, Schedule } from "effect"
import { StoreUnavailable } from "../operations/Refusal.ts"
import { StoreError } from "../ports/Driver.ts"
import type { StoreOutage } from "./StoreOutage.ts"

// models ----------------------------------------------------------------------

/** Who tells what went wrong with the store. */
export type Teller = Pick<StoreOutage, "note">

// services --------------------------------------------------------------------

/** Repeats what may be repeated: an ambiguous commit carries its receipt, so once is enough. */
export const sure = <A, R>(effect: Effect.Effect<A, StoreError, R>) =>
  again(effect, 6, (error) => error.retryable || error.ambiguous)

/** Repeats what may be asked twice while that helps, and ends as the refusal that callers know. */
export const available = <A, E, R>(teller: Teller, effect: Effect.Effect<A, E, R>) =>
  again(effect, 4, (error) => error instanceof StoreError && error.retryable).pipe(
    Effect.catch(toUnavailable(teller))
  )

/** Tells what went wrong with the store, of which a caller learns only that it does not answer. */
export const toUnavailable =
  ({ note }: Teller) =>
  <E>(error: E): Effect.Effect<never, Exclude<E, StoreError> | StoreUnavailable> =>
    error instanceof StoreError
      ? Effect.andThen(note(error), new StoreUnavailable({ retryable: error.retryable }))
      : // As: what is not a StoreError is the rest.
        Effect.fail(error as Exclude<E, StoreError>)

// internal --------------------------------------------------------------------

/** Tries again, so many times at most. What goes well does not pay for a schedule. */
const again = <A, E, R>(
  effect: Effect.Effect<A, E, R>,
  times: number,
  may: (error: E) => boolean
) =>
  Effect.catch(effect, (error) => {
    if (!may(error)) return Effect.fail(error)
    const schedule = Schedule.exponential("40 millis").pipe(Schedule.upTo({ times: times - 1 }))
    return Effect.delay(Effect.retry(effect, { schedule, while: may }), "20 millis")
  })
