/**
 * One table in memory: rows by key, a map per unique constraint, a map per index.
 *
 * It is as strict as the stores with a database: what they refuse to hold it refuses too.
 *
 * @since 0.1.0
 */
import type { Find, Row, Value } from "./Driver.ts"
import * as Order from "./MemoryOrder.ts"
import { type ColumnType, orderOf, type Table, tableOf } from "./Tables.ts"

// models ----------------------------------------------------------------------

/**
 * The rows of a table, of one organisation or of all.
 *
 * @category models
 * @since 0.1.0
 */
export interface MemoryTable {
  readonly name: string
  readonly rows: Map<string, Row>
  /** By constraint: the key of the row that has a value. */
  readonly unique: ReadonlyArray<Lookup<Map<string, string>>>
  /** By index: the rows that have a value in its columns. */
  readonly indexes: ReadonlyArray<Lookup<Map<string, Map<string, Row>>>>
}

/**
 * Something kept by a value of the row; rows without that value are left out.
 *
 * @category models
 * @since 0.1.0
 */
export interface Lookup<Entries> {
  readonly name: string
  readonly columns: ReadonlyArray<string>
  readonly valueOf: (row: Row) => string | undefined
  readonly entries: Entries
}

// rules -----------------------------------------------------------------------

/**
 * An empty table of the list.
 *
 * @category models
 * @since 0.1.0
 */
export const empty = (name: string): MemoryTable => {
  const table = tableOf(name)
  const unique = Object.entries(table.unique).map(([constraint, { columns, where }]) => ({
    name: constraint,
    columns,
    valueOf: (row: Row) =>
      where === undefined || row[where] === true ? valueOf(row, columns) : undefined,
    entries: new Map<string, string>()
  }))
  return { name, rows: new Map(), unique, indexes: indexesOf(name, table) }
}

/**
 * The text of a row's key, also of a row that holds only its key.
 *
 * @category models
 * @since 0.1.0
 */
export const keyOf = (name: string, row: Row): string => {
  const { key } = tableOf(name)
  const missing = key.find((column) => row[column] === undefined)
  if (missing !== undefined) throw new Error(`Key of ${name} lacks ${missing}`)
  return valueOf(row, key)
}

/**
 * The row with all columns of its table, each of its type.
 *
 * @category models
 * @since 0.1.0
 */
export const complete = (name: string, row: Row): Row => {
  const { columns } = tableOf(name)
  const stranger = Object.keys(row).find((column) => !(column in columns))
  if (stranger !== undefined) throw new Error(`No such column: ${name}.${stranger}`)
  const whole: Record<string, Value> = {}
  for (const [column, type] of Object.entries(columns)) {
    const value = row[column] ?? null
    if (!fits(type, value)) throw new Error(`${name}.${column} is ${type}, not ${String(value)}`)
    whole[column] = value
  }
  return whole
}

/**
 * The constraint that a row would break under its key, if any.
 *
 * @category models
 * @since 0.1.0
 */
export const brokenBy = (table: MemoryTable, key: string, row: Row): string | undefined => {
  for (const [name, { column, least }] of Object.entries(tableOf(table.name).checks ?? {})) {
    if (Number(row[column]) < least) return name
  }
  for (const [name, column] of Object.entries(tableOf(table.name).apart ?? {})) {
    if (meets(table, key, String(row[column]), column)) return name
  }
  return table.unique.find(({ entries, valueOf }) => {
    const value = valueOf(row)
    const holder = value === undefined ? undefined : entries.get(value)
    return holder !== undefined && holder !== key
  })?.name
}

/**
 * Puts a row under its key, or takes away what is there. Answers what was there before.
 *
 * @category models
 * @since 0.1.0
 */
export const put = (table: MemoryTable, key: string, row: Row | undefined): Row | undefined => {
  const before = table.rows.get(key)
  if (row === undefined) table.rows.delete(key)
  else table.rows.set(key, row)
  for (const { entries, valueOf } of table.unique) {
    const [old, next] = [before && valueOf(before), row && valueOf(row)]
    if (old !== undefined && old !== next) entries.delete(old)
    if (next !== undefined) entries.set(next, key)
  }
  for (const { entries, valueOf } of table.indexes) {
    const [old, next] = [before && valueOf(before), row && valueOf(row)]
    if (old !== undefined && old !== next) leave(entries, old, key)
    if (next !== undefined && row !== undefined) {
      const bucket = entries.get(next)
      if (bucket === undefined) entries.set(next, new Map([[key, row]]))
      else bucket.set(key, row)
    }
  }
  return before
}

