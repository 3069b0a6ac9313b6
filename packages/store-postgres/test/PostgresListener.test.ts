import { describe, expect, it } from "@effect/vitest"
import { Effect, Fiber, Stream } from "effect"

import type { Driver } from "@foreman/core"
import { PostgresStore } from "@foreman/store-postgres"

import * as PostgresDatabases from "./PostgresDatabases.ts"

const batch = (key: string): Driver.Batch => ({
  organization: "acme",
  reliesOn: [],
  steps: [],
  events: [{ stream: "a", type: "b", body: JSON.stringify({ key }) }],
  receipt: { key, digest: key, answer: key }
})

/** How many connections of the database are asked where the organizations stand. */
const listeners = (url: string) =>
  Effect.promise(() =>
    PostgresDatabases.onDatabase(url, async (client) => {
      const { rows } = await client.query(
        `SELECT pid FROM pg_stat_activity WHERE application_name = 'foreman'
           AND datname = current_database() AND query LIKE '%foreman.heads WHERE at >%'`
      )
      return rows.length
    })
  )

describe("a store that nobody follows", () => {
  it.live("is not woken by what others commit, and listens from the first who follows on", () =>
    Effect.gen(function* () {
      const url = yield* PostgresDatabases.database
      const store = yield* PostgresStore.make({ url })
      const other = yield* PostgresStore.make({ url })
      yield* other.commit(batch("first"))
      yield* store.commit(batch("second"))
      expect(yield* listeners(url)).toBe(0)
      const follow = (position: number) =>
        store.changes.pipe(
          Stream.filter((hint) => hint.position >= position),
          Stream.runHead,
          Effect.forkChild({ startImmediately: true })
        )
      const hearing = yield* follow(3)
      yield* other.commit(batch("third"))
      yield* Fiber.join(hearing)
      expect(yield* listeners(url)).toBe(1)
      const again = yield* follow(4)
      yield* other.commit(batch("fourth"))
      yield* Fiber.join(again)
      expect(yield* listeners(url)).toBe(1)
    })
  )
})
