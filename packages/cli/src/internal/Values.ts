/**
 * Text from a command line into the JSON that an operation's field takes.
 */
import type { Wire } from "@foreman/core"

// models ----------------------------------------------------------------------

/** What a field takes, as far as a command line has to know. */
export interface Shape {
  readonly type: "text" | "number" | "switch" | "list" | "json"
  readonly choices: ReadonlyArray<string>
  readonly items?: Shape
}

// rules -----------------------------------------------------------------------

/** What a field takes. One that may be null is what it is otherwise. */
export const shapeOf = (schema: Wire.JsonSchema): Shape => {
  const { items, type } = schema
  const choices = Array.isArray(schema["enum"]) ? schema["enum"].map(String) : []
  if (type === "array") return { type: "list", choices: [], items: shapeOf(items ?? {}) }
  if (type === "string") return { type: "text", choices }
  if (type === "integer" || type === "number") return { type: "number", choices }
  if (type === "boolean") return { type: "switch", choices }
  const some = alternativesOf(schema).filter((one) => one.type !== "null")
  const [only, ...others] = some
  if (only === undefined) return { type: choices.length > 0 ? "text" : "json", choices }
  if (others.length === 0) return shapeOf(only)
  const shapes = some.map(shapeOf)
  const isText = shapes.every((shape) => shape.type === "text")
  return isText ? { type: "text", choices: wordsOf(shapes) } : { type: "json", choices: [] }
}

/** Whether a field may be null, so that the word `null` means that. */
export const isNullable = (schema: Wire.JsonSchema): boolean =>
  schema.type === "null" || alternativesOf(schema).some(isNullable)

/** Whether a field takes an object and nothing else, but for null. */
export const isObject = (schema: Wire.JsonSchema): boolean => {
  const some = alternativesOf(schema).filter((one) => one.type !== "null")
  return schema.type === "object" || (some.length > 0 && some.every(isObject))
}

/** Reads the values of a flag. What does not fit stays text: the operation's schema refuses it. */
export const read = (schema: Wire.JsonSchema, given: ReadonlyArray<string>): unknown => {
  const shape = shapeOf(schema)
  const [first = ""] = given
  if (given.length === 1 && first === "null" && isNullable(schema)) return null
  if (shape.type !== "list") return one(shape, given.at(-1) ?? "")
  if (given.length === 1 && first.startsWith("[")) return json(first)
  return given.map((text) => one(shape.items ?? shape, text))
}

/** What stands for the value in the help. */
export const placeholderOf = ({ choices, items, type }: Shape): string | undefined => {
  if (type === "switch") return undefined
  if (choices.length > 0) return choices.join("|")
  if (type === "list") return items === undefined ? "JSON" : (placeholderOf(items) ?? "BOOLEAN")
  return { text: "TEXT", number: "N", json: "JSON" }[type]
}

/** What a field is, in its own words or in those of what it may be. */
export const descriptionOf = (schema: Wire.JsonSchema): string => {
  const { anyOf, description } = schema
  if (typeof description === "string") return description
  // As: the alternatives of a JSON schema are JSON schemas.
  return Array.isArray(anyOf)
    ? (anyOf as ReadonlyArray<Wire.JsonSchema>).map(descriptionOf).join("")
    : ""
}

/** The name of a field, as a flag has it. */
export const dashed = (name: string): string => name.replaceAll("_", "-")

// internal --------------------------------------------------------------------

const alternativesOf = (schema: Wire.JsonSchema): ReadonlyArray<Wire.JsonSchema> =>
  ["anyOf", "oneOf", "allOf"].flatMap((key) => {
    const some = schema[key]
    // As: the keywords of alternatives hold JSON schemas.
    return Array.isArray(some) ? (some as ReadonlyArray<Wire.JsonSchema>) : []
  })

/** All words, unless one of the alternatives takes any. */
const wordsOf = (shapes: ReadonlyArray<Shape>): ReadonlyArray<string> =>
  shapes.every(({ choices }) => choices.length > 0) ? shapes.flatMap(({ choices }) => choices) : []

const one = ({ type }: Shape, text: string): unknown => {
  switch (type) {
    case "number":
      return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text
    case "switch":
      return text === "true" || text === "false" ? text === "true" : text
    case "text":
      return text
    default:
      return json(text)
  }
}

const json = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
