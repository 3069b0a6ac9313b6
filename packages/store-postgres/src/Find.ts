/**
 * The statement of a page of a declared index.
 *
 * @since 0.1.0
 */
import { type Driver, Tables } from "@foreman/core"

import { columnOf, tableOf } from "./Elements.ts"
import { named as statementOf, type Statement } from "./PostgresPlans.ts"

// rules -----------------------------------------------------------------------

/**
 * One page: what is equal, what is within the range, what comes after the last row, in order.
 *
 * @category rules
 * @since 0.1.0
 */
export const find = (query: Driver.Find): Statement => {
  const { after, equals, index, limit, range, table } = query
  const isDescending = query.direction === "descending"
  const values: Array<Driver.Value> = []
  const write = (value: Driver.Value) => `$${values.push(value)}`
  const named = (name: string) => `t.${columnOf(table, name)}`
  const where = [`t.organization = ${write(query.organization)}`]
  for (const [name, value] of Object.entries(equals)) {
    where.push(value === null ? `${named(name)} IS NULL` : `${named(name)} = ${write(value)}`)
  }
  if (range?.from !== undefined) where.push(`${named(range.column)} >= ${write(range.from)}`)
  if (range?.to !== undefined) where.push(`${named(range.column)} <= ${write(range.to)}`)
  const order = Tables.orderOf(table, index).filter((name) => !(name in equals))
  if (after !== undefined && order.length > 0) {
    where.push(beyond({ after, isDescending, order, table, write }))
  }
  const text =
    `SELECT t.* FROM foreman.${table} t WHERE ${where.join(" AND ")}` +
    `${orderBy(query)} LIMIT ${write(Math.max(limit, 0))}`
  return statementOf(text, values)
}

// internal --------------------------------------------------------------------

/** That a column is null tells the planner nothing about the order, so it stays in its place there. */
const orderBy = ({ direction, equals, index, table }: Driver.Find): string => {
  const { columns } = tableOf(table)
  const isDescending = direction === "descending"
  const by = Tables.orderOf(table, index)
    .filter((name) => (equals[name] ?? null) === null)
    .map((name) => {
      const isNullable = columns[name]?.endsWith("?") === true
      if (isDescending) return `t.${name} DESC${isNullable ? " NULLS LAST" : ""}`
      return `t.${name}${isNullable ? " NULLS FIRST" : ""}`
    })
  return by.length === 0 ? "" : ` ORDER BY ${by.join(", ")}`
}

interface Beyond {
  readonly after: Driver.Row
  readonly isDescending: boolean
  readonly order: ReadonlyArray<string>
  readonly table: string
  readonly write: (value: Driver.Value) => string
}

/** Comparing rows is one condition that an index understands, but it says nothing about null. */
const beyond = ({ after, isDescending, order, table, write }: Beyond): string => {
  const { columns } = tableOf(table)
  const sign = isDescending ? "<" : ">"
  if (!order.some((name) => columns[name]?.endsWith("?"))) {
    const seen = order.map((name) => write(after[name] ?? null))
    return `(${order.map((name) => `t.${name}`).join(", ")}) ${sign} (${seen.join(", ")})`
  }
  const ways = order.flatMap((name, place) => {
    const value = after[name] ?? null
    // Null comes first, so after it comes everything else, and before it comes nothing.
    if (value === null && isDescending) return []
    const same = order.slice(0, place).map((other) => {
      const seen = after[other] ?? null
      return seen === null ? `t.${other} IS NULL` : `t.${other} = ${write(seen)}`
    })
    const next =
      value === null
        ? `t.${name} IS NOT NULL`
        : `(t.${name} ${sign} ${write(value)}${isDescending ? ` OR t.${name} IS NULL` : ""})`
    return [`(${[...same, next].join(" AND ")})`]
  })
  return ways.length === 0 ? "FALSE" : `(${ways.join(" OR ")})`
}
