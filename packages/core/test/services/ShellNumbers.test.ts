import { assert, describe, it } from "@effect/vitest"
import { Effect, Latch } from "effect"
import { TestClock } from "effect/testing"

import { DriverMemory } from "@foreman/core"
import { makeAllocate } from "../../src/services/ShellNumbers.ts"

describe("numbers of a sequence", () => {
  it.effect("have no gap where they are needed now and then, by two processes in turn", () =>
    Effect.gen(function* () {
      const driver = yield* DriverMemory.make
      const processes = [makeAllocate(driver), makeAllocate(driver)]
      const numbers: Array<number> = []
      for (const allocate of [...processes, ...processes, ...processes]) {
        numbers.push(yield* allocate("tasks"))
        yield* TestClock.adjust("2 seconds")
      }
      assert.deepStrictEqual(numbers, [1, 2, 3, 4, 5, 6])
    })
  )

  it.effect("are reserved many at a time where many are needed, each for one only", () =>
    Effect.gen(function* () {
      const driver = yield* DriverMemory.make
      let asked = 0
      const counting = {
        ...driver,
        allocate: (sequence: string, count: number) => {
          asked += 1
          return driver.allocate(sequence, count)
        }
      }
      const processes = [makeAllocate(counting), makeAllocate(counting)]
      const numbers = yield* Effect.forEach(
        Array.from({ length: 4000 }, (_, index) => processes[index % 2] ?? makeAllocate(driver)),
        (allocate) => allocate("tasks"),
        { concurrency: 64 }
      )
      assert.strictEqual(new Set(numbers).size, 4000)
      // Twice as many each time, up to 512.
      assert.isAtMost(asked, 30)
    })
  )

  it.effect("are asked for before the last ones are used up, so that nobody waits for them", () =>
    Effect.gen(function* () {
      const driver = yield* DriverMemory.make
      const gate = yield* Latch.make(true)
      const slow = {
        ...driver,
        allocate: (sequence: string, count: number) =>
          gate.whenOpen(driver.allocate(sequence, count))
      }
      const allocate = makeAllocate(slow)
      const take = (count: number) => Effect.replicateEffect(allocate("tasks"), count)
      // Blocks of 1, 2, 4, 8 and 16, and half of the next one, which is asked for meanwhile.
      const before = yield* take(1 + 2 + 4 + 8 + 16 + 16)
      yield* Effect.yieldNow
      yield* gate.close
      const after = yield* take(16 + 32)
      assert.deepStrictEqual(
        [...before, ...after],
        Array.from({ length: 95 }, (_, at) => at + 1)
      )
    })
  )
})
