import { describe, expect, it } from "@effect/vitest"
import { Clock, Deferred, Effect, Fiber, Layer, References } from "effect"
import { TestClock } from "effect/testing"

import { Driver, DriverMemory, Shell, StoreClock } from "@foreman/core"
import { TestForeman } from "@foreman/testkit"
import * as Holding from "../../src/reactors/Holding.ts"
import { broken, committing } from "../services/faults.ts"

const wanted = { organization: "acme", name: "dispatcher", holder: "a", ttlMillis: 6_000 }

/** Does this work whenever it holds the tenure. */
const holding = Effect.fnUntraced(function* (
  store: Driver.Driver,
  serve: Parameters<typeof Holding.whileHeld>[2]
) {
  const layer = TestForeman.layer({ store: Layer.succeed(Driver.Driver, store) })
  const services = yield* Layer.build(layer)
  const held = Effect.gen(function* () {
    const means = { shell: yield* Shell.Shell, clock: yield* StoreClock.StoreClock }
    return yield* Holding.whileHeld(means, wanted, serve)
  })
  return yield* Effect.forkScoped(Effect.provideContext(held, services))
})

/** Holds a tenure over a store whose writes go well until they are told not to. */
const given = Effect.gen(function* () {
  const driver = yield* DriverMemory.make
  let fault: Effect.Effect<never, Driver.StoreError> | undefined
  const store = committing(driver, (_, commit) => fault ?? commit)
  const begun = yield* Deferred.make<void>()
  const ended = yield* Deferred.make<void>()
  const work = Effect.andThen(Deferred.succeed(begun, undefined), Effect.never).pipe(
    Effect.onInterrupt(() => Deferred.succeed(ended, undefined))
  )
  const fiber = yield* holding(store, () => work)
  yield* Deferred.await(begun)
  const until = Effect.map(
    driver.get("acme", "singletons", { name: "dispatcher" }),
    (row) => Number(row?.["until"]) / 1000
  )
  const key = { name: "dispatcher" }
  const row = { holder: "b", token: 2, until: 60_000_000 }
  const take = driver.commit({
    organization: "acme",
    reliesOn: [],
    steps: [{ _tag: "Set", table: "singletons", key, row }],
    events: []
  })
  const fail = (how: typeof fault) => void (fault = how)
  return { ended: Deferred.isDone(ended), fail, fiber, take, until }
})

const quiet = Effect.provideService(References.MinimumLogLevel, "None")

