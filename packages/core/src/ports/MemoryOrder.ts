/**
 * The order of rows in memory, and whether a row meets a condition: as a database would say it.
 *
 * @since 0.1.0
 */
import type { Condition, Row, Value } from "./Driver.ts"

// rules -----------------------------------------------------------------------

/**
 * The first rows of an order.
 *
 * @category models
 * @since 0.1.0
 */
export const first = (
  rows: ReadonlyArray<Row>,
  compare: (left: Row, right: Row) => number,
  limit: number
): ReadonlyArray<Row> => {
  // A short page of a long list: keeping the best so far is cheaper than sorting all.
  if (limit * 8 > rows.length) return rows.toSorted(compare).slice(0, Math.max(limit, 0))
  const best: Array<Row> = []
  for (const row of rows) {
    const last = best.length < limit ? undefined : best.at(-1)
    if (best.length >= limit && (last === undefined || compare(row, last) >= 0)) continue
    const place = best.findIndex((other) => compare(row, other) < 0)
    best.splice(place < 0 ? best.length : place, 0, row)
    if (best.length > limit) best.pop()
  }
  return best
}

/**
 * Which of two rows comes first in an order of columns; null comes before everything.
 *
 * @category models
 * @since 0.1.0
 */
export const compareRows = (order: ReadonlyArray<string>, left: Row, right: Row): number => {
  for (const column of order) {
    const compared = compareValues(left[column] ?? null, right[column] ?? null)
    if (compared !== 0) return compared
  }
  return 0
}

/**
 * Which of two values of a column comes first. Text goes by code point, as UTF-8 sorts.
 *
 * @category models
 * @since 0.1.0
 */
export const compareValues = (left: Value, right: Value): number => {
  if (left === right) return 0
  if (left === null) return -1
  if (right === null) return 1
  if (typeof left === "string" && typeof right === "string") return compareText(left, right)
  if (left instanceof Uint8Array && right instanceof Uint8Array) return compareBytes(left, right)
  return left < right ? -1 : 1
}

/**
 * Whether two values are the same; null is the same as null.
 *
 * @category models
 * @since 0.1.0
 */
export const isSame = (left: Value, right: Value): boolean => compareValues(left, right) === 0

/**
 * Whether a row meets a condition.
 *
 * @category models
 * @since 0.1.0
 */
export const holds = (row: Row, { columns, is, than }: Condition): boolean => {
  const left =
    columns.length === 1 ? (row[columns[0]] ?? null) : sum(columns.map((name) => row[name] ?? null))
  const right = isColumn(than) ? (row[than.column] ?? null) : than
  if (is === "=" || is === "<>") return isSame(left, right) === (is === "=")
  if (left === null || right === null) return false
  const compared = compareValues(left, right)
  if (is === "<" || is === "<=") return is === "<" ? compared < 0 : compared <= 0
  return is === ">" ? compared > 0 : compared >= 0
}

// internal --------------------------------------------------------------------

const sum = (values: ReadonlyArray<Value>): Value =>
  values.includes(null) ? null : values.reduce<number>((total, value) => total + Number(value), 0)

const isColumn = (than: Condition["than"]): than is { readonly column: string } =>
  typeof than === "object" && than !== null && !(than instanceof Uint8Array)

const compareText = (left: string, right: string): number => {
  const end = Math.min(left.length, right.length)
  let place = 0
  while (place < end && left.charCodeAt(place) === right.charCodeAt(place)) place += 1
  if (place === end) return left.length - right.length
  return rank(left.charCodeAt(place)) - rank(right.charCodeAt(place))
}

/** Halves of a pair stand for code points beyond 0xffff, so they come after all other units. */
const rank = (unit: number): number => (unit >= 0xd800 && unit < 0xe000 ? unit + 0x10000 : unit)

const compareBytes = (left: Uint8Array, right: Uint8Array): number => {
  const place = left.findIndex((byte, index) => byte !== right[index])
  return place < 0 ? left.length - right.length : (left[place] ?? 0) - (right[place] ?? -1)
}