/**
 * The rows that have these values in the columns of an index.
 *
 * @category models
 * @since 0.1.0
 */
export const having = (
  table: MemoryTable,
  index: string,
  ...values: ReadonlyArray<Value>
): Iterable<Row> => {
  const known = table.indexes.find(({ name }) => name === index)
  if (known === undefined) throw new Error(`No such index: ${table.name}.${index}`)
  return known.entries.get(JSON.stringify(values))?.values() ?? []
}

/**
 * One page of a declared index.
 *
 * @category models
 * @since 0.1.0
 */
export const find = (table: MemoryTable, query: Find): ReadonlyArray<Row> => {
  const { after, equals, index, limit, range } = query
  const order = orderOf(query.table, index)
  const sign = query.direction === "descending" ? -1 : 1
  const compare = (left: Row, right: Row) => sign * Order.compareRows(order, left, right)
  const wanted = Object.entries(equals)
  const unknown = [...wanted.map(([column]) => column), range?.column ?? order[0]].find(
    (column) => column !== undefined && !(column in tableOf(query.table).columns)
  )
  if (unknown !== undefined) throw new Error(`No such column: ${query.table}.${unknown}`)
  const found: Array<Row> = []
  for (const row of candidates(table, equals)) {
    if (row["organization"] !== query.organization) continue
    if (!wanted.every(([column, value]) => Order.isSame(row[column] ?? null, value))) continue
    if (range !== undefined && !isWithin(row[range.column] ?? null, range)) continue
    if (after !== undefined && compare(row, after) <= 0) continue
    found.push(row)
  }
  return Order.first(found, compare, limit)
}

// internal --------------------------------------------------------------------

const valueOf = (row: Row, columns: ReadonlyArray<string>): string =>
  JSON.stringify(columns.map((column) => row[column] ?? null))

const fits = (type: ColumnType, value: Value): boolean => {
  if (value === null) return type.endsWith("?")
  if (type.startsWith("text")) return typeof value === "string"
  if (type.startsWith("integer")) return Number.isSafeInteger(value)
  return type === "boolean" ? typeof value === "boolean" : value instanceof Uint8Array
}

const indexesOf = (name: string, table: Table): MemoryTable["indexes"] => {
  const lookup = (index: string, columns: ReadonlyArray<string>, only?: (row: Row) => boolean) => ({
    name: index,
    columns,
    valueOf: (row: Row) => (only?.(row) === false ? undefined : valueOf(row, columns)),
    entries: new Map<string, Map<string, Row>>()
  })
  const declared = Object.entries(table.indexes).map(([index, columns]) => lookup(index, columns))
  // An edge is looked up by its first end too, which is the key without its last column.
  if (table.key.length > 2) declared.push(lookup("key", table.key.slice(1, -1)))
  // The ready queue is asked all the time and is a small part of all tasks.
  if (name === "tasks") declared.push(lookup("ready", [], isReady))
  if (name === "runs") declared.push(lookup("live_by_agent", ["agent_id"], isLive))
  return declared
}

/** Whether another row has a text that this one begins with or that begins with this one. */
const meets = ({ rows }: MemoryTable, key: string, text: string, column: string): boolean => {
  for (const [other, row] of rows) {
    const there = String(row[column])
    if (other !== key && (there.startsWith(text) || text.startsWith(there))) return true
  }
  return false
}

const isReady = (task: Row): boolean =>
  task["hold"] === null &&
  (task["is_rework"] === true || (task["status"] === "todo" && task["open_dependencies"] === 0))

const isLive = (run: Row): boolean => run["is_live"] === true

const leave = (entries: Map<string, Map<string, Row>>, value: string, key: string): void => {
  const bucket = entries.get(value)
  bucket?.delete(key)
  if (bucket?.size === 0) entries.delete(value)
}

/** The rows of the narrowest index whose columns are all asked for; without one, all rows. */
const candidates = (table: MemoryTable, equals: Row): Iterable<Row> => {
  const declared = tableOf(table.name).indexes
  const usable = table.indexes
    .filter(({ name }) => name === "key" || name in declared)
    .filter(({ columns }) => columns.every((column) => column in equals))
    .toSorted((left, right) => right.columns.length - left.columns.length)[0]
  if (usable === undefined) return table.rows.values()
  return usable.entries.get(usable.valueOf(equals) ?? "")?.values() ?? []
}

const isWithin = (value: Value, range: NonNullable<Find["range"]>): boolean =>
  value !== null &&
  (range.from === undefined || Order.compareValues(value, range.from) >= 0) &&
  (range.to === undefined || Order.compareValues(value, range.to) <= 0)
