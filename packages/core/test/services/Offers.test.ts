import { describe, expect, it } from "@effect/vitest"
import { Effect } from "effect"

import { DriverMemory, Identifier, Offers } from "@foreman/core"

const tenure = {
  organization: "acme",
  name: "dispatcher",
  holder: "one",
  token: 3,
  lastsMillis: 0
}

const offer = (number: number): Offers.Offer => ({
  tenure,
  runId: Identifier.RunId.make(`00000000-0000-7000-8000-${String(number).padStart(12, "0")}`),
  agentId: Identifier.AgentId.make("00000000-0000-7000-8000-000000000001"),
  teamId: "team",
  role: "engineer",
  startMillis: 1000,
  tokenHash: "hash",
  tokenMicros: 1
})

describe("the offers of a lane", () => {
  it.effect.each([0, 1, 100, 101, 250])("are all read: %i", (count) =>
    Effect.gen(function* () {
      const driver = yield* DriverMemory.make
      const offers = Array.from({ length: count }, (_, number) => offer(number))
      const others = { ...offer(9999), tenure: { ...tenure, name: "another" } }
      const steps = [...offers, others].map(Offers.made)
      yield* driver.commit({ organization: "acme", reliesOn: [], steps, events: [] })
      const found = yield* Offers.ofLane(driver, tenure)
      expect(found).toEqual(offers.map(({ runId }) => ({ runId, fence: 3, attempt: undefined })))
    })
  )
})
