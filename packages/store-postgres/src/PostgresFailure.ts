/**
 * What went wrong at the database: whether it helps to try again, and whether a commit may have
 * happened all the same.
 *
 * @since 0.1.0
 */
import { Data } from "effect"

import { Driver } from "@foreman/core"

// errors ----------------------------------------------------------------------

/**
 * The database cannot be used as a store as it is. The message says what is wrong and what to do.
 *
 * @category errors
 * @since 0.1.0
 */
export class DatabaseUnusable extends Data.TaggedError("DatabaseUnusable")<{
  readonly reason:
    | "encoding"
    | "foreign"
    | "full"
    | "login"
    | "newer"
    | "older"
    | "empty"
    | "pooler"
    | "rights"
    | "roles"
    | "unknown_database"
    | "unreachable"
    | "url"
    | "version"
  readonly message: string
  readonly cause?: unknown
}> {}

// rules -----------------------------------------------------------------------

/**
 * The SQLSTATE of an error that the server said.
 *
 * @category models
 * @since 0.1.0
 */
export const stateOf = (cause: unknown): string | undefined => {
  if (typeof cause !== "object" || cause === null || !("code" in cause)) return undefined
  const { code } = cause
  // Node's own codes are words, such as EPIPE.
  return typeof code === "string" && /^[0-9A-Z]{5}$/.test(code) && "severity" in cause
    ? code
    : undefined
}

/**
 * Whether nothing of a commit can have happened: the server said no, or was never asked.
 *
 * @category models
 * @since 0.1.0
 */
export const isCertain = (cause: unknown): boolean => {
  if (cause instanceof NotSent || cause instanceof Refused) return true
  const state = stateOf(cause)
  // The connection was ended by the server: perhaps after it had committed.
  return state !== undefined && !/^(08|57P)/.test(state)
}

/**
 * Whether it helps to try again later.
 *
 * @category models
 * @since 0.1.0
 */
export const isPassing = (cause: unknown): boolean => {
  if (cause instanceof DatabaseUnusable) return /^(full|unreachable)$/.test(cause.reason)
  if (cause instanceof Refused) return false
  if (cause instanceof NotSent) return isPassing(cause.cause)
  const state = stateOf(cause)
  // What is no error of the server is one of the way to it.
  if (state === undefined) return !(cause instanceof TypeError || cause instanceof RangeError)
  return passing.test(state)
}

/**
 * The statement has not left this process: no connection was to be had.
 *
 * @category errors
 * @since 0.1.0
 */
export class NotSent extends Error {
  override readonly name = "NotSent"
  constructor(cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause })
  }
}

/**
 * The store refused by itself, and would again.
 *
 * @category errors
 * @since 0.1.0
 */
export class Refused extends Error {
  override readonly name: string = "Refused"
}

/**
 * The store was closed, or is being closed.
 *
 * @category errors
 * @since 0.1.0
 */
export class StoreClosed extends Refused {
  override readonly name = "StoreClosed"
  constructor() {
    super("The store is closed.")
  }
}

/**
 * The store is open for reading only.
 *
 * @category errors
 * @since 0.1.0
 */
export class ReadOnly extends Refused {
  override readonly name = "ReadOnly"
  constructor() {
    super("The store is open for reading only")
  }
}

/**
 * The batch names what no store has, or holds what no column takes: a defect of who made it.
 *
 * @category errors
 * @since 0.1.0
 */
export class BatchMalformed extends Refused {
  override readonly name = "BatchMalformed"
}

/**
 * A foreign failure as the port tells it.
 *
 * @category errors
 * @since 0.1.0
 */
export const failed =
  (operation: string) =>
  (cause: unknown): Driver.StoreError =>
    new Driver.StoreError({
      operation,
      cause,
      retryable: isPassing(cause),
      ambiguous: operation === "commit" && !isCertain(cause)
    })

// internal --------------------------------------------------------------------

/**
 * Connections, rollbacks, resources, locks that somebody holds, servers that go or only read, and
 * disks that are full or broken for now.
 */
const passing = /^(08|25006|40|53|55P03|57|58)/
