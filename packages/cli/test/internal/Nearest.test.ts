import { describe, expect, it } from "vitest"
import { nearest } from "../../src/internal/Nearest.ts"

describe("the nearest word", () => {
  it.each([
    ["lst", "list"],
    ["craete", "create"],
    ["lists", "list"],
    ["proj", "project"],
    ["zebra", undefined],
    ["", undefined]
  ])("of %s is %s", (written, word) => {
    expect(nearest(written, ["create", "list", "show", "project"])).toBe(word)
  })
})
