import { describe, expect, it, onTestFinished, vi } from "@effect/vitest"

import * as Lookout from "../../src/ports/Lookout.ts"

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

/** An event loop that is turned by hand, and somebody who waits for something. */
const waiting = (milliseconds: number) => {
  const turns: Array<() => void> = []
  const state = { isWaiting: true }
  const stayAwake = Lookout.vigil({
    milliseconds,
    isWaiting: () => state.isWaiting,
    turn: (next) => turns.push(next)
  })
  /** Whether the loop goes round once more. */
  const turn = () => {
    for (const next of turns.splice(0)) next()
    return turns.length > 0
  }
  return { state, stayAwake, turn, turns }
}

describe("a vigil", () => {
  it("keeps the event loop going until what it waits for has come", () => {
    const { state, stayAwake, turn } = waiting(60_000)
    stayAwake()
    for (let time = 0; time < 10; time++) expect(turn()).toBe(true)
    state.isWaiting = false
    expect(turn()).toBe(false)
  })

  it("goes round once for all who begin it", () => {
    const { stayAwake, turns } = waiting(60_000)
    for (let time = 0; time < 3; time++) stayAwake()
    expect(turns).toHaveLength(1)
  })

  it("lets it sleep when that takes too long, and rests the next time", () => {
    let now = 0
    const clock = vi.spyOn(performance, "now").mockImplementation(() => now)
    onTestFinished(() => void clock.mockRestore())
    const { stayAwake, turn, turns } = waiting(5)
    stayAwake()
    for (; now < 5; now++) expect(turn()).toBe(true)
    expect(turn()).toBe(false)
    stayAwake()
    expect(turns).toHaveLength(0)
    stayAwake()
    expect(turns).toHaveLength(1)
  })

  it("never begins where it is not wanted", () => {
    const { stayAwake, turns } = waiting(0)
    stayAwake()
    expect(turns).toHaveLength(0)
  })
})
