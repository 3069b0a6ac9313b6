/**
 * A PostgreSQL server of a benchmark's own, with `fsync` on and every other setting as it comes.
 *
 * @since 0.1.0
 */
import { readdirSync, readFileSync } from "node:fs"
import { Client } from "pg"
import { type PostgresServer, startPostgres } from "../tooling/src/postgres/PostgresServer.ts"
import * as Disk from "./Disk.ts"
import type { Spread } from "./Rounds.ts"

// models ----------------------------------------------------------------------

/** A server that runs. */
export interface Server {
  /** Its version, as a report names it. */
  readonly version: string
  /** Milliseconds that the disk of its data takes to make 4 KiB durable. */
  readonly fdatasync: Spread
  /** Makes a database and answers its address. */
  readonly create: (name: string) => Promise<string>
  /** Milliseconds of processor time that it has used; not a number where nobody can tell. */
  readonly usedMilliseconds: () => number
}

// operations ------------------------------------------------------------------

/** Lends a server, and ends it. */
export const withServer = async <A>(body: (server: Server) => Promise<A>): Promise<A> => {
  const server = await startPostgres({ settings })
  try {
    await withClient(server.url, recycle)
    return await body(serverOf(server))
  } finally {
    await server.stop()
  }
}

/** Lends a connection. */
export const withClient = async <A>(
  url: string,
  body: (client: Client) => Promise<A>
): Promise<A> => {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    return await body(client)
  } finally {
    await client.end()
  }
}

// internal --------------------------------------------------------------------

/** The log keeps files that it has written for what comes: a gigabyte instead of 80 megabytes. */
const settings = { min_wal_size: "1GB" }

const logFiles = 64

/**
 * Fills files of the log and gives them back. A server that has run for a while writes such files
 * again; a new one makes one of zeros every 16 megabytes, for which all commits wait.
 */
const recycle = async (client: Client): Promise<void> => {
  for (let file = 0; file < logFiles; file++) {
    await client.query("SELECT pg_logical_emit_message(false, 'benchmark', 'full')")
    await client.query("SELECT pg_switch_wal()")
  }
  await client.query("CHECKPOINT")
}

const serverOf = (server: PostgresServer): Server => ({
  version: `PostgreSQL ${server.version}`,
  fdatasync: Disk.fdatasync(server.data),
  create: async (name) => {
    await withClient(server.url, (client) => client.query(`CREATE DATABASE "${name}"`))
    const url = new URL(server.url)
    url.pathname = name
    return url.href
  },
  usedMilliseconds: () => usedBy(server.pid)
})

/** Linux counts it in hundredths of a second; what has ended is counted with the parent. */
const usedBy = (postmaster: number): number => {
  if (process.platform !== "linux") return Number.NaN
  let ticks = 0
  for (const name of readdirSync("/proc")) {
    const fields = /^\d+$/.test(name) ? fieldsOf(name) : undefined
    if (fields === undefined) continue
    const [, parent, , , , , , , , , , user, system, endedUser, endedSystem] = fields
    if (Number(name) === postmaster) {
      ticks += Number(user) + Number(system) + Number(endedUser) + Number(endedSystem)
    } else if (Number(parent) === postmaster) ticks += Number(user) + Number(system)
  }
  return ticks * 10
}

/** What the kernel says of a process, after its name, which may hold spaces. */
const fieldsOf = (pid: string): ReadonlyArray<string> | undefined => {
  try {
    const line = readFileSync(`/proc/${pid}/stat`, "utf8")
    return line.slice(line.lastIndexOf(")") + 2).split(" ")
  } catch {
    return undefined
  }
}
