/**
 * The first look at a database: whether it can be a store, and what is still to be done for that.
 *
 * Of several processes that start at once one does it, in one transaction; where all is done already,
 * nothing is locked and the user needs no right but to take on the roles.
 *
 * @since 0.1.0
 */
import { randomBytes } from "node:crypto"
import { Client } from "pg"
import type pg from "pg"

import * as Migrations from "./Migrations.ts"
import { DatabaseUnusable, stateOf } from "./PostgresFailure.ts"
import { addressOf, boundsOf, clientConfig, type Limits } from "./PostgresPool.ts"
import * as Seal from "./PostgresSeal.ts"
import * as Roles from "./Roles.ts"

// models ----------------------------------------------------------------------

/**
 * A database that is ready.
 *
 * @category models
 * @since 0.1.0
 */
export interface Ready {
  readonly roles: Roles.Roles
  /** For what hints say. */
  readonly seal: Seal.Seal
}

/**
 * Which database, and whether it may be brought up to date.
 *
 * @category configuration
 * @since 0.1.0
 */
export interface SetupOptions extends Limits, Wish {
  readonly url: string
  readonly readOnly: boolean
}

/**
 * What is wanted of a database in which no store is.
 *
 * @category configuration
 * @since 0.1.0
 */
export interface Wish {
  /** Refuses it instead of making one, as `readOnly` does. An older store is brought up to date. */
  readonly mustExist?: boolean
}

// services --------------------------------------------------------------------

/**
 * Makes a database ready. What throws is `DatabaseUnusable` where it is known what to do.
 *
 * @category operations
 * @since 0.1.0
 */
export const setUp = async (options: SetupOptions): Promise<Ready> => {
  const limits = { ...options, lockMilliseconds: 60_000, statementMilliseconds: 600_000 }
  const config = clientConfig(limits)
  const clients = [new Client(config), new Client(config)] as const
  // Who is told of an end only by an event would end with it.
  for (const client of clients) client.on("error", () => undefined)
  try {
    for (const client of clients) await client.connect()
    const [client, other] = clients
    await client.query(boundsOf(limits))
    await refusePooler(client, other)
    const database = await refuseUnfit(client)
    const roles = await makeReady(client, database, options).catch(async (cause: unknown) => {
      throw (await refusalOfOwner(client, database, cause)) ?? cause
    })
    return { roles, seal: Seal.make(await keyOf(client, roles)) }
  } catch (cause) {
    throw explained(cause, options.url)
  } finally {
    await Promise.allSettled(clients.map((client) => client.end()))
  }
}

/**
 * Lets others who make a store ready, or take one away, wait for the transaction of a client.
 *
 * @category operations
 * @since 0.1.0
 */
export const lockSetUp = async (client: pg.Client): Promise<void> => {
  await client.query("SELECT pg_advisory_xact_lock(hashtext('foreman'), hashtext('migrations'))")
}

// internal --------------------------------------------------------------------

const makeReady = async (
  client: pg.Client,
  database: string,
  { mustExist, readOnly }: SetupOptions
): Promise<Roles.Roles> => {
  const number = await Migrations.present(client, database).catch(async (cause: unknown) => {
    if (stateOf(cause) !== "42501") throw cause
    // The schema is there, and shows itself to who may take on its roles.
    const { exist, isMember, ...rest } = await Roles.look(client, false)
    throw exist && !isMember ? Roles.needsAdministrator({ exist, isMember, ...rest }) : cause
  })
  const standing = await Roles.look(client, number > 0)
  const isCurrent = number === Migrations.newest()
  if (isCurrent && standing.isMember && standing.isGranted) return standing.roles
  const isMissed = mustExist === true && number === 0
  if (readOnly || isMissed) throw Migrations.older(database, number)
  await client.query("BEGIN ISOLATION LEVEL READ COMMITTED")
  try {
    await lockSetUp(client)
    // Somebody else may have done it while this one waited for the lock.
    const now = await Migrations.present(client, database)
    const before = await Roles.look(client, now > 0)
    await Roles.make(client, before)
    if (now < Migrations.newest()) await Migrations.migrate(client, now)
    if (now < Migrations.newest() || !before.isGranted) await Roles.grant(client, before.roles)
    if (!before.isGranted) await client.query(makeKey)
    await client.query("COMMIT")
    return before.roles
  } catch (cause) {
    await client.query("ROLLBACK").catch(() => undefined)
    throw cause
  }
}

/** Where the schema is another user's, as one that was restored as a superuser, no right helps. */
const refusalOfOwner = async (
  client: pg.Client,
  database: string,
  cause: unknown
): Promise<DatabaseUnusable | undefined> => {
  if (stateOf(cause) !== "42501") return undefined
  const { rows } = await client.query<{ owner: string; user: string }>(
    `SELECT pg_get_userbyid(nspowner) AS owner, current_user AS "user" FROM pg_namespace
     WHERE nspname = 'foreman' AND NOT pg_has_role(nspowner, 'USAGE')`
  )
  const [schema] = rows
  if (schema === undefined) return undefined
  const { owner, user } = schema
  return new DatabaseUnusable({
    reason: "rights",
    message:
      `The schema foreman of the database ${database} belongs to the user ${owner}, and ${user} has ` +
      `not the rights to use or change it: restore the backup as ${user} into an empty database, or ` +
      `start once as ${owner}.`,
    cause
  })
}

