import { describe, expect, it } from "@effect/vitest"
import { Effect, Fiber, Stream } from "effect"
import type pg from "pg"

import type { Driver } from "@foreman/core"
import { PostgresStore } from "@foreman/store-postgres"

import * as PostgresDatabases from "./PostgresDatabases.ts"

const batch = (key: string, parts: Partial<Driver.Batch> = {}): Driver.Batch => ({
  organization: "acme",
  reliesOn: [],
  steps: [],
  events: [{ stream: key, type: "said", body: "{}" }],
  receipt: { key, digest: key, answer: key },
  ...parts
})

/**
 * Until the connections of a database listen; whoever looks by itself is asked once for that. What is
 * committed before that answer would be found, without what there is to say of it.
 */
const untilListening = (url: string) =>
  Effect.promise(() =>
    PostgresDatabases.onDatabase(url, async (client) => {
      const { rows } = await client.query(
        `SELECT FROM pg_stat_activity WHERE datname = current_database() AND state = 'idle'
           AND query LIKE '%foreman.heads WHERE at >%'`
      )
      return rows.length
    })
  ).pipe(
    Effect.delay("5 millis"),
    Effect.repeat({ until: (count) => count > 0 }),
    Effect.timeout("20 seconds")
  )

/** What one process hears, up to a position, of what is done meanwhile. */
const heard = Effect.fnUntraced(function* <A, E>(
  url: string,
  position: number,
  doing: (other: Driver.Driver) => Effect.Effect<A, E>
) {
  const store = yield* PostgresStore.make({ url, pollMilliseconds: 3_600_000 })
  const other = yield* PostgresStore.make({ url })
  const hearing = yield* store.changes.pipe(
    Stream.takeUntil((hint) => hint.position === position),
    Stream.runCollect,
    Effect.forkChild({ startImmediately: true })
  )
  yield* untilListening(url)
  yield* doing(other)
  return yield* Effect.timeout(Fiber.join(hearing), "20 seconds")
})

const hint = (position: number, news?: string): Driver.Hint => ({
  organization: "acme",
  position,
  news
})

/** What anybody who may connect hears. */
const overhearing = (url: string, doing: (said: () => Promise<ReadonlyArray<string>>) => unknown) =>
  PostgresDatabases.onDatabase(url, async (client: pg.Client) => {
    const said: Array<string> = []
    client.on("notification", ({ payload = "" }) => said.push(payload))
    await client.query("LISTEN foreman")
    await doing(async () => {
      await client.query("SELECT")
      return said
    })
  })

const notify = (url: string, words: string) =>
  Effect.promise(() =>
    PostgresDatabases.onDatabase(url, (client) =>
      client.query("SELECT pg_notify('foreman', $1)", [words])
    )
  )

describe("what a batch has to say", () => {
  it.live("is heard by another process with the hint of its commit", () =>
    Effect.gen(function* () {
      const url = yield* PostgresDatabases.database
      const hints = yield* heard(url, 2, (other) =>
        Effect.andThen(
          other.commit(batch("first")),
          other.commit(batch("second", { news: "tea is ready" }))
        )
      )
      expect(hints).toEqual([hint(1), hint(2, "tea is ready")])
    })
  )

  it.live("is heard by the process that commits it", () =>
    Effect.gen(function* () {
      const url = yield* PostgresDatabases.database
      const store = yield* PostgresStore.make({ url, pollMilliseconds: 3_600_000 })
      yield* store.commit(batch("first"))
      const hearing = yield* store.changes.pipe(
        Stream.filter(({ position }) => position === 2),
        Stream.runHead,
        Effect.forkChild({ startImmediately: true })
      )
      yield* untilListening(url)
      yield* store.commit(batch("second", { news: "tea is ready" }))
      expect(yield* Fiber.join(hearing)).toMatchObject({ value: hint(2, "tea is ready") })
    })
  )

  it.live("is not heard of a batch that is refused, nor with the hint of another one", () =>
    Effect.gen(function* () {
      const url = yield* PostgresDatabases.database
      const said = new Map<number, string>()
      const hints = yield* heard(url, 13, (other) =>
        Effect.gen(function* () {
          yield* other.commit(batch("first"))
          const stale = { reliesOn: [{ stream: "first", version: 7 }], news: "a lie" }
          expect((yield* other.commit(batch("second", stale)))._tag).toBe("Conflict")
          const again = { events: [], news: "nothing happened" }
          expect((yield* other.commit(batch("first", again)))._tag).toBe("Duplicate")
          yield* Effect.forEach(
            Array.from({ length: 12 }, (_, index) => `number ${index}`),
            Effect.fnUntraced(function* (news, index) {
              // One of them is in the way of its group.
              const parts = index === 6 ? stale : { news }
              const answer = yield* other.commit(batch(news, parts))
              if (answer._tag === "Committed") said.set(answer.position, news)
            }),
            { concurrency: "unbounded" }
          )
          yield* other.commit(batch("last", { news: "the end" }))
        })
      )
      expect(said.size).toBe(11)
      said.set(13, "the end")
      const told = hints.filter(({ news }) => news !== undefined)
      expect(told.at(-1)).toEqual(hint(13, "the end"))
      for (const { news, position } of told) expect(news).toBe(said.get(position))
    })
  )

  it.live("is left out where it has no room in a notice", () =>
    Effect.gen(function* () {
      const url = yield* PostgresDatabases.database
      const long = (length: number) => ({ news: "x".repeat(length) })
      const hints = yield* heard(url, 3, (other) =>
        Effect.gen(function* () {
          yield* other.commit(batch("first"))
          yield* other.commit(batch("second", long(5_800)))
          yield* other.commit(batch("third", long(5_900)))
        })
      )
      expect(hints).toEqual([hint(1), hint(2, long(5_800).news), hint(3)])
    })
  )
})

