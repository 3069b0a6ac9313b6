/**
 * Where a store is, read from an environment that the caller gives.
 *
 * @since 0.1.0
 */
import { Result } from "effect"

// models ----------------------------------------------------------------------

/**
 * Where the store is.
 *
 * @category configuration
 * @since 0.1.0
 */
export interface StorePlace {
  /** The address of the database when PostgreSQL is asked for. It may hold a password. */
  readonly databaseUrl: string | undefined
  /** The file, where it is not. */
  readonly databasePath: string
}

// rules -----------------------------------------------------------------------

/**
 * Reads where the store is: in the PostgreSQL that `DATABASE_URL` names, else in a SQLite file.
 *
 * **Example** (Two places are one too many)
 *
 * ```ts import.meta.vitest
 * import { Result } from "effect"
 * import { StorePlace } from "@foreman/core"
 *
 * const url = "postgres://foreman@localhost/foreman"
 *
 * Result.isSuccess(StorePlace.read({ DATABASE_URL: url })) // => true
 * Result.isSuccess(StorePlace.read({ DATABASE_URL: url, FOREMAN_DB_PATH: "x.db" })) // => false
 * ```
 *
 * @category configuration
 * @since 0.1.0
 */
export const read = (
  environment: Readonly<Record<string, string | undefined>>
): Result.Result<StorePlace, { readonly name: string; readonly problem: string }> => {
  const get = (name: string): string | undefined => environment[name] || undefined
  const url = get("DATABASE_URL")
  const path = get("FOREMAN_DB_PATH")
  const databasePath = path ?? `${get("FOREMAN_RUNTIME_ROOT") ?? ".foreman"}/foreman.db`
  if (path !== undefined && url !== undefined) {
    return invalid("DATABASE_URL", "is set and so is FOREMAN_DB_PATH: say one place, not two")
  }
  // Neither is repeated, since an address may hold a password.
  if (path !== undefined && /^(?:sqlite:|[a-z][a-z0-9+.-]*:\/\/)/i.test(path)) {
    const problem = "should be the path of a SQLite file, and is an address"
    return invalid("FOREMAN_DB_PATH", `${problem}: one of PostgreSQL belongs into DATABASE_URL`)
  }
  if (url === undefined) return Result.succeed({ databaseUrl: undefined, databasePath })
  if (/^postgres(?:ql)?:\/\/./.test(url)) {
    return Result.succeed({ databaseUrl: url, databasePath })
  }
  const file = /^sqlite:(?:(?:\/\/)?(?<absolute>\/[^/].*)|(?<relative>[^/].*))$/.exec(url)?.groups
  const found = file?.["absolute"] ?? file?.["relative"]
  return found === undefined
    ? invalid(
        "DATABASE_URL",
        "should be postgres://user:password@host:5432/database or sqlite:/path/foreman.db, and is neither"
      )
    : Result.succeed({ databaseUrl: undefined, databasePath: found })
}

// internal --------------------------------------------------------------------

const invalid = (name: string, problem: string) => Result.fail({ name, problem })
