import { describe, expect, it } from "@effect/vitest"
import { Effect } from "effect"

import { type Driver, DriverMemory, Rebuild } from "@foreman/core"

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