/**
 * As a user who has no rights but those of the roles. Where there is none, as in a copy that left it out,
 * nobody else understands what this process says, and all is read.
 */
const keyOf = async (client: pg.Client, { app }: Roles.Roles): Promise<Uint8Array> => {
  await client.query(`SET ROLE ${Roles.quoted(app)}`)
  const { rows } = await client.query<{ value: Uint8Array }>(
    "SELECT value FROM foreman.secrets WHERE name = 'hints'"
  )
  await client.query("RESET ROLE")
  return rows[0]?.value ?? randomBytes(32)
}

/** Of 244 random bits, by the server's generator for secrets. Who has an older copy has another one. */
const makeKey = `INSERT INTO foreman.secrets
  SELECT 'hints', sha256(convert_to(concat(gen_random_uuid(), gen_random_uuid()), 'UTF8'))
  ON CONFLICT (name) DO UPDATE SET value = EXCLUDED.value`

const refuseUnfit = async (client: pg.Client): Promise<string> => {
  const { rows } = await client.query<{
    database: string
    encoding: string
    number: number
    version: string
  }>(
    `SELECT current_database() AS database, current_setting('server_encoding') AS encoding,
       current_setting('server_version_num')::int AS number,
       current_setting('server_version') AS version`
  )
  const [found] = rows
  if (found === undefined) throw new Error("The server does not know itself")
  if (found.number < oldest * 10_000) {
    throw new DatabaseUnusable({
      reason: "version",
      message: `The server is PostgreSQL ${found.version}: Foreman needs ${oldest} or newer.`
    })
  }
  if (found.encoding !== "UTF8") {
    throw new DatabaseUnusable({
      reason: "encoding",
      message:
        `The database ${found.database} is encoded in ${found.encoding}, where not every text can ` +
        "be kept: make one with ENCODING 'UTF8' TEMPLATE template0."
    })
  }
  return found.database
}

const oldest = 14

/**
 * A pooler that gives a connection only for a transaction loses what a session is told, its prepared
 * statements and what it listens to. While one session is in a transaction, such a pooler serves the
 * other with another server process than before, or both with one after the other.
 */
const refusePooler = async (one: pg.Client, other: pg.Client): Promise<void> => {
  const processOf = async (client: pg.Client) =>
    (await client.query<{ id: number }>("SELECT pg_backend_pid() AS id")).rows[0]?.id
  const first = await processOf(one)
  await other.query("BEGIN")
  const second = await processOf(other)
  const again = await processOf(one)
  await other.query("COMMIT")
  if (first === again && first !== second) return
  throw new DatabaseUnusable({
    reason: "pooler",
    message:
      "The address is that of a pooler that keeps no sessions (transaction pooling): give Foreman " +
      "the address of the server itself, or of a pool in session mode."
  })
}

/** Known causes in a sentence that says what to do; the others as they are. */
const explained = (cause: unknown, url: string): unknown => {
  if (cause instanceof DatabaseUnusable) return cause
  const { host = "", pathname = "", username = "" } = addressOf(url) ?? {}
  const place = host === "" ? "its address" : host
  const state = stateOf(cause)
  const detail = cause instanceof Error ? cause.message : String(cause)
  if (/does not support SSL/i.test(detail)) {
    return new DatabaseUnusable({
      reason: "unreachable",
      message:
        `PostgreSQL at ${place} speaks no SSL, and the address asks for it: leave out sslmode, or ` +
        "turn on ssl on the server.",
      cause
    })
  }
  if (state === undefined) {
    return new DatabaseUnusable({
      reason: "unreachable",
      message: `PostgreSQL cannot be reached at ${place} (${detail || "no answer"}): is it running?`,
      cause
    })
  }
  if (state.startsWith("28")) {
    return new DatabaseUnusable({
      reason: "login",
      message: `PostgreSQL at ${place} does not let ${username || "this user"} in: ${detail}`,
      cause
    })
  }
  if (state === "3D000") {
    return new DatabaseUnusable({
      reason: "unknown_database",
      message: `There is no database ${pathname.slice(1)} at ${place}: make it, or name another one.`,
      cause
    })
  }
  // The very first connection to a database fails with no better word than the second.
  if (state === "53100" || detail === "could not write init file") {
    return new DatabaseUnusable({
      reason: "full",
      message: `The disk of PostgreSQL at ${place} is full (${detail}): make room there.`,
      cause
    })
  }
  if (state === "42501") {
    const name = pathname.slice(1)
    return new DatabaseUnusable({
      reason: "rights",
      message:
        `The user ${username} has not the rights to use the database ${name} and to make Foreman's ` +
        `schema in it, or to change that (${detail}): start once as the database's owner, or let ` +
        `that one run: GRANT CONNECT, CREATE ON DATABASE ${Roles.quoted(name)} TO ${Roles.quoted(username)};`,
      cause
    })
  }
  return cause
}
