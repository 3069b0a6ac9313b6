/**
 * The numbered migrations of a store's schema, and whether a database is ours.
 *
 * A released migration never changes; a change is another one, also where only the functions change:
 * they are made again with each.
 *
 * @since 0.1.0
 */
import type pg from "pg"

import { text as functions } from "./Functions.ts"
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
import * as Migration0011 from "./Migration0011.ts"
import * as Migration0012 from "./Migration0012.ts"
import * as Migration0013 from "./Migration0013.ts"
import * as Migration0014 from "./Migration0014.ts"
import * as Migration0015 from "./Migration0015.ts"
import { DatabaseUnusable } from "./PostgresFailure.ts"

// rules -----------------------------------------------------------------------

/**
 * The number of this program's schema.
 *
 * @category rules
 * @since 0.1.0
 */
export const newest = (): number => migrations.length

// services --------------------------------------------------------------------

/**
 * The number of the schema that stands there, 0 for none. It throws for one that is not ours or is
 * newer than this program.
 *
 * @category services
 * @since 0.1.0
 */
export const present = async (client: pg.ClientBase, database: string): Promise<number> => {
  // The schema's comment is the mark by which it is known; it is set with the first table.
  const { rows } = await client.query<{ mark: string | null; known: boolean }>(
    `SELECT obj_description(n.oid, 'pg_namespace') AS mark,
       EXISTS (SELECT FROM pg_class c WHERE c.relnamespace = n.oid AND c.relname = 'migrations')
         AS known
     FROM pg_namespace n WHERE n.nspname = 'foreman'`
  )
  const [schema] = rows
  if (schema === undefined) return 0
  if (schema.mark !== mark || !schema.known) {
    throw new DatabaseUnusable({
      reason: "foreign",
      message:
        `The schema foreman of the database ${database} belongs to something else than Foreman: ` +
        "name another database for the store."
    })
  }
  const { rows: applied } = await client.query<{ number: number | null }>(
    "SELECT max(number) AS number FROM foreman.migrations"
  )
  const number = Number(applied[0]?.number ?? 0)
  if (number > newest()) {
    throw new DatabaseUnusable({
      reason: "newer",
      message:
        `The database ${database} was written by a newer Foreman (schema ${number}, this one knows ` +
        `${newest()}): upgrade this program, or name another database for the store.`
    })
  }
  return number
}

/**
 * What is said of a schema that has to be brought up to date first.
 *
 * @category errors
 * @since 0.1.0
 */
export const older = (database: string, number: number): DatabaseUnusable =>
  new DatabaseUnusable({
    reason: number === 0 ? "empty" : "older",
    message:
      number === 0
        ? `The database ${database} holds no store yet: start Foreman's server once to make it.`
        : number === newest()
          ? `The store in ${database} was restored and not started since: start Foreman's server ` +
            `once, which gives its roles their rights again.`
          : `The database ${database} was written by an older Foreman (schema ${number}, this one ` +
            `knows ${newest()}): start this one's server once to bring it up to date.`
  })

/**
 * Brings the schema up to date, in a transaction of the caller that holds the lock.
 *
 * @category operations
 * @since 0.1.0
 */
export const migrate = async (client: pg.ClientBase, number: number): Promise<void> => {
  if (number === 0) {
    await client.query(
      `CREATE SCHEMA foreman;
       COMMENT ON SCHEMA foreman IS '${mark}';
       CREATE TABLE foreman.migrations (
         number bigint NOT NULL CONSTRAINT migrations_key PRIMARY KEY,
         name text NOT NULL,
         applied_at timestamptz NOT NULL DEFAULT now()
       )`
    )
  }
  for (const { name, number: next, text } of migrations.slice(number)) {
    await client.query(text)
    await client.query("INSERT INTO foreman.migrations (number, name) VALUES ($1, $2)", [
      next,
      name
    ])
  }
  await client.query(functions)
}

// internal --------------------------------------------------------------------

const mark = "The store of Foreman. Nothing but Foreman writes here."

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
  { number: 4, name: "row_security", text: Migration0004.text },
  { number: 5, name: "artifacts", text: Migration0005.text },
  { number: 6, name: "projects", text: Migration0006.text },
  { number: 7, name: "approvals", text: Migration0007.text },
  { number: 8, name: "leases", text: Migration0008.text },
  { number: 9, name: "artifact_kinds", text: Migration0009.text },
  { number: 10, name: "deliveries", text: Migration0010.text },
  { number: 11, name: "offers", text: Migration0011.text },
  { number: 12, name: "looks", text: Migration0012.text },
  { number: 13, name: "owners", text: Migration0013.text },
  { number: 14, name: "hints", text: Migration0014.text },
  { number: 15, name: "secrets", text: Migration0015.text }
]
