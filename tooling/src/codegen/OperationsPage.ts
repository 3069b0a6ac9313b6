/**
 * The reference of operations, from the catalogue that every surface is derived from.
 */
import * as core from "@foreman/core"
import { catalogue, Operation, Refusal, Route, Wire } from "@foreman/core"
import { Schema } from "effect"
import type { Generated } from "./Generated.ts"
import { code, fieldRows, page, type Shape, table, typeOf, wordsOf } from "./Page.ts"

// rules -----------------------------------------------------------------------

/** Every operation, what it takes, what it answers and what it refuses. */
export const operationsPage = (): Generated => {
  const operations = Object.values<Operation.Any>(catalogue)
  const families = Map.groupBy(operations, ({ cli }) => cli.split(" ")[0] ?? "")
  const answered = new Set<string>()
  for (const { output } of operations) collect(Wire.jsonSchema(output), answered)
  return page("operations", "Operations", [
    `Foreman can be asked ${operations.length} things. Each is defined once; the MCP tool, the REST ` +
      "route, the command line and the client's method are derived from it.",
    "Any operation may also refuse with these:",
    refusalTable(Refusal.common),
    ...[...families].flatMap(([family, members]) => [`## ${family}`, ...members.flatMap(section)]),
    "## What they answer",
    ...[...answered].toSorted().flatMap((name) => {
      const thing = things.get(name)
      return thing === undefined ? [] : [`### ${name}`, fieldTable(thing)]
    })
  ])
}

// internal --------------------------------------------------------------------

/** A field may say something else about a thing than the thing itself. */
const textOf = (shape: Shape): string => JSON.stringify({ ...shape, description: undefined })

/** The structs that core exports, under the names that people know them by. */
const things: ReadonlyMap<string, Shape> = new Map(
  Object.values<unknown>(core)
    .filter((space) => typeof space === "object" && space !== null)
    .flatMap((space) => Object.entries<unknown>({ ...space }))
    .flatMap(([name, value]) => {
      const isStruct = Schema.isSchema(value) && value.ast._tag === "Objects"
      return isStruct && /^[A-Z]/.test(name) ? [[name, Wire.jsonSchema(value)] as const] : []
    })
)

const texts: ReadonlyMap<string, string> = new Map(
  [...things].map(([name, shape]) => [textOf(shape), name])
)

/** What people call a shape, if they do. A shape without own fields has none. */
const nameOf = (shape: Shape): string | undefined => texts.get(textOf(shape))

const linkTo = (shape: Shape): string | undefined => {
  const name = nameOf(shape)
  return name === undefined ? undefined : `[${name}](#${name.toLowerCase()})`
}

/** Gathers the names of all things that a shape holds. */
const collect = (shape: Shape, into: Set<string>): void => {
  const name = nameOf(shape)
  if (name !== undefined) into.add(name)
  for (const field of Object.values(shape.properties ?? {})) collect(field, into)
  if (shape.items !== undefined) collect(shape.items, into)
}

const answerOf = ({ isList, output }: Operation.Any): string => {
  const shape = Wire.jsonSchema(output)
  const link = linkTo(shape)
  if (link !== undefined) return `Answers ${link}.`
  const fields = Object.entries(shape.properties ?? {}).map(
    ([name, field]) => `${code(name)} (${typeOf(field, linkTo)})`
  )
  if (fields.length === 0) return `Answers ${typeOf(shape)}.`
  return `Answers ${isList ? "a page: " : ""}${fields.join(", ")}.`
}

const section = (operation: Operation.Any): ReadonlyArray<string> => {
  const { cli, description, errors, http, kind, name, permission, tool } = operation
  const roles = tool === false ? undefined : (tool.roles ?? [])
  const places = [
    `${code(`${http.method} ${http.path}`)}, answering ${http.status ?? 200}`,
    code(`foreman ${cli}`),
    `a ${kind} that needs ${code(permission)}`,
    roles === undefined
      ? "no tool of agents"
      : roles.length === 0
        ? "a tool of agents"
        : `a tool of agents, by default of ${roles.join(", ")}`
  ]
  return [
    `### ${name}`,
    description,
    places.map((place) => `- ${place}`).join("\n"),
    inputTable(operation),
    answerOf(operation),
    errors.length === 0 ? "Refuses nothing of its own." : refusalTable(errors)
  ].filter((part) => part !== "")
}

const inputTable = (operation: Operation.Any): string => {
  const omitted = operation.tool === false ? [] : (operation.tool.omit ?? []).map(Wire.keyOf)
  return table(
    ["field", "in", "type", "words"],
    Route.of(operation).fields.map(({ isRequired, name, place, schema }) => [
      code(name) + (isRequired ? "" : "?"),
      omitted.includes(name) ? `${place}, not in the tool` : place,
      typeOf(schema),
      wordsOf(schema)
    ])
  )
}

const fieldTable = (shape: Shape): string =>
  table(["field", "type", "words"], fieldRows(shape, linkTo))

const refusalTable = (refusals: ReadonlyArray<Operation.Pure>): string =>
  table(
    ["refusal", "status", "facts"],
    refusals.map((refusal) => [
      code(Operation.codeOf(refusal)),
      String(Operation.statusOf(refusal)),
      Object.keys(Wire.jsonSchema(refusal).properties ?? {})
        .filter((name) => name !== "_tag")
        .map(code)
        .join(", ")
    ])
  )
