import { DatabaseSync } from "node:sqlite"
import { describe, expect, it } from "@effect/vitest"
import { Clock, Deferred, Effect, Exit, Fiber, Scope } from "effect"
import { TestClock } from "effect/testing"

import type { Driver } from "@foreman/core"
import { SqliteStore } from "@foreman/store-sqlite"
import { StoreSuite } from "@foreman/testkit"

import * as SqliteFiles from "./SqliteFiles.ts"

StoreSuite.run("sqlite", {
  location: SqliteFiles.file,
  layer: (filename) => SqliteStore.layer({ filename }),
  describe: SqliteFiles.describeTables,
  console: SqliteFiles.console
})

const batch = (body = "{}"): Driver.Batch => ({
  organization: "acme",
  reliesOn: [],
  steps: [],
  events: [{ stream: "a", type: "b", body }]
})

/** Holds the lock that writers need, until the scope ends or it is let go. */
const lock = (filename: string) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const database = new DatabaseSync(filename)
      database.exec("BEGIN IMMEDIATE")
      return { release: () => database.isTransaction && database.exec("ROLLBACK"), database }
    }),
    ({ database }) => Effect.sync(() => database.close())
  )

describe("a crowd of callers", () => {
  it.live("is answered in several turns of the event loop, each in the order of its commit", () =>
    Effect.gen(function* () {
      const store = yield* SqliteStore.make({ filename: yield* SqliteFiles.file })
      const turns: Array<number> = []
      const positions: Array<number> = []
      let turn = 0
      let isWatched = true
      const watch = () => {
        turn += 1
        if (isWatched) setImmediate(watch)
      }
      setImmediate(watch)
      const heard = (answer: Driver.Answer) => {
        turns.push(turn)
        if (answer._tag === "Committed") positions.push(answer.position)
      }
      const one = Effect.map(store.commit(batch()), heard)
      yield* Effect.replicateEffect(one, 200, { concurrency: "unbounded", discard: true })
      isWatched = false
      expect(positions).toEqual(Array.from({ length: 200 }, (_, index) => index + 1))
      const counts = Map.groupBy(turns, (at) => at).values()
      expect(Math.max(...Array.from(counts, ({ length }) => length))).toBeLessThanOrEqual(16)
    })
  )
})

/** The longest that this thread or a reader waited, in milliseconds, while a write did. */
const longestWait = Effect.gen(function* () {
  const filename = yield* SqliteFiles.file
  const store = yield* SqliteStore.make({ filename })
  yield* store.commit(batch())
  const held = yield* lock(filename)
  const writing = yield* Effect.forkChild(store.commit(batch()), { startImmediately: true })
  let longest = 0
  for (let turn = 0; turn < 40; turn++) {
    const before = performance.now()
    yield* Effect.sleep("5 millis")
    expect(yield* store.readAll("acme", { after: 0, limit: 9 })).toHaveLength(1)
    longest = Math.max(longest, performance.now() - before)
  }
  const isWaiting = writing.pollUnsafe() === undefined
  held.release()
  const answer = yield* Fiber.join(writing)
  return { answer, isWaiting, longest }
}).pipe(Effect.scoped)

describe("a write that waits for another process", () => {
  it.live("keeps neither the event loop nor a reader waiting", () =>
    Effect.gen(function* () {
      // A machine that stands still makes one of them long, and a store all of them.
      const waits = [yield* longestWait, yield* longestWait, yield* longestWait]
      for (const { answer, isWaiting } of waits) {
        expect(isWaiting).toBe(true)
        expect(answer).toMatchObject({ _tag: "Committed", position: 2 })
      }
      // Who waits on this thread waits for seconds, until SQLite gives up.
      expect(Math.min(...waits.map(({ longest }) => longest))).toBeLessThan(1_500)
    })
  )

  it.live("sends away who comes when the line is full, surely without a trace", () =>
    Effect.gen(function* () {
      const filename = yield* SqliteFiles.file
      const store = yield* SqliteStore.make({ filename, queueLimit: 3 })
      const held = yield* lock(filename)
      const fork = (body: string) =>
        Effect.forkChild(store.commit(batch(body)), { startImmediately: true })
      const first = yield* fork('"first"')
      // The line is drained on the next turn of the event loop; from then on the first is written.
      yield* Effect.callback<void>((resume) => void setImmediate(() => resume(Effect.void)))
      const waiting = [yield* fork('"second"'), yield* fork('"third"'), yield* fork('"fourth"')]
      expect(yield* Effect.flip(store.commit(batch('"fifth"')))).toMatchObject({
        _tag: "StoreError",
        retryable: true,
        ambiguous: false
      })
      // Who gives up leaves the line, and somebody else gets the place.
      yield* Fiber.interrupt(waiting[1] ?? first)
      const sixth = yield* fork('"sixth"')
      held.release()
      for (const fiber of [first, waiting[0], waiting[2], sixth]) yield* Fiber.join(fiber ?? first)
      const events = yield* store.readAll("acme", { after: 0, limit: 9 })
      expect(events.map(({ body }) => JSON.parse(body))).toEqual([
        "first",
        "second",
        "fourth",
        "sixth"
      ])
    })
  )
})

