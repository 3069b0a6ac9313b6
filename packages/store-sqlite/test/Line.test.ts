import { describe, expect, it } from "@effect/vitest"

import * as Line from "../src/Line.ts"

const lineOf = (...ones: ReadonlyArray<string>) => {
  const line = Line.make<string>()
  for (const one of ones) line.join(one.charAt(0), one)
  return line
}

describe("a line", () => {
  it("gives every organization its turn, in each one's own order", () => {
    const line = lineOf("a1", "a2", "a3", "a4", "b1", "c1", "c2")
    expect(line.take(4)).toEqual(["a1", "b1", "c1", "a2"])
    expect(line.take(9)).toEqual(["c2", "a3", "a4"])
    expect(line.size()).toBe(0)
    expect(line.take(1)).toEqual([])
  })

  it("goes on with those who had no turn in the part before", () => {
    const line = lineOf("a1", "a2", "b1", "b2")
    expect(line.take(1)).toEqual(["a1"])
    expect(line.take(1)).toEqual(["b1"])
    expect(line.take(2)).toEqual(["a2", "b2"])
  })

  it("lets anybody leave, once", () => {
    const line = lineOf("a1", "a2", "b1")
    line.leave("a", "a1")
    line.leave("a", "a1")
    line.leave("x", "a2")
    expect(line.size()).toBe(2)
    expect(line.take(5)).toEqual(["a2", "b1"])
    line.leave("a", "a2")
    expect(line.size()).toBe(0)
  })
})
