/**
 * The reading half of the store, on a connection of the calling thread.
 *
 * Each read is bounded and indexed, so it is done in place. Nobody waits here for a lock: a read
 * that meets one is tried again, a few times, while others run.
 *
 * @since 0.1.0
 */
import { Effect } from "effect"

import { Driver, Tables } from "@foreman/core"

import * as Find from "./Find.ts"
import { type Connection, type RawRow, toInput, toRow, toRowOf } from "./SqliteConnection.ts"
import { describe, isBusy } from "./SqliteFailure.ts"
import { findReceipt, versionsOf } from "./SqliteLog.ts"
import * as Questions from "./SqliteQuestions.ts"
import * as Statements from "./Statements.ts"

// models ----------------------------------------------------------------------

/**
 * What a driver reads.
 *
 * @category models
 * @since 0.1.0
 */
export type Reads = Pick<
  Driver.Driver,
  "ask" | "find" | "get" | "readAll" | "readStream" | "receipt" | "versions"
>

// services --------------------------------------------------------------------

/**
 * The reads of a driver on a connection.
 *
 * @category services
 * @since 0.1.0
 */
export const make = (reader: Connection): Reads => ({
  versions: (organization, streams) =>
    read("versions", () => versionsOf(reader, organization, streams)),
  readStream: (organization, stream, { after, limit }) =>
    read("readStream", () =>
      reader
        .prepare(
          `SELECT * FROM events WHERE organization = ? AND stream = ? AND version > ?
           ORDER BY version LIMIT ?`
        )
        .all(organization, stream, after, Math.max(limit, 0))
        .map(toEvent)
    ),
  readAll: (organization, { after, limit }) =>
    read("readAll", () =>
      reader
        .prepare(
          "SELECT * FROM events WHERE organization = ? AND position > ? ORDER BY position LIMIT ?"
        )
        .all(organization, after, Math.max(limit, 0))
        .map(toEvent)
    ),
  receipt: (organization, key) => read("receipt", () => findReceipt(reader, organization, key)),
  get: getting(reader),
  find: (query) =>
    read("find", () => {
      const { text, values } = Find.find(query)
      return reader
        .prepare(text)
        .all(...values.map(toInput))
        .map((raw) => toRow(reader, raw))
    }),
  ask: (organization, name, parameters) =>
    read("ask", () => Questions.ask(reader, organization, name, parameters))
})

// internal --------------------------------------------------------------------

/** Each table's own statement is kept: most of what is asked is one row by its key. */
const getting = (reader: Connection): Reads["get"] => {
  const statements = new Map<string, ReturnType<typeof keyed>>()
  return (organization, table, key) =>
    read("get", () => {
      let known = statements.get(table)
      if (known === undefined) statements.set(table, (known = keyed(reader, table)))
      return known(organization, key)
    })
}

/** Answers come as lists, which cost half as much as objects with a name for every column. */
const keyed = (reader: Connection, table: string) => {
  const { key: columns } = Tables.tableOf(table)
  const where = columns.map((name) => `${name} = ?`).join(" AND ")
  const statement = reader.database.prepare(`SELECT * FROM ${table} WHERE ${where}`)
  statement.setReturnArrays(true)
  const rowOf = toRowOf(
    reader,
    statement.columns().map(({ name }) => name)
  )
  const values = (organization: string, key: Driver.Row) =>
    Statements.byKey(Tables.tables, table, organization, key).map(([, value]) => toInput(value))
  const [first, second, ...more] = columns
  return (organization: string, key: Driver.Row): Driver.Row | undefined => {
    const id = second === undefined ? undefined : key[second]
    // Nearly every key is the organisation's and one more, and needs no lists.
    const isUsual = first === "organization" && more.length === 0 && typeof id !== "boolean"
    const raw: unknown =
      isUsual && id !== undefined
        ? statement.get(organization, id)
        : statement.get(...values(organization, key))
    return Array.isArray(raw) ? rowOf(raw) : undefined
  }
}

const read = <A>(operation: string, body: () => A): Effect.Effect<A, Driver.StoreError> => {
  const tried = (pauses: ReadonlyArray<number>): Effect.Effect<A, Driver.StoreError> =>
    Effect.suspend(() => {
      try {
        return Effect.succeed(body())
      } catch (cause) {
        const [pause, ...rest] = pauses
        if (pause !== undefined && isBusy(cause)) {
          return Effect.andThen(after(pause), tried(rest))
        }
        const { isRetryable: retryable } = describe(cause)
        return Effect.fail(new Driver.StoreError({ operation, cause, retryable, ambiguous: false }))
      }
    })
  return tried(pausesMilliseconds)
}

/** Half a second in all: who holds the whole file is folding its log back or recovering it. */
const pausesMilliseconds: ReadonlyArray<number> = [1, 2, 5, 10, 20, 50, 100, 150, 200]

/** By the real clock: the other process does not know about a test's. */
const after = (milliseconds: number): Effect.Effect<void> =>
  Effect.callback((resume) => {
    const timer = setTimeout(() => resume(Effect.void), milliseconds)
    return Effect.sync(() => clearTimeout(timer))
  })

const toEvent = (raw: RawRow): Driver.StoredEvent => ({
  organization: String(raw["organization"]),
  position: Number(raw["position"]),
  stream: String(raw["stream"]),
  version: Number(raw["version"]),
  type: String(raw["type"]),
  body: String(raw["body"]),
  at: Number(raw["at"]),
  hash: raw["hash"] instanceof Uint8Array ? raw["hash"] : new Uint8Array()
})
