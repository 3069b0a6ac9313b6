import { describe, expect, it } from "@effect/vitest"
import { Effect } from "effect"

import { Doctor } from "@foreman/core"
import { PostgresStore } from "@foreman/store-postgres"
import { TestForeman } from "@foreman/testkit"

import * as PostgresDatabases from "./PostgresDatabases.ts"

/** A database in which a task was worked on. Its store is closed. */
const lived = Effect.gen(function* () {
  const url = yield* PostgresDatabases.database
  const story = Effect.gen(function* () {
    const given = yield* TestForeman.givenTeam()
    const { id } = yield* TestForeman.givenTask(given)
    yield* TestForeman.untilTask(id, ({ status }) => status === "in_review")
  })
  const store = PostgresStore.layer({ url })
  yield* Effect.provide(story, TestForeman.layer({ store, reactors: {} }))
  return url
})

/** Which invariants do not hold in a database, seen by who can only read it. */
const brokenIn = (url: string) =>
  Effect.scoped(
    Effect.gen(function* () {
      const { findings } = yield* Doctor.check(yield* onlooking(url))
      return findings.flatMap(({ id, violations }) => (violations > 0 ? [id] : []))
    })
  )

const onlooking = (url: string) => PostgresStore.make({ url, readOnly: true })

const planted: ReadonlyArray<readonly [string, ReadonlyArray<Doctor.InvariantId>]> = [
  ["UPDATE events SET at = at + 1 WHERE position = 2", ["I-05"]],
  ["UPDATE events SET body = ' ' || body WHERE position = 2", ["I-05", "I-06"]],
  ["UPDATE heads SET position = position + 1", ["I-02"]],
  ["UPDATE tasks SET title = 'Forged'", ["I-11"]],
  ["UPDATE tasks SET completed_at = 1", ["I-11", "I-22"]],
  ["DELETE FROM runs", ["I-11", "I-66"]],
  ["DELETE FROM receipts", ["I-17"]],
  ["UPDATE receipts SET answer = '{'", ["I-16"]],
  ["UPDATE tokens SET hash = 'x'", ["I-66", "I-68"]],
  ["DELETE FROM directory WHERE kind = 'task'", ["I-66"]]
]

describe("the doctor", () => {
  it.live("finds what somebody with a console has changed, and nothing before that", () =>
    Effect.gen(function* () {
      for (const [statement, ids] of planted) {
        const url = yield* lived
        expect(yield* brokenIn(url)).toEqual([])
        yield* PostgresDatabases.console.force(url, statement)
        expect(yield* brokenIn(url), statement).toEqual(ids)
      }
    })
  )

  it.live("looks at a store while others write into it", () =>
    Effect.gen(function* () {
      const url = yield* PostgresDatabases.database
      const story = Effect.gen(function* () {
        const given = yield* TestForeman.givenTeam({ engineers: 4 })
        const writing = Effect.forEach(Array.from({ length: 40 }), () =>
          TestForeman.givenTask(given)
        )
        const looking = Effect.forEach(Array.from({ length: 3 }), () => brokenIn(url))
        const [, looks] = yield* Effect.all([writing, looking], { concurrency: "unbounded" })
        expect(looks).toEqual([[], [], []])
      })
      const store = PostgresStore.layer({ url })
      yield* Effect.provide(story, TestForeman.layer({ store, reactors: {} }))
    })
  )
})

describe("a store that is open for reading only", () => {
  it.live("writes nothing and numbers nothing", () =>
    Effect.gen(function* () {
      const url = yield* lived
      const heads = Effect.promise(() => PostgresDatabases.rows(url, "SELECT * FROM foreman.heads"))
      const before = yield* heads
      const events = [{ stream: "a", type: "b", body: "{}" }]
      const batch = { organization: "acme", reliesOn: [], steps: [], events }
      const { commit, allocate } = yield* onlooking(url)
      const refused = { _tag: "StoreError", retryable: false, ambiguous: false }
      expect(yield* Effect.flip(commit(batch))).toMatchObject({ ...refused, operation: "commit" })
      expect(yield* Effect.flip(allocate("tasks", 1))).toMatchObject(refused)
      expect(yield* heads).toEqual(before)
    })
  )
})
