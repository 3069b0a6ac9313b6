import { expect, it } from "@effect/vitest"
import { Clock, Effect, Layer, Logger } from "effect"
import { TestClock } from "effect/testing"

import { Driver, DriverMemory, Foreman, StoreClock } from "@foreman/core"
import { TestForeman } from "@foreman/testkit"

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

it.effect("does not care when the machine's clock is set anew", () =>
  Effect.gen(function* () {
    const { now, observe } = yield* clock
    const machine = yield* Clock.clockWith(Effect.succeed)
    let ahead = 0
    const set: Clock.Clock = {
      ...machine,
      currentTimeMillisUnsafe: () => machine.currentTimeMillisUnsafe() + ahead
    }
    yield* TestClock.setTime(5_000)
    yield* Effect.gen(function* () {
      yield* observe(5_000_000)
      ahead = 3_600_000
      yield* TestClock.adjust("1 second")
      expect(yield* now).toBe(6_000_000)
    }).pipe(Effect.provideService(Clock.Clock, set))
  }).pipe(Effect.provide(clock.layer))
)

it.effect("knows whether it has heard the store in the last minute", () =>
  Effect.gen(function* () {
    const { isFresh, observe } = yield* clock
    yield* TestClock.setTime(5_000)
    expect(yield* isFresh).toBe(false)
    yield* observe(5_000_000)
    yield* TestClock.adjust("1 minute")
    expect(yield* isFresh).toBe(true)
    yield* TestClock.adjust("1 second")
    expect(yield* isFresh).toBe(false)
  }).pipe(Effect.provide(clock.layer))
)

it.effect("warns once when the store is more than a minute ahead of this machine", () =>
  Effect.gen(function* () {
    const lines: Array<string> = []
    const logger = Logger.make(({ message }) => void lines.push(String(message)))
    yield* Effect.gen(function* () {
      const { observe, secondsAhead } = yield* clock
      yield* TestClock.setTime(5_000)
      yield* observe(65_000_000)
      expect([yield* secondsAhead, lines.length]).toEqual([0, 0])
      for (const micros of [65_000_001, 70_000_000]) yield* observe(micros)
      expect([yield* secondsAhead, lines]).toEqual([65, [StoreClock.aheadWords(60)]])
      // The machine has come up to it: all is well, and the next time is told again.
      yield* TestClock.adjust("1 minute")
      yield* observe(70_000_000)
      expect(yield* secondsAhead).toBe(0)
      yield* observe(200_000_000)
      expect(lines.length).toBe(2)
    }).pipe(Effect.provide(Layer.mergeAll(clock.layer, Logger.layer([logger]))))
  })
)

it.effect("makes a process ill whose store has been in the future, until it is there", () =>
  Effect.gen(function* () {
    const driver = yield* DriverMemory.make
    const store = Layer.succeed(Driver.Driver, driver)
    yield* TestClock.setTime(86_400_000)
    const given = yield* Effect.provide(TestForeman.givenTeam(), TestForeman.layer({ store }))
    // The clock of the machine is put right, and Foreman starts again.
    yield* TestClock.setTime(0)
    yield* Effect.gen(function* () {
      const { client } = yield* Foreman
      expect((yield* client.ping({})).status).toBe("healthy")
      yield* TestForeman.givenTask(given)
      const ill = yield* client.ping({})
      expect(ill).toMatchObject({ status: "degraded", redis: "ok" })
      expect(ill.postgres).toBe(`error: ${StoreClock.aheadWords(86_400)}`)
      yield* TestClock.setTime(86_400_000)
      yield* TestForeman.givenTask(given)
      expect((yield* client.ping({})).status).toBe("healthy")
    }).pipe(TestForeman.asOperator, Effect.provide(Layer.fresh(TestForeman.layer({ store }))))
  })
)