describe("a group", () => {
  it.live("does not keep an organization waiting behind the thousands of another", () =>
    Effect.gen(function* () {
      const filename = yield* SqliteFiles.file
      const store = yield* SqliteStore.make({ filename })
      const ends: Array<string> = []
      const commit = (organization: string) =>
        Effect.tap(store.commit({ ...batch(), organization }), () =>
          Effect.sync(() => void ends.push(organization))
        )
      const crowd = Array.from({ length: 3_000 }, () => commit("crowded"))
      const all = yield* Effect.forkChild(
        Effect.all(crowd, { concurrency: "unbounded", discard: true }),
        { startImmediately: true }
      )
      yield* commit("alone")
      expect(ends.indexOf("alone")).toBeLessThan(1_000)
      yield* Fiber.join(all)
      expect(ends).toHaveLength(3_001)
      expect(yield* store.readAll("crowded", { after: 2_999, limit: 9 })).toHaveLength(1)
    })
  )
})

describe("store time", () => {
  it.effect("is the clock of who commits and never goes back, also after opening again", () =>
    Effect.gen(function* () {
      const filename = yield* SqliteFiles.file
      const at = (milliseconds: number, store: Driver.Driver, wanted: Driver.Batch) =>
        Effect.gen(function* () {
          yield* TestClock.setTime(milliseconds)
          const answer = yield* store.commit(wanted)
          return answer._tag === "Committed" ? answer.at : undefined
        })
      const first = yield* SqliteStore.make({ filename })
      const second = yield* SqliteStore.make({ filename })
      expect(yield* at(5_000, first, batch())).toBe(5_000_000)
      expect(yield* at(3_000, second, batch())).toBe(5_000_000)
      expect(yield* at(7_000, second, { ...batch(), events: [] })).toBe(7_000_000)
      expect(yield* at(6_000, first, batch())).toBe(7_000_000)
      expect(yield* at(6_000, first, { ...batch(), organization: "other" })).toBe(6_000_000)
      expect(yield* Clock.currentTimeMillis).toBe(6_000)
    })
  )
})

describe("a store that is closed", () => {
  it.live("refuses, and has written what it took before", () =>
    Effect.gen(function* () {
      const filename = yield* SqliteFiles.file
      const scope = Scope.makeUnsafe()
      const store = yield* Effect.provideService(SqliteStore.make({ filename }), Scope.Scope, scope)
      const taken = yield* Deferred.make<void>()
      const writing = yield* store.commit(batch()).pipe(
        Effect.tap(() => Deferred.succeed(taken, undefined)),
        Effect.forkChild({ startImmediately: true })
      )
      yield* Effect.callback<void>((resume) => void setImmediate(() => resume(Effect.void)))
      yield* Scope.close(scope, Exit.void)
      expect(yield* Fiber.join(writing)).toMatchObject({ _tag: "Committed" })
      yield* Deferred.await(taken)
      const late = yield* Effect.flip(store.commit(batch()))
      expect(late).toMatchObject({ retryable: false, ambiguous: false })
      expect(String(late.cause)).toContain("The store is closed.")
      yield* Effect.flip(store.allocate("tasks", 1))
      yield* Effect.flip(store.readAll("acme", { after: 0, limit: 1 }))
      expect(SqliteFiles.rows(filename, "SELECT position FROM events")).toHaveLength(1)
    })
  )
})
