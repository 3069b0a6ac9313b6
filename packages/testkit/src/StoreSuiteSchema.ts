/**
 * What a store promises of its tables: they are those of the list, and history stays as it was.
 *
 * @since 0.1.0
 */
import { expect, it as test, layer } from "@effect/vitest"
import { Effect } from "effect"

import { Chain, Tables } from "@foreman/core"
import * as Given from "./StoreSuiteSubject.ts"
import { commit, event, history, Subject } from "./StoreSuiteSubject.ts"

// testing ---------------------------------------------------------------------

/**
 * Registers these tests.
 *
 * @category testing
 * @since 0.1.0
 */
export const register = (backend: Given.Backend): void => {
  if (backend.describe === undefined) {
    test("are those of the list", ({ skip }) => skip("the store cannot describe its tables"))
  }
  if (backend.console === undefined) {
    test("keep history as it was", ({ skip }) => skip("nobody gets past the store"))
  }
  layer(Given.layerOf(backend), { excludeTestServices: true })((it) => {
    if (backend.describe !== undefined) described(it, backend.describe)
    if (backend.console !== undefined) rewritten(it, backend.console)
  })
}

// internal --------------------------------------------------------------------

const described = (it: Given.It, describe: NonNullable<Given.Backend["describe"]>) => {
  for (const [name, table] of Object.entries(Tables.tables)) {
    it.effect(`are those of the list: ${name}`, () =>
      Effect.gen(function* () {
        const { location } = yield* Subject
        const real = (yield* describe(location))[name]
        const columns = Object.entries(table.columns).map(
          ([column, type]) => [column, { isNullable: type.endsWith("?") }] as const
        )
        expect(real?.columns).toEqual(Object.fromEntries(columns))
        expect(real?.key).toEqual(table.key)
        const unique = Object.entries(table.unique).map(
          ([constraint, { columns, where }]) =>
            [constraint, { columns, isPartial: where !== undefined }] as const
        )
        expect(real?.unique).toEqual(Object.fromEntries(unique))
        const indexes = Object.keys(table.indexes).map(
          (index) => [index, ["organization", ...Tables.orderOf(name, index)]] as const
        )
        expect(real?.indexes).toMatchObject(Object.fromEntries(indexes))
      })
    )
  }
}

const rewritten = (it: Given.It, console: Given.Console) => {
  it.effect("refuse to change or to forget an event", () =>
    Effect.gen(function* () {
      const { location } = yield* Subject
      const acme = yield* Given.organization
      yield* commit(Given.batch(acme, { events: [event("a"), event("b"), event("a")] }))
      const before = yield* history(acme)
      const where = `WHERE organization = '${acme}'`
      const statements = [
        `UPDATE events SET body = 'x' ${where} AND position = 2`,
        `UPDATE events SET at = at + 1 ${where}`,
        `DELETE FROM events ${where}`,
        `DELETE FROM events ${where} AND position = 3`,
        `INSERT INTO events SELECT * FROM events ${where}`
      ]
      for (const statement of statements) {
        const refused = yield* console.run(location, statement)
        expect(refused, statement).toMatch(/events_(immutable|gapless)|unique/i)
      }
      expect(yield* history(acme)).toEqual(before)
    })
  )

  it.effect("show by the chain that somebody changed an event all the same", () =>
    Effect.gen(function* () {
      const { location } = yield* Subject
      const acme = yield* Given.organization
      yield* commit(Given.batch(acme, { events: [event("a"), event("b"), event("a")] }))
      const where = `WHERE organization = '${acme}' AND position = 2`
      yield* console.force(location, `UPDATE events SET body = replace(body, 'b', 'c') ${where}`)
      const events = yield* history(acme)
      expect(yield* Effect.promise(() => Chain.firstBroken(events))).toBe(2)
      expect(yield* commit(Given.batch(acme, { events: [event("a")] }))).toMatchObject({
        _tag: "Committed",
        position: 4
      })
    })
  )
}
