import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Latch, Queue } from "effect"
import { TestClock } from "effect/testing"

import { capacityOf, deciding, occupy, untilDecided } from "../../src/reactors/Capacity.ts"

/** Somebody who decides until told to end, and somebody who waits for that. */
const given = Effect.gen(function* () {
  const capacity = capacityOf(1)
  const decide = Effect.gen(function* () {
    const end = yield* Latch.make()
    const fiber = yield* Effect.forkChild(deciding(capacity, end.await), {
      startImmediately: true
    })
    return { end: Effect.andThen(end.open, Fiber.join(fiber)), fiber }
  })
  // Who is handed something may not be interrupted meanwhile.
  const wait = Effect.forkChild(Effect.uninterruptible(untilDecided(capacity)), {
    startImmediately: true
  })
  const goesOn = (fiber: Fiber.Fiber<unknown>) =>
    Effect.as(Effect.yieldNow, fiber).pipe(
      Effect.map((waiting) => waiting.pollUnsafe() !== undefined)
    )
  return { capacity, decide, wait, goesOn }
})

describe("who is handed a task where all places are taken", () => {
  it.effect("waits for nothing while nobody decides", () =>
    Effect.gen(function* () {
      const { goesOn, wait } = yield* given
      assert.isTrue(yield* goesOn(yield* wait))
    })
  )

  it.effect("waits until all who decide know what begins, however that ends", () =>
    Effect.gen(function* () {
      const { decide, goesOn, wait } = yield* given
      const [one, two] = [yield* decide, yield* decide]
      const waiting = yield* wait
      yield* one.end
      assert.isFalse(yield* goesOn(waiting))
      yield* Fiber.interrupt(two.fiber)
      assert.isTrue(yield* goesOn(waiting))
    })
  )

  it.effect("waits for a second at most, also where one decides after the other", () =>
    Effect.gen(function* () {
      const { decide, goesOn, wait } = yield* given
      const first = yield* decide
      const waiting = yield* wait
      yield* TestClock.adjust("600 millis")
      yield* decide
      yield* first.end
      yield* TestClock.adjust("399 millis")
      assert.isFalse(yield* goesOn(waiting))
      yield* TestClock.adjust("1 millis")
      assert.isTrue(yield* goesOn(waiting))
      // Who comes later waits no second more for the same.
      assert.isTrue(yield* goesOn(yield* wait))
    })
  )
})

describe("who takes the last place", () => {
  it.effect("wakes all who offer one, and nobody before", () =>
    Effect.gen(function* () {
      const capacity = capacityOf(2)
      const wakes = [yield* Queue.unbounded<void>(), yield* Queue.unbounded<void>()]
      for (const wake of wakes) capacity.wakes.add(wake)
      const woken = Effect.forEach(wakes, Queue.size)
      occupy(capacity)
      assert.deepStrictEqual(yield* woken, [0, 0])
      occupy(capacity)
      assert.deepStrictEqual(yield* woken, [1, 1])
    })
  )
})
