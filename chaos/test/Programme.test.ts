import { expect, it } from "vitest"
import { type Played, playAll } from "../src/Programme.ts"
import { scenarios } from "../src/scenarios.ts"

it("kills nodes on a SQLite file and finds nothing wrong, and leaves nothing behind", async () => {
  const told: Array<Played> = []
  const played = await playAll(scenarios, {
    seed: 1,
    isShort: true,
    seconds: 2,
    dispatches: 1,
    names: ["kills"],
    store: "sqlite",
    tell: (one) => told.push(one),
    say: () => undefined
  })
  expect(played).toEqual(told)
  const [one] = played
  expect(one).toMatchObject({ name: "kills", store: "sqlite", outcome: { violations: [] } })
  expect(one?.outcome.acknowledged).toBeGreaterThan(20)
  expect(one?.outcome.faults["kill -9 of a node"]).toBeGreaterThan(0)
}, 90_000)
