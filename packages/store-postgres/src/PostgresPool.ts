/**
 * Connections of a store: what each is told before it is used, and the bounds of all waiting.
 *
 * @since 0.1.0
 */
import { Client, Pool as Clients } from "pg"
import type pg from "pg"

import { DatabaseUnusable, NotSent, stateOf, StoreClosed } from "./PostgresFailure.ts"

// models ----------------------------------------------------------------------

/**
 * How long things may take, in milliseconds.
 *
 * @category configuration
 * @since 0.1.0
 */
export interface Limits {
  /** Until a connection is had, also when all are in use: 5,000 unless said. */
  readonly connectMilliseconds?: number
  /** One statement: 30,000 unless said. */
  readonly statementMilliseconds?: number
  /** For a lock that somebody else holds: 10,000 unless said. */
  readonly lockMilliseconds?: number
}

/**
 * Connections that work in one role.
 *
 * @category models
 * @since 0.1.0
 */
export interface Pool {
  /** Runs something on a connection that nobody else has meanwhile. */
  readonly use: <A>(body: (client: pg.ClientBase) => Promise<A>) => Promise<A>
  /** Waits for those in use, and closes all. Who comes later is refused. */
  readonly close: () => Promise<void>
}

/**
 * Which connections a pool opens.
 *
 * @category configuration
 * @since 0.1.0
 */
export interface PoolOptions extends Limits {
  readonly url: string
  readonly role: string
  readonly connections: number
}

// services --------------------------------------------------------------------

/**
 * Opens connections when they are needed, and keeps no process alive with them.
 *
 * @category operations
 * @since 0.1.0
 */
export const open = (options: PoolOptions): Pool => {
  const pool = new Clients({
    ...clientConfig(options),
    max: options.connections,
    idleTimeoutMillis: 60_000,
    // What a connection has planned and remembers is bounded by its age.
    maxLifetimeSeconds: 3_600,
    allowExitOnIdle: true,
    onConnect: (client) => prepare(client, options)
  })
  // An idle connection that breaks is replaced at the next use; one in use tells who uses it. Without
  // somebody to hear of it, the event would end the process.
  pool.on("error", () => undefined)
  pool.on("connect", (client) => client.on("error", () => undefined))
  let isClosed = false
  return {
    use: async (body) => {
      if (isClosed) throw new StoreClosed()
      const client = await pool.connect().catch((cause: unknown) => {
        throw new NotSent(cause)
      })
      try {
        const answer = await body(client)
        client.release()
        return answer
      } catch (cause) {
        // What the server says leaves the connection as it was; anything else may not.
        const state = stateOf(cause)
        client.release(state === undefined || /^(08|57P)/.test(state))
        throw cause
      }
    },
    close: async () => {
      isClosed = true
      // Idle connections keep no process alive, but their end is waited for.
      const alive = setInterval(() => undefined, 1_000)
      await within(pool.end())
      clearInterval(alive)
    }
  }
}

/**
 * A connection of its own in a role.
 *
 * @category operations
 * @since 0.1.0
 */
export const connect = async (
  options: Omit<PoolOptions, "connections"> & { readonly isPipelined?: boolean }
): Promise<pg.Client> => {
  const { isPipelined = false } = options
  const client = new Client({ ...clientConfig(options), pipeline: isPipelined })
  // Who uses it is told by the next question; who is told only by an event would end with it.
  client.on("error", () => undefined)
  try {
    await client.connect()
    await prepare(client, options)
    return client
  } catch (cause) {
    await end(client)
    throw cause
  }
}

/**
 * Ends a connection. One that does not answer any more is cut after a while, and what was asked on it
 * fails.
 *
 * @category operations
 * @since 0.1.0
 */
export const end = async (client: pg.Client, milliseconds = endMilliseconds): Promise<void> => {
  keepAlive(client, true)
  await within(
    client.end().catch(() => undefined),
    milliseconds
  )
  // As: the client has it, which its types do not name. A pipelined one would wait for all answers.
  const { connection } = client as pg.Client & { readonly connection: pg.Connection }
  connection.stream.destroy()
}

/**
 * Whether a connection keeps the process alive: while somebody waits for it, it does.
 *
 * @category operations
 * @since 0.1.0
 */
export const keepAlive = (client: pg.Client, isWanted: boolean): void => {
  // As: the client has both methods, which its types do not name.
  const timers = client as pg.Client & { readonly ref: () => void; readonly unref: () => void }
  if (isWanted) timers.ref()
  else timers.unref()
}

