/**
 * Steps as the functions in the database take them, and the refusal of what no store takes.
 *
 * @since 0.1.0
 */
import { type Driver, Tables } from "@foreman/core"

import { BatchMalformed } from "./PostgresFailure.ts"

// models ----------------------------------------------------------------------

/**
 * A step as an object of columns; `$b` is the number of its batch in the group.
 *
 * @category models
 * @since 0.1.0
 */
export type Element = Readonly<Record<string, unknown>>

// rules -----------------------------------------------------------------------

/**
 * A step as an element of its statement. It throws for a name or a value that no store takes.
 *
 * @category models
 * @since 0.1.0
 */
export const elementOf = (
  step: Exclude<Driver.Step, { readonly _tag: "Insert" }>,
  batch: number
): Element => {
  if (step._tag === "Ask" || step._tag === "Apply") {
    const known = step._tag === "Ask" ? Tables.questions : Tables.changes
    if (!Object.hasOwn(known, step.name)) throw new BatchMalformed(`No such name: ${step.name}`)
    return { ...step.parameters, $b: batch }
  }
  const table = tableOf(step.table)
  const element: Record<string, unknown> = { $b: batch }
  for (const name of table.key) {
    if (name === "organization") continue
    const value = step.key[name]
    if (value === undefined) throw new BatchMalformed(`Key of ${step.table} lacks ${name}`)
    element[name] = written(value)
  }
  if ("row" in step) {
    for (const name of Object.keys(step.row)) {
      if (name === "organization" || table.key.includes(name)) {
        throw new BatchMalformed(`A step cannot change ${step.table}.${name}`)
      }
    }
    put(element, step.table, table, step.row)
  }
  addConditions(element, step, table)
  return element
}

/**
 * A row that is put in, as its cells in the order of the list. It throws for what no store takes.
 *
 * @category rules
 * @since 0.1.0
 */
export const cellsOf = (name: string, row: Driver.Row): ReadonlyArray<string | null> => {
  const columns = listOf(name)
  const cells: Array<string | null> = []
  let known = 0
  for (const [column, type] of columns) {
    const value = row[column]
    if (value !== undefined) known += 1
    refuseMisfit(name, column, type, value ?? null)
    cells.push(cellOf(value ?? null))
  }
  if (known !== Object.keys(row).length) refuseUnknown(name, row)
  return cells
}

/**
 * The table of that name; another one is a defect of who made the batch.
 *
 * @category models
 * @since 0.1.0
 */
export const tableOf = (name: string): Tables.Table => {
  const table = Object.hasOwn(Tables.tables, name) ? Tables.tables[name] : undefined
  if (table === undefined) throw new BatchMalformed(`No such table: ${name}`)
  return table
}

/**
 * The name of a column, if the table has it.
 *
 * @category models
 * @since 0.1.0
 */
export const columnOf = (table: string, name: string): string => {
  if (!Object.hasOwn(tableOf(table).columns, name)) {
    throw new BatchMalformed(`No such column: ${table}.${name}`)
  }
  return name
}

// internal --------------------------------------------------------------------

type Column = readonly [name: string, type: Tables.ColumnType]

const lists = new Map<string, ReadonlyArray<Column>>()

/** The columns of a table without the organization: that is the batch's, whatever a row says. */
const listOf = (name: string): ReadonlyArray<Column> => {
  const known = lists.get(name)
  if (known !== undefined) return known
  const columns = Object.entries(tableOf(name).columns)
  const list = columns.filter(([column]) => column !== "organization")
  lists.set(name, list)
  return list
}

const refuseUnknown = (name: string, row: Driver.Row): void => {
  const { columns } = tableOf(name)
  for (const column in row) {
    if (!Object.hasOwn(columns, column)) {
      throw new BatchMalformed(`No such column: ${name}.${column}`)
    }
  }
}

const put = (
  element: Record<string, unknown>,
  name: string,
  { columns }: Tables.Table,
  row: Driver.Row
) => {
  for (const column in row) {
    const value = row[column] ?? null
    refuseMisfit(name, column, columns[column], value)
    element[column] = written(value)
  }
}

const refuseMisfit = (
  table: string,
  column: string,
  type: Tables.ColumnType | undefined,
  value: Driver.Value
) => {
  if (type === undefined) throw new BatchMalformed(`No such column: ${table}.${column}`)
  if (!fits(type, value)) {
    throw new BatchMalformed(`${table}.${column} is ${type}, not ${String(value)}`)
  }
}

const fits = (type: Tables.ColumnType, value: Driver.Value): boolean => {
  if (value === null) return type.endsWith("?")
  if (type.startsWith("text")) return typeof value === "string"
  if (type.startsWith("integer")) return Number.isSafeInteger(value)
  return type === "boolean" ? typeof value === "boolean" : value instanceof Uint8Array
}

/** Bytes as PostgreSQL writes them in text. */
const written = (value: Driver.Value): unknown =>
  value instanceof Uint8Array ? `\\x${Buffer.from(value).toString("hex")}` : value

const cellOf = (value: Driver.Value): string | null => {
  if (value === null || typeof value === "string") return value
  return value instanceof Uint8Array ? `\\x${Buffer.from(value).toString("hex")}` : String(value)
}

const addConditions = (
  element: Record<string, unknown>,
  { after, table, where }: Driver.Guarded & { readonly table: string },
  { columns }: Tables.Table
) => {
  const equal: Record<string, unknown> = {}
  const other: Array<unknown> = []
  for (const condition of where ?? []) {
    refuseStrangers(table, columns, condition)
    const { columns: names, is, than } = condition
    const [name] = names
    if (is === "=" && names.length === 1 && !isColumn(than) && !(name in equal)) {
      equal[name] = written(than)
    } else {
      other.push(conditionOf(condition))
    }
  }
  if (Object.keys(equal).length > 0) element["$e"] = equal
  if (other.length > 0) element["$w"] = other
  if (after === undefined) return
  for (const condition of after) refuseStrangers(table, columns, condition)
  element["$a"] = after.map(conditionOf)
}

const conditionOf = ({ columns, is, than }: Driver.Condition) => ({
  columns,
  is,
  than: isColumn(than) ? than : written(than)
})

const refuseStrangers = (
  table: string,
  columns: Tables.Table["columns"],
  { columns: names, than }: Driver.Condition
) => {
  for (const name of isColumn(than) ? [...names, than.column] : names) {
    if (!Object.hasOwn(columns, name)) throw new BatchMalformed(`No such column: ${table}.${name}`)
  }
}

const isColumn = (than: Driver.Condition["than"]): than is { readonly column: string } =>
  typeof than === "object" && than !== null && !(than instanceof Uint8Array)