describe("work under a tenure", () => {
  it.effect("goes on for as long as the store takes renewals", () =>
    Effect.gen(function* () {
      const { ended, until } = yield* given
      for (const seconds of [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]) {
        yield* TestClock.adjust("1 second")
        expect(yield* ended).toBe(false)
        expect(yield* until).toBeGreaterThan(seconds * 1000)
      }
    }).pipe(quiet)
  )

  const faults = {
    "does not answer": Effect.never,
    fails: Effect.fail(broken())
  }
  for (const [what, fault] of Object.entries(faults)) {
    it.effect(`ends before the tenure does when the store ${what}, and not much before`, () =>
      Effect.gen(function* () {
        const { ended, fail, until } = yield* given
        yield* TestClock.adjust("1700 millis")
        fail(fault)
        const end = yield* until
        expect(end).toBe(7_500)
        yield* TestClock.setTime(end - Holding.spareOf(wanted.ttlMillis) - 1)
        expect(yield* ended).toBe(false)
        yield* TestClock.adjust("1 millis")
        expect(yield* ended).toBe(true)
        expect(yield* until).toBe(end)
        // It lets go of what it cannot give back.
        yield* TestClock.adjust("1 second")
      }).pipe(quiet)
    )
  }

  it.effect("ends at once when another one has the tenure", () =>
    Effect.gen(function* () {
      const { ended, take } = yield* given
      yield* take
      yield* TestClock.adjust("1500 millis")
      expect(yield* ended).toBe(true)
    }).pipe(quiet)
  )

  it.effect("begins anew under a tenure that lasts where the store gave it too late", () =>
    Effect.gen(function* () {
      const driver = yield* DriverMemory.make
      const given = yield* Deferred.make<void>()
      // The first answer takes longer than what it gives.
      const late = Effect.andThen(Deferred.succeed(given, undefined), Effect.sleep("7 seconds"))
      const store = committing(driver, (_, commit, { steps }) =>
        steps.some(({ _tag }) => _tag === "Insert") ? Effect.tap(commit, () => late) : commit
      )
      const begun: Array<number> = []
      yield* holding(store, ({ token }) => {
        begun.push(token)
        return Effect.never
      })
      yield* Deferred.await(given)
      yield* TestClock.adjust("6 seconds")
      expect(begun).toEqual([])
      yield* TestClock.adjust("1 second")
      // The late answer showed the store's time wrong, so the second was no good either.
      expect(begun).toEqual([3])
    }).pipe(quiet)
  )

  it.effect("is not sure once its time is over by this machine's clock, noticed or not", () =>
    Effect.gen(function* () {
      const driver = yield* DriverMemory.make
      const begun = yield* Deferred.make<Holding.Hold>()
      yield* holding(driver, (_, hold) =>
        Effect.andThen(Deferred.succeed(begun, hold), Effect.never)
      )
      const { ifSure } = yield* Deferred.await(begun)
      const clock = yield* Clock.Clock
      let done = 0
      const work = ifSure(Effect.sync(() => void (done += 1)))
      /** As for a process that was frozen: none of its timers has ended yet. */
      const later = (millis: number): Clock.Clock => ({
        ...clock,
        monotonicTimeNanosUnsafe: () => clock.monotonicTimeNanosUnsafe() + BigInt(millis * 1e6),
        monotonicTimeNanos: Effect.map(
          clock.monotonicTimeNanos,
          (nanos) => nanos + BigInt(millis * 1e6)
        )
      })
      const spare = Holding.spareOf(wanted.ttlMillis)
      yield* Effect.provideService(work, Clock.Clock, later(wanted.ttlMillis - spare - 1))
      expect(done).toBe(1)
      yield* Effect.provideService(work, Clock.Clock, later(wanted.ttlMillis - spare))
      expect(done).toBe(1)
      // It was renewed meanwhile.
      yield* TestClock.adjust("5 seconds")
      yield* work
      expect(done).toBe(2)
    }).pipe(quiet)
  )

  it.effect("is known to be lost also while its end waits for the store", () =>
    Effect.gen(function* () {
      const driver = yield* DriverMemory.make
      let isSilent = false
      const store = committing(driver, (_, commit) => (isSilent ? Effect.never : commit))
      const begun = yield* Deferred.make<Holding.Hold>()
      const finish = yield* Deferred.make<void>()
      const lost = yield* Deferred.make<void>()
      const fiber = yield* holding(store, (_, hold) => {
        hold.onLoss = Effect.asVoid(Deferred.succeed(lost, undefined))
        const ended = Effect.onInterrupt(Effect.never, () => Deferred.await(finish))
        return Effect.andThen(Deferred.succeed(begun, hold), ended)
      })
      const hold = yield* Deferred.await(begun)
      isSilent = true
      const ending = yield* Effect.forkChild(Fiber.interrupt(fiber))
      yield* TestClock.adjust("4999 millis")
      expect([hold.isHeld, yield* Deferred.isDone(lost)]).toEqual([true, false])
      yield* TestClock.adjust("1 millis")
      expect([hold.isHeld, yield* Deferred.isDone(lost)]).toEqual([false, true])
      yield* Deferred.succeed(finish, undefined)
      yield* TestClock.adjust("1 second")
      yield* Fiber.join(ending)
    }).pipe(quiet)
  )

  it.effect("gives the tenure back when its process ends", () =>
    Effect.gen(function* () {
      const { ended, fiber, until } = yield* given
      expect(yield* until).toBe(6_000)
      yield* Fiber.interrupt(fiber)
      expect(yield* ended).toBe(true)
      expect(yield* until).toBe(0)
    }).pipe(quiet)
  )
})
