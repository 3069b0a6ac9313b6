/**
 * The statement of a page of a declared index.
 *
 * @since 0.1.0
 */
import { type Driver, Tables } from "@foreman/core"

import { column, type Statement } from "./Statements.ts"

// rules -----------------------------------------------------------------------

/**
 * One page: what is equal, what is within the range, what comes after the last row, in order.
 *
 * @category models
 * @since 0.1.0
 */
export const find = (query: Driver.Find): Statement => {
  const { after, equals, index, limit, range, table } = query
  const isDescending = query.direction === "descending"
  const values: Array<Driver.Value> = []
  const write = (value: Driver.Value) => {
    values.push(value)
    return "?"
  }
  const named = (name: string) => column(Tables.tables, table, name)
  const where = [`organization = ${write(query.organization)}`]
  for (const [name, value] of Object.entries(equals)) {
    where.push(`${named(name)} IS ${write(value)}`)
  }
  if (range?.from !== undefined) where.push(`${named(range.column)} >= ${write(range.from)}`)
  if (range?.to !== undefined) where.push(`${named(range.column)} <= ${write(range.to)}`)
  const order = Tables.orderOf(table, index).filter((name) => !(name in equals))
  if (after !== undefined && order.length > 0) {
    where.push(beyond({ after, isDescending, order, table, write }))
  }
  const direction = isDescending ? " DESC" : ""
  const by = order.map((name) => `${name}${direction}`).join(", ")
  // Without figures of its own the planner takes the key where it should take the index.
  const from = index === "key" ? table : `${table} INDEXED BY ${index}`
  const text =
    `SELECT * FROM ${from} WHERE ${where.join(" AND ")}` +
    `${by === "" ? "" : ` ORDER BY ${by}`} LIMIT ${write(Math.max(limit, 0))}`
  return { text, values }
}

// internal --------------------------------------------------------------------

interface Beyond {
  readonly after: Driver.Row
  readonly isDescending: boolean
  readonly order: ReadonlyArray<string>
  readonly table: string
  readonly write: (value: Driver.Value) => string
}

/** Comparing rows is one condition that an index understands, but it says nothing about null. */
const beyond = ({ after, isDescending, order, table, write }: Beyond): string => {
  const { columns } = Tables.tableOf(table)
  const sign = isDescending ? "<" : ">"
  if (!order.some((name) => columns[name]?.endsWith("?"))) {
    const seen = order.map((name) => write(after[name] ?? null))
    return `(${order.join(", ")}) ${sign} (${seen.join(", ")})`
  }
  const ways = order.flatMap((name, place) => {
    const value = after[name] ?? null
    // Null comes first, so after it comes everything else, and before it comes nothing.
    if (value === null && isDescending) return []
    const same = order.slice(0, place).map((other) => `${other} IS ${write(after[other] ?? null)}`)
    const next =
      value === null
        ? `${name} IS NOT NULL`
        : `(${name} ${sign} ${write(value)}${isDescending ? ` OR ${name} IS NULL` : ""})`
    return [`(${[...same, next].join(" AND ")})`]
  })
  return ways.length === 0 ? "FALSE" : `(${ways.join(" OR ")})`
}
