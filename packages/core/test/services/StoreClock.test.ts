import { expect, it } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"

import { StoreClock } from "@foreman/core"

const clock = StoreClock.StoreClock

it.effect("is this process's clock until the store has spoken", () =>
  Effect.gen(function* () {
    const { now } = yield* clock
    yield* TestClock.setTime(5_000)
    expect(yield* now).toBe(5_000_000)
  }).pipe(Effect.provide(clock.layer))
)

it.effect("goes with the store's time once the store has shown it", () =>
  Effect.gen(function* () {
    const { now, observe } = yield* clock
    yield* TestClock.setTime(5_000)
    yield* observe(65_000_000)
    expect(yield* now).toBe(65_000_000)
    yield* TestClock.adjust("1 second")
    expect(yield* now).toBe(66_000_000)
  }).pipe(Effect.provide(clock.layer))
)

it.effect("takes no difference for one that the clocks cannot show", () =>
  Effect.gen(function* () {
    const { now, observe } = yield* clock
    yield* TestClock.setTime(5_000)
    yield* observe(5_000_900)
    expect(yield* now).toBe(5_000_000)
  }).pipe(Effect.provide(clock.layer))
)

it.effect("never turns back, whatever the store or the machine say", () =>
  Effect.gen(function* () {
    const { now, observe } = yield* clock
    yield* TestClock.setTime(5_000)
    yield* observe(9_000_000)
    expect(yield* now).toBe(9_000_000)
    yield* observe(6_000_000)
    expect(yield* now).toBe(9_000_000)
    yield* TestClock.adjust("4 seconds")
    expect(yield* now).toBe(10_000_000)
  }).pipe(Effect.provide(clock.layer))
)
