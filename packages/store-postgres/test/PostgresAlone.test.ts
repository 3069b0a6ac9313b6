import { describe, expect, it } from "@effect/vitest"
import { Effect } from "effect"

import { Chain, type Driver, DriverMemory } from "@foreman/core"
import { PostgresStore } from "@foreman/store-postgres"

import * as PostgresAlone from "../src/PostgresAlone.ts"
import * as Hint from "../src/PostgresHint.ts"
import * as PostgresDatabases from "./PostgresDatabases.ts"

const copy = PostgresDatabases.copies()

type Conditions = Omit<Driver.Guarded, "key">

const directory = (id: string): Driver.Step => ({
  _tag: "Insert",
  table: "directory",
  row: { kind: "task", id }
})

const lease = (name: string, token: number): Driver.Step => ({
  _tag: "Insert",
  table: "singletons",
  row: { name, holder: "one", token, until: 5 }
})

const change = (name: string, parts: Conditions = {}, token = 7): Driver.Step => ({
  _tag: "Set",
  table: "singletons",
  key: { name },
  row: { holder: "two", token },
  ...parts
})

const holds = (column: string, than: Driver.Value): Conditions => ({
  where: [{ columns: [column], is: "=", than }]
})

const needs = (name: string, guarded: Conditions = {}): Driver.Step => ({
  _tag: "Require",
  table: "singletons",
  key: { name },
  ...guarded
})

let count = 0

const batch = (steps: ReadonlyArray<Driver.Step>, parts: Partial<Driver.Batch> = {}) => {
  count += 1
  return {
    organization: "acme",
    reliesOn: [],
    steps,
    events: [{ stream: `task:${count}`, type: "task.created", body: `{"n":${count}}` }],
    receipt: { key: `k${count}`, digest: "d", answer: `${count}` },
    ...parts
  } satisfies Driver.Batch
}

const event = (stream: string, body = '{"text":"ä\\n🙂"}') => ({ stream, type: "said", body })

/** What a store answers to batches one after the other, and what it holds then. */
const outcome = Effect.fnUntraced(function* (
  store: Driver.Driver,
  batches: ReadonlyArray<Driver.Batch>
) {
  const answers = yield* Effect.forEach(batches, (one) => store.commit(one))
  const events = yield* store.readAll("acme", { after: 0, limit: 99 })
  const keys = [
    ...["a", "b"].map((name) => ["singletons", { name }] as const),
    ...["1", "2"].map((id) => ["directory", { kind: "task", id }] as const)
  ]
  const rows = yield* Effect.forEach(keys, ([table, key]) => store.get("acme", table, key))
  return {
    broken: yield* Effect.promise(() => Chain.firstBroken(events)),
    answers: answers.map((answer) => ({ ...answer, at: 0 })),
    events: events.map((told) => ({ ...told, at: 0, hash: undefined })),
    rows
  }
})

