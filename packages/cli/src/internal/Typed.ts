/**
 * What is typed for the fields of an operation: an example of it, and what is wrong with it before
 * anything is asked.
 */
import { catalogue, type Route } from "@foreman/core"
import type { Part } from "./OperationCommands.ts"
import * as Scope from "./Scope.ts"
import { dashed, isNullable, isObject, shapeOf } from "./Values.ts"

// rules -----------------------------------------------------------------------

/** A command line that can be typed. */
export const exampleOf = ({ fields, places, words }: Part): string => {
  // No two numbers are the same: a task does not depend on itself.
  let number = 42
  const sample = ({ name, schema }: Route.Field): string => {
    const { choices, type } = shapeOf(schema)
    if (choices[0] !== undefined) return choices[0]
    if (type === "number" || numbered.test(name)) return String(number--)
    if (Scope.agents.includes(name)) return "ada"
    if (name.endsWith("_id")) return "01a2b3c4-..."
    return type === "json" ? "'{}'" : `"${name.replaceAll("_", " ")}"`
  }
  const needed = fields.filter(
    (field) => field.isRequired && !places.includes(field) && !Scope.scopes.includes(field.name)
  )
  const values = places.filter(({ isRequired }) => isRequired).map(sample)
  const flags = needed.map((field) => `--${dashed(field.name)} ${sample(field)}`)
  return ["foreman", ...words, ...values, ...flags].join(" ")
}

/** What is wrong with what was typed for an id, a number or JSON, as the end of "X is ..."; "" if nothing. */
export const problemOf = ({ name, schema }: Route.Field, text: string): string => {
  const isNamed = [...Scope.scopes, ...Scope.agents, ...Scope.repositories].includes(name)
  if (isNamed || (text === "null" && isNullable(schema))) return ""
  if (shapeOf(schema).type === "number") {
    if (/^-?\d+(\.\d+)?$/.test(text)) return ""
    const noun = numbered.test(name) ? `the number of a ${nounOf(name)}, say 42,` : "a number,"
    return `${noun} not ${text}`
  }
  if (isObject(schema)) return objectProblemOf(text)
  const [, noun = ""] = /^Id of the (\w+)$/.exec(String(schema["description"])) ?? []
  // A text of one's own choice is bounded, an id that is given is not.
  if (noun === "" || schema["maxLength"] !== undefined || Scope.isId(text)) return ""
  const list = Object.values(catalogue).find(({ cli }) => cli === `${nounOf(name)} list`)
  const advice = list === undefined ? "" : `, as foreman ${list.cli} shows`
  return `the id of the ${noun}${advice}, not ${text}`
}

// internal --------------------------------------------------------------------

/** Things that have numbers. */
const numbered = /^(task|depends_on|message|request)_id$/

const nounOf = (name: string): string =>
  name === "depends_on_id" ? "task" : name.replace(/_id$/, "")

const objectProblemOf = (text: string): string => {
  const noun = `one JSON object, say '{"key": "value"}',`
  const shown = text.length > mostShown ? `${text.slice(0, mostShown)}...` : text
  try {
    const value: unknown = JSON.parse(text)
    const isObject = typeof value === "object" && value !== null && !Array.isArray(value)
    return isObject ? "" : `${noun} not ${shown}`
  } catch (cause) {
    return `${noun} and ${shown} is no JSON: ${cause instanceof Error ? cause.message : String(cause)}`
  }
}

/** Of what somebody has typed, as much as lets it be recognized. */
const mostShown = 60
