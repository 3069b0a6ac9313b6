import { describe, expect, it } from "@effect/vitest"

import * as Lookout from "../src/Lookout.ts"

/** How many times in a row it rests. */
const restOf = ({ isWorthwhile }: Lookout.Lookout): number => {
  let rest = 0
  while (!isWorthwhile()) rest += 1
  return rest
}

describe("a lookout", () => {
  it("stays awake for as long as that pays", () => {
    const lookout = Lookout.make(true)
    for (let turn = 0; turn < 10; turn++) {
      expect(lookout.isWorthwhile()).toBe(true)
      lookout.saw()
    }
  })

  it("rests longer the more often it was in vain, and not for ever", () => {
    const lookout = Lookout.make(true)
    const rests = Array.from({ length: 9 }, () => {
      lookout.missed()
      return restOf(lookout)
    })
    expect(rests).toEqual([1, 2, 4, 8, 16, 32, 64, 64, 64])
  })

  it("begins with short rests again after it saw something", () => {
    const lookout = Lookout.make(true)
    for (let turn = 0; turn < 5; turn++) lookout.missed()
    restOf(lookout)
    lookout.saw()
    lookout.missed()
    expect(restOf(lookout)).toBe(1)
  })

  it("never stays awake where that is not wanted", () => {
    const lookout = Lookout.make(false)
    for (let turn = 0; turn < 2000; turn++) expect(lookout.isWorthwhile()).toBe(false)
  })
})
