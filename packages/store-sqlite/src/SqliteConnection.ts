/**
 * One connection of `node:sqlite` with its prepared statements, and rows as the port wants them.
 *
 * @since 0.1.0
 */
import {
  DatabaseSync,
  type SQLInputValue,
  type SQLOutputValue,
  type StatementSync
} from "node:sqlite"

import type { Driver, Tables } from "@foreman/core"

// models ----------------------------------------------------------------------

/**
 * The list of tables. It is handed over, so that the writing thread loads nothing of core.
 *
 * @category models
 * @since 0.1.0
 */
export type TableList = Readonly<Record<string, Tables.Table>>

/**
 * A connection of one thread.
 *
 * @category models
 * @since 0.1.0
 */
export interface Connection {
  readonly database: DatabaseSync
  readonly tables: TableList
  /** The names of columns that hold booleans. */
  readonly booleans: ReadonlySet<string>
  readonly prepare: (text: string) => StatementSync
}

/**
 * A row as SQLite answers it.
 *
 * @category models
 * @since 0.1.0
 */
export type RawRow = Record<string, SQLOutputValue>

// rules -----------------------------------------------------------------------

/**
 * A value as SQLite takes it: it has no booleans.
 *
 * @category models
 * @since 0.1.0
 */
export const toInput = (value: Driver.Value): SQLInputValue =>
  typeof value === "boolean" ? Number(value) : value

/**
 * A row as the port wants it, of a table or of a question. A column means the same wherever it is.
 *
 * @category models
 * @since 0.1.0
 */
export const toRow = ({ booleans }: Connection, raw: RawRow): Driver.Row => {
  const row: Record<string, Driver.Value> = {}
  for (const name in raw) {
    const value = raw[name] ?? null
    if (typeof value === "bigint") throw new Error(`${name} is beyond 2^53`)
    row[name] = booleans.has(name) ? value === 1 : value
  }
  return row
}

/**
 * The same, of rows that come as lists of these columns.
 *
 * @category models
 * @since 0.1.0
 */
export const toRowOf = (
  { booleans }: Connection,
  names: ReadonlyArray<string>
): ((raw: ReadonlyArray<SQLOutputValue>) => Driver.Row) => {
  const columns = names.map((name) => ({ name, isBoolean: booleans.has(name) }))
  // An object that gets a dozen fields one by one becomes a hash table, which is slow to make and to
  // read. A copy of one that has them all does not, if the first came out of a parser.
  const blank: Driver.Row = JSON.parse(
    JSON.stringify(Object.fromEntries(names.map((name) => [name, null])))
  )
  return (raw) => {
    const row: Record<string, Driver.Value> = { ...blank }
    let at = 0
    for (const { isBoolean, name } of columns) {
      const value = raw[at++] ?? null
      if (typeof value === "bigint") throw new Error(`${name} is beyond 2^53`)
      row[name] = isBoolean ? value === 1 : value
    }
    return row
  }
}

// services --------------------------------------------------------------------

/**
 * Opens a file for one thread.
 *
 * A writer waits for the locks of other processes and blocks its thread meanwhile, so it belongs
 * into a thread of its own. A reader does not wait: who reads tries again.
 *
 * @category operations
 * @since 0.1.0
 */
export const open = (
  filename: string,
  tables: TableList,
  options: { readonly readOnly: boolean; readonly timeout: number }
): Connection => {
  const database = new DatabaseSync(filename, options)
  const statements = new Map<string, StatementSync>()
  const prepare = (text: string) => {
    const known = statements.get(text)
    if (known !== undefined) return known
    // Texts come from a few shapes of steps and queries; the cap is for the case that they do not.
    if (statements.size >= 1000) statements.clear()
    const statement = database.prepare(text)
    statements.set(text, statement)
    return statement
  }
  const booleans = Object.values(tables).flatMap(({ columns }) =>
    Object.keys(columns).filter((name) => columns[name] === "boolean")
  )
  return { database, tables, booleans: new Set(booleans), prepare }
}
