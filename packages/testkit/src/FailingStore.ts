/**
 * A store that fails on demand: at the call that a test chooses, before or after the call has its
 * effect, in every way in which a real one can.
 *
 * @since 0.1.0
 */
import { Deferred, Effect } from "effect"

import { Driver } from "@foreman/core"

// models ----------------------------------------------------------------------

/**
 * How a call fails: with the store's own error, with a defect, by being interrupted, or by never
 * answering.
 *
 * @category models
 * @since 0.1.0
 */
export type Way = "error" | "defect" | "interrupt" | "hang"

/**
 * One fault: the call, counted from 1 since the fault was planted, and how it fails.
 *
 * @category models
 * @since 0.1.0
 */
export interface Fault {
  readonly call: number
  /** `after`: the call has done its work, and only its answer is lost. */
  readonly moment: "before" | "after"
  readonly way: Way
}

/**
 * A store with a fault in it, and how to plant one.
 *
 * @category models
 * @since 0.1.0
 */
export interface FailingStore {
  readonly driver: Driver.Driver
  /** Plants a fault in the place of the one before; none lets every call through. */
  readonly plant: (fault?: Fault) => Effect.Effect<void>
  /** How many calls there were since a fault was planted last. */
  readonly calls: Effect.Effect<number>
  /** Waits until a call hangs. */
  readonly hung: Effect.Effect<void>
}

// rules -----------------------------------------------------------------------

/**
 * Every way to fail, at either moment.
 *
 * @category models
 * @since 0.1.0
 */
export const manners: ReadonlyArray<Omit<Fault, "call">> = (
  ["error", "defect", "interrupt", "hang"] as const
).flatMap((way) => [
  { moment: "before", way },
  { moment: "after", way }
])

// testing ---------------------------------------------------------------------

/**
 * Puts faults in front of a store. The feed of changes is let through as it is.
 *
 * **Example** (The first call is lost on its way back)
 *
 * ```ts import.meta.vitest
 * import { Driver, DriverMemory } from "@foreman/core"
 * import { FailingStore } from "@foreman/testkit"
 * import { Effect } from "effect"
 *
 * const program = Effect.gen(function* () {
 *   const store = yield* FailingStore.make(yield* Driver.Driver)
 *   yield* store.plant({ call: 1, moment: "after", way: "error" })
 *   const lost = yield* Effect.flip(store.driver.allocate("tasks", 1))
 *   return [lost.retryable, yield* store.driver.allocate("tasks", 1)]
 * })
 *
 * await Effect.runPromise(Effect.provide(program, DriverMemory.layer)) // => [false, 2]
 * ```
 *
 * @category testing
 * @since 0.1.0
 */
export const make: (driver: Driver.Driver) => Effect.Effect<FailingStore> = Effect.fnUntraced(
  function* (driver: Driver.Driver) {
    let planted: Fault | undefined
    let calls = 0
    let hung = yield* Deferred.make<void>()
    const fail = (operation: string, { moment, way }: Fault) => {
      switch (way) {
        case "defect":
          return Effect.die(new Error(`A fault was planted at ${operation}`))
        case "interrupt":
          return Effect.interrupt
        case "hang":
          return Effect.andThen(Deferred.succeed(hung, undefined), Effect.never)
        default:
          return Effect.fail(errorOf(operation, moment))
      }
    }
    const through = <A>(operation: string, call: Effect.Effect<A, Driver.StoreError>) =>
      Effect.suspend(() => {
        calls += 1
        if (planted === undefined || planted.call !== calls) return call
        const failure = fail(operation, planted)
        return planted.moment === "before" ? failure : Effect.andThen(call, failure)
      })
    return {
      driver: {
        ...driver,
        allocate: (...input) => through("allocate", driver.allocate(...input)),
        commit: (batch) => through("commit", driver.commit(batch)),
        versions: (...input) => through("versions", driver.versions(...input)),
        readStream: (...input) => through("readStream", driver.readStream(...input)),
        readAll: (...input) => through("readAll", driver.readAll(...input)),
        receipt: (...input) => through("receipt", driver.receipt(...input)),
        get: (...input) => through("get", driver.get(...input)),
        find: (query) => through("find", driver.find(query)),
        ask: (...input) => through("ask", driver.ask(...input))
      },
      plant: (fault) =>
        Effect.sync(() => {
          planted = fault
          calls = 0
          hung = Deferred.makeUnsafe<void>()
        }),
      calls: Effect.sync(() => calls),
      hung: Effect.suspend(() => Deferred.await(hung))
    }
  }
)

// internal --------------------------------------------------------------------

/** Not to be tried again at once: the caller is to see it, and to repeat the command itself. */
const errorOf = (operation: string, moment: Fault["moment"]) =>
  new Driver.StoreError({
    operation,
    cause: new Error("A fault was planted"),
    retryable: false,
    ambiguous: operation === "commit" && moment === "after"
  })
