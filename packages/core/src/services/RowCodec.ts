/**
 * How a thing of the rules becomes a row and a row the thing again.
 *
 * @since 0.1.0
 */
import { stringify } from "../events/Canonical.ts"
import { blankOf } from "../internal/dynamic.ts"
import { keyOf } from "../operations/Wire.ts"
import type { Row, Value } from "../ports/Driver.ts"
import { micros, timestamp } from "../rules/Identifier.ts"
import { priorityOf } from "../rules/TaskWords.ts"

// models ----------------------------------------------------------------------

/**
 * How a field is kept: as it is, as microseconds, as JSON text, or as a place in an order.
 *
 * @category models
 * @since 0.1.0
 */
export type Form = "plain" | "instant" | "json" | "priority" | "urgency" | "organization"

/**
 * Both ways between a thing and its row.
 *
 * @category models
 * @since 0.1.0
 */
export interface RowCodec<A> {
  readonly toRow: (thing: A) => Row
  readonly fromRow: (row: Row) => A
}

// rules -----------------------------------------------------------------------

/**
 * Makes a codec from the form of every field. `computed` adds columns that follow from the thing.
 *
 * @category models
 * @since 0.1.0
 */
export const make = <A extends object>(
  forms: Readonly<Record<keyof A & string, Form>>,
  computed: (thing: A) => Row = () => ({})
): RowCodec<A> => {
  const fields = Object.entries<Form>(forms).map(([name, form]) => ({
    name,
    form,
    column: columnOf(form, name)
  }))
  const written = fields.filter(({ form }) => form !== "organization" && form !== "priority")
  const blank = blankOf(fields.map(({ name }) => name))
  const blankRow = blankOf(written.map(({ column }) => column))
  return {
    toRow: (thing) => {
      // As: each column is given its value below.
      const row = blankRow() as Record<string, Value>
      for (const { column, form, name } of written) {
        row[column] = write(form, Reflect.get(thing, name))
      }
      return Object.assign(row, computed(thing))
    },
    fromRow: (row) => {
      const thing = blank()
      for (const { column, form, name } of fields) thing[name] = read(form, row[column] ?? null)
      // As: rows are written by `toRow` alone, so they have the fields of the thing.
      return thing as A
    }
  }
}

// internal --------------------------------------------------------------------

/** The queue reads upwards, so its first column holds the urgency with its sign turned. */
const columnOf = (form: Form, name: string): string => {
  if (form === "organization") return "organization"
  return form === "urgency" ? "priority" : keyOf(name)
}

const write = (form: Form, value: unknown): Value => {
  if (value === null || value === undefined) return null
  switch (form) {
    case "instant":
      return micros(String(value))
    case "json":
      // Events keep their data canonically, and what is made again from them is the same text.
      return stringify(value)
    case "urgency":
      return -Number(value)
    default:
      // As: a field that is kept as it is holds what a column can hold.
      return value as Value
  }
}

const read = (form: Form, value: Value): unknown => {
  if (value === null) return null
  switch (form) {
    case "instant":
      return timestamp(Number(value))
    case "json":
      return value === "[]" ? [] : value === "{}" ? {} : JSON.parse(String(value))
    case "urgency":
      return -Number(value)
    case "priority":
      return priorityOf(-Number(value))
    default:
      return value
  }
}
