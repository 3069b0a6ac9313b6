/**
 * Databases of their own for tests and demos, on a server that others use too.
 */
import { randomUUID } from "node:crypto"
import { Client, type QueryResultRow } from "pg"

// models ----------------------------------------------------------------------

/** A database that nobody else uses, and the roles that a store may make for it. */
export interface FreshDatabase {
  readonly url: string
  readonly name: string
  /** Removes it, whoever is connected. */
  readonly drop: () => Promise<void>
}

// services --------------------------------------------------------------------

/** Makes an empty database on the server of an address, whose user may do so. */
export const make = async (server: string): Promise<FreshDatabase> => {
  const name = `foreman_${randomUUID().replaceAll("-", "")}`
  await ask(server, `CREATE DATABASE ${name} TEMPLATE template0 ENCODING 'UTF8'`)
  const address = new URL(server)
  address.pathname = `/${name}`
  const drop = async (): Promise<void> => {
    const [row] = await ask(server, "SELECT oid FROM pg_database WHERE datname = $1", [name])
    await ask(server, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`)
    for (const purpose of ["app", "reactor"]) {
      await ask(server, `DROP ROLE IF EXISTS foreman_${String(row?.["oid"])}_${purpose}`)
    }
  }
  return { url: address.href, name, drop }
}

/** The rows of one statement, on a connection of its own. */
export const ask = async (
  url: string,
  text: string,
  values: ReadonlyArray<unknown> = []
): Promise<ReadonlyArray<QueryResultRow>> => {
  const client = new Client(url)
  // What ends the connection fails the statement too.
  client.on("error", () => undefined)
  await client.connect()
  try {
    return (await client.query(text, [...values])).rows
  } finally {
    await client.end()
  }
}