describe("who may connect and has no rights", () => {
  it.live("hears that something was committed, and nothing of it", () =>
    Effect.gen(function* () {
      const url = yield* PostgresDatabases.database
      const store = yield* PostgresStore.make({ url })
      yield* Effect.promise(() =>
        overhearing(url, async (said) => {
          await Effect.runPromise(store.commit(batch("first")))
          await Effect.runPromise(store.commit(batch("second", { news: "tea is ready" })))
          const [plain = "", sealed = ""] = await said()
          expect(plain).toBe('["acme", 1]')
          const [, , words] = JSON.parse(sealed)
          expect(Buffer.from(String(words), "base64").toString("latin1")).not.toContain("tea")
        })
      )
    })
  )

  it.live("is not believed, whether it makes words up or repeats those of somebody else", () =>
    Effect.gen(function* () {
      const url = yield* PostgresDatabases.database
      const hints = yield* heard(url, 9, (other) =>
        Effect.promise(() =>
          overhearing(url, async (said) => {
            const news = { news: "tea is ready" }
            await Effect.runPromise(other.commit(batch("first", { ...news, organization: "tea" })))
            const [, , sealed] = JSON.parse((await said())[0] ?? "")
            for (const [index, words] of [sealed, "tea", 7, null, ["tea"]].entries()) {
              const position = index + 5
              await Effect.runPromise(notify(url, JSON.stringify(["acme", position, words])))
            }
          })
        )
      )
      expect(hints.filter(({ organization }) => organization === "acme")).toEqual(
        [5, 6, 7, 8, 9].map((position) => hint(position))
      )
    })
  )

  it.live("keeps nobody from hearing of commits by a place that is not reached yet", () =>
    Effect.gen(function* () {
      const url = yield* PostgresDatabases.database
      const hints = yield* heard(url, 4, (other) =>
        Effect.forEach(
          [1, 2, 3, 4],
          Effect.fnUntraced(function* (number) {
            yield* notify(url, JSON.stringify(["acme", 1_000_000 + number]))
            yield* other.commit(batch(`${number}`, { news: `number ${number}` }))
          })
        )
      )
      expect(hints.filter(({ position }) => position < 1_000)).toEqual(
        // The first batch of all is none alone.
        [hint(1), ...[2, 3, 4].map((position) => hint(position, `number ${position}`))]
      )
    })
  )
})

describe("a store without the key of its hints", () => {
  it.live("is opened as ever, and tells what was committed, and nothing of it", () =>
    Effect.gen(function* () {
      const url = yield* PostgresDatabases.database
      yield* Effect.scoped(PostgresStore.make({ url }))
      yield* Effect.promise(() => PostgresDatabases.execute(url, "DELETE FROM foreman.secrets"))
      yield* Effect.scoped(PostgresStore.make({ url, readOnly: true }))
      const hints = yield* heard(url, 2, (other) =>
        Effect.andThen(other.commit(batch("first")), other.commit(batch("second", { news: "tea" })))
      )
      expect(hints).toEqual([hint(1), hint(2)])
    })
  )

  it.live("gets another one where its roles have to be given their rights again", () =>
    Effect.gen(function* () {
      const url = yield* PostgresDatabases.database
      const key = Effect.gen(function* () {
        yield* Effect.scoped(PostgresStore.make({ url }))
        return yield* Effect.promise(() =>
          PostgresDatabases.rows(url, "SELECT encode(value, 'hex') AS value FROM foreman.secrets")
        )
      })
      const before = yield* key
      expect(before).toEqual([{ value: expect.stringMatching(/^[0-9a-f]{64}$/) }])
      expect(yield* key).toEqual(before)
      // As in a copy, whose roles have other names.
      yield* Effect.promise(() =>
        PostgresDatabases.execute(
          url,
          `DO $$ BEGIN EXECUTE format('REVOKE USAGE ON SCHEMA foreman FROM foreman_%s_app',
            (SELECT oid FROM pg_database WHERE datname = current_database())); END $$`
        )
      )
      const after = yield* key
      expect(after).toHaveLength(1)
      expect(after).not.toEqual(before)
    })
  )
})
