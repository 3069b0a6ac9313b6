import { describe, expect, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Scope, Stream } from "effect"
import { once } from "node:events"
import { connect, createServer, type Socket } from "node:net"
import type pg from "pg"

import type { Driver } from "@foreman/core"
import { PostgresStore } from "@foreman/store-postgres"

import * as PostgresAlone from "../src/PostgresAlone.ts"
import { callOf, write } from "../src/PostgresGroup.ts"
import * as Hint from "../src/PostgresHint.ts"
import { Lane } from "../src/PostgresLane.ts"
import * as Pool from "../src/PostgresPool.ts"
import * as PostgresDatabases from "./PostgresDatabases.ts"

const batch = (key: string): Driver.Batch => ({
  organization: "acme",
  reliesOn: [],
  steps: [],
  events: [{ stream: "a", type: "b", body: JSON.stringify({ key }) }],
  receipt: { key, digest: key, answer: key }
})

/** The connections that were asked last in these words, answered or not. */
const lastAsked = (url: string, words: string, states = ["active", "idle"]) =>
  Effect.promise(() =>
    PostgresDatabases.onDatabase(url, async (client) => {
      const { rows } = await client.query<{ pid: number }>(
        `SELECT pid FROM pg_stat_activity WHERE application_name = 'foreman'
           AND datname = current_database() AND query LIKE $1 AND state = ANY ($2)`,
        [`%${words}%`, states]
      )
      return rows.map(({ pid }) => pid)
    })
  )

/** What is asked by who listens. */
const heads = "foreman.heads WHERE at >"

/**
 * The connections that listen and know where the organizations stand, as soon as there is one. Before
 * that answer a commit would be found, and nobody would be told of it.
 */
const listening = (url: string) =>
  lastAsked(url, heads, ["idle"]).pipe(
    Effect.delay("5 millis"),
    Effect.repeat({ until: ({ length }) => length > 0 }),
    Effect.timeout("20 seconds")
  )

describe("a store that nobody follows", () => {
  it.live("is not woken by what others commit, and listens from the first who follows on", () =>
    Effect.gen(function* () {
      const url = yield* PostgresDatabases.database
      const store = yield* PostgresStore.make({ url })
      const other = yield* PostgresStore.make({ url })
      yield* other.commit(batch("first"))
      yield* store.commit(batch("second"))
      expect(yield* lastAsked(url, heads)).toEqual([])
      const follow = (position: number) =>
        store.changes.pipe(
          Stream.filter((hint) => hint.position >= position),
          Stream.runHead,
          Effect.forkChild({ startImmediately: true })
        )
      const hearing = yield* follow(3)
      yield* other.commit(batch("third"))
      yield* Fiber.join(hearing)
      expect(yield* listening(url)).toHaveLength(1)
      const again = yield* follow(4)
      yield* other.commit(batch("fourth"))
      yield* Fiber.join(again)
      expect(yield* listening(url)).toHaveLength(1)
    })
  )
})

describe("who hears a hint", () => {
  it.live("asks on the connection that told of it, once, and elsewhere from then on", () =>
    Effect.gen(function* () {
      const url = yield* PostgresDatabases.database
      const store = yield* PostgresStore.make({ url, pollMilliseconds: 3_600_000 })
      const other = yield* PostgresStore.make({ url })
      const ask = (table: string) =>
        store.find({ organization: "acme", table, index: "key", equals: {}, limit: 1 })
      const heard = yield* store.changes.pipe(
        Stream.filter((hint) => hint.position === 1),
        Stream.mapEffect(() => Effect.all([ask("offers"), ask("cursors")], { concurrency: 2 })),
        Stream.runHead,
        Effect.forkChild({ startImmediately: true })
      )
      const ears = yield* listening(url)
      yield* other.commit(batch("first"))
      yield* Fiber.join(heard)
      expect(yield* lastAsked(url, "foreman.offers")).toEqual(ears)
      const elsewhere = yield* lastAsked(url, "foreman.cursors")
      expect(elsewhere).toHaveLength(1)
      expect(elsewhere).not.toEqual(ears)
      // Nothing was told any more: what is asked now goes where all else does.
      yield* ask("tasks")
      expect(yield* lastAsked(url, "foreman.tasks")).toEqual(elsewhere)
    })
  )
})

/** A way to a database that says nothing any more from when it is told to. */
const silencing = (url: string) =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      const way = new URL(url)
      const [host, port] = [way.hostname, Number(way.port)]
      const sockets = new Set<Socket>()
      const server = createServer((here) => {
        const there = connect(port, host)
        for (const socket of [here, there]) sockets.add(socket.on("error", () => undefined))
        here.pipe(there)
        there.pipe(here)
      })
      await once(server.listen(0, "127.0.0.1"), "listening")
      const address = server.address()
      if (address === null || typeof address === "string") throw new Error("It has no port")
      way.hostname = address.address
      way.port = String(address.port)
      return { server, sockets, url: way.href }
    }),
    ({ server, sockets }) =>
      Effect.sync(() => {
        for (const socket of sockets) socket.destroy()
        server.close()
      })
  )

