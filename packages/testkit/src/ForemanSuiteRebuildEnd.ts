/**
 * That rows are made again from all of a history or not at all: an end that is missing is found.
 *
 * @internal
 */
import { assert } from "@effect/vitest"
import { Effect } from "effect"

import { type Driver, type Foreman, Rebuild, Shell } from "@foreman/core"
import type { It } from "./ForemanSuiteSubject.ts"
import * as TestForeman from "./TestForeman.ts"

// testing ---------------------------------------------------------------------

/**
 * Registers these tests.
 *
 * @category testing
 * @since 0.1.0
 */
export const register = (it: It): void => {
  it.effect("finds that events are missing at the end, and makes no rows of the others", () =>
    Effect.gen(function* () {
      const { driver, end, organization } = yield* lived
      for (const kept of [end - 1, end - 3, 0]) {
        const cut = cutAt(driver, kept)
        const compared = yield* Effect.orDie(Rebuild.compare(cut, organization))
        const { firstBroken, missingTo, position } = compared
        assert.deepStrictEqual([position, firstBroken, missingTo], [kept, kept + 1, end])
        const refusal = yield* Effect.flip(Rebuild.repair(unwritable(cut), organization))
        assert.strictEqual(refusal._tag, "ChainBroken")
        assert.strictEqual(
          refusal.message,
          `The chain of hashes of ${organization} is broken at event ${kept + 1}: all events up to ` +
            `position ${end} are missing at the end, so nothing was written: restore a backup`
        )
      }
    }).pipe(TestForeman.asOperator)
  )

  it.effect("finds events that come after the end", () =>
    Effect.gen(function* () {
      const { driver, end, organization } = yield* lived
      const ask: Driver.Driver["ask"] = (scope, name, parameters) =>
        Effect.map(driver.ask(scope, name, parameters), (rows) =>
          name === "heads" ? rows.map((row) => ({ ...row, position: end - 2 })) : rows
        )
      const longer = { ...driver, ask }
      const { firstBroken, missingTo } = yield* Effect.orDie(Rebuild.compare(longer, organization))
      assert.deepStrictEqual([firstBroken, missingTo], [end - 1, null])
      const refusal = yield* Effect.flip(Rebuild.repair(unwritable(longer), organization))
      assert.include(refusal.message, `is broken at event ${end - 1}, so nothing was written`)
    }).pipe(TestForeman.asOperator)
  )

  it.effect("takes what others write between its looks for no end that is missing", () =>
    Effect.gen(function* () {
      const { driver, end, given, organization } = yield* lived
      const context = yield* Effect.context<Foreman>()
      const write = Effect.provide(Effect.orDie(TestForeman.givenTask(given)), context)
      let heads = 0
      let pages = 0
      const busy: Driver.Driver = {
        ...driver,
        ask: (scope, name, parameters) =>
          Effect.tap(driver.ask(scope, name, parameters), () =>
            name === "heads" && ++heads === 1 ? write : Effect.void
          ),
        readAll: (scope, page) =>
          Effect.tap(driver.readAll(scope, page), () => (++pages === 1 ? write : Effect.void))
      }
      const compared = yield* Effect.orDie(Rebuild.compare(busy, organization))
      const { differences, firstBroken, missingTo, position } = compared
      assert.deepStrictEqual([differences, firstBroken, missingTo], [[], null, null])
      const now = (yield* TestForeman.history(organization)).length
      assert.isAbove(now, end + 1)
      assert.strictEqual(position, now)
    }).pipe(TestForeman.asOperator)
  )
}

// internal --------------------------------------------------------------------

const lived = Effect.gen(function* () {
  const { driver } = yield* Shell.Shell
  const given = yield* TestForeman.givenTeam()
  yield* TestForeman.givenTask(given)
  const { id: organization } = given.organization
  return { driver, given, organization, end: (yield* TestForeman.history(organization)).length }
})

/** The store without the events after a position. */
const cutAt = (driver: Driver.Driver, kept: number): Driver.Driver => ({
  ...driver,
  readAll: (organization, page) =>
    Effect.map(driver.readAll(organization, page), (events) =>
      events.filter(({ position }) => position <= kept)
    )
})

/** The store, which fails when somebody writes. */
const unwritable = (driver: Driver.Driver): Driver.Driver => ({
  ...driver,
  commit: () => Effect.die("Something is written")
})