describe("batches that come one after the other", () => {
  const cases: Record<string, ReadonlyArray<Driver.Batch>> = {
    "that only add": [batch([directory("1")]), batch([directory("2"), lease("a", 1)]), batch([])],
    "that add what is there already": [
      batch([directory("1")]),
      batch([lease("a", 1), directory("1")])
    ],
    "with several events of several streams": [
      batch([], { events: [event("a"), event("b"), event("a")] }),
      batch([], { events: [event("b"), event("b"), event("c"), event("a")] })
    ],
    "that rely on what is so": [
      batch([], { events: [event("a"), event("a")] }),
      batch([lease("a", 1)], { events: [event("a")], reliesOn: [{ stream: "a", version: 2 }] }),
      batch([lease("b", 1)], { reliesOn: [{ stream: "nobody", version: 0 }] })
    ],
    "that rely on what is not so": [
      batch([], { events: [event("a")] }),
      batch([lease("a", 1)], { events: [event("a")], reliesOn: [{ stream: "a", version: 0 }] }),
      batch([lease("a", 1)], { reliesOn: [{ stream: "a", version: 2 }] })
    ],
    "whose first is checked": [batch([lease("a", 1)], { reliesOn: [{ stream: "a", version: 0 }] })],
    "that require what is so": [
      batch([lease("a", 1)]),
      batch([needs("a", holds("token", 1)), lease("b", 2), directory("1")])
    ],
    "that require what is not so": [
      batch([lease("a", 1)]),
      batch([lease("b", 2), needs("a", holds("token", 2)), directory("1")]),
      batch([needs("nobody"), directory("1")])
    ],
    "that change rows": [
      batch([lease("a", 1), lease("b", 1)]),
      batch([change("a"), change("b", holds("holder", "one"), 8)]),
      batch([{ _tag: "Delete", table: "singletons", key: { name: "a" }, ...holds("token", 7) }])
    ],
    "that change rows that are not so": [
      batch([lease("a", 1)]),
      batch([directory("1"), change("a", holds("holder", "two"))]),
      batch([directory("1"), change("nobody")]),
      batch([{ _tag: "Delete", table: "singletons", key: { name: "a" }, ...holds("token", 7) }])
    ],
    "with conditions of other kinds": [
      batch([lease("a", 3)]),
      batch([change("a", { where: [{ columns: ["token"], is: "<", than: 3 }] })]),
      batch([change("a", { after: [{ columns: ["token"], is: "<", than: 8 }] })])
    ],
    "that come back to a row": [
      batch([lease("a", 3), change("a"), needs("a", holds("token", 7))]),
      batch([change("a", {}, 8), needs("a", holds("token", 7))])
    ],
    "with names that are written otherwise in JSON": [
      batch([], { events: [event('ä\u2028\u0001"\\/')] }),
      batch([lease("a", 1)], { events: [event("a/\"\\<'")] })
    ]
  }

  it.live.each(Object.entries(cases))("%s leave what they leave in memory", ([, batches]) =>
    Effect.gen(function* () {
      const store = yield* PostgresStore.make({ url: yield* copy })
      const expected = yield* outcome(yield* DriverMemory.make, batches)
      expect(yield* outcome(store, batches)).toEqual(expected)
      // The receipts are known, also those of batches that were written by statements alone.
      for (const [index, one] of batches.entries()) {
        if (expected.answers[index]?._tag !== "Committed") continue
        expect(yield* store.commit(one)).toMatchObject({ _tag: "Duplicate" })
      }
    })
  )

  it.live("are told the time at which they need not wait any more", () =>
    Effect.gen(function* () {
      const url = yield* copy
      const store = yield* PostgresStore.make({ url })
      yield* store.commit(batch([directory("1")]))
      const ended = yield* Effect.promise(() =>
        PostgresDatabases.onDatabase(url, async (client) => {
          await client.query("BEGIN; SELECT FROM foreman.heads FOR UPDATE")
          const writing = Effect.runPromise(store.commit(batch([directory("2")])))
          const { rows } = await client.query(
            `SELECT pg_sleep(0.2), (extract(epoch FROM clock_timestamp()) * 1000000)::bigint AS at`
          )
          await client.query("ROLLBACK")
          return { waited: Number(rows[0].at), answer: await writing }
        })
      )
      expect(ended.answer).toMatchObject({ _tag: "Committed" })
      const [, second] = yield* store.readAll("acme", { after: 0, limit: 9 })
      expect(second?.at).toBeGreaterThan(ended.waited)
    })
  )

  it.live("make one chain when several stores add to the same streams at once", () =>
    Effect.gen(function* () {
      const url = yield* copy
      const stores = yield* Effect.forEach([1, 2, 3, 4], () => PostgresStore.make({ url }))
      yield* Effect.forEach(stores, (store) => store.versions("acme", ["all"]))
      const adding = (store: Driver.Driver, writer: number) =>
        Effect.forEach(
          Array.from({ length: 40 }, (_, index) => index),
          (index) => {
            // What only this store adds to goes on from the head that it has waited for.
            const shared = index % 4 === 0 ? [event("all")] : []
            const events = [event(`of ${writer}`), event(`of ${writer}`), ...shared]
            return store.commit(batch([directory(`${writer}-${index}`)], { events }))
          }
        )
      const answers = yield* Effect.all(stores.map(adding), { concurrency: "unbounded" })
      const told = answers.flat().flatMap((answer) => {
        return answer._tag === "Committed" ? [answer.position] : []
      })
      expect(new Set(told).size).toBe(160)
      expect(Math.max(...told)).toBe(360)
      const [store] = stores
      if (store === undefined) return
      const events = yield* store.readAll("acme", { after: 0, limit: 400 })
      expect(events).toHaveLength(360)
      expect(yield* Effect.promise(() => Chain.firstBroken(events))).toBeUndefined()
      for (const stream of ["all", "of 0", "of 1", "of 2", "of 3"]) {
        const versions = events.filter((one) => one.stream === stream).map((one) => one.version)
        expect(versions).toEqual(versions.map((_, index) => index + 1))
      }
      const times = events.map(({ at }) => at)
      expect(times).toEqual(times.toSorted((a, b) => a - b))
    })
  )

  it.live("write nothing where something is in the way, and say nothing of what it is", () =>
    Effect.gen(function* () {
      const url = yield* copy
      const store = yield* PostgresStore.make({ url })
      yield* store.commit(batch([lease("a", 1), directory("1")]))
      const all = () =>
        Effect.promise(() =>
          PostgresDatabases.rows(
            url,
            `SELECT (SELECT count(*) FROM foreman.directory), (SELECT count(*) FROM foreman.receipts),
               position, encode(hash, 'hex') FROM foreman.heads`
          )
        )
      const before = yield* all()
      const refused = [
        batch([directory("2"), change("a", holds("token", 2))]),
        batch([directory("2"), directory("1")]),
        batch([directory("2")], { reliesOn: [{ stream: "a", version: 1 }] }),
        batch([directory("2"), needs("a", holds("token", "no number"))]),
        // Of an organization that has no head yet.
        batch([directory("2")], { organization: "other" }),
        batch([directory("2")], { organization: "other", reliesOn: [{ stream: "a", version: 0 }] })
      ]
      for (const one of refused) {
        const alone = PostgresAlone.ofBatch(one, Hint.wordsOf("acme"))
        const answer = yield* Effect.promise(() =>
          PostgresDatabases.onDatabase(url, async (client) => {
            const [role] = (
              await client.query(
                `SELECT 'foreman_' || oid || '_app' AS name FROM pg_database
                 WHERE datname = current_database()`
              )
            ).rows
            await client.query(`SET ROLE "${role.name}"`)
            return alone && PostgresAlone.commit(client, alone)
          })
        )
        expect([alone === undefined, answer]).toEqual([false, undefined])
        expect(yield* all()).toEqual(before)
      }
    })
  )
})

describe("a batch", () => {
  it.each([
    ["with a question", { _tag: "Ask", name: "ready", parameters: { limit: 1 }, expect: "none" }],
    ["with a change of many rows", { _tag: "Apply", name: "forget_run", parameters: { run: "r" } }],
    ["with a sum", { _tag: "Add", table: "singletons", key: { name: "a" }, row: { token: 1 } }]
  ] as const)("%s is left to the function", (_, step) => {
    expect(PostgresAlone.ofBatch(batch([step]), undefined)).toBeUndefined()
  })

  it.each([
    ["without events", { events: [] }],
    ["with many events", { events: Array.from({ length: 9 }, () => event("a")) }],
    ["without a receipt", { receipt: undefined }],
    [
      "with the receipt of somebody else",
      { receipt: { organization: "o", key: "k", digest: "", answer: "" } }
    ],
    ["with a long text", { events: [event("a", JSON.stringify("x".repeat(40_000)))] }]
  ])("%s is left to the function", (_, parts) => {
    // As: a receipt that is not there is one that is undefined.
    expect(
      PostgresAlone.ofBatch(batch([], parts as Partial<Driver.Batch>), undefined)
    ).toBeUndefined()
  })
})
