/**
 * What went wrong in SQLite: a broken constraint by its name, or a failure that can cross threads.
 *
 * @since 0.1.0
 */
import type { TableList } from "./SqliteConnection.ts"

// models ----------------------------------------------------------------------

/**
 * A failure as it is told to another thread: on the way an error loses its code.
 *
 * @category models
 * @since 0.1.0
 */
export interface Failure {
  readonly message: string
  /** SQLite's extended result code, if it was SQLite that failed. */
  readonly code?: number
  readonly isRetryable: boolean
  /** The transaction may have been committed all the same. */
  readonly isAmbiguous: boolean
}

// rules -----------------------------------------------------------------------

/**
 * SQLite's extended result code of an error, if it has one.
 *
 * @category models
 * @since 0.1.0
 */
export const codeOf = (cause: unknown): number | undefined =>
  typeof cause === "object" &&
  cause !== null &&
  "errcode" in cause &&
  typeof cause.errcode === "number"
    ? cause.errcode
    : undefined

/**
 * Whether somebody else holds a lock that will be gone soon.
 *
 * @category models
 * @since 0.1.0
 */
export const isBusy = (cause: unknown): boolean => [5, 6].includes(classOf(codeOf(cause) ?? 0))

/**
 * A failure in words and numbers.
 *
 * @category models
 * @since 0.1.0
 */
export const describe = (cause: unknown, isAmbiguous = false): Failure => {
  const code = codeOf(cause)
  return {
    message: cause instanceof Error ? cause.message : String(cause),
    ...(code === undefined ? {} : { code }),
    isRetryable: code !== undefined && passing.has(classOf(code)),
    isAmbiguous
  }
}

/**
 * The name of the constraint that an error says was broken, if it says that.
 *
 * SQLite names a check, but of a key or a unique index only the columns. A trigger says its own name.
 *
 * @category models
 * @since 0.1.0
 */
export const constraintOf = (tables: TableList, cause: unknown): string | undefined => {
  const code = codeOf(cause)
  if (code === undefined || !(cause instanceof Error)) return undefined
  const subject = cause.message.slice(cause.message.indexOf(": ") + 2)
  if (code === constraintCheck) {
    const isKnown = Object.values(tables).some(({ checks }) => checks?.[subject] !== undefined)
    return isKnown ? subject : undefined
  }
  if (code === constraintTrigger) {
    const isKnown = Object.values(tables).some(({ apart }) => apart?.[cause.message] !== undefined)
    return isKnown ? cause.message : undefined
  }
  if (code !== constraintKey && code !== constraintUnique) return undefined
  const table = subject.slice(0, subject.indexOf("."))
  const columns = subject.split(", ").map((name) => name.slice(table.length + 1))
  const isNamed = (named: ReadonlyArray<string>) => named.join() === columns.join()
  if (tables[table] === undefined) return undefined
  if (isNamed(tables[table].key)) return `${table}_key`
  return Object.entries(tables[table].unique).find(([, unique]) => isNamed(unique.columns))?.[0]
}

// internal --------------------------------------------------------------------

/** The low byte of an extended result code is its class. */
const classOf = (code: number): number => code & 0xff

/** Busy, locked, out of memory, input or output failed, disk full, lock protocol. */
const passing: ReadonlySet<number> = new Set([5, 6, 7, 10, 13, 15])

const constraintCheck = 275
const constraintKey = 1555
const constraintTrigger = 1811
const constraintUnique = 2067
