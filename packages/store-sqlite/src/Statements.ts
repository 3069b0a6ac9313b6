/**
 * The statements that are made from the list of tables.
 *
 * Names come from that list, never from a caller; values are always parameters.
 *
 * @since 0.1.0
 */
import type { Driver, Tables } from "@foreman/core"
import type { SQLInputValue } from "node:sqlite"

import type { TableList } from "./SqliteConnection.ts"

// models ----------------------------------------------------------------------

/**
 * A text and the values of its parameters, in their places.
 *
 * @category models
 * @since 0.1.0
 */
export interface Statement {
  readonly text: string
  readonly values: ReadonlyArray<Driver.Value>
}

/**
 * What steps have in common that put rows with the same columns into the same table.
 *
 * @category models
 * @since 0.1.0
 */
export interface Shape {
  readonly tag: "Insert" | "Set"
  readonly table: string
  readonly columns: ReadonlyArray<string>
  /** The columns that a `Set` finds its row by; none of an `Insert`. */
  readonly key: ReadonlyArray<string>
}

/**
 * A step that is known by its shape and its values: first those of the columns, then of the key.
 *
 * @category models
 * @since 0.1.0
 */
export interface Put {
  readonly _tag: "Put"
  readonly shape: Shape
  readonly values: ReadonlyArray<SQLInputValue>
}

// rules -----------------------------------------------------------------------

/**
 * The name of a column, if the table has it.
 *
 * @category models
 * @since 0.1.0
 */
export const column = (tables: TableList, table: string, name: string): string => {
  if (!Object.hasOwn(tableOf(tables, table).columns, name)) {
    throw new Error(`No such column: ${table}.${name}`)
  }
  return name
}

/**
 * The columns of a table's key with their values; the organisation's too, if the key begins with it.
 *
 * @category models
 * @since 0.1.0
 */
export const byKey = (
  tables: TableList,
  table: string,
  organization: string,
  key: Driver.Row
): ReadonlyArray<readonly [string, Driver.Value]> =>
  tableOf(tables, table).key.map((name) => {
    const value = name === "organization" ? organization : key[name]
    if (value === undefined) throw new Error(`Key of ${table} lacks ${name}`)
    return [name, value] as const
  })

/**
 * A row that is put in: the organisation is that of the batch, whatever the row says.
 *
 * @category models
 * @since 0.1.0
 */
export const insert = (
  tables: TableList,
  organization: string,
  { row, table }: Extract<Driver.Step, { readonly _tag: "Insert" }>
): Statement => {
  const whole = { ...row, organization }
  const names = Object.keys(whole)
  for (const name of names) column(tables, table, name)
  const places = names.map(() => "?").join(", ")
  return {
    text: `INSERT INTO ${table} (${names.join(", ")}) VALUES (${places})`,
    values: Object.values(whole)
  }
}

/**
 * One statement that finds a row by its key and `where`, changes it and says whether `after` holds.
 *
 * @category models
 * @since 0.1.0
 */
export const guarded = (
  tables: TableList,
  organization: string,
  step: Extract<Driver.Step, Driver.Guarded>
): Statement => {
  const { table } = step
  const values: Array<Driver.Value> = []
  const write = (value: Driver.Value) => {
    values.push(value)
    return "?"
  }
  // Parameters are numbered by their place, so each part is made when it is that part's turn.
  const assigned = assignments(tables, step, write)
  const found = () =>
    [
      ...byKey(tables, table, organization, step.key).map(
        ([name, value]) => `${name} = ${write(value)}`
      ),
      // The directory leads to all organisations, but each changes only what leads to itself.
      ...(tableOf(tables, table).key[0] === "organization"
        ? []
        : [`organization = ${write(organization)}`]),
      ...(step.where ?? []).map((where) => condition(tables, table, where, write))
    ].join(" AND ")
  const kept = () =>
    (step.after ?? [])
      .map((after) => `(${condition(tables, table, after, write)})`)
      .join(" AND ") || "1"
  if (step._tag === "Delete") {
    const where = found()
    return { text: `DELETE FROM ${table} WHERE ${where} RETURNING ${kept()} AS kept`, values }
  }
  if (assigned.length === 0) {
    const after = kept()
    return { text: `SELECT ${after} AS kept FROM ${table} WHERE ${found()}`, values }
  }
  const text = `UPDATE ${table} SET ${assigned.join(", ")} WHERE ${found()}`
  return { text: `${text} RETURNING ${kept()} AS kept`, values }
}

/**
 * The statement of a shape, and where its values stand: as they come, or `null` for the organisation.
 *
 * @category models
 * @since 0.1.0
 */
export const ofShape = (
  tables: TableList,
  { columns, key, table, tag }: Shape
): { readonly text: string; readonly places: ReadonlyArray<number | null> } => {
  // Each value stands for its own place, and the organisation for none.
  const at = (names: ReadonlyArray<string>, start: number): Driver.Row =>
    Object.fromEntries(names.map((name, index) => [name, start + index]))
  const row = at(columns, 0)
  const organization = "organization"
  const { text, values } =
    tag === "Insert"
      ? insert(tables, organization, { _tag: tag, table, row })
      : guarded(tables, organization, { _tag: tag, table, row, key: at(key, columns.length) })
  return { text, places: values.map((value) => (value === organization ? null : Number(value))) }
}

// internal --------------------------------------------------------------------

/** A name that is not declared is a defect of core. */
const tableOf = (tables: TableList, name: string): Tables.Table => {
  const table = Object.hasOwn(tables, name) ? tables[name] : undefined
  if (table === undefined) throw new Error(`No such table: ${name}`)
  return table
}

type Write = (value: Driver.Value) => string

const assignments = (
  tables: TableList,
  step: Extract<Driver.Step, Driver.Guarded>,
  write: Write
): ReadonlyArray<string> => {
  if (step._tag !== "Set" && step._tag !== "Add") return []
  const { key } = tableOf(tables, step.table)
  return Object.entries(step.row).map(([name, value]) => {
    if (key.includes(name) || name === "organization") {
      throw new Error(`A step cannot change ${step.table}.${name}`)
    }
    column(tables, step.table, name)
    return step._tag === "Add" ? `${name} = ${name} + ${write(value)}` : `${name} = ${write(value)}`
  })
}

/** Columns are summed; equality takes null for a value. */
const condition = (
  tables: TableList,
  table: string,
  { columns, is, than }: Driver.Condition,
  write: Write
): string => {
  const left = columns.map((name) => column(tables, table, name)).join(" + ")
  const right = isColumn(than) ? column(tables, table, than.column) : write(than)
  return `${left} ${nullSafe[is] ?? is} ${right}`
}

const nullSafe: Readonly<Partial<Record<Driver.Condition["is"], string>>> = {
  "=": "IS",
  "<>": "IS NOT"
}

const isColumn = (than: Driver.Condition["than"]): than is { readonly column: string } =>
  typeof than === "object" && than !== null && !(than instanceof Uint8Array)
