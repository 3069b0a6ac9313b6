/**
 * The store's time, as this process knows it: what the store's last answer said, and what has passed
 * on the machine's monotonic clock since. Leases and windows are judged by it, so that it does not
 * matter how the clocks of several machines are set, or that one is set anew.
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
    /** Whether the store has told its time in the last minute. */
    readonly isFresh: Effect.Effect<boolean>
    /** By how many whole seconds the store is ahead of this machine; 0 up to a minute. */
    readonly secondsAhead: Effect.Effect<number>
  }
>()("@foreman/core/StoreClock") {
  static readonly layer: Layer.Layer<StoreClock> = Layer.sync(StoreClock, () => {
    /** How much the store's time is more than what the monotonic clock shows. */
    let offset: number | undefined
    let latest = 0
    let heardAt: number | undefined
    let seenAhead = 0
    return StoreClock.of({
      now: Effect.map(clocks, ({ monotonic, wall }) => {
        latest = Math.max(latest, offset === undefined ? wall : monotonic + offset)
        return latest
      }),
      observe: (storeMicros) =>
        Effect.flatMap(clocks, ({ monotonic, wall }) => {
          // A difference of a millisecond is the resolution of the clocks, not an offset.
          const seen = storeMicros - monotonic
          const known = offset ?? wall - monotonic
          offset = Math.abs(seen - known) > 1000 ? seen : known
          heardAt = monotonic
          const before = seenAhead
          seenAhead = aheadOf(storeMicros - wall)
          return before === 0 && seenAhead > 0
            ? Effect.logWarning(aheadWords(seenAhead))
            : Effect.void
        }),
      isFresh: Effect.map(
        clocks,
        ({ monotonic }) => heardAt !== undefined && monotonic - heardAt <= freshMicros
      ),
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

/** Two clocks that go right apart from being set drift less than a lease in this time. */
const freshMicros = 60_000_000

/** Both clocks of this machine, in microseconds: the one that is set, and the one that only goes on. */
const clocks = Clock.clockWith((clock) =>
  Effect.sync(() => ({
    wall: clock.currentTimeMillisUnsafe() * 1000,
    monotonic: Number(clock.monotonicTimeNanosUnsafe() / 1000n)
  }))
)

/** Less than a minute is what clocks differ in that nobody has set wrong. */
const aheadOf = (micros: number): number => (micros > 60_000_000 ? Math.floor(micros / 1e6) : 0)
