import { describe, expect, it } from "@effect/vitest"
import { Effect } from "effect"
import * as fc from "fast-check"

import { type Driver, DriverMemory } from "@foreman/core"
import * as Paging from "../../src/services/Paging.ts"

const value = {
  text: fc.string({ unit: "binary" }).filter((text) => text.isWellFormed()),
  integer: fc.maxSafeInteger(),
  boolean: fc.boolean()
}

describe("a cursor", () => {
  it("comes back as the values that it was made of", () => {
    fc.assert(
      fc.property(value.text, value.integer, value.boolean, fc.option(value.integer), (...all) => {
        const columns = { a: "text", b: "integer", c: "boolean", d: "integer?" } as const
        const [a, b, c, d] = all
        const decoded = Effect.runSync(Paging.decode(Paging.encode(all), columns))
        expect(decoded).toStrictEqual({ a, b: Object.is(b, -0) ? 0 : b, c, d })
      })
    )
  })

  it("needs no escaping in an address", () => {
    fc.assert(
      fc.property(fc.array(value.text), (values) => {
        expect(Paging.encode(values)).toMatch(/^[\w-]*$/)
      })
    )
  })

  it("is refused when it is anything else", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(Effect.runSync(Effect.flip(Paging.decode(text, { a: "text" })))).toBe(
          Paging.badCursor
        )
      })
    )
  })

  const wrong: ReadonlyArray<readonly [string, unknown]> = [
    ["too few values", []],
    ["too many values", ["a", 1, 2]],
    ["text for a number", ["a", "1"]],
    ["a number for text", [1, 1]],
    ["half a number", ["a", 0.5]],
    ["a number that no store counts to", ["a", 2 ** 53]],
    ["nothing where something is needed", ["a", null]],
    ["a list in it", ["a", [1]]],
    ["a name for each value", { a: "a", b: 1 }]
  ]
  for (const [title, values] of wrong) {
    it.effect(`is refused with ${title}`, () =>
      Effect.gen(function* () {
        // As: what a caller sends need not be a list.
        const cursor = Paging.encode(values as ReadonlyArray<unknown>)
        const refusal = yield* Effect.flip(Paging.decode(cursor, { a: "text", b: "integer" }))
        expect(refusal._tag).toBe("InvalidInput")
      })
    )
  }
})

describe("a page", () => {
  const given = Effect.gen(function* () {
    const driver = yield* DriverMemory.make
    const steps = Array.from({ length: 5 }, (_, index): Driver.Step => ({
      _tag: "Insert",
      table: "task_dependencies",
      row: { task_id: 1, depends_on_id: index + 1 }
    }))
    yield* driver.commit({ organization: "acme", reliesOn: [], steps, events: [] })
    const query = {
      organization: "acme",
      table: "task_dependencies",
      index: "key",
      equals: { task_id: 1 },
      toItem: (row: Driver.Row) => row["depends_on_id"]
    }
    return (page: Parameters<typeof Paging.find>[2]) => Paging.find(driver, query, page)
  })

  it.effect("passes over what an offset says, and goes on from there by its cursor", () =>
    Effect.gen(function* () {
      const find = yield* given
      const first = yield* find({ limit: 2, offset: 1 })
      expect(first.items).toEqual([2, 3])
      const second = yield* find({ limit: 2, cursor: first.nextCursor ?? "" })
      expect(second).toEqual({ items: [4, 5], nextCursor: null })
      expect(yield* find({ limit: 2, offset: 7 })).toEqual({ items: [], nextCursor: null })
    })
  )
})
