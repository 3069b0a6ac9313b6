import { describe, expect, it } from "vitest"
import { counted } from "../../src/internal/Counted.ts"

describe("a number of things", () => {
  it.each([
    [0, "0 events"],
    [1, "1 event"],
    [2, "2 events"]
  ])("is said of %i of them as a person says it", (count, words) => {
    expect(counted(count, "event")).toBe(words)
  })
})
