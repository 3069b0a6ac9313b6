import { setImmediate, setTimeout } from "node:timers/promises"
import { describe, expect, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Scope, Stream } from "effect"
import type pg from "pg"

import type { Driver } from "@foreman/core"
import { PostgresStore } from "@foreman/store-postgres"

import * as PostgresDatabases from "./PostgresDatabases.ts"

const batch = (key: string, parts: Partial<Driver.Batch> = {}): Driver.Batch => ({
  organization: "acme",
  reliesOn: [],
  steps: [],
  events: [{ stream: "a", type: "b", body: JSON.stringify({ key }) }],
  receipt: { key, digest: key, answer: key },
  ...parts
})

/** Ends the connections of the store that are busy with, or wait with, such a statement. */
const cut = async (client: pg.Client, like: string): Promise<void> => {
  const end = performance.now() + 20_000
  while (performance.now() < end) {
    // In a transaction it shows what it showed at the first look, until it is told otherwise.
    await Promise.all([setTimeout(5), client.query("SELECT pg_stat_clear_snapshot()")])
    const { rowCount } = await client.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE application_name = 'foreman' AND datname = current_database() AND query LIKE $1
         AND ($1 NOT LIKE '%commit%' OR wait_event_type = 'Lock')`,
      [like]
    )
    if (rowCount !== 0) return
  }
  throw new Error(`No connection runs ${like}`)
}

const bodies = (store: Driver.Driver) =>
  Effect.map(store.readAll("acme", { after: 0, limit: 99 }), (events) =>
    events.map(({ body }) => String(JSON.parse(body).key))
  )

describe("a connection that is lost at a commit", () => {
  it.live("leaves open whether it happened, and the receipt settles it", () =>
    Effect.gen(function* () {
      const url = yield* PostgresDatabases.database
      const store = yield* PostgresStore.make({ url })
      yield* store.commit(batch("first"))
      const failure = yield* PostgresDatabases.whileLocked(url, async (console) => {
        const writing = Effect.runPromise(Effect.flip(store.commit(batch("second"))))
        await cut(console, "%foreman.commit%")
        return writing
      })
      expect(failure).toMatchObject({ operation: "commit", retryable: true, ambiguous: true })
      // A connection that was cut with it may be found out only now. It had nothing to write.
      const again = Effect.retry(store.commit(batch("second")), {
        times: 5,
        while: ({ retryable }) => retryable
      })
      expect(yield* again).toMatchObject({ _tag: "Committed" })
      expect(yield* again).toMatchObject({ _tag: "Duplicate" })
      expect(yield* bodies(store)).toEqual(["first", "second"])
    })
  )

  it.live("fails reads that can be asked again, and the next ones find another", () =>
    Effect.gen(function* () {
      const url = yield* PostgresDatabases.database
      const store = yield* PostgresStore.make({ url })
      yield* store.commit(batch("first"))
      yield* bodies(store)
      yield* Effect.promise(() =>
        PostgresDatabases.execute(
          url,
          `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
           WHERE application_name = 'foreman' AND datname = current_database()`
        )
      )
      const tried = Effect.retry(bodies(store), { times: 20, while: ({ retryable }) => retryable })
      expect(yield* tried).toEqual(["first"])
      const again = Effect.retry(store.commit(batch("second")), {
        times: 20,
        while: ({ retryable }) => retryable
      })
      expect(["Committed", "Duplicate"]).toContain((yield* again)._tag)
      expect(yield* bodies(store)).toEqual(["first", "second"])
    })
  )
})

describe("what fails when everything is written and only the commit is left", () => {
  /** Lets the last moment of each commit end as the statement says. */
  const failLate = (url: string, statement: string) =>
    Effect.promise(() =>
      PostgresDatabases.execute(
        url,
        `CREATE FUNCTION public.late() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS
           $$ BEGIN ${statement}; RETURN NULL; END $$;
         CREATE CONSTRAINT TRIGGER late AFTER UPDATE ON foreman.heads DEFERRABLE INITIALLY DEFERRED
           FOR EACH ROW EXECUTE FUNCTION public.late()`
      )
    )
  const cases = [
    ["RAISE disk_full", { retryable: true, ambiguous: false }],
    ["RAISE data_exception", { retryable: false, ambiguous: false }],
    ["PERFORM pg_terminate_backend(pg_backend_pid())", { retryable: true, ambiguous: true }]
  ] as const
  for (const [statement, expected] of cases) {
    it.live(`is no commit: ${statement}`, () =>
      Effect.gen(function* () {
        const url = yield* PostgresDatabases.database
        const store = yield* PostgresStore.make({ url })
        yield* store.commit(batch("first"))
        yield* failLate(url, statement)
        const both = ["second", "third"].map((key) => Effect.flip(store.commit(batch(key))))
        const failures = yield* Effect.all(both, { concurrency: "unbounded" })
        for (const failure of failures) expect(failure).toMatchObject(expected)
        expect(yield* Effect.retry(bodies(store), { times: 5 })).toEqual(["first"])
      })
    )
  }
})

describe("a commit that has to wait", () => {
  it.live("gives up after a while, surely without a trace", () =>
    Effect.gen(function* () {
      const url = yield* PostgresDatabases.database
      const store = yield* PostgresStore.make({ url, lockMilliseconds: 50 })
      yield* store.commit(batch("first"))
      const failure = yield* PostgresDatabases.whileLocked(url, () =>
        Effect.runPromise(Effect.flip(store.commit(batch("second"))))
      )
      expect(failure).toMatchObject({ retryable: true, ambiguous: false })
      expect(yield* bodies(store)).toEqual(["first"])
    })
  )

  it.live("lets the next ones form a group, and sends away who comes when the line is full", () =>
    Effect.gen(function* () {
      const url = yield* PostgresDatabases.database
      const store = yield* PostgresStore.make({ url, queueLimit: 3 })
      yield* store.commit(batch("first"))
      yield* PostgresDatabases.whileLocked(url, async () => {
        const fork = (key: string) => Effect.runFork(store.commit(batch(key)))
        const writing = fork("second")
        await setImmediate()
        const waiting = [fork("third"), fork("fourth"), fork("fifth")]
        const full = await Effect.runPromise(Effect.flip(store.commit(batch("sixth"))))
        expect(full).toMatchObject({ retryable: true, ambiguous: false })
        // Who gives up leaves the line, and somebody else gets the place.
        await Effect.runPromise(Fiber.interrupt(waiting[1] ?? writing))
        waiting.push(fork("seventh"))
        return [writing, waiting[0], waiting[2], waiting[3]]
      }).pipe(
        Effect.flatMap((fibers) =>
          Effect.forEach(fibers, (fiber) => (fiber ? Fiber.join(fiber) : Effect.void))
        )
      )
      expect(yield* bodies(store)).toEqual(["first", "second", "third", "fifth", "seventh"])
    })
  )
})

describe("a group", () => {
  it.live("is not harmed by one of it that no database takes", () =>
    Effect.gen(function* () {
      const url = yield* PostgresDatabases.database
      const store = yield* PostgresStore.make({ url })
      const wanted = ["a", "b", "c", "d"].map((key) => batch(key))
      const bad = batch("nul", { events: [{ stream: "a", type: "b", body: '"\0"' }] })
      const answers = yield* Effect.forEach(
        [...wanted.slice(0, 2), bad, ...wanted.slice(2)],
        (one) => Effect.result(store.commit(one)),
        { concurrency: "unbounded" }
      )
      expect(answers.map(({ _tag }) => _tag)).toEqual([
        "Success",
        "Success",
        "Failure",
        "Success",
        "Success"
      ])
      expect(answers[2]).toMatchObject({ failure: { retryable: false, ambiguous: false } })
      expect((yield* bodies(store)).toSorted()).toEqual(["a", "b", "c", "d"])
    })
  )

  it.live("does not keep an organization waiting behind the thousands of another", () =>
    Effect.gen(function* () {
      const url = yield* PostgresDatabases.database
      const store = yield* PostgresStore.make({ url, lockMilliseconds: 20_000 })
      const ends: Array<string> = []
      const commit = (organization: string, index: number) =>
        Effect.tap(store.commit({ ...batch(`${index}`), organization }), () =>
          Effect.sync(() => void ends.push(organization))
        )
      // Whose connection is not open yet waits for that too.
      yield* Effect.all([commit("crowded", -1), commit("alone", -1)], { concurrency: 2 })
      const options = { concurrency: "unbounded", discard: true } as const
      const crowd = Effect.forEach(Array(2_000).keys(), (n) => commit("crowded", n), options)
      // It stands still for as long as that one needs, however fast it is else.
      const all = yield* PostgresDatabases.whileLocked(
        url,
        async () => {
          const going = Effect.runFork(crowd)
          await Effect.runPromise(commit("alone", 0))
          expect(ends.slice(2)).toEqual(["alone"])
          return going
        },
        "crowded"
      )
      yield* Fiber.join(all)
      expect(ends).toHaveLength(2_003)
    })
  )
})

describe("a store that listens", () => {
  it.live("hears of others again after its connection was cut", () =>
    Effect.gen(function* () {
      const url = yield* PostgresDatabases.database
      const store = yield* PostgresStore.make({ url })
      const other = yield* PostgresStore.make({ url })
      const hears = (position: number) =>
        store.changes.pipe(
          Stream.filter((hint) => hint.position >= position),
          Stream.runHead,
          Effect.forkChild({ startImmediately: true })
        )
      for (const [index, key] of ["first", "second", "third"].entries()) {
        const hearing = yield* hears(index + 1)
        yield* other.commit(batch(key))
        yield* Fiber.join(hearing)
        yield* Effect.promise(() =>
          // What that one alone asks; the others name the table as well.
          PostgresDatabases.onDatabase(url, (console) => cut(console, "SELECT organization, pos%"))
        )
      }
    })
  )

  it.live("finds by itself within a second what nobody told", () =>
    Effect.gen(function* () {
      const url = yield* PostgresDatabases.database
      const store = yield* PostgresStore.make({ url, pollMilliseconds: 20 })
      yield* store.commit(batch("first"))
      const hint = yield* store.changes.pipe(
        Stream.filter(({ position }) => position === 2),
        Stream.runHead,
        Effect.forkChild({ startImmediately: true })
      )
      yield* Effect.promise(() =>
        PostgresDatabases.execute(url, "UPDATE foreman.heads SET position = 2, at = at + 1")
      )
      expect(yield* Fiber.join(hint)).toMatchObject({ value: { organization: "acme" } })
    })
  )

  it.live("takes what strangers say on its channel for nothing", () =>
    Effect.gen(function* () {
      const url = yield* PostgresDatabases.database
      const store = yield* PostgresStore.make({ url })
      const hint = yield* Effect.forkChild(Stream.runHead(store.changes), {
        startImmediately: true
      })
      yield* Effect.promise(() =>
        PostgresDatabases.execute(
          url,
          `NOTIFY foreman, 'hello'; NOTIFY foreman, '[1]'; NOTIFY foreman, '{}'; NOTIFY foreman`
        )
      )
      yield* store.commit(batch("first"))
      expect(yield* Fiber.join(hint)).toMatchObject({
        value: { organization: "acme", position: 1 }
      })
    })
  )
})

describe("a store that is closed", () => {
  it.live("refuses, and has written what it took before", () =>
    Effect.gen(function* () {
      const url = yield* PostgresDatabases.database
      const scope = Scope.makeUnsafe()
      const store = yield* Scope.provide(PostgresStore.make({ url }), scope)
      const writing = yield* Effect.forkChild(store.commit(batch("first")), {
        startImmediately: true
      })
      yield* Scope.close(scope, Exit.void)
      expect(yield* Fiber.join(writing)).toMatchObject({ _tag: "Committed" })
      const late = yield* Effect.flip(store.commit(batch("second")))
      expect(late).toMatchObject({ retryable: false, ambiguous: false })
      expect(String(late.cause)).toContain("The store is closed.")
      yield* Effect.flip(store.allocate("tasks", 1))
      yield* Effect.flip(store.readAll("acme", { after: 0, limit: 1 }))
      yield* Effect.flip(store.ask("acme", "path", { from: 1, to: 2 }))
    })
  )
})
