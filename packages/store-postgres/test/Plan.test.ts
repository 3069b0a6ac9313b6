import { describe, expect, it } from "@effect/vitest"
import { Effect } from "effect"

import type { Driver } from "@foreman/core"
import { PostgresStore } from "@foreman/store-postgres"

import * as Plan from "../src/Plan.ts"
import * as PostgresDatabases from "./PostgresDatabases.ts"

const fence = (token: number): Driver.Step => ({
  _tag: "Require",
  table: "singletons",
  key: { name: "dispatcher" },
  where: [{ columns: ["token"], is: "=", than: token }]
})

const batch = (key: string, steps: ReadonlyArray<Driver.Step>): Driver.Batch => ({
  organization: "acme",
  reliesOn: [],
  steps,
  events: [{ stream: key, type: "b", body: "{}" }],
  receipt: { key, digest: key, answer: key }
})

const tenure: Driver.Step = {
  _tag: "Insert",
  table: "singletons",
  row: { name: "dispatcher", holder: "here", token: 1, until: 9 }
}

describe("a group", () => {
  it("looks once at what several require alike", () => {
    const batches = [1, 1, 2, 1].map((token, index) => batch(`${index}`, [fence(token)]))
    const [looks, ...others] = Plan.ofMany(batches)
    expect(others).toEqual([])
    expect(looks?.elements.map(({ $b, $e }) => [$b, $e])).toEqual([
      [0, { token: 1 }],
      [3, { token: 2 }]
    ])
  })

  it.live("leaves out what only those require who are left out", () =>
    Effect.gen(function* () {
      const url = yield* PostgresDatabases.database
      const store = yield* PostgresStore.make({ url })
      yield* store.commit(batch("tenure", [tenure]))
      const first = { ...batch("first", [fence(1)]), reliesOn: [{ stream: "first", version: 0 }] }
      const stale = { ...batch("late", [fence(2)]), reliesOn: [{ stream: "first", version: 0 }] }
      const before = yield* store.commit(first)
      const answers = yield* Effect.all(
        [store.commit(stale), store.commit(batch("next", [fence(1)]))],
        {
          concurrency: "unbounded"
        }
      )
      expect([before, ...answers].map(({ _tag }) => _tag)).toEqual([
        "Committed",
        "Conflict",
        "Committed"
      ])
    })
  )

  it.live("tells each for itself what they require and what is not so", () =>
    Effect.gen(function* () {
      const url = yield* PostgresDatabases.database
      const store = yield* PostgresStore.make({ url })
      yield* store.commit(batch("tenure", [tenure]))
      const answersOf = (tokens: ReadonlyArray<number>, name: string) =>
        Effect.forEach(
          tokens,
          (token, index) => store.commit(batch(`${name}${index}`, [fence(token)])),
          { concurrency: "unbounded" }
        ).pipe(Effect.map((answers) => answers.map(({ _tag }) => _tag)))
      const [good, bad] = ["Committed", "GuardFailed"]
      expect(yield* answersOf([1, 1, 1, 1, 1, 1], "all")).toEqual(
        [1, 1, 1, 1, 1, 1].map(() => good)
      )
      expect(yield* answersOf([1, 1, 2, 1, 1, 2], "some")).toEqual([
        good,
        good,
        bad,
        good,
        good,
        bad
      ])
      expect(yield* answersOf([2, 2, 2, 2, 2, 2], "none")).toEqual(
        [2, 2, 2, 2, 2, 2].map(() => bad)
      )
    })
  )
})
