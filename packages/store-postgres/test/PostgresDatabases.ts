/**
 * Databases for the tests of the store, and ways around it.
 *
 * @since 0.1.0
 */
import { randomUUID } from "node:crypto"
import { Effect, Exit, Layer, Scope } from "effect"
import { Client } from "pg"
import type pg from "pg"
import { afterAll } from "vitest"

import { PostgresStore } from "@foreman/store-postgres"
import type { StoreSuite } from "@foreman/testkit"

import { databaseUrl } from "../../../tooling/src/postgres/testServer.ts"

// testing ---------------------------------------------------------------------

/** The address of an empty database, which is gone with the scope, and its roles with it. */
export const database: Effect.Effect<string, never, Scope.Scope> = Effect.acquireRelease(
  Effect.promise(() => create("TEMPLATE template0 ENCODING 'UTF8'")),
  (url) => Effect.promise(() => drop(url))
)

/**
 * Addresses of new databases with an empty store, gone with their scopes. They are copies of one that
 * is made once for the test file that asks, since opening a store there takes a quarter of the time.
 */
export const copies = (): Effect.Effect<string, never, Scope.Scope> => {
  let original: Promise<string> | undefined
  afterAll(async () => {
    if (original !== undefined) await drop(await original)
  })
  return Effect.acquireRelease(
    Effect.promise(async () => create(`TEMPLATE ${nameOf(await (original ??= make()))}`)),
    (url) => Effect.promise(() => drop(url))
  )
}

/**
 * The same for tests that change no more than the rows of a store: who comes later gets one that was
 * emptied, which takes a tenth of the time that a copy does.
 */
export const emptied = (): Effect.Effect<string, never, Scope.Scope> => {
  const copy = copies()
  const free: Array<string> = []
  const all = Scope.makeUnsafe()
  afterAll(() => Effect.runPromise(Scope.close(all, Exit.void)))
  return Effect.acquireRelease(
    Effect.suspend(() => {
      const url = free.pop()
      return url === undefined ? Scope.provide(copy, all) : Effect.succeed(url)
    }),
    (url) =>
      Effect.promise(async () => {
        if (await empty(url)) free.push(url)
      })
  )
}

/** The same server by another name or as another user. */
export const addressOf = (
  url: string,
  { name, password, user }: { name?: string; user?: string; password?: string }
): string => {
  const address = new URL(url)
  if (name !== undefined) address.pathname = `/${name}`
  if (user !== undefined) address.username = user
  if (password !== undefined) address.password = password
  return address.href
}

/** Runs statements that answer nothing. */
export const execute = (url: string, statements: string): Promise<void> =>
  onDatabase(url, async (client) => void (await client.query(statements)))

/** The rows of a statement. */
export const rows = (
  url: string,
  text: string,
  values: Array<unknown> = []
): Promise<ReadonlyArray<Readonly<Record<string, unknown>>>> =>
  onDatabase(url, async (client) => (await client.query<RawRow>(text, values)).rows)

/** Does something on a connection of its own. */
export const onDatabase = async <A>(
  url: string,
  body: (client: pg.Client) => Promise<A>
): Promise<A> => {
  const client = new Client({ connectionString: url })
  client.on("error", () => undefined)
  await client.connect()
  try {
    return await body(client)
  } finally {
    await client.end()
  }
}

/** Holds the lock that each commit of the organization needs, until the body has ended. */
export const whileLocked = <A>(
  url: string,
  body: (console: pg.Client) => Promise<A>,
  organization = "acme"
) =>
  Effect.promise(() =>
    onDatabase(url, async (client) => {
      const head = `SELECT FROM foreman.heads WHERE organization = '${organization}' FOR UPDATE`
      await client.query(`BEGIN; ${head}`)
      const answer = await body(client)
      await client.query("ROLLBACK")
      return answer
    })
  )

/** Runs statements as a person with a console does. */
export const console: StoreSuite.Console = {
  run: (url, statement) =>
    Effect.promise(() =>
      execute(url, `SET search_path = foreman; ${statement}`).then(
        () => undefined,
        (cause: unknown) => String(cause)
      )
    ),
  force: (url, statement) =>
    Effect.promise(() =>
      execute(
        url,
        `SET search_path = foreman; ALTER TABLE events DISABLE TRIGGER events_immutable;
         ${statement}; ALTER TABLE events ENABLE TRIGGER events_immutable`
      )
    )
}

