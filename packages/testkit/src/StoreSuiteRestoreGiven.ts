/**
 * Stores that are moved, and what is in them.
 *
 * @internal
 */
import { expect, it as test } from "@effect/vitest"
import { Context, Effect, Layer } from "effect"
import type { Scope } from "effect"

import { type Driver, Tables, type Transfer } from "@foreman/core"
import * as Given from "./StoreSuiteSubject.ts"
import { Subject } from "./StoreSuiteSubject.ts"

// models ----------------------------------------------------------------------

/**
 * A store that can be moved.
 *
 * @category models
 * @since 0.1.0
 */
export interface Movable {
  readonly driver: Driver.Driver
  readonly hold: Transfer.Hold
  readonly fill: Transfer.Fill
}

/**
 * All that a small store holds.
 *
 * @category models
 * @since 0.1.0
 */
export interface Everything {
  readonly organizations: ReadonlyArray<Transfer.Standing>
  readonly sequences: ReadonlyArray<Transfer.Sequence>
  readonly parts: ReadonlyArray<{
    readonly events: ReadonlyArray<Driver.StoredEvent>
    readonly receipts: ReadonlyArray<Transfer.KeptReceipt>
    readonly rows: Readonly<Record<string, ReadonlyArray<Driver.Row>>>
  }>
}

// testing ---------------------------------------------------------------------

/**
 * An organisation.
 *
 * @category testing
 * @since 0.1.0
 */
export const acme = "acme"

/**
 * The other one.
 *
 * @category testing
 * @since 0.1.0
 */
export const beta = "beta"

/**
 * Registers tests on a store that can be moved; where none can, their absence is a printed skip.
 *
 * @category testing
 * @since 0.1.0
 */
export const moving =
  (backend: Given.Backend) =>
  (name: string, body: (store: Movable) => Effect.Effect<unknown, unknown, Scope.Scope>): void =>
    test.live(name, (context) =>
      Effect.gen(function* () {
        const { driver } = yield* Subject
        const { fill, hold } = driver
        if (fill === undefined || hold === undefined) return context.skip("it cannot be moved")
        yield* body({ driver, hold, fill })
      }).pipe(Effect.provide(Given.layerOf(backend)), Effect.scoped)
    )

/**
 * Lives a little: two organisations with events, and one that has only a receipt.
 *
 * @category testing
 * @since 0.1.0
 */
export const live = Effect.fnUntraced(function* (driver: Driver.Driver) {
  yield* driver.allocate("tasks", 7)
  for (const organization of [beta, acme]) {
    const receipt = { key: `é/${organization}`, digest: "d", answer: '{"id":1}' }
    yield* driver.commit({ ...Given.createTask(organization, 1), receipt })
    yield* driver.commit(Given.createTask(organization, 2))
    yield* driver.commit(Given.depend(organization, 2, 1))
  }
  const receipt = { organization: "system", key: "k", digest: "", answer: "null" }
  const row = { kind: "token", id: "abc" }
  const steps = [{ _tag: "Insert", table: "directory", row }] as const
  yield* driver.commit({ ...Given.batch(acme, { steps }), receipt })
})

/**
 * Reads all that a small store holds.
 *
 * @category testing
 * @since 0.1.0
 */
export const everything = Effect.fnUntraced(function* (
  from: Transfer.Snapshot
): Effect.fn.Return<Everything, Driver.StoreError> {
  const organizations = yield* from.organizations({ after: "", limit: 100 })
  const parts = yield* Effect.forEach(
    organizations,
    Effect.fnUntraced(function* ({ organization }) {
      const found: Record<string, ReadonlyArray<Driver.Row>> = {}
      for (const table of Object.keys(Tables.tables)) {
        const query = { organization, table, index: "key", equals: {}, limit: 100 }
        found[table] = yield* from.find(query)
      }
      return {
        events: yield* from.readAll(organization, { after: 0, limit: 100 }),
        receipts: yield* from.receipts(organization, { after: "", limit: 100 }),
        rows: found
      }
    })
  )
  return { organizations, sequences: yield* from.sequences, parts }
})

/**
 * Puts into a store what another one held.
 *
 * @category testing
 * @since 0.1.0
 */
export const put = Effect.fnUntraced(function* (
  into: Transfer.Filling,
  { organizations, parts, sequences }: Everything
) {
  for (const [index, standing] of organizations.entries()) {
    const { organization } = standing
    const { events = [], receipts = [], rows = {} } = parts[index] ?? {}
    yield* into.stand(standing)
    yield* into.append(events.slice(0, 1))
    yield* into.append(events.slice(1))
    yield* into.keep(organization, receipts)
    const steps = Object.entries(rows).flatMap(([table, all]) =>
      all.map((row): Driver.Step => ({ _tag: "Insert", table, row }))
    )
    yield* into.write(organization, steps)
  }
  yield* into.number(sequences)
})

/**
 * Opens another, empty store of the kind, for as long as the test.
 *
 * @category testing
 * @since 0.1.0
 */
export const another = (backend: Given.Backend) =>
  Effect.map(
    Layer.build(Layer.fresh(Given.layerOf(backend))),
    (context) => Context.get(context, Subject).driver
  )

/**
 * All that a small store holds now.
 *
 * @category testing
 * @since 0.1.0
 */
export const held = (hold: Transfer.Hold) => Effect.scoped(Effect.flatMap(hold, everything))

/**
 * Asserts that nothing is in a store.
 *
 * @category testing
 * @since 0.1.0
 */
export const expectEmpty = Effect.fnUntraced(function* ({ hold }: Pick<Driver.Driver, "hold">) {
  const nothing = { organizations: [], sequences: [], parts: [] }
  expect(hold === undefined ? nothing : yield* held(hold)).toEqual(nothing)
})
