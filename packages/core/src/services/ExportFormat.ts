/**
 * The lines of an export: JSON, one value a line, each with its `kind`.
 *
 * A header; for each organisation, in the order of their names, a line that opens it, its events,
 * receipts, operational rows and ranks, and a line that says what all of its tables hold; the sequences;
 * the bytes of artifacts; a trailer with the digest of all lines before it. Bodies of events are text,
 * because their hashes are over that text.
 *
 * @internal
 */
import { Schema } from "effect"
import type { Row, Value } from "../ports/Driver.ts"
import { hasher, hexOf } from "../ports/Sha256.ts"
import { type ColumnType, tableOf, tables } from "../ports/Tables.ts"

// models ----------------------------------------------------------------------

/** The version of these lines. A reader refuses what it does not know. */
export const version = 1

/** What the first line says it is. */
export const format = "foreman.store"

/** How long a line may be. The largest event is a small part of it. */
export const maxLineBytes = 64 * 1024 * 1024

const Count = Schema.Int.check(Schema.isGreaterThanOrEqualTo(0))
const Hash = Schema.String.check(Schema.isPattern(/^[0-9a-f]{64}$/))

/** The first line. `at` is when it was written, in microseconds since 1970. */
export type Header = typeof Header.Type
export const Header = Schema.Struct({
  kind: Schema.Literal("header"),
  format: Schema.Literal(format),
  version: Schema.Int,
  /** The digest of the list of tables and columns that rows and digests of rows are by. */
  tables: Schema.String,
  store: Schema.String,
  at: Schema.Int
})

/** How many rows a table has, and the SHA-256 of them in the order of their keys. */
export type TableDigest = typeof TableDigest.Type
export const TableDigest = Schema.Struct({ count: Count, digest: Hash })

/** Every other line. */
export type Line = typeof Line.Type
export const Line = Schema.Union([
  Schema.Struct({
    kind: Schema.Literal("organization"),
    organization: Schema.String,
    position: Count,
    at: Count
  }),
  Schema.Struct({
    kind: Schema.Literal("event"),
    position: Count,
    stream: Schema.String,
    version: Count,
    type: Schema.String,
    at: Count,
    hash: Hash,
    body: Schema.String
  }),
  Schema.Struct({
    kind: Schema.Literal("receipt"),
    key: Schema.String,
    digest: Schema.String,
    answer: Schema.String,
    at: Count
  }),
  Schema.Struct({
    kind: Schema.Literal("row"),
    table: Schema.String,
    row: Schema.Record(Schema.String, Schema.Unknown)
  }),
  Schema.Struct({
    kind: Schema.Literal("ranks"),
    ranks: Schema.Array(Schema.Tuple([Count, Count]))
  }),
  Schema.Struct({
    kind: Schema.Literal("end"),
    organization: Schema.String,
    receipts: Count,
    tables: Schema.Record(Schema.String, TableDigest)
  }),
  Schema.Struct({ kind: Schema.Literal("sequence"), name: Schema.String, next: Count }),
  Schema.Struct({
    kind: Schema.Literal("bytes"),
    organization: Schema.String,
    digest: Hash,
    size: Count
  }),
  Schema.Struct({ kind: Schema.Literal("piece"), base64: Schema.String }),
  Schema.Struct({ kind: Schema.Literal("trailer"), lines: Count, digest: Hash })
])

// rules -----------------------------------------------------------------------

/** Operational tables, whose rows are carried. All others are made again from the events. */
export const carried: ReadonlyArray<string> = Object.keys(tables).filter(
  (name) => tableOf(name).kind === "operational"
)

/** Tells programs apart whose tables are not the same. */
export const tablesDigest: string = (() => {
  const hash = hasher()
  const columns = Object.entries(tables).map(([name, table]) => [
    name,
    Object.entries(table.columns)
  ])
  hash.update(new TextEncoder().encode(JSON.stringify(columns)))
  return hexOf(hash.digest())
})()

/** Whether the fold of the events writes this row again. */
export const isFolded = (table: string, row: Row): boolean =>
  table === "directory" && listed.has(String(row["kind"]))

/**
 * A row as it is carried. Who held what only one process may do is not there on the other side; the
 * fencing tokens go on rising from where they are.
 */
export const asCarried = (table: string, row: Row): Row =>
  table === "singletons" ? { ...row, until: 0 } : row

/** Begins to count and digest the rows of a table. */
export const digestOf = (table: string) => {
  const columns = Object.keys(tableOf(table).columns)
  const hash = hasher()
  let count = 0
  return {
    see: (rows: ReadonlyArray<Row>) => {
      for (const row of rows) {
        const values = asCarried(table, row)
        hash.update(encoder.encode(`${JSON.stringify(columns.map((name) => values[name]))}\n`))
      }
      count += rows.length
    },
    end: (): TableDigest => ({ count, digest: hexOf(hash.digest()) })
  }
}

/** A row that has exactly the columns of its table, each of its type; undefined where it has not. */
export const rowOf = (
  table: string,
  values: Readonly<Record<string, unknown>>
): Row | undefined => {
  const { columns } = tableOf(table)
  if (Object.keys(values).length !== Object.keys(columns).length) return undefined
  const row: Record<string, Value> = {}
  for (const [name, type] of Object.entries(columns)) {
    const value = Object.hasOwn(values, name) ? values[name] : undefined
    if (!fits(type, value)) return undefined
    row[name] = value
  }
  return row
}

/** Bytes as text that fits into a line. */
export const base64Of = (bytes: Uint8Array): string => btoa(String.fromCharCode(...bytes))

/** And back; undefined where the text is none. */
export const bytesOf = (base64: string): Uint8Array | undefined => {
  try {
    return Uint8Array.from(atob(base64), (unit) => unit.charCodeAt(0))
  } catch {
    return undefined
  }
}

// internal --------------------------------------------------------------------

const encoder = new TextEncoder()

/** What projections list in the directory. */
const listed = new Set([
  "agent",
  "approval",
  "artifact",
  "human_request",
  "message",
  "organization",
  "organization_slug",
  "repository",
  "run",
  "task",
  "team"
])

const fits = (type: ColumnType, value: unknown): value is Value => {
  if (value === null) return type.endsWith("?")
  if (type.startsWith("text")) return typeof value === "string"
  if (type.startsWith("integer")) return Number.isSafeInteger(value)
  return type === "boolean" && typeof value === "boolean"
}
