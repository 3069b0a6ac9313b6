import { describe, expect, it } from "vitest"
import { setAside, vagueTitles } from "../../src/tidy/TestRules.ts"
import { saidOf } from "./planted.ts"

const path = "packages/core/test/Bad.test.ts"

describe("titles", () => {
  it.each([
    'it("should save", () => {})',
    'it.effect("it works", () => {})',
    'describe("what works", () => {})',
    'test.each([1])("%s should fit", () => {})',
    "it.effect.prop(`a ${kind} should fit`, [], () => {})",
    "describe.each([1])(`should fit`, () => {})"
  ])("that promise are refused: %s", (text) =>
    expect(saidOf(vagueTitles, path, text)).toHaveLength(1)
  )

  it.each([
    'it("refuses to skip review", () => {})',
    'it("says that nobody shoulders it", () => {})',
    'log("this should not count", () => {})'
  ])("that say are fine: %s", (text) => expect(saidOf(vagueTitles, path, text)).toEqual([]))
})

describe("tests set aside", () => {
  it.each([
    'it.only("says", () => {})',
    'describe.skip("says", () => {})',
    'it.effect.only("says", () => {})'
  ])("are refused: %s", (text) => expect(saidOf(setAside, path, text)).toHaveLength(1))

  it("may be skipped by a fact", () =>
    expect(saidOf(setAside, path, 'it.skipIf(isRoot)("says", () => {})')).toEqual([]))
})
