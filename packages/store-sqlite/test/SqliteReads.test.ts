import { DatabaseSync } from "node:sqlite"
import { describe, expect, it } from "@effect/vitest"
import { Effect } from "effect"

import { type Driver, Tables } from "@foreman/core"
import { SqliteStore } from "@foreman/store-sqlite"

import * as Find from "../src/Find.ts"
import * as SqliteConnection from "../src/SqliteConnection.ts"
import * as SqliteQuestions from "../src/SqliteQuestions.ts"
import * as SqliteReads from "../src/SqliteReads.ts"
import * as SqliteFiles from "./SqliteFiles.ts"

/** A connection on which the first so many statements fail as SQLite would. */
const failing = (connection: SqliteConnection.Connection, times: number, errcode: number) => {
  let left = times
  const prepare = (text: string) => {
    left -= 1
    if (left >= 0) throw Object.assign(new Error("database is locked"), { errcode })
    return connection.prepare(text)
  }
  return SqliteReads.make({ ...connection, prepare })
}

const openReader = Effect.gen(function* () {
  const filename = yield* SqliteFiles.file
  yield* SqliteStore.make({ filename })
  return yield* Effect.acquireRelease(
    Effect.sync(() =>
      SqliteConnection.open(filename, Tables.tables, { readOnly: true, timeout: 0 })
    ),
    ({ database }) => Effect.sync(() => database.close())
  )
})

describe("a read that meets a lock", () => {
  // With the test's clock, which stands still: the wait is for another process, in real time.
  it.effect("is tried again, and ends with a failure that may be repeated", () =>
    Effect.gen(function* () {
      const reader = yield* openReader
      expect(yield* failing(reader, 3, 261).versions("acme", ["a"])).toEqual([
        { stream: "a", version: 0 }
      ])
      const failure = yield* Effect.flip(failing(reader, 1_000, 5).versions("acme", ["a"]))
      expect(failure).toMatchObject({ operation: "versions", retryable: true, ambiguous: false })
    })
  )

  it.effect("is not tried again for any other failure", () =>
    Effect.gen(function* () {
      const reader = yield* openReader
      const failure = yield* Effect.flip(failing(reader, 1, 11).receipt("acme", "a"))
      expect(failure).toMatchObject({ operation: "receipt", retryable: false })
    })
  )
})

describe("a read of many rows", () => {
  const plansOf = (reader: SqliteConnection.Connection, ask: (seen: typeof reader) => void) => {
    const texts: Array<string> = []
    ask({
      ...reader,
      prepare: (text) => {
        texts.push(text)
        return reader.prepare(text)
      }
    })
    const explain = new DatabaseSync(reader.database.location() ?? "", { readOnly: true })
    const plans = texts.flatMap((text) => explain.prepare(`EXPLAIN QUERY PLAN ${text}`).all())
    explain.close()
    return plans.map(({ detail }) => String(detail))
  }

  it.live("of a question walks an index in its order, and sorts no table", () =>
    Effect.gen(function* () {
      const reader = yield* openReader
      const asked: ReadonlyArray<readonly [Driver.Question, Driver.Row]> = [
        ["ready", { limit: 20 }],
        ["ready_for_agent", { team_id: "t", agent_id: "a", unassigned: false, limit: 20 }],
        ["ready_for_agent", { team_id: "t", agent_id: "a", unassigned: true, limit: 20 }],
        ["startable", { limit: 20 }],
        ["idle_agents", { after: "", limit: 20 }],
        ["working_agents", { team_id: "t" }],
        ["organizations", { after_name: "", after_id: "", limit: 20 }],
        ["heads", { after: "", limit: 20 }]
      ]
      for (const [name, parameters] of asked) {
        const plans = plansOf(reader, (seen) => SqliteQuestions.ask(seen, "acme", name, parameters))
        const tables = plans.filter((plan) =>
          /^(SEARCH|SCAN) (tasks|agents|runs|heads|org|events|repositories)/.test(plan)
        )
        expect(tables.length, name).toBeGreaterThan(0)
        expect(
          tables.filter((plan) => !plan.startsWith("SEARCH")),
          name
        ).toEqual([])
      }
      const ready = plansOf(reader, (seen) => SqliteQuestions.ask(seen, "acme", ...asked[0]!))
      expect(ready).toEqual(["SEARCH tasks USING INDEX tasks_ready (organization=?)"])
    })
  )

  it.live("of an index walks that index, forwards and backwards", () =>
    Effect.gen(function* () {
      const reader = yield* openReader
      for (const [table, { indexes }] of Object.entries(Tables.tables)) {
        for (const [index, columns] of Object.entries({ key: [], ...indexes })) {
          const query = {
            organization: "acme",
            table,
            index,
            equals: Object.fromEntries(columns.map((name) => [name, "x"])),
            limit: 20
          }
          for (const direction of ["ascending", "descending"] as const) {
            const plans = plansOf(reader, (seen) =>
              seen.prepare(Find.find({ ...query, direction }).text)
            )
            expect(plans, index).toHaveLength(1)
            const used =
              index === "key" ? "(PRIMARY KEY|(COVERING )?INDEX)" : `(COVERING )?INDEX ${index} `
            expect(plans[0]).toMatch(new RegExp(`^SEARCH \\w+ USING ${used}`))
          }
        }
      }
    })
  )
})