/** The tables that a database really has. */
export const describeTables = (
  url: string
): Effect.Effect<Readonly<Record<string, StoreSuite.Described>>> =>
  Effect.promise(async () => {
    const columns = await rows(
      url,
      `SELECT table_name AS "table", column_name AS name, is_nullable = 'YES' AS nullable
       FROM information_schema.columns WHERE table_schema = 'foreman' ORDER BY ordinal_position`
    )
    const indexes = await rows(
      url,
      `SELECT t.relname AS "table", c.relname AS name, i.indisunique AS "unique",
         i.indisprimary AS key, i.indpred IS NOT NULL AS partial,
         (SELECT array_agg(a.attname::text ORDER BY k.place)
          FROM unnest(i.indkey) WITH ORDINALITY k(number, place)
          JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = k.number) AS columns
       FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_class t ON t.oid = i.indrelid
       JOIN pg_namespace n ON n.oid = t.relnamespace WHERE n.nspname = 'foreman'`
    )
    const names = [...new Set(columns.map(({ table }) => String(table)))]
    return Object.fromEntries(
      names.map((name) => {
        const own = indexes.filter(({ table }) => table === name)
        return [
          name,
          {
            columns: Object.fromEntries(
              columns
                .filter(({ table }) => table === name)
                .map((column) => [
                  String(column["name"]),
                  { isNullable: column["nullable"] === true }
                ])
            ),
            key: own.filter(({ key }) => key === true).flatMap(columnsOf),
            indexes: Object.fromEntries(
              own
                .filter(({ unique }) => unique === false)
                .map((index) => [String(index["name"]), columnsOf(index)])
            ),
            unique: Object.fromEntries(
              own
                .filter(({ key, unique }) => unique === true && key === false)
                .map((index) => [
                  String(index["name"]),
                  { columns: columnsOf(index), isPartial: index["partial"] === true }
                ])
            )
          }
        ]
      })
    )
  })

// internal --------------------------------------------------------------------

const make = async (): Promise<string> => {
  const url = await create("TEMPLATE template0 ENCODING 'UTF8'")
  await Effect.runPromise(Effect.scoped(Layer.build(PostgresStore.layer({ url }))))
  return url
}

/** Ends who is still connected, and forgets all rows. One that has grown is left as it is. */
const empty = (url: string): Promise<boolean> =>
  onDatabase(url, async (client) => {
    const { rows: sizes } = await client.query(
      `SELECT pg_database_size(current_database()) > 50000000 AS "isLarge", count(
         pg_terminate_backend(pid)) FROM pg_stat_activity
       WHERE datname = current_database() AND pid <> pg_backend_pid()`
    )
    if (sizes[0]?.isLarge !== false) return false
    // The log forbids it otherwise, and who may not ask for this gets a copy the next time.
    return client.query(emptying).then(
      () => true,
      () => false
    )
  })

const emptying = `SET session_replication_role = replica; DO $$
DECLARE name text;
BEGIN
  FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'foreman'
    AND tablename NOT IN ('migrations', 'secrets', 'artifact_folder') LOOP
    EXECUTE format('DELETE FROM foreman.%I', name);
  END LOOP;
END $$`

let known: string | undefined

/** Asked once: a connection on which nobody has asked for seconds may be closed as it is used again. */
const serverUrl = async (): Promise<string> => (known ??= await databaseUrl())

const create = async (options: string): Promise<string> => {
  const server = await serverUrl()
  const name = `test_${randomUUID().replaceAll("-", "")}`
  await execute(server, `CREATE DATABASE ${name} ${options}`)
  return addressOf(server, { name })
}

const drop = async (url: string): Promise<void> => {
  const server = await serverUrl()
  const named = [nameOf(url)]
  const [row] = await rows(server, "SELECT oid FROM pg_database WHERE datname = $1", named)
  await execute(server, `DROP DATABASE IF EXISTS ${nameOf(url)} WITH (FORCE)`)
  for (const purpose of ["app", "reactor"]) {
    await execute(server, `DROP ROLE IF EXISTS foreman_${String(row?.["oid"])}_${purpose}`)
  }
}

const nameOf = (url: string): string => new URL(url).pathname.slice(1)

type RawRow = Record<string, unknown>

const columnsOf = ({ columns }: Readonly<RawRow>): ReadonlyArray<string> =>
  Array.isArray(columns) ? columns.map(String) : []
