import { setImmediate } from "node:timers/promises"
import { describe, expect, it, onTestFinished, vi } from "@effect/vitest"
import { Effect, Exit, Fiber } from "effect"

import type { Driver } from "@foreman/core"

import * as Group from "../src/Group.ts"
import { failed } from "../src/PostgresFailure.ts"
import { Lane } from "../src/PostgresLane.ts"

const batch = (key: string, organization = "acme"): Driver.Batch => ({
  organization,
  reliesOn: [],
  steps: [],
  events: [{ stream: key, type: "said", body: "{}" }],
  receipt: { key, digest: "", answer: "" }
})

const answer: Driver.Answer = { _tag: "Committed", position: 1, at: 1, versions: [] }

const laneOf = () => new Lane(() => Promise.reject(new Error("No connection is needed")))

/** A line before a database that answers a batch alone when it is told to, and groups never. */
const line = ({ awakeMilliseconds = 0, lanes = 1 } = {}) => {
  const sent: Array<() => void> = []
  const hinted: Array<string> = []
  const group = Group.make({
    limits: { queueLimit: 100, awakeMilliseconds },
    tellsTime: false,
    lanes: Array.from({ length: lanes }, laneOf),
    commit: () => Promise.reject(new Error("No group is expected")),
    commitAlone: () => {
      const { promise, resolve } = Promise.withResolvers<Driver.Answer>()
      sent.push(() => resolve(answer))
      return promise
    },
    seal: { close: () => "" },
    hinted: (_, organization) => hinted.push(organization),
    failed: failed("commit"),
    committed: () => undefined,
    measured: () => undefined
  })
  return {
    sent,
    hinted,
    fork: (...wanted: Parameters<typeof batch>) => run(group, batch(...wanted))
  }
}

const run = (group: Group.Group, wanted: Driver.Batch) => Effect.runFork(group.commit(wanted))

describe("a line of batches", () => {
  it.live("gives its connection back when the last one gives up as its turn comes", () =>
    Effect.promise(async () => {
      const { fork, sent } = line()
      const first = fork("first")
      await setImmediate()
      const second = fork("second")
      await setImmediate()
      expect(sent).toHaveLength(2)
      const third = fork("third")
      for (const end of sent.splice(0)) end()
      await Effect.runPromise(Fiber.joinAll([first, second]))
      await Effect.runPromise(Fiber.interrupt(third))
      const other = fork("other", "beta")
      await setImmediate()
      await setImmediate()
      expect(sent).toHaveLength(1)
      for (const end of sent) end()
      expect(Exit.isSuccess(await Effect.runPromise(Fiber.await(other)))).toBe(true)
    })
  )

  it.live("sends who has been alone for a while in the same turn, and else in the next", () =>
    Effect.promise(async () => {
      const { fork, sent } = line()
      const atOnce: Array<number> = []
      for (let round = 0; round < 6; round++) {
        const fiber = fork(`${round}`)
        atOnce.push(sent.length)
        await setImmediate()
        for (const end of sent.splice(0)) end()
        await Effect.runPromise(Fiber.join(fiber))
      }
      expect(atOnce).toEqual([0, 0, 0, 0, 1, 1])
      // Two who come together are not alone: the second one waits its turn.
      const both = [fork("one"), fork("two")]
      expect(sent).toHaveLength(1)
      await setImmediate()
      expect(sent).toHaveLength(2)
      for (const end of sent.splice(0)) end()
      await Effect.runPromise(Fiber.joinAll(both))
      fork("three")
      expect(sent).toHaveLength(0)
    })
  )

  it.live("stays awake for who has been alone for a while without a pause, and else sleeps", () =>
    Effect.promise(async () => {
      let now = 0
      vi.spyOn(performance, "now").mockImplementation(() => now)
      const turned = vi.spyOn(globalThis, "setImmediate")
      onTestFinished(() => void vi.restoreAllMocks())
      const { fork, sent } = line({ awakeMilliseconds: 5_000 })
      const slept: Array<boolean> = []
      for (let round = 0; round < 7; round++) {
        if (round === 6) now += 20
        const fiber = fork(`${round}`)
        await setImmediate()
        turned.mockClear()
        for (let turn = 0; turn < 5; turn++) await setImmediate()
        slept.push(turned.mock.calls.length < 4)
        for (const end of sent.splice(0)) end()
        await Effect.runPromise(Fiber.join(fiber))
      }
      expect(slept).toEqual([true, true, true, true, false, false, true])
    })
  )

  it.live("gives the hint behind a commit where several organizations commit at once", () =>
    Effect.promise(async () => {
      const { fork, hinted, sent } = line({ lanes: 2 })
      const alone = fork("one")
      await setImmediate()
      for (const end of sent.splice(0)) end()
      await Effect.runPromise(Fiber.join(alone))
      expect(hinted).toEqual([])
      const both = [fork("two"), fork("three", "beta")]
      await setImmediate()
      for (const end of sent.splice(0)) end()
      await Effect.runPromise(Fiber.joinAll(both))
      expect(hinted).toEqual(["acme", "beta"])
    })
  )
})