describe("a listener whose database says nothing any more", () => {
  it.live("is stopped without waiting for an answer", () =>
    Effect.gen(function* () {
      const way = yield* silencing(yield* PostgresDatabases.database)
      const scope = Scope.makeUnsafe()
      const opened = PostgresStore.make({ url: way.url, pollMilliseconds: 100 })
      const store = yield* Scope.provide(opened, scope)
      const hearing = yield* Effect.forkChild(Stream.runDrain(store.changes), {
        startImmediately: true
      })
      yield* listening(way.url)
      for (const socket of way.sockets) socket.unpipe().pause()
      // Until it is asked again where the organizations stand.
      yield* Effect.sleep("300 millis")
      const began = performance.now()
      yield* Scope.close(scope, Exit.void)
      expect(performance.now() - began).toBeLessThan(10_000)
      yield* Fiber.interrupt(hearing)
    })
  )
})

const copy = PostgresDatabases.copies()

/** Hears of the database's notices; each answer is what was said until then. */
const overhearing = async (client: pg.Client) => {
  const said: Array<string | undefined> = []
  client.on("notification", ({ payload }) => said.push(payload))
  await client.query("LISTEN foreman")
  return async () => {
    await client.query("SELECT")
    return [...said]
  }
}

describe("a hint", () => {
  it.live(
    "tells others at once of a batch alone, of several together and of several organizations",
    () =>
      Effect.gen(function* () {
        const url = yield* PostgresDatabases.database
        // Who looks by itself finds it in an hour.
        const store = yield* PostgresStore.make({ url, pollMilliseconds: 3_600_000 })
        const other = yield* PostgresStore.make({ url })
        const hears = (position: number, organization = "acme") =>
          store.changes.pipe(
            Stream.filter(
              (hint) => hint.position >= position && hint.organization === organization
            ),
            Stream.runHead,
            Effect.forkChild({ startImmediately: true })
          )
        const first = yield* hears(1)
        yield* listening(url)
        yield* other.commit(batch("first"))
        yield* Fiber.join(first)
        const all = yield* hears(6)
        const keys = ["second", "third", "fourth", "fifth", "sixth"]
        yield* Effect.forEach(keys, (key) => other.commit(batch(key)), { concurrency: "unbounded" })
        yield* Fiber.join(all)
        // Of several organizations at once too, for which it follows the commits.
        const both = [yield* hears(11), yield* hears(5, "beta")]
        const more = ["a", "b", "c", "d", "e"].map((key) => batch(key))
        const wanted = more.flatMap((one) => [one, { ...one, organization: "beta" }])
        yield* Effect.forEach(wanted, other.commit, { concurrency: "unbounded" })
        yield* Fiber.joinAll(both)
      })
  )

  it.live("goes with a commit, or follows it where others that have one would wait for it", () =>
    Effect.gen(function* () {
      const url = yield* copy
      yield* Effect.promise(() =>
        PostgresDatabases.onDatabase(url, async (ears) => {
          const said = await overhearing(ears)
          const alone = (key: string, isHinted: boolean) =>
            PostgresDatabases.onDatabase(url, async (client) => {
              const one = PostgresAlone.ofBatch(
                batch(key),
                isHinted ? Hint.wordsOf("acme") : undefined
              )
              return one && (await PostgresAlone.commit(client, one))
            })
          await PostgresDatabases.onDatabase(url, (client) =>
            client.query(callOf("commit"), [...write([batch("first")]).values])
          )
          expect(await alone("second", false)).toMatchObject({ position: 2 })
          expect(await said()).toEqual([])
          expect(await alone("third", true)).toMatchObject({ position: 3 })
          expect(await said()).toEqual(['["acme", 3]'])
          expect(await alone("fourth", false)).toMatchObject({ position: 4 })
          const role = decodeURIComponent(new URL(url).username)
          const lane = new Lane(() => Pool.connect({ url, role }))
          Hint.follow(lane, "acme")
          Hint.follow(lane, "nobody")
          await lane.close()
          expect(await said()).toEqual(['["acme", 3]', '["acme", 4]'])
        })
      )
    })
  )

  it.live("goes with the transaction of a caller who commits a batch within it", () =>
    Effect.gen(function* () {
      const url = yield* copy
      yield* Effect.promise(() =>
        PostgresDatabases.onDatabase(url, async (ears) => {
          const said = await overhearing(ears)
          await PostgresDatabases.onDatabase(url, async (client) => {
            await client.query("BEGIN")
            await client.query(callOf("commit_within"), [...write([batch("first")]).values])
            expect(await said()).toEqual([])
            await client.query("COMMIT")
          })
          expect(await said()).toEqual(['["acme", 1]'])
        })
      )
    })
  )
})
