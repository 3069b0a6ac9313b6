/**
 * The store that a script is told of: a SQLite file or a PostgreSQL database.
 */
import { type Driver, Settings } from "@foreman/core"
import { PostgresStore } from "@foreman/store-postgres"
import { SqliteStore } from "@foreman/store-sqlite"
import { type Effect, Result, type Scope } from "effect"

// rules -----------------------------------------------------------------------

/** Where the store is: what was named, a path or an address, else what the environment says. */
export const placeOf = (
  named: string | undefined,
  environment: NodeJS.ProcessEnv
): Settings.StorePlace => {
  if (named !== undefined && !/^[a-z]+:/.test(named)) {
    return { databaseUrl: undefined, databasePath: named }
  }
  const given = named === undefined ? environment : { DATABASE_URL: named }
  return Result.getOrThrow(Settings.storePlace(given))
}

/** A place in words, without what is secret in its address. */
export const titleOf = ({ databasePath, databaseUrl }: Settings.StorePlace): string => {
  if (databaseUrl === undefined) return databasePath
  if (!URL.canParse(databaseUrl)) return "DATABASE_URL"
  const { host, pathname } = new URL(databaseUrl)
  return `postgres://${host}${pathname}`
}

/** What went wrong, in a sentence for a terminal. */
export const sentenceOf = (error: unknown): string => {
  const cause = error instanceof Error && "cause" in error ? error.cause : undefined
  if (cause instanceof PostgresStore.DatabaseUnusable) return cause.message
  return error instanceof Error ? error.message : String(error)
}

// services --------------------------------------------------------------------

/** Opens a store to look at it, as it is at this moment, while it may be in use. */
export const look = ({
  databasePath: filename,
  databaseUrl: url
}: Settings.StorePlace): Effect.Effect<Driver.Driver, Driver.StoreError, Scope.Scope> =>
  url === undefined
    ? SqliteStore.make({ filename, readOnly: true })
    : PostgresStore.make({ url, readOnly: true })
