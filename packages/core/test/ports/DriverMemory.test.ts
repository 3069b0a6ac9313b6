import { expect, it } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"

import { type Driver, DriverMemory } from "@foreman/core"
import { StoreSuite } from "@foreman/testkit"

StoreSuite.run("memory", { layer: () => DriverMemory.layer })

const batch = (organization: string, steps: ReadonlyArray<Driver.Step> = []): Driver.Batch => ({
  organization,
  reliesOn: [],
  steps,
  events: [{ stream: "a", type: "b", body: "{}" }]
})

it.effect("takes its time from the clock of who commits, and never turns it back", () =>
  Effect.gen(function* () {
    const store = yield* DriverMemory.make
    const at = (milliseconds: number, organization: string) =>
      Effect.gen(function* () {
        yield* TestClock.setTime(milliseconds)
        const answer = yield* store.commit(batch(organization))
        return answer._tag === "Committed" ? answer.at : undefined
      })
    expect(yield* at(5_000, "acme")).toBe(5_000_000)
    expect(yield* at(3_000, "acme")).toBe(5_000_000)
    expect(yield* at(3_000, "other")).toBe(5_000_000)
    expect(yield* at(7_000, "acme")).toBe(7_000_000)
  })
)

it.effect("makes a new store each time it is made", () =>
  Effect.gen(function* () {
    const [first, second] = [yield* DriverMemory.make, yield* DriverMemory.make]
    yield* first.commit(batch("acme"))
    expect(yield* second.readAll("acme", { after: 0, limit: 9 })).toEqual([])
    expect(yield* second.ask("acme", "heads", { after: "", limit: 9 })).toEqual([])
  })
)

it.effect("refuses a value that is not of its column's type, as a database would", () =>
  Effect.gen(function* () {
    const store = yield* DriverMemory.make
    const key = { kind: "slug", id: "a" }
    const wrong: ReadonlyArray<Driver.Row> = [
      { ...key, id: 1 },
      { ...key, kind: null },
      { ...key, id: true },
      { kind: "slug" }
    ]
    for (const row of wrong) {
      const steps: ReadonlyArray<Driver.Step> = [{ _tag: "Insert", table: "directory", row }]
      const failure = yield* Effect.flip(store.commit(batch("acme", steps)))
      expect(failure).toMatchObject({ operation: "commit", retryable: false, ambiguous: false })
    }
    expect(yield* store.readAll("acme", { after: 0, limit: 9 })).toEqual([])
  })
)

it.live("holds tens of thousands of rows without slowing down", () =>
  Effect.gen(function* () {
    const store = yield* DriverMemory.make
    const agent = (id: number): Driver.Step => ({
      _tag: "Insert",
      table: "agents",
      row: {
        id: `agent-${id}`,
        team_id: "team",
        name: `name ${id}`,
        role: "engineer",
        model: "",
        config: "{}",
        is_paused: false,
        created_at: 0
      }
    })
    const thousand = (from: number) =>
      Effect.gen(function* () {
        const before = performance.now()
        const steps = Array.from({ length: 1_000 }, (_, index) => agent(from + index))
        expect(yield* store.commit(batch("acme", steps))).toMatchObject({ _tag: "Committed" })
        return performance.now() - before
      })
    const times = yield* Effect.forEach(
      Array.from({ length: 30 }, (_, index) => index * 1_000),
      thousand
    )
    const quickest = (some: ReadonlyArray<number>) => Math.min(...some)
    // Looking through all rows for each new one would take the last ones fifteen times as long.
    expect(quickest(times.slice(-10))).toBeLessThan(5 * quickest(times.slice(0, 10)) + 5)
  })
)
