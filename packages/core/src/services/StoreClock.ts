/**
 * The store's time, as this process knows it: its own clock plus the offset that the store's answers
 * show. Leases and windows are judged by it, so that the clocks of several machines do not matter.
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
  }
>()("@foreman/core/StoreClock") {
  static readonly layer: Layer.Layer<StoreClock> = Layer.sync(StoreClock, () => {
    let offset = 0
    let latest = 0
    const local = Effect.map(Clock.currentTimeMillis, (millis) => millis * 1000)
    return StoreClock.of({
      now: Effect.map(local, (micros) => {
        latest = Math.max(latest, micros + offset)
        return latest
      }),
      observe: (storeMicros) =>
        Effect.map(local, (micros) => {
          // A difference of a millisecond is the resolution of the clocks, not an offset.
          const seen = storeMicros - micros
          offset = Math.abs(seen - offset) > 1000 ? seen : offset
        })
    })
  })
}
