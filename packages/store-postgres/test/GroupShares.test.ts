import { setImmediate } from "node:timers/promises"
import { describe, expect, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"

import type { Driver } from "@foreman/core"

import * as Group from "../src/Group.ts"
import { Shares, type Stretch, widened } from "../src/GroupShares.ts"
import { failed } from "../src/PostgresFailure.ts"
import type { Told, Written } from "../src/PostgresGroup.ts"
import { Lane } from "../src/PostgresLane.ts"

const batch = (stream: string, events = 1, organization = "acme"): Driver.Batch => ({
  organization,
  reliesOn: [],
  steps: [],
  events: Array.from({ length: events }, () => ({ stream, type: "said", body: "{}" }))
})

/** Three groups without others, behind ten with them. */
const after = [640, 672, 704].map((from) => [from, from + 32] as const)

describe("what of an organization others write", () => {
  const cases: Record<string, readonly [ReadonlyArray<readonly [number, number]>, boolean]> = {
    "is nothing at first, wherever that is": [[[1_000, 1_032]], false],
    "is nothing where one group follows the other": [pairsOf(32, 0), false],
    "is as much where they alternate": [pairsOf(32, 32), true],
    "is enough where it is half as much": [pairsOf(32, 17), true],
    "is too little where it is one here and there": [pairsOf(32, 1), false],
    "is forgotten once they have stopped": [[...pairsOf(32, 32), ...after], false]
  }
  for (const [name, [stretches, isShared]] of Object.entries(cases)) {
    it(name, () => {
      const shares = new Shares()
      for (const [from, to] of stretches) shares.wrote("acme", { from, to })
      expect(shares.isShared("acme")).toBe(isShared)
      expect(shares.isShared("other")).toBe(false)
    })
  }

  it("is known of as many organizations as there may be, for as long as no other one comes", () => {
    const shares = new Shares()
    const write = (organization: string) => {
      for (const [from, to] of pairsOf(32, 32)) shares.wrote(organization, { from, to })
    }
    for (let index = 0; index < 1_000; index += 1) write(`${index}`)
    expect([shares.isShared("0"), shares.isShared("999")]).toEqual([true, true])
    write("another")
    expect([shares.isShared("0"), shares.isShared("another")]).toEqual([false, true])
  })

  it("is reckoned from the positions of a group, whatever was refused of it", () => {
    const committed = (position: number): Driver.Answer => ({
      _tag: "Committed",
      position,
      at: 0,
      versions: []
    })
    const conflict: Driver.Answer = { _tag: "Conflict", actual: [] }
    let stretch: Stretch | undefined = widened(undefined, batch("a"), conflict)
    expect(stretch).toBeUndefined()
    stretch = widened(stretch, batch("a", 3), committed(10))
    stretch = widened(stretch, batch("b"), conflict)
    stretch = widened(stretch, batch("c", 2), committed(12))
    expect(stretch).toEqual({ from: 7, to: 12 })
  })
})

/** Groups of so many positions, with so many of others before each. */
function pairsOf(own: number, others: number): ReadonlyArray<readonly [number, number]> {
  return Array.from({ length: 10 }, (_, index) => {
    const from = index * (own + others) + others
    return [from, from + own] as const
  })
}

/** A line before a database in which others write so many events before each group. */
const line = (others: number, groupLimit = 64) => {
  const waiting: Array<{ readonly size: number; readonly end: () => void }> = []
  const heads = new Map<string, number>()
  const group = Group.make({
    limits: { groupLimit, awakeMilliseconds: 0 },
    // Who is told the time goes in no other way, also alone.
    tellsTime: true,
    lanes: [new Lane(() => Promise.reject(new Error("No connection is needed")))],
    commit: (_, groups) =>
      new Promise((resolve) => {
        const size = groups.reduce((sum, { batches }) => sum + batches.length, 0)
        const end = () => resolve(groups.map((one) => told(one)))
        waiting.push({ size, end })
      }),
    commitAlone: () => Promise.reject(new Error("None is alone")),
    seal: { close: () => "" },
    hinted: () => undefined,
    failed: failed("commit"),
    committed: () => undefined,
    measured: () => undefined
  })
  const told = ({ batches: [first], streams }: Written): Told => {
    const organization = first?.organization ?? ""
    const position = (heads.get(organization) ?? 0) + others
    heads.set(organization, position + streams.length)
    return { position, at: 0, before: streams.map(() => 0), refused: {} }
  }
  /** Who goes on as soon as it is answered. */
  const caller = (name: string, times: number) =>
    Effect.runFork(Effect.replicateEffect(group.commit(batch(name)), times))
  /** Answers the group that has waited longest, if there is one. */
  const end = () => {
    const next = waiting.shift()
    next?.end()
    return next !== undefined
  }
  return { caller, end, group, waiting }
}

/** The sizes of the groups of callers who each commit so often, and how many were under way at most. */
const groupsOf = async (others: number, callers: number, times: number, groupLimit?: number) => {
  const { caller, waiting } = line(others, groupLimit)
  const fibers = Array.from({ length: callers }, (_, index) => caller(`${index}`, times))
  const ended = Effect.runPromise(Fiber.joinAll(fibers)).then(() => "ended" as const)
  const sizes: Array<number> = []
  let most = 0
  for (;;) {
    for (let turn = 0; turn < 10; turn++) await setImmediate()
    const next = waiting.shift()
    if (next === undefined) break
    most = Math.max(most, waiting.length + 1)
    sizes.push(next.size)
    next.end()
  }
  expect(await ended).toBe("ended")
  return { sizes, most }
}

describe("a line of an organization", () => {
  it.live("that nobody else writes for is cut in halves, one behind the other", () =>
    Effect.promise(async () => {
      const { most, sizes } = await groupsOf(0, 16, 8)
      expect(most).toBe(2)
      expect(sizes.slice(2)).toEqual(sizes.slice(2).map(() => 8))
    })
  )

  it.live("that others write for as much is one group of all who come", () =>
    Effect.promise(async () => {
      const { sizes } = await groupsOf(16, 16, 8)
      // The first ones went before anything was known of the others.
      expect(sizes.slice(3, 7)).toEqual([16, 16, 16, 16])
    })
  )

  it.live("that others write for goes on in halves where there are more than a group holds", () =>
    Effect.promise(async () => {
      const { most, sizes } = await groupsOf(16, 16, 8, 4)
      expect(most).toBe(2)
      expect(Math.max(...sizes)).toBe(4)
    })
  )
})

/** Turns of the event loop that callers think for, as a generator with a seed gives them. */
const thoughts = (seed: number) => {
  let last = seed
  return () => {
    last = (last * 1_103_515_245 + 12_345) & 0x7fffffff
    return last % 12
  }
}

describe("lines of more organizations than there are connections", () => {
  it.live.each([1, 2, 3, 4])("all come to an end where others write for them too (%i)", (seed) =>
    Effect.promise(async () => {
      const { end, group } = line(10)
      const think = thoughts(seed)
      const state = { left: 0 }
      const caller = async (organization: string, name: string) => {
        state.left += 1
        for (let round = 0; round < 60; round += 1) {
          await Effect.runPromise(group.commit(batch(name, 1, organization)))
          for (let turn = think(); turn > 0; turn -= 1) await setImmediate()
        }
        state.left -= 1
      }
      for (const organization of ["acme", "other"]) {
        for (const name of ["a", "b", "c"]) void caller(organization, name)
      }
      for (let idle = 0; idle < 200 && state.left > 0; idle += 1) {
        for (let turn = think(); turn >= 0; turn -= 1) await setImmediate()
        if (end()) idle = 0
      }
      expect(state.left).toBe(0)
    })
  )
})
