import { describe, expect, it } from "@effect/vitest"
import { Effect, Layer } from "effect"

import { Doctor, Driver } from "@foreman/core"
import { SqliteStore } from "@foreman/store-sqlite"
import { TestForeman } from "@foreman/testkit"

import * as SqliteFiles from "./SqliteFiles.ts"

/** A file in which a task was worked on. Its store is closed. */
const lived = Effect.gen(function* () {
  const filename = yield* SqliteFiles.file
  const story = Effect.gen(function* () {
    const given = yield* TestForeman.givenTeam()
    const { id } = yield* TestForeman.givenTask(given)
    yield* TestForeman.untilTask(id, ({ status }) => status === "in_review")
  })
  const store = SqliteStore.layer({ filename })
  yield* Effect.provide(story, TestForeman.layer({ store, reactors: {} }))
  return filename
})

/** Which invariants do not hold in a file, seen by who can only read it. */
const brokenIn = (filename: string) =>
  Effect.scoped(
    Effect.gen(function* () {
      const { findings } = yield* Doctor.check(yield* onlooking(filename))
      return findings.flatMap(({ id, violations }) => (violations > 0 ? [id] : []))
    })
  )

const onlooking = (filename: string) => SqliteStore.make({ filename, readOnly: true })

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
        const filename = yield* lived
        expect(yield* brokenIn(filename)).toEqual([])
        yield* SqliteFiles.console.force(filename, statement)
        expect(yield* brokenIn(filename), statement).toEqual(ids)
      }
    })
  )

  it.live("looks at a store while others write into it", () =>
    Effect.gen(function* () {
      const filename = yield* SqliteFiles.file
      const story = Effect.gen(function* () {
        const given = yield* TestForeman.givenTeam({ engineers: 4 })
        const writing = Effect.forEach(Array.from({ length: 40 }), () =>
          TestForeman.givenTask(given)
        )
        const looking = Effect.forEach(Array.from({ length: 3 }), () => brokenIn(filename))
        const [, looks] = yield* Effect.all([writing, looking], { concurrency: "unbounded" })
        expect(looks).toEqual([[], [], []])
      })
      const store = SqliteStore.layer({ filename })
      yield* Effect.provide(story, TestForeman.layer({ store, reactors: {} }))
    })
  )
})

describe("a store that is open for reading only", () => {
  it.live("writes nothing and numbers nothing", () =>
    Effect.gen(function* () {
      const filename = yield* lived
      const before = SqliteFiles.rows(filename, "SELECT * FROM heads")
      const events = [{ stream: "a", type: "b", body: "{}" }]
      const batch = { organization: "acme", reliesOn: [], steps: [], events }
      const { commit, allocate } = yield* onlooking(filename)
      const refused = { _tag: "StoreError", retryable: false, ambiguous: false }
      expect(yield* Effect.flip(commit(batch))).toMatchObject({ ...refused, operation: "commit" })
      expect(yield* Effect.flip(allocate("tasks", 1))).toMatchObject(refused)
      expect(SqliteFiles.rows(filename, "SELECT * FROM heads")).toEqual(before)
    })
  )

  it.live("makes no file, and takes neither a stranger's nor an older one", () =>
    Effect.gen(function* () {
      const refusal = (filename: string) =>
        Effect.map(Effect.scoped(Effect.flip(onlooking(filename))), ({ message }) => message)
      const missing = yield* SqliteFiles.file
      expect(yield* refusal(missing)).toContain("unable to open")
      expect(yield* refusal(missing)).toContain("unable to open")
      SqliteFiles.execute(missing, "CREATE TABLE notes (text TEXT)")
      expect(yield* refusal(missing)).toContain("something else than Foreman")
      const older = yield* lived
      SqliteFiles.execute(older, "DELETE FROM migrations WHERE number > 1")
      expect(yield* refusal(older)).toContain("older Foreman (schema 1")
    })
  )

  it.live("serves as the driver of a composition", () =>
    Effect.gen(function* () {
      const filename = yield* lived
      const layer = SqliteStore.layer({ filename, readOnly: true })
      const { capabilities } = yield* Effect.provide(Driver.Driver, Layer.fresh(layer))
      expect(capabilities.name).toBe("sqlite")
    })
  )
})
