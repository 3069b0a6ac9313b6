/**
 * The steps of a batch alone: what has to hold before any of them, and the statement of each.
 *
 * @since 0.1.0
 */
import type { Driver } from "@foreman/core"

import { cellsOf, type Element, elementOf, tableOf } from "./Elements.ts"
import { sqlType } from "./FunctionsWrite.ts"
import { named, type Statement } from "./PostgresPlans.ts"

// models ----------------------------------------------------------------------

/**
 * What is to be done: a row to put in, or a statement where something else is written, and the
 * condition of the row, if it has to be there and as it is said.
 *
 * @category models
 * @since 0.1.0
 */
export interface Done {
  readonly look?: Look
  readonly addition?: Addition
  readonly write?: Statement
}

/**
 * A row to put in: its table, and its cells without the organization.
 *
 * @category models
 * @since 0.1.0
 */
export interface Addition {
  readonly table: string
  readonly cells: ReadonlyArray<string | null>
}

/**
 * A condition in SQL, given what makes a parameter of a value. The first one is the organization.
 *
 * @category models
 * @since 0.1.0
 */
export type Look = (parameter: (value: Driver.Value) => string) => string

// rules -----------------------------------------------------------------------

/**
 * What the steps of a batch do, if each is to a row of its own: then none makes a difference to what
 * another one finds, and all can be looked at before the first is written. Conditions other than
 * equality with a value are left to the function.
 *
 * @category rules
 * @since 0.1.0
 */
export const stepsOf = ({ organization, steps }: Driver.Batch): ReadonlyArray<Done> | undefined => {
  const touched = new Set<string>()
  const all: Array<Done> = []
  for (const step of steps) {
    if (step._tag === "Ask" || step._tag === "Apply" || step._tag === "Add") return undefined
    const keys = keysOf(step.table)
    const row = step._tag === "Insert" ? step.row : step.key
    touched.add(JSON.stringify([step.table, ...keys.map((name) => row[name])]))
    if (step._tag === "Insert") {
      all.push({ addition: { table: step.table, cells: cellsOf(step.table, step.row) } })
      continue
    }
    const element = elementOf(step, 1)
    if ("$a" in element || "$w" in element) return undefined
    // As: these are values by the names of columns.
    const found: Record<string, unknown> = { ...(element["$e"] as Element | undefined) }
    for (const name of keys) {
      if (name in found && found[name] !== element[name]) return undefined
      found[name] = element[name]
    }
    const look = lookOf(step.table, found)
    const changed = step._tag === "Set" ? Object.keys(step.row) : []
    const isWritten = step._tag === "Delete" || changed.length > 0
    if (!isWritten) all.push({ look })
    else all.push({ look, write: change(organization, step.table, element, changed) })
  }
  return touched.size === steps.length ? all : undefined
}

/**
 * The statement that puts in a row after something was looked at: only for whose the transaction
 * still is.
 *
 * @category rules
 * @since 0.1.0
 */
export const checkedAddition = (organization: string, { cells, table }: Addition): Statement => {
  let text = checkedTexts.get(table)
  if (text === undefined) {
    const { columns, values } = listsOf(table, 2)
    text = `INSERT INTO foreman.${table} (${columns})
      SELECT ${values} WHERE current_setting('foreman.organization') = $1`
    checkedTexts.set(table, text)
  }
  return named(text, [organization, ...cells])
}

/**
 * The statement that puts in a row, whose cells are the parameters from that place on.
 *
 * @category rules
 * @since 0.1.0
 */
export const additionText = (table: string, from: number): string => {
  const { columns, values } = listsOf(table, from)
  return `INSERT INTO foreman.${table} (${columns}) VALUES (${values})`
}

/**
 * How many cells a row of the table has without the organization.
 *
 * @category rules
 * @since 0.1.0
 */
export const widthOf = (table: string): number => Object.keys(tableOf(table).columns).length - 1

// internal --------------------------------------------------------------------

const keysOf = (table: string): ReadonlyArray<string> =>
  tableOf(table).key.filter((name) => name !== "organization")

const typeOf = (table: string, column: string): string =>
  sqlType(tableOf(table).columns[column] ?? "text")

const textOf = (value: unknown): string | null => (value === null ? null : String(value))

const lookOf =
  (table: string, row: Element): Look =>
  (parameter) => {
    let where = "t.organization = $1"
    for (const [name, value] of Object.entries(row)) {
      const text = textOf(value)
      where += ` AND t.${name} `
      where += text === null ? "IS NULL" : `= ${parameter(text)}::${typeOf(table, name)}`
    }
    return `EXISTS (SELECT FROM foreman.${table} t WHERE ${where})`
  }

/** Changes these columns of a row, or none: then the row goes. */
const change = (
  organization: string,
  table: string,
  element: Element,
  columns: ReadonlyArray<string>
): Statement => {
  const values: Array<Driver.Value> = [organization]
  const is = (name: string) =>
    `${name} = $${values.push(textOf(element[name]))}::${typeOf(table, name)}`
  const where = ["organization = $1", ...keysOf(table).map(is)].join(" AND ")
  const set = columns.map(is).join(", ")
  const what = set === "" ? `DELETE FROM foreman.${table}` : `UPDATE foreman.${table} SET ${set}`
  return named(`${what} WHERE ${where}`, values)
}

/** One text for each table of the list. */
const checkedTexts = new Map<string, string>()

const listsOf = (table: string, from: number) => {
  const columns = Object.keys(tableOf(table).columns).filter((column) => column !== "organization")
  const cells = columns.map((column, place) => `$${place + from}::${typeOf(table, column)}`)
  return {
    columns: ["organization", ...columns].join(", "),
    values: ["$1", ...cells].join(", ")
  }
}
