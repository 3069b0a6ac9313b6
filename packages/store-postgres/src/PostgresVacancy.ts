/**
 * A database in which no store is, and how it becomes that again after one was made there for nothing,
 * as for an import that is refused.
 *
 * Only a store that was made since, that nobody has used and to which nobody is connected goes.
 *
 * @since 0.1.0
 */
import { Effect } from "effect"
import type { Driver } from "@foreman/core"
import type pg from "pg"
import { Client } from "pg"
import { setTimeout } from "node:timers/promises"

import { failed } from "./PostgresFailure.ts"
import * as Pool from "./PostgresPool.ts"
import { lockSetUp } from "./PostgresSetup.ts"
import * as Migrations from "./Migrations.ts"
import * as Roles from "./Roles.ts"

// models ----------------------------------------------------------------------

/**
 * How a database without a store was found.
 *
 * @category models
 * @since 0.1.0
 */
export interface Vacancy {
  readonly url: string
  /** When that was, by the clock of the server. */
  readonly at: string
  /** The roles that stood ready for a store, as an administrator makes them. */
  readonly ready: ReadonlyArray<string>
}

/**
 * What became of the store that was made since: it is gone, or it stays, since somebody has used it, a
 * folder of artifacts was marked as its own, or somebody is connected. The first of these is told.
 *
 * @category models
 * @since 0.1.0
 */
export type Outcome = "gone" | "used" | "marked" | "shared"

// services --------------------------------------------------------------------

/**
 * Looks whether a database is without a store.
 *
 * @category operations
 * @since 0.1.0
 */
export const look = (url: string): Effect.Effect<Vacancy | undefined, Driver.StoreError> =>
  attempt("look", url, async (client) => {
    const { database, names } = await namesOf(client)
    if ((await Migrations.present(client, database)) > 0) return undefined
    const { rows } = await client.query<{ at: string }>("SELECT now()::text AS at")
    return { url, at: rows[0]?.at ?? "infinity", ready: await those(client, names) }
  })

/**
 * Takes away the store that was made in a vacant database since, its roles and what bytes of artifacts
 * it keeps. Whoever opens one there meanwhile waits, and makes a new one.
 *
 * @category operations
 * @since 0.1.0
 */
export const restore = ({ url, ...before }: Vacancy): Effect.Effect<Outcome, Driver.StoreError> =>
  attempt("restore", url, async (client) => {
    // What this process has closed is not at once gone from the server.
    for (let turn = 0; turn < mostTurns && (await isShared(client)); turn++) {
      await setTimeout(turnMilliseconds)
    }
    await client.query("BEGIN ISOLATION LEVEL READ COMMITTED")
    const outcome = await remove(client, before)
    await client.query(outcome === "gone" ? "COMMIT" : "ROLLBACK")
    return outcome
  })

// internal --------------------------------------------------------------------

const mostTurns = 60

const turnMilliseconds = 50

const remove = async (client: pg.Client, before: Omit<Vacancy, "url">): Promise<Outcome> => {
  await lockSetUp(client)
  const { app, database, reactor } = await namesOf(client)
  if ((await Migrations.present(client, database)) === 0) return "gone"
  const kept = () => keptBy(client, reactor, before)
  // Without locks that would hinder them.
  if (await isShared(client)) return (await kept()) ?? "shared"
  await client.query(
    `LOCK TABLE foreman.heads, foreman.sequences, foreman.directory, foreman.artifact_folder
     IN ACCESS EXCLUSIVE MODE`
  )
  const outcome = await kept()
  if (outcome !== undefined) return outcome
  await client.query("DROP SCHEMA foreman CASCADE")
  const made = (await those(client, [app, reactor])).filter((name) => !before.ready.includes(name))
  for (const name of made) await client.query(`DROP ROLE ${Roles.quoted(name)}`)
  // Who came before this found the store. Who comes after it waits for one that is gone then.
  return (await isShared(client)) ? "shared" : "gone"
}

/** What keeps a store there, whoever is connected. */
const keptBy = async (
  client: pg.Client,
  reactor: string,
  before: Omit<Vacancy, "url">
): Promise<"used" | "marked" | undefined> => {
  const { rows: used } = await client.query<{ used: boolean; marked: boolean }>(
    `SELECT (SELECT min(applied_at) < $1::timestamptz FROM foreman.migrations)
       OR EXISTS (SELECT FROM foreman.sequences) OR EXISTS (SELECT FROM foreman.directory) AS used,
       EXISTS (SELECT FROM foreman.artifact_folder WHERE is_marked) AS marked`,
    [before.at]
  )
  // The owner of the tables sees no organization's rows; this role sees where all of them stand.
  await client.query(`SET LOCAL ROLE ${Roles.quoted(reactor)}`)
  const { rows: heads } = await client.query("SELECT FROM foreman.heads LIMIT 1")
  await client.query("SET LOCAL ROLE NONE")
  if (used[0]?.used !== false || heads.length > 0) return "used"
  return used[0].marked ? "marked" : undefined
}

/** Whether anybody else is connected to the database, be it Foreman or a person. */
const isShared = async (client: pg.Client): Promise<boolean> => {
  // Within a transaction the answer would stay the same.
  await client.query("SELECT pg_stat_clear_snapshot()")
  const { rows } = await client.query(
    `SELECT FROM pg_stat_activity WHERE datname = current_database() AND usesysid IS NOT NULL
       AND pid <> pg_backend_pid() LIMIT 1`
  )
  return rows.length > 0
}

const namesOf = async (client: pg.Client) => {
  const { app, reactor } = (await Roles.look(client, false)).roles
  const { rows } = await client.query<{ name: string }>("SELECT current_database() AS name")
  return { app, reactor, names: [app, reactor], database: rows[0]?.name ?? "" }
}

/** Which of these roles there are. */
const those = async (
  client: pg.Client,
  names: ReadonlyArray<string>
): Promise<ReadonlyArray<string>> => {
  const text = "SELECT rolname AS name FROM pg_roles WHERE rolname = ANY ($1)"
  return (await client.query<{ name: string }>(text, [names])).rows.map(({ name }) => name)
}

const attempt = <A>(
  operation: string,
  url: string,
  body: (client: pg.Client) => Promise<A>
): Effect.Effect<A, Driver.StoreError> =>
  Effect.tryPromise({
    try: async () => {
      const client = new Client(Pool.clientConfig({ url }))
      // Who asks is told by the question.
      client.on("error", () => undefined)
      try {
        await client.connect()
        await client.query(Pool.boundsOf({}))
        return await body(client)
      } finally {
        await Pool.end(client)
      }
    },
    catch: failed(operation)
  })
