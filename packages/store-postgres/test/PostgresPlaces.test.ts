import { describe, expect, it } from "@effect/vitest"

import { Places } from "../src/PostgresPlaces.ts"

type Event = readonly [what: "committed" | "notified" | "found", position: number]

/** Which of these are told, of one organization. */
const told = (events: ReadonlyArray<Event>): ReadonlyArray<Event> => {
  const places = new Places()
  return events.filter(([what, position]) => places[what]({ organization: "acme", position }))
}

describe("what is told of places", () => {
  const cases: Record<string, readonly [ReadonlyArray<Event>, ReadonlyArray<number>]> = {
    "is each commit of this process once, whether its notice comes before or after": [
      [
        ["committed", 1],
        ["notified", 1],
        ["notified", 2],
        ["committed", 2],
        ["found", 2]
      ],
      [1, 2]
    ],
    "is each commit of others once, as it is notified or found": [
      [
        ["notified", 5],
        ["found", 5],
        ["found", 6],
        ["notified", 6],
        ["found", 6]
      ],
      [5, 6]
    ],
    "is every commit, whatever is notified that is not so": [
      [
        ["notified", 1_000],
        ["notified", 1],
        ["notified", 1_001],
        ["found", 1],
        ["notified", 2],
        ["notified", 1_002],
        ["committed", 3],
        ["notified", 3]
      ],
      [1_000, 1, 1_001, 1, 2, 1_002, 3]
    ],
    "is nothing that is old": [
      [
        ["found", 7],
        ["notified", 6],
        ["committed", 7],
        ["found", 6]
      ],
      [7]
    ]
  }
  for (const [name, [events, positions]] of Object.entries(cases)) {
    it(name, () => {
      expect(told(events).map(([, position]) => position)).toEqual(positions)
    })
  }

  it("is told of each organization for itself, and once more of those that were forgotten", () => {
    const places = new Places()
    const tells = (organization: string) => places.committed({ organization, position: 1 })
    expect([tells("acme"), tells("other"), tells("acme")]).toEqual([true, true, false])
    for (let index = 0; index < 10_000; index += 1) tells(`${index}`)
    expect(tells("acme")).toBe(true)
  })
})
