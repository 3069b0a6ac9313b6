/**
 * The database at one moment: whatever is written meanwhile is not seen.
 *
 * All reads are those of one transaction on one connection, which can write nothing.
 *
 * @since 0.1.0
 */
import * as Pool from "./PostgresPool.ts"
import type { Statement } from "./PostgresPlans.ts"
import { type RawRow, read, type Scope } from "./PostgresRead.ts"
import type { Roles } from "./Roles.ts"

// models ----------------------------------------------------------------------

/**
 * A moment that is held until it is let go.
 *
 * @category models
 * @since 0.1.0
 */
export interface Moment {
  readonly read: (scope: Scope, statement: Statement) => Promise<ReadonlyArray<RawRow>>
  readonly close: () => Promise<void>
}

/**
 * Of which database.
 *
 * @category configuration
 * @since 0.1.0
 */
export interface MomentOptions extends Pool.Limits {
  readonly url: string
  readonly roles: Roles
}

// services --------------------------------------------------------------------

/**
 * Holds the moment of this call. What is deleted meanwhile is kept by the database until it is let go.
 *
 * @category operations
 * @since 0.1.0
 */
export const hold = async (options: MomentOptions): Promise<Moment> => {
  const { roles } = options
  const client = await Pool.connect({ ...options, role: roles.app })
  // The next read says what an end meant.
  client.on("error", () => undefined)
  try {
    // Who reads thinks between two reads as long as it takes.
    await client.query("SET idle_in_transaction_session_timeout = 0")
    await client.query("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
    // The moment is that of the first question, so one is asked at once.
    await client.query("SELECT FROM foreman.migrations LIMIT 1")
  } catch (cause) {
    await client.end().catch(() => undefined)
    throw cause
  }
  const ask = async (scope: Scope, statement: Statement): Promise<ReadonlyArray<RawRow>> => {
    const rows = await read(client, scope, statement)
    // What a read says of itself holds to the end of the transaction, which is not its own here.
    if ("role" in scope) await client.query("SELECT set_config('role', $1, true)", [roles.app])
    return rows
  }
  let last: Promise<unknown> = Promise.resolve()
  return {
    read: (scope, statement) => {
      const answer = last.then(() => ask(scope, statement))
      last = answer.catch(() => undefined)
      return answer
    },
    close: async () => {
      await client.end()
    }
  }
}
