import { describe, expect, it } from "@effect/vitest"
import { Clock, Effect, Layer } from "effect"
import { TestClock } from "effect/testing"

import { Driver, DriverMemory, Shell, StoreClock } from "@foreman/core"
import { TestForeman } from "@foreman/testkit"
import * as Tenure from "../../src/services/Tenure.ts"

const given = Effect.gen(function* () {
  const shell = yield* Shell.Shell
  const clock = yield* StoreClock.StoreClock
  const wanted = { organization: "acme", name: "dispatcher", ttlMillis: 1000 }
  const fenced = (tenure: Tenure.Tenure) =>
    Effect.map(
      shell.driver.commit({
        organization: "acme",
        reliesOn: [],
        steps: [Tenure.fenceOf(tenure)],
        events: []
      }),
      ({ _tag }) => _tag
    )
  return {
    acquire: (holder: string, name = "dispatcher") =>
      Tenure.acquire(shell, clock, { ...wanted, name, holder }),
    held: (holder: string) =>
      Effect.flatMap(Tenure.acquire(shell, clock, { ...wanted, holder }), (tenure) =>
        tenure === undefined ? Effect.die(`${holder} does not hold it`) : Effect.succeed(tenure)
      ),
    renew: (tenure: Tenure.Tenure) => Tenure.renew(shell, clock, tenure, 1000),
    release: (tenure: Tenure.Tenure) => Tenure.release(shell, clock, tenure),
    fenced
  }
})

const on = Effect.provide(TestForeman.layer())

describe("a tenure", () => {
  it.effect("is held by one until it lapses, and then by another with a greater token", () =>
    Effect.gen(function* () {
      const { acquire, fenced, held } = yield* given
      const first = yield* held("a")
      expect(yield* acquire("b")).toBeUndefined()
      yield* TestClock.adjust("999 millis")
      expect(yield* acquire("b")).toBeUndefined()
      yield* TestClock.adjust("1 millis")
      const second = yield* held("b")
      expect(second.token).toBeGreaterThan(first.token)
      expect([yield* fenced(first), yield* fenced(second)]).toEqual(["GuardFailed", "Committed"])
    }).pipe(on)
  )

  it.effect("lasts for as long as it is renewed, and cannot be renewed once another has it", () =>
    Effect.gen(function* () {
      const { acquire, held, renew } = yield* given
      const first = yield* held("a")
      for (const _ of Array.from({ length: 5 })) {
        yield* TestClock.adjust("900 millis")
        expect(yield* renew(first)).toBe(1000)
        expect(yield* acquire("b")).toBeUndefined()
      }
      yield* TestClock.adjust("1 second")
      const second = yield* held("b")
      expect(yield* renew(first)).toBeUndefined()
      expect(yield* renew(second)).toBe(1000)
    }).pipe(on)
  )

  it.effect("is still its holder's after it has lapsed, while nobody else took it", () =>
    Effect.gen(function* () {
      const { fenced, held, renew } = yield* given
      const first = yield* held("a")
      yield* TestClock.adjust("5 seconds")
      expect(yield* fenced(first)).toBe("Committed")
      expect(yield* renew(first)).toBe(1000)
    }).pipe(on)
  )

  it.effect("is free at once when it is let go, and its former holder writes no more", () =>
    Effect.gen(function* () {
      const { fenced, held, release } = yield* given
      const first = yield* held("a")
      yield* release(first)
      yield* held("b")
      expect(yield* fenced(first)).toBe("GuardFailed")
      // Letting go of what another one has changes nothing.
      yield* release(first)
    }).pipe(on)
  )

  it.effect("is taken anew by the same holder, whose older writes count no more", () =>
    Effect.gen(function* () {
      const { fenced, held } = yield* given
      const [first, second] = [yield* held("a"), yield* held("a")]
      expect([yield* fenced(first), yield* fenced(second)]).toEqual(["GuardFailed", "Committed"])
    }).pipe(on)
  )

  it.effect("is had by one of 20 who want it at once, new or lapsed", () =>
    Effect.gen(function* () {
      const { acquire } = yield* given
      const holders = Array.from({ length: 20 }, (_, index) => `process-${index}`)
      const winners = Effect.map(
        Effect.forEach(holders, (holder) => acquire(holder), { concurrency: "unbounded" }),
        (tenures) => tenures.filter((tenure) => tenure !== undefined)
      )
      expect(yield* winners).toHaveLength(1)
      yield* TestClock.adjust("1 second")
      expect(yield* winners).toHaveLength(1)
    }).pipe(on)
  )

  it.effect("of one name says nothing about another", () =>
    Effect.gen(function* () {
      const { acquire, held } = yield* given
      yield* held("a")
      expect(yield* acquire("b", "integrator")).toMatchObject({ holder: "b" })
    }).pipe(on)
  )

  for (const hours of [1, -1]) {
    it.effect(`goes by the store's time where a machine's clock is ${hours} h off`, () =>
      Effect.gen(function* () {
        yield* TestClock.setTime(10 * 3_600_000)
        const machine = yield* Clock.clockWith(Effect.succeed)
        const driver = yield* DriverMemory.make
        const store: Driver.Driver = {
          ...driver,
          commit: (batch) => Effect.provideService(driver.commit(batch), Clock.Clock, machine)
        }
        const off: Clock.Clock = {
          ...machine,
          currentTimeMillisUnsafe: () => machine.currentTimeMillisUnsafe() + hours * 3_600_000
        }
        const services = yield* Layer.build(
          TestForeman.layer({ store: Layer.succeed(Driver.Driver, store) })
        )
        const other = yield* Layer.build(
          Layer.fresh(TestForeman.layer({ store: Layer.succeed(Driver.Driver, store) }))
        )
        const here = yield* Effect.provideContext(given, services)
        const there = yield* Effect.provideContext(given, other)
        const acquiredThere = Effect.provideService(there.acquire("b"), Clock.Clock, off)
        yield* here.held("a")
        yield* TestClock.adjust("900 millis")
        expect(yield* acquiredThere).toBeUndefined()
        yield* TestClock.adjust("100 millis")
        expect(yield* acquiredThere).toMatchObject({ holder: "b", lastsMillis: 1000 })
        expect(yield* here.acquire("a")).toBeUndefined()
      })
    )
  }
})
