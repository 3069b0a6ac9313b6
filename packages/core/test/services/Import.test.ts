import { describe, expect, it } from "@effect/vitest"
import { Effect, Stream } from "effect"

import {
  ArtifactStore,
  ArtifactStoreMemory,
  Doctor,
  DriverMemory,
  type Export,
  Import
} from "@foreman/core"
import { exported, lived, linesOf, read, refusal, sealed } from "./exports.ts"

describe("an import", () => {
  it.live("refuses what is cut off anywhere, and keeps nothing of it", () =>
    Effect.gen(function* () {
      const { bytes } = yield* lived
      const ends = [...bytes.entries()].flatMap(([place, byte]) => (byte === 10 ? [place] : []))
      for (const end of ends.slice(0, -1)) {
        for (const length of [end, end + 1, end + 9]) {
          const error = yield* refusal(bytes.subarray(0, length))
          expect(error, String(length)).toMatchObject({
            _tag: "ImportRefused",
            reason: { _tag: "Cut" }
          })
        }
      }
      expect(yield* refusal(bytes.subarray(0, 20))).toMatchObject({
        reason: { _tag: "NotAnExport" },
        line: 1
      })
      const error = yield* refusal(bytes.subarray(0, ends.at(-2)))
      expect(error.message).toContain("the export is cut off, so export again")
    })
  )

  it.live("refuses what was changed in one byte, wherever that is", () =>
    Effect.gen(function* () {
      const { bytes } = yield* lived
      for (let place = 0; place < bytes.length - 1; place += 53) {
        const changed = Buffer.from(bytes)
        changed[place] = changed[place] === 0x31 ? 0x32 : 0x31
        expect(yield* refusal(changed), String(place)).toMatchObject({ _tag: "ImportRefused" })
      }
    })
  )

  it.live("takes bytes in any portions, and lines whose keys come in another order", () =>
    Effect.gen(function* () {
      const { bytes, lines } = yield* lived
      const portions = Array.from({ length: Math.ceil(bytes.length / 7) }, (_, index) =>
        bytes.subarray(index * 7, index * 7 + 7)
      )
      const turned = lines.map((line) => Object.fromEntries(Object.entries(line).toReversed()))
      for (const source of [Stream.fromIterable(portions), Stream.make(sealed(turned))]) {
        const there = yield* DriverMemory.make
        yield* Import.read(there, source)
        const { bytes: again } = yield* exported(there)
        const rest = lines.slice(1, -1).filter(({ kind }) => kind !== "bytes" && kind !== "piece")
        expect(linesOf(again).slice(1, -1)).toEqual(rest)
      }
    })
  )

  it.live("takes nothing where something is", () =>
    Effect.gen(function* () {
      const { bytes, driver } = yield* lived
      const before = yield* exported(driver)
      expect(yield* Effect.flip(read(driver, bytes))).toMatchObject({ _tag: "StoreNotEmpty" })
      expect((yield* exported(driver)).summary).toEqual(before.summary)
    })
  )

  it.live("does all of it and takes it back when it is only tried", () =>
    Effect.gen(function* () {
      const { bytes } = yield* lived
      const driver = yield* DriverMemory.make
      const tried = yield* read(driver, bytes, { dryRun: true })
      expect(tried).toMatchObject({ from: "memory", organizations: 1, artifacts: 0, missing: 2 })
      const artifacts = yield* Effect.provide(
        ArtifactStore.ArtifactStore,
        ArtifactStoreMemory.layer
      )
      // Where bytes would be kept, they are counted so.
      const keeping = yield* read(driver, bytes, { dryRun: true, artifacts })
      expect(keeping).toMatchObject({ artifacts: 2, missing: 0 })
      expect((yield* exported(driver)).summary.organizations).toBe(0)
      expect(yield* read(driver, bytes)).toEqual(tried)
      expect((yield* Doctor.check(driver)).violations).toBe(0)
    })
  )

  it.live("says how far it is", () =>
    Effect.gen(function* () {
      const { bytes } = yield* lived
      const seen: Array<number> = []
      const progress = (summary: Export.Summary) => void seen.push(summary.bytes)
      yield* read(yield* DriverMemory.make, bytes, { progress })
      expect(seen.at(-1)).toBe(bytes.length)
    })
  )

  it.live("is not begun by a store that cannot be filled", () =>
    Effect.gen(function* () {
      const { fill: _, hold: __, ...driver } = yield* DriverMemory.make
      const { bytes } = yield* lived
      const notMovable = { _tag: "NotMovable", store: "memory" }
      expect(yield* Effect.flip(read(driver, bytes))).toMatchObject(notMovable)
      expect(yield* Effect.flip(exported(driver))).toMatchObject(notMovable)
    })
  )
})

describe("a store whose rows are not what its events say", () => {
  const drifted = Effect.gen(function* () {
    const { driver, id, lines } = yield* lived
    const organization = String(lines[1]?.["organization"])
    const row = { title: "Forged" }
    const steps = [{ _tag: "Set", table: "tasks", key: { id }, row }] as const
    yield* driver.commit({ organization, reliesOn: [], steps, events: [] })
    return { organization, id, ...(yield* exported(driver)) }
  })

  it.live("is not imported as it is, and its tables are named", () =>
    Effect.gen(function* () {
      const { bytes, organization } = yield* drifted
      const reason = { _tag: "RowsDiffer", organization, tables: ["tasks"] }
      expect(yield* refusal(bytes)).toMatchObject({ reason })
    })
  )

  it.live("is imported as its events say, when these are trusted", () =>
    Effect.gen(function* () {
      const { bytes, id, organization } = yield* drifted
      const driver = yield* DriverMemory.make
      yield* read(driver, bytes, { trustEvents: true })
      const row = yield* driver.get(organization, "tasks", { id })
      expect(row?.["title"]).not.toBe("Forged")
      expect((yield* Doctor.check(driver)).violations).toBe(0)
    })
  )
})

describe("an export", () => {
  it.live("counts artifacts whose bytes are gone", () =>
    Effect.gen(function* () {
      const { driver } = yield* lived
      const artifacts = yield* Effect.provide(
        ArtifactStore.ArtifactStore,
        ArtifactStoreMemory.layer
      )
      const { summary } = yield* exported(driver, artifacts)
      expect(summary).toMatchObject({ artifacts: 0, missing: 2 })
    })
  )

  it.live("lets others run while it reads", () =>
    Effect.gen(function* () {
      const driver = yield* DriverMemory.make
      const body = JSON.stringify({ note: "x".repeat(2000) })
      const events = Array.from({ length: 8_000 }, () => ({ stream: "a", type: "b", body }))
      yield* driver.commit({ organization: "acme", reliesOn: [], steps: [], events })
      // What this thread has done since somebody else had a turn, however busy the machine is.
      let [longest, before] = [0, process.threadCpuUsage()]
      const look = () => {
        const { system, user } = process.threadCpuUsage(before)
        longest = Math.max(longest, (user + system) / 1_000)
        before = process.threadCpuUsage()
      }
      const timer = setInterval(look, 1)
      yield* exported(driver)
      clearInterval(timer)
      look()
      expect(longest).toBeLessThan(250)
    })
  )
})
