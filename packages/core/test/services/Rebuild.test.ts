import { describe, expect, it } from "@effect/vitest"
import { Effect, Layer } from "effect"

import { Driver, DriverMemory, Rebuild } from "@foreman/core"
import { TestForeman } from "@foreman/testkit"
import { edit, withLog } from "./spoiling.ts"

const write = (
  driver: Driver.Driver,
  body: object,
  type: string,
  steps: ReadonlyArray<Driver.Step> = []
) =>
  driver.commit({
    organization: "acme",
    reliesOn: [],
    steps,
    events: [{ stream: "task:1", type, body: JSON.stringify(body) }]
  })

const metadata = { command_id: "c" }

describe("a history that is not Foreman's", () => {
  const strange: ReadonlyArray<readonly [string, string, object]> = [
    ["with a type that nobody knows", "task.teleported", { at: 0, metadata, data: {} }],
    ["with data of another shape", "task.created", { at: 0, metadata, data: { task_id: "1" } }]
  ]
  for (const [title, type, body] of strange) {
    it.effect(`${title} is refused at its place`, () =>
      Effect.gen(function* () {
        const driver = yield* DriverMemory.make
        yield* write(driver, body, type)
        const refusal = yield* Effect.flip(Rebuild.compare(driver, "acme"))
        expect(refusal).toMatchObject({ _tag: "NotReplayable", position: 1 })
        expect(refusal.message).toBe("The event 1 of acme cannot be replayed")
      })
    )
  }
})

describe("a comparison", () => {
  it.effect("fails as its store does", () =>
    Effect.gen(function* () {
      const driver = yield* DriverMemory.make
      const find: Driver.Driver["find"] = () =>
        driver.find({ organization: "acme", table: "no", index: "no", equals: {}, limit: 1 })
      const refusal = yield* Effect.flip(Rebuild.compare({ ...driver, find }, "acme"))
      expect(refusal._tag).toBe("StoreError")
    })
  )
})

/** A store with so many tasks that their events are more than a page. */
const crowded = Effect.gen(function* () {
  const driver = yield* DriverMemory.make
  const story = Effect.gen(function* () {
    const given = yield* TestForeman.givenTeam()
    const titles = Array.from({ length: 520 }, (_, index) => `Task ${index}`)
    yield* Effect.forEach(titles, (title) => TestForeman.givenTask(given, { title }))
    return given.organization.id
  }).pipe(TestForeman.asOperator)
  const store = Layer.succeed(Driver.Driver, driver)
  const organization = yield* Effect.provide(story, TestForeman.layer({ store }))
  const events = yield* driver.readAll(organization, { after: 0, limit: 10_000 })
  const place = events.findLast(({ type }) => type === "task.created")?.position ?? 0
  expect(place).toBeGreaterThan(500)
  return { driver, organization, place }
})

/** The store, which fails when somebody writes. */
const unwritable = (driver: Driver.Driver): Driver.Driver => ({
  ...driver,
  commit: () => Effect.die("Something is written")
})

describe("a broken chain of hashes", () => {
  it.effect("is named beside what differs, and nothing is made of its events", () =>
    Effect.gen(function* () {
      const { driver, organization, place } = yield* crowded
      expect(yield* Rebuild.compare(driver, organization)).toMatchObject({
        total: 0,
        firstBroken: null
      })
      const forged = withLog(
        driver,
        edit("task.created", ({ data }) => (data["title"] = "Forged"), -1)
      )
      expect(yield* Rebuild.compare(forged, organization)).toMatchObject({
        total: 1,
        differences: [{ table: "tasks", rebuilt: { title: "Forged" } }],
        firstBroken: place
      })
      const refusal = yield* Effect.flip(Rebuild.repair(unwritable(forged), organization))
      expect(refusal).toMatchObject({ _tag: "ChainBroken", organization, position: place })
      expect(refusal.message).toBe(
        `The chain of hashes of ${organization} is broken at event ${place}, so nothing was ` +
          "written: restore a backup"
      )
    })
  )

  it.effect("is named where the first or the last event of a page is gone", () =>
    Effect.gen(function* () {
      const { driver, organization } = yield* crowded
      for (const gone of [500, 501]) {
        const forged = withLog(driver, (events) =>
          events.filter(({ position }) => position !== gone)
        )
        const refusal = yield* Effect.flip(Rebuild.repair(unwritable(forged), organization))
        expect(refusal).toMatchObject({ _tag: "ChainBroken", position: gone })
      }
    })
  )

  it.effect("is named where a history ends too early, with or before the end of a page", () =>
    Effect.gen(function* () {
      const { driver, organization } = yield* crowded
      const { position: end } = yield* Rebuild.compare(driver, organization)
      for (const kept of [499, 500, end - 1]) {
        const cut = withLog(driver, (events) => events.slice(0, kept))
        const refusal = yield* Effect.flip(Rebuild.repair(unwritable(cut), organization))
        const place = { position: kept + 1, missingTo: end }
        expect(refusal).toMatchObject({ _tag: "ChainBroken", ...place })
      }
    })
  )

  it.effect("is named where what was forged cannot be replayed", () =>
    Effect.gen(function* () {
      const { driver, organization, place } = yield* crowded
      const forged = withLog(
        driver,
        edit("task.created", ({ data }) => (data["task_id"] = "none"), -1)
      )
      const refusal = yield* Effect.flip(Rebuild.compare(forged, organization))
      expect(refusal).toMatchObject({ _tag: "NotReplayable", firstBroken: place })
      expect(refusal.message).toBe(
        `The events of ${organization} cannot be replayed, and their chain of hashes is broken at ` +
          `event ${place}: restore a backup`
      )
      const written = yield* Effect.flip(Rebuild.repair(unwritable(forged), organization))
      expect(written).toMatchObject({ _tag: "ChainBroken", position: place })
    })
  )
})
