/**
 * The store's time, as this process knows it: its own clock plus the offset that the store's answers
 * show. Leases and windows are judged by it, so that the clocks of several machines do not matter.
 *
 * A store never goes back in time. Where a machine's clock once was far ahead, the store stays there
 * until the machines have come up to it, and a lease that was taken then is not over before. That is
 * said in the log and by the health of the process: only a person can tell which clock was wrong.
 *
 * @since 0.1.0
 */
import { Clock, Context, Effect, Layer } from "effect"

// services --------------------------------------------------------------------

/**
 * The store's time in microseconds since 1970.
 *
 * @category services
 * @since 0.1.0
 */
export class StoreClock extends Context.Service<
  StoreClock,
  {
    readonly now: Effect.Effect<number>
    /** Learns the store's time from an answer that has just come. */
    readonly observe: (storeMicros: number) => Effect.Effect<void>
    /** By how many whole seconds the store is ahead of this machine; 0 up to a minute. */
    readonly secondsAhead: Effect.Effect<number>
  }
>()("@foreman/core/StoreClock") {
  static readonly layer: Layer.Layer<StoreClock> = Layer.sync(StoreClock, () => {
    let offset = 0
    let latest = 0
    let seenAhead = 0
    const local = Effect.map(Clock.currentTimeMillis, (millis) => millis * 1000)
    return StoreClock.of({
      now: Effect.map(local, (micros) => {
        latest = Math.max(latest, micros + offset)
        return latest
      }),
      observe: (storeMicros) =>
        Effect.flatMap(local, (micros) => {
          // A difference of a millisecond is the resolution of the clocks, not an offset.
          const seen = storeMicros - micros
          offset = Math.abs(seen - offset) > 1000 ? seen : offset
          const before = seenAhead
          seenAhead = aheadOf(seen)
          return before === 0 && seenAhead > 0
            ? Effect.logWarning(aheadWords(seenAhead))
            : Effect.void
        }),
      secondsAhead: Effect.sync(() => seenAhead)
    })
  })
}

/**
 * What a person is told when the store is ahead of this machine.
 *
 * @category services
 * @since 0.1.0
 */
export const aheadWords = (seconds: number): string =>
  `the store's time is ${seconds} s ahead of this machine's: one of the clocks is or was wrong, ` +
  "and leases last until the machine has come up to it"

// internal --------------------------------------------------------------------

/** Less than a minute is what clocks differ in that nobody has set wrong. */
const aheadOf = (micros: number): number => (micros > 60_000_000 ? Math.floor(micros / 1e6) : 0)
