import { describe, expect, it } from "@effect/vitest"
import { Effect } from "effect"
import * as fc from "fast-check"

import { Canonical } from "@foreman/core"

const shuffled = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(shuffled)
  if (typeof value !== "object" || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .toReversed()
      .map(([key, inner]) => [key, shuffled(inner)])
  )
}

describe("canonical text", () => {
  const vectors: ReadonlyArray<readonly [unknown, string]> = [
    [{}, "{}"],
    [{ b: 1, a: [true, null, "x"] }, '{"a":[true,null,"x"],"b":1}'],
    [{ a: undefined, b: { d: undefined } }, '{"b":{}}'],
    [[undefined, 1], "[null,1]"],
    [{ é: '😀\u2028"\\\n' }, '{"é":"😀\u2028\\"\\\\\\n"}'],
    [{ 10: 1, 9: 2 }, '{"10":1,"9":2}'],
    [1e21, "1e+21"],
    [undefined, "null"]
  ]
  for (const [value, text] of vectors) {
    it(`of ${text} stays as it is`, () => {
      expect(Canonical.stringify(value)).toBe(text)
    })
  }

  it("does not depend on the order of keys, and loses nothing", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = Canonical.stringify(value)
        expect(Canonical.stringify(shuffled(value))).toBe(text)
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)))
      })
    )
  })

  it.effect("has the digest that everyone computes", () =>
    Effect.gen(function* () {
      expect(yield* Effect.promise(() => Canonical.digest("abc"))).toBe(
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
      )
    })
  )
})
