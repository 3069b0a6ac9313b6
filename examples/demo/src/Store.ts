/**
 * The store of the demo: a file in its folder, or a database in PostgreSQL.
 *
 * For PostgreSQL it makes a database of its own on the server that `DATABASE_URL` names, or starts a
 * server of its own; both are gone when the demo is over.
 */
import { OpenStore } from "@foreman/cli"
import type { Driver, StorePlace } from "@foreman/core"
import type { Effect, Scope } from "effect"
import { join } from "node:path"
import * as FreshDatabase from "../../../tooling/src/postgres/FreshDatabase.ts"
import { startPostgres } from "../../../tooling/src/postgres/PostgresServer.ts"

/** The kinds of store that the demo can run on. */
export const kinds = ["sqlite", "postgres"] as const

export interface Store {
  /** What the server is told of it. */
  readonly environment: Readonly<Record<string, string>>
  /** Which it is, for a person. */
  readonly title: string
  /** Opens it to look at it. */
  readonly look: Effect.Effect<Driver.Driver, Driver.StoreError, Scope.Scope>
  readonly end: () => Promise<void>
}

export const open = async (kind: (typeof kinds)[number], runtime: string): Promise<Store> => {
  const databasePath = join(runtime, "foreman.db")
  if (kind === "sqlite") {
    const place = { databaseUrl: undefined, databasePath }
    return storeOf(place, "SQLite", () => Promise.resolve())
  }
  const given = process.env["DATABASE_URL"]
  if (given !== undefined && given !== "") {
    const { drop, name, url } = await FreshDatabase.make(given).catch((cause: unknown) => {
      const detail = cause instanceof Error ? cause.message : String(cause)
      throw new Error(`No database can be made on the server of DATABASE_URL: ${detail}`, { cause })
    })
    return storeOf({ databaseUrl: url, databasePath }, `PostgreSQL, database ${name}`, drop)
  }
  const { stop, url, version } = await startPostgres()
  return storeOf({ databaseUrl: url, databasePath }, `PostgreSQL ${version}`, stop)
}

const storeOf = (place: StorePlace.StorePlace, title: string, end: () => Promise<void>): Store => ({
  environment: place.databaseUrl === undefined ? {} : { DATABASE_URL: place.databaseUrl },
  title,
  look: OpenStore.look(place),
  end
})
