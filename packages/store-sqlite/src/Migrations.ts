/**
 * The numbered migrations of a store's file, and whether a file is one of ours.
 *
 * A released migration never changes; a change is another one.
 *
 * @since 0.1.0
 */
import * as Migration0001 from "./Migration0001.ts"
import * as Migration0002 from "./Migration0002.ts"
import * as Migration0003 from "./Migration0003.ts"
import * as Migration0004 from "./Migration0004.ts"
import * as Migration0005 from "./Migration0005.ts"
import * as Migration0006 from "./Migration0006.ts"
import * as Migration0007 from "./Migration0007.ts"
import * as Migration0008 from "./Migration0008.ts"
import * as Migration0009 from "./Migration0009.ts"
import * as Migration0010 from "./Migration0010.ts"
import type { Connection } from "./SqliteConnection.ts"

// services --------------------------------------------------------------------

/**
 * Refuses a file that is not ours or that is newer than this program, before anything is written.
 *
 * @category services
 * @since 0.1.0
 */
export const refuseStrangers = (connection: Connection, filename: string): void => {
  // In this order: whoever makes our tables sets the mark in the same transaction, which may be
  // committed between the two reads.
  const tables = Number(
    connection.prepare("SELECT count(*) AS count FROM sqlite_schema").get()?.["count"]
  )
  const mark = Number(connection.prepare("PRAGMA application_id").get()?.["application_id"])
  if (mark !== applicationId && (mark !== 0 || tables > 0)) {
    throw new Error(
      `${filename} is a database of something else than Foreman: name another file for the store.`
    )
  }
  const newest = migrations.length
  const present = mark === applicationId ? numberOf(connection) : 0
  if (present > newest) {
    throw new Error(
      `${filename} was written by a newer Foreman (schema ${present}, this one knows ${newest}): ` +
        "upgrade this program, or name another file for the store."
    )
  }
}

/**
 * Refuses a file that cannot be read as it is: a stranger's, or one of another version.
 *
 * @category services
 * @since 0.1.0
 */
export const refuseUnready = (connection: Connection, filename: string): void => {
  refuseStrangers(connection, filename)
  const present = isMarked(connection) ? numberOf(connection) : 0
  if (present === migrations.length) return
  throw new Error(
    `${filename} was written by an older Foreman (schema ${present}, this one knows ` +
      `${migrations.length}): start this one's server once to bring it up to date.`
  )
}

/**
 * Brings a file up to date. Of several processes that try at once, one does it.
 *
 * @category services
 * @since 0.1.0
 */
export const migrate = (connection: Connection, filename: string): void => {
  const { database, prepare } = connection
  refuseStrangers(connection, filename)
  if (isMarked(connection) && numberOf(connection) === migrations.length) return
  prepare("BEGIN IMMEDIATE").run()
  try {
    // Somebody else may have done it, or something else, while this one waited for the lock.
    refuseStrangers(connection, filename)
    const present = isMarked(connection) ? numberOf(connection) : 0
    if (present === 0) {
      database.exec(
        `CREATE TABLE migrations (
           number INTEGER NOT NULL PRIMARY KEY, name TEXT NOT NULL, applied_at INTEGER NOT NULL
         ) STRICT;
         PRAGMA application_id = ${applicationId}`
      )
    }
    for (const { name, number, text } of migrations.slice(present)) {
      database.exec(text)
      prepare(
        "INSERT INTO migrations VALUES (?, ?, CAST(unixepoch('subsec') * 1000000 AS INTEGER))"
      ).run(number, name)
    }
    prepare("COMMIT").run()
  } catch (cause) {
    if (database.isTransaction) prepare("ROLLBACK").run()
    throw cause
  }
}

// internal --------------------------------------------------------------------

/** `Frmn` in the header of the file: a mark by which the file is known, also to the tool `file`. */
const applicationId = 0x46726d6e

const isMarked = ({ prepare }: Connection): boolean =>
  prepare("PRAGMA application_id").get()?.["application_id"] === applicationId

const numberOf = ({ prepare }: Connection): number =>
  Number(prepare("SELECT max(number) AS number FROM migrations").get()?.["number"] ?? 0)

interface Migration {
  readonly number: number
  readonly name: string
  readonly text: string
}

/** All of them, in order, numbered from 1 on. */
const migrations: ReadonlyArray<Migration> = [
  { number: 1, name: "log", text: Migration0001.text },
  { number: 2, name: "tables", text: Migration0002.text },
  { number: 3, name: "places", text: Migration0003.text },
  { number: 4, name: "human_requests", text: Migration0004.text },
  { number: 5, name: "projects", text: Migration0005.text },
  { number: 6, name: "approvals", text: Migration0006.text },
  { number: 7, name: "leases", text: Migration0007.text },
  { number: 8, name: "artifacts", text: Migration0008.text },
  { number: 9, name: "deliveries", text: Migration0009.text },
  { number: 10, name: "offers", text: Migration0010.text }
]
