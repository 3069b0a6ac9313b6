import { describe, expect, it } from "@effect/vitest"
import { Effect } from "effect"

import * as Pool from "../src/PostgresPool.ts"
import { mostNames, named } from "../src/PostgresPlans.ts"
import type { Outcome } from "../src/PostgresRead.ts"
import * as Reader from "../src/PostgresReader.ts"
import * as PostgresDatabases from "./PostgresDatabases.ts"

const scope = { organization: "acme" }
const transaction = named("SELECT pg_backend_pid() AS pid, now()::text AS at", [])
const failing = named("SELECT 1 / 0 AS no", [])

const skipped: Outcome = { _tag: "Skipped" }

const reading = Effect.fnUntraced(function* (
  connections = 2,
  askAtHint?: Reader.ReaderOptions["askAtHint"]
) {
  const url = yield* PostgresDatabases.database
  const role = decodeURIComponent(new URL(url).username)
  const connect = () => Pool.connect({ url, role, isPipelined: true })
  const opened = Effect.sync(() =>
    Reader.make({ connect, connections, ...(askAtHint && { askAtHint }) })
  )
  return yield* Effect.acquireRelease(opened, ({ close }) => Effect.promise(close))
})

describe("questions of one turn", () => {
  it.live("travel together behind the first one, which does not wait for them", () =>
    Effect.gen(function* () {
      const { read } = yield* reading()
      const rows = yield* Effect.promise(() =>
        Promise.all([1, 2, 3, 4].map(() => read(scope, transaction)))
      )
      const [first, ...others] = rows.map(([row]) => `${row?.["pid"]} ${row?.["at"]}`)
      expect(new Set(others).size).toBe(1)
      expect(others).not.toContain(first)
    })
  )

  it.live("are answered though one of them fails, whichever it is", () =>
    Effect.gen(function* () {
      const { read } = yield* reading()
      for (const place of [0, 1, 3]) {
        const asked = [0, 1, 2, 3].map((one) => read(scope, one === place ? failing : transaction))
        const settled = yield* Effect.promise(() => Promise.allSettled(asked))
        const rejected = settled.map(({ status }) => status === "rejected")
        expect(rejected).toEqual([0, 1, 2, 3].map((one) => one === place))
      }
    })
  )

  it.live("are all answered before the reader is closed, and none after", () =>
    Effect.gen(function* () {
      const { close, read } = yield* reading()
      const asked = [1, 2, 3].map(() => read(scope, transaction))
      yield* Effect.promise(close)
      const settled = yield* Effect.promise(() => Promise.allSettled(asked))
      expect(settled.map(({ status }) => status)).toEqual(asked.map(() => "fulfilled"))
      yield* Effect.promise(() =>
        expect(read(scope, transaction)).rejects.toThrow("The store is closed.")
      )
    })
  )
})

describe("a question that is asked where a hint came from", () => {
  const answering = (outcomes: Array<Outcome>) =>
    reading(2, async () => outcomes.shift() ?? skipped)

  it.live("is answered there, and asked as any other where that connection breaks", () =>
    Effect.gen(function* () {
      const there: Outcome = { _tag: "Rows", rows: [{ pid: 0 }] }
      const cut: Outcome = { _tag: "Failed", cause: new Error("Connection terminated") }
      const { close, read } = yield* answering([there, cut, skipped])
      const asked = [1, 2, 3].map(() => read(scope, transaction))
      yield* Effect.promise(close)
      const rows = yield* Effect.promise(() => Promise.all(asked))
      const [first, second, third] = rows.map(([row]) => Number(row?.["pid"]))
      expect(first).toBe(0)
      expect([second, third].every((pid) => Number(pid) > 0)).toBe(true)
    })
  )

  it.live("fails as any other does", () =>
    Effect.gen(function* () {
      const cause = Object.assign(new Error("canceling statement"), {
        code: "57014",
        severity: "ERROR"
      })
      const { read } = yield* answering([{ _tag: "Failed", cause }])
      yield* Effect.promise(() => expect(read(scope, transaction)).rejects.toBe(cause))
    })
  )
})

describe("plans that a connection keeps", () => {
  it.live("are given back where there are more texts than are kept apart", () =>
    Effect.gen(function* () {
      const { read } = yield* reading(1)
      const counting = "SELECT count(*) AS kept FROM pg_prepared_statements"
      const ask = (text: string) => Effect.promise(() => read(scope, named(text, [])))
      // Several are under way when names are forgotten, and every second fails once it is parsed.
      for (let text = 0; text < 4 * mostNames; text += 4) {
        const texts = [0, 1, 2, 3].map(
          (more) => `SELECT 1 / ${more % 2} AS one, ${text + more} AS two`
        )
        const asked = texts.map((one) => Effect.exit(ask(one)))
        yield* Effect.all(asked, { concurrency: "unbounded" })
      }
      const [row] = yield* ask(counting)
      expect(Number(row?.["kept"])).toBeLessThanOrEqual(mostNames)
      expect(yield* ask("SELECT 1 / 1 AS one, 1 AS two")).toEqual([{ one: 1, two: 1 }])
    })
  )
})