/**
 * What a client needs to know to connect. It throws for an address that is none.
 *
 * @category configuration
 * @since 0.1.0
 */
export const clientConfig = (options: Limits & { readonly url: string }): pg.ClientConfig => {
  const { connectMilliseconds = 5_000, statementMilliseconds = 30_000, url } = options
  if (portsOf(url).some((port) => port !== "" && !isPort(port))) {
    throw new DatabaseUnusable({
      reason: "url",
      message: `The port in the address of the database is no number from 1 to 65535: ${form}`
    })
  }
  if (addressOf(url) === undefined) {
    throw new DatabaseUnusable({
      reason: "url",
      message:
        `The address of the database is none: ${form}, and what is special in a password is ` +
        "written with a percent sign, as @ is %40 and # is %23"
    })
  }
  return {
    connectionString: url,
    application_name: "foreman",
    connectionTimeoutMillis: connectMilliseconds,
    // The server's own limit ends a statement; this one is for a server that says nothing any more.
    query_timeout: statementMilliseconds + 5_000,
    keepAlive: true
  }
}

/**
 * The parts of an address, if it is one. A socket's has no host but a folder among its parameters.
 *
 * @category rules
 * @since 0.1.0
 */
export const addressOf = (url: string): URL | undefined => {
  const whole = url.replace(/^(postgres(?:ql)?:\/\/[^/@]*@)\//, "$1localhost/")
  // What follows these belongs to no address, and is mostly the rest of a password.
  const isWhole = /^postgres(ql)?:\/\/[^@#]*(@[^@#]*)?$/.test(url)
  return isWhole && URL.canParse(whole) ? new URL(whole) : undefined
}

/**
 * The bounds that the server keeps. They are said in the session: a pool refuses to be told them as it
 * is connected to.
 *
 * @category configuration
 * @since 0.1.0
 */
export const boundsOf = ({
  lockMilliseconds = 10_000,
  statementMilliseconds = 30_000
}: Limits): string =>
  `SET statement_timeout = ${Math.round(statementMilliseconds)};
     SET lock_timeout = ${Math.round(lockMilliseconds)};
     SET idle_in_transaction_session_timeout = ${Math.round(statementMilliseconds)};`

// internal --------------------------------------------------------------------

const form = "one has the form postgres://user:password@host:5432/database"

/**
 * What an address says as ports. It is never repeated, since it may be the rest of a password. Where
 * what follows may be one too, it is the address that is none.
 */
const portsOf = (url: string): ReadonlyArray<string> => {
  const address = addressOf(url)
  if (address !== undefined) return [address.port, ...address.searchParams.getAll("port")]
  const [, port = ""] =
    /^postgres(?:ql)?:\/\/(?:[^/?@#]*@)?[^:/?@#]+:([^/?@#]*)(?:[/?][^@#]*)?$/.exec(url) ?? []
  return [port]
}

const isPort = (text: string): boolean =>
  /^\d{1,5}$/.test(text) && Number(text) > 0 && Number(text) < 65_536

const endMilliseconds = 3_000

const within = async (ending: Promise<void>, milliseconds = endMilliseconds): Promise<void> => {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, milliseconds)
  })
  await Promise.race([ending, late])
  clearTimeout(timer)
}

/**
 * The role is taken on at once: a superuser's rights are gone before the first question. Plans do not
 * depend on figures that a young table does not have: every statement has an index that gives what it
 * asks for, in the order in which it asks.
 */
const prepare = async (
  client: pg.ClientBase,
  options: Limits & { readonly role: string }
): Promise<void> => {
  await client.query(
    `SET ROLE "${options.role.replaceAll('"', '""')}";
     ${boundsOf(options)}
     SET client_encoding = 'UTF8';
     SET bytea_output = 'hex';
     SET search_path = pg_catalog;
     SET default_transaction_isolation = 'read committed';
     SET jit = off;
     SET plan_cache_mode = force_generic_plan;
     SET enable_seqscan = off;
     SET enable_bitmapscan = off;
     SET enable_hashjoin = off;
     SET enable_mergejoin = off;
     SET enable_sort = off;
     SET enable_material = off;
     SET enable_memoize = off;
     SELECT set_config('synchronous_commit', 'on', false)
     WHERE current_setting('synchronous_commit') = 'off'`
  )
}
