/**
 * Files for the tests of the store, and ways around it.
 *
 * @since 0.1.0
 */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { DatabaseSync, type SQLOutputValue } from "node:sqlite"
import { Effect } from "effect"
import type { Scope } from "effect"

import type { StoreSuite } from "@foreman/testkit"

// testing ---------------------------------------------------------------------

/** A folder that is gone with the scope. */
export const folder: Effect.Effect<string, never, Scope.Scope> = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "foreman-store-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
)

/** A file, not there yet, in a folder of its own. */
export const file: Effect.Effect<string, never, Scope.Scope> = Effect.map(folder, (path) =>
  join(path, "foreman.db")
)

/** Runs statements as a person with a console does. */
export const console: StoreSuite.Console = {
  run: (filename, statement) =>
    Effect.sync(() => {
      try {
        return execute(filename, statement)
      } catch (cause) {
        return String(cause)
      }
    }),
  force: (filename, statement) =>
    Effect.sync(() => {
      const [trigger] = rows(
        filename,
        "SELECT sql FROM sqlite_schema WHERE name = 'events_no_update'"
      )
      execute(filename, `DROP TRIGGER events_no_update; ${statement}; ${String(trigger?.["sql"])}`)
    })
}

/** The tables that a file really has. */
export const describeTables = (
  filename: string
): Effect.Effect<Readonly<Record<string, StoreSuite.Described>>> =>
  Effect.sync(() =>
    onFile(filename, (database) => {
      const all = (statement: string) => database.prepare(statement).all()
      const tables = all("SELECT name FROM sqlite_schema WHERE type = 'table'")
      return Object.fromEntries(
        tables.map(({ name }) => [String(name), describeTable(all, String(name))])
      )
    })
  )

/** The rows of a statement. */
export const rows = (filename: string, statement: string): ReadonlyArray<RawRow> =>
  onFile(filename, (database) => database.prepare(statement).all())

/** Runs statements that answer nothing. */
export const execute = (filename: string, statements: string): undefined =>
  onFile(filename, (database) => void database.exec(statements))

// internal --------------------------------------------------------------------

type RawRow = Record<string, SQLOutputValue>

const onFile = <A>(filename: string, body: (database: DatabaseSync) => A): A => {
  const database = new DatabaseSync(filename, { timeout: 5_000 })
  try {
    return body(database)
  } finally {
    database.close()
  }
}

const describeTable = (
  all: (statement: string) => ReadonlyArray<RawRow>,
  table: string
): StoreSuite.Described => {
  const columns = all(`PRAGMA table_info(${table})`)
  const indexes = all(`PRAGMA index_list(${table})`)
    .filter(({ origin }) => origin === "c")
    .map(({ name, partial, unique }) => ({
      name: String(name),
      isUnique: unique === 1,
      isPartial: partial === 1,
      columns: all(`PRAGMA index_info(${String(name)})`).map((row) => String(row["name"]))
    }))
  return {
    columns: Object.fromEntries(
      columns.map(({ name, notnull }) => [String(name), { isNullable: notnull === 0 }])
    ),
    key: columns
      .filter(({ pk }) => Number(pk) > 0)
      .toSorted((left, right) => Number(left["pk"]) - Number(right["pk"]))
      .map(({ name }) => String(name)),
    indexes: Object.fromEntries(
      indexes.filter(({ isUnique }) => !isUnique).map(({ columns: own, name }) => [name, own])
    ),
    unique: Object.fromEntries(
      indexes
        .filter(({ isUnique }) => isUnique)
        .map(({ columns: own, isPartial, name }) => [name, { columns: own, isPartial }])
    )
  }
}
