/**
 * That the doctor finds what somebody changed in a store with a console, and that who only looks at a
 * store changes nothing.
 *
 * @since 0.1.0
 */
import { describe, expect, it } from "@effect/vitest"
import { Context, Effect, Layer } from "effect"
import type { Scope } from "effect"

import { Doctor, Driver, Rebuild } from "@foreman/core"
import type { Backend, Console } from "./StoreSuiteSubject.ts"
import * as TestForeman from "./TestForeman.ts"

// models ----------------------------------------------------------------------

/**
 * A store whose tables a console reaches.
 *
 * @category models
 * @since 0.1.0
 */
export interface Subject extends Required<Pick<Backend, "layer" | "location">> {
  /** Opens the store for reading only. */
  readonly onlooking: Backend["layer"]
  readonly force: Console["force"]
  /** The rows that say where each organisation's history stands. */
  readonly heads: (location: string) => Effect.Effect<ReadonlyArray<unknown>>
}

// testing ---------------------------------------------------------------------

/**
 * Runs these promises for a store.
 *
 * **Example** (Looking at files)
 *
 * ```ts
 * import type { DoctorSuite as Suite } from "@foreman/testkit"
 * import { DoctorSuite } from "@foreman/testkit"
 *
 * const run = (files: Suite.Subject): void => DoctorSuite.run("sqlite", files)
 * ```
 *
 * @category testing
 * @since 0.1.0
 */
export const run = (name: string, subject: Subject): void => {
  const { brokenIn, lived, onlooking } = wordsOf(subject)
  describe(`the doctor of ${name}`, () => {
    it.live("finds what somebody with a console has changed, and nothing before that", () =>
      Effect.gen(function* () {
        for (const [statement, ids] of planted) {
          const location = yield* lived
          expect(yield* brokenIn(location)).toEqual([])
          yield* subject.force(location, statement)
          expect(yield* brokenIn(location), statement).toEqual(ids)
        }
      })
    )

    it.live("misses the end of a history, of which no rows are made again then", () =>
      Effect.gen(function* () {
        const location = yield* lived
        const [before, head] = yield* Effect.scoped(
          Effect.flatMap(onlooking(location), (driver) => rowsIn(driver))
        )
        yield* subject.force(location, cutting(3))
        expect(yield* brokenIn(location)).toEqual(expect.arrayContaining(["I-02", "I-11"]))
        const story = Effect.gen(function* () {
          const driver = yield* Driver.Driver
          const [after, { organization, position }] = yield* rowsIn(driver)
          const refusal = yield* Effect.flip(Rebuild.repair(driver, organization))
          const place = { position: position - 2, missingTo: position }
          expect(refusal).toMatchObject({ _tag: "ChainBroken", organization, ...place })
          expect([after, { organization, position }]).toEqual([before, head])
          expect(yield* rowsIn(driver)).toEqual([before, head])
        })
        yield* Effect.provide(story, subject.layer(location))
      })
    )

    it.live("looks at a store while others write into it", () =>
      Effect.gen(function* () {
        const location = yield* subject.location
        const story = Effect.gen(function* () {
          const given = yield* TestForeman.givenTeam({ engineers: 4 })
          const writing = Effect.forEach(Array.from({ length: 40 }), () =>
            TestForeman.givenTask(given)
          )
          const looking = Effect.forEach(Array.from({ length: 3 }), () => brokenIn(location))
          const [, looks] = yield* Effect.all([writing, looking], { concurrency: "unbounded" })
          expect(looks).toEqual([[], [], []])
        })
        const store = subject.layer(location)
        yield* Effect.provide(story, TestForeman.layer({ store, reactors: {} }))
      })
    )
  })

  describe(`a store on ${name} that is open for reading only`, () => {
    it.live("writes nothing and numbers nothing", () =>
      Effect.gen(function* () {
        const location = yield* lived
        const before = yield* subject.heads(location)
        const events = [{ stream: "a", type: "b", body: "{}" }]
        const batch = { organization: "acme", reliesOn: [], steps: [], events }
        const { commit, allocate } = yield* onlooking(location)
        const refused = { _tag: "StoreError", retryable: false, ambiguous: false }
        expect(yield* Effect.flip(commit(batch))).toMatchObject({ ...refused, operation: "commit" })
        expect(yield* Effect.flip(allocate("tasks", 1))).toMatchObject(refused)
        expect(yield* subject.heads(location)).toEqual(before)
      })
    )
  })
}

// internal --------------------------------------------------------------------

/** A history without its last events: a store refuses less that these go elsewhere. */
const cutting = (count: number) =>
  "UPDATE events SET organization = 'gone' WHERE position > " +
  `(SELECT max(position) - ${count} FROM events)`

/** The tasks and runs of the only organisation, and where it stands. */
const rowsIn = Effect.fnUntraced(function* (driver: Driver.Driver) {
  const [head] = yield* driver.ask("system", "heads", { after: "", limit: 1 })
  const organization = String(head?.["organization"])
  const of = (table: string) =>
    driver.find({ organization, table, index: "key", equals: {}, limit: 10 })
  const rows = yield* Effect.all([of("tasks"), of("runs")])
  return [rows, { organization, position: Number(head?.["position"]) }] as const
})

const planted: ReadonlyArray<readonly [string, ReadonlyArray<Doctor.InvariantId>]> = [
  ["UPDATE events SET at = at + 1 WHERE position = 2", ["I-05"]],
  ["UPDATE events SET body = ' ' || body WHERE position = 2", ["I-05", "I-06"]],
  ["UPDATE heads SET position = position + 1", ["I-02"]],
  ["UPDATE tasks SET title = 'Forged'", ["I-11"]],
  ["UPDATE tasks SET completed_at = 1", ["I-11", "I-22"]],
  ["DELETE FROM runs", ["I-11", "I-66"]],
  ["DELETE FROM receipts", ["I-17"]],
  ["UPDATE receipts SET answer = '{'", ["I-16"]],
  ["UPDATE tokens SET hash = 'x'", ["I-66", "I-68"]],
  ["DELETE FROM directory WHERE kind = 'task'", ["I-66"]]
]

interface Words {
  /** A store in which a task was worked on. It is closed. */
  readonly lived: Effect.Effect<string, unknown, Scope.Scope>
  /** Which invariants do not hold in a store, seen by who can only read it. */
  readonly brokenIn: (
    location: string
  ) => Effect.Effect<ReadonlyArray<Doctor.InvariantId>, Rebuild.NeverAtRest | Driver.StoreError>
  readonly onlooking: (
    location: string
  ) => Effect.Effect<Driver.Driver, Driver.StoreError, Scope.Scope>
}

const wordsOf = (subject: Subject): Words => {
  const onlooking: Words["onlooking"] = (location) =>
    Effect.map(Layer.build(Layer.fresh(subject.onlooking(location))), (context) =>
      Context.get(context, Driver.Driver)
    )
  return {
    onlooking,
    lived: Effect.gen(function* () {
      const location = yield* subject.location
      const story = Effect.gen(function* () {
        const given = yield* TestForeman.givenTeam()
        const { id } = yield* TestForeman.givenTask(given)
        yield* TestForeman.untilTask(id, ({ status }) => status === "in_review")
      })
      const store = subject.layer(location)
      yield* Effect.provide(story, TestForeman.layer({ store, reactors: {} }))
      return location
    }),
    brokenIn: (location) =>
      Effect.scoped(
        Effect.gen(function* () {
          const { findings } = yield* Doctor.check(yield* onlooking(location))
          return findings.flatMap(({ id, violations }) => (violations > 0 ? [id] : []))
        })
      )
  }
}
