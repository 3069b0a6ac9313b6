/**
 * What an operation may refuse, as responses and schemas of the document: each dialect has its own
 * body for the same refusal.
 *
 * @internal
 */
import { Access, Actor, Operation, Refusal, Wire } from "@foreman/core"
import * as Dialect from "../Dialect.ts"
import { isPublic } from "../Rest.ts"

// services --------------------------------------------------------------------

/** One response per status, whose schema is one of the refusals that have it. */
export const failures = (operation: Operation.Any) => {
  const dialect = Dialect.at(operation.http.path)
  const byStatus = Map.groupBy(refusalsOf(operation), (refusal) =>
    Dialect.statusOf(Operation.statusOf(refusal), dialect.malformed)
  )
  return Object.fromEntries(
    Array.from(byStatus, ([status, classes]) => {
      const codes = classes.map(Operation.codeOf)
      const oneOf = codes.map((code) => ({ $ref: `#/components/schemas/${nameOf(dialect, code)}` }))
      return [status, { description: codes.join(" or "), content: json({ oneOf }) }]
    })
  )
}

/** Every refusal that any of the operations has, by its name. */
export const refusalSchemas = (operations: ReadonlyArray<Operation.Any>) => {
  const entries = operations.flatMap((operation) => {
    const dialect = Dialect.at(operation.http.path)
    return refusalsOf(operation).map((refusal) => {
      const { properties, required = [] } = Wire.jsonSchema(refusal)
      const { _tag, ...facts } = properties ?? {}
      const code = Operation.codeOf(refusal)
      const isList = Operation.statusOf(refusal) === 422
      const schema =
        dialect === Dialect.manager
          ? managerSchema(code, facts, required)
          : errorSchema(code, facts, isList)
      return [nameOf(dialect, code), schema] as const
    })
  })
  return Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : 1)))
}

/** A body of JSON. */
export const json = (schema: unknown) => ({ "application/json": { schema } })

/** A response that is one refusal. */
export const response = (code: string, description: string, isList = false) => ({
  description,
  content: json(errorSchema(code, {}, isList))
})

/** What every request with a body may be answered. */
export const responses = () => ({
  BodyTooLarge: response("BodyTooLarge", "The body is longer than the server takes"),
  UnsupportedMediaType: response("UnsupportedMediaType", "The body is not application/json")
})

/** The same, where they are referred to. */
export const bodyResponses = {
  413: { $ref: "#/components/responses/BodyTooLarge" },
  415: { $ref: "#/components/responses/UnsupportedMediaType" }
}

// internal --------------------------------------------------------------------

const text = { type: "string" }

/** A query repeats nothing and writes nothing; who needs no token is not asked for permission. */
const refusalsOf = (operation: Operation.Any): ReadonlyArray<Operation.Pure> => {
  const { Busy, IdempotencyKeyReused, InvalidInput, PermissionDenied, RunTokenStale } = Refusal
  const ofCommands: ReadonlyArray<Operation.Pure> = [
    Busy,
    IdempotencyKeyReused,
    RunTokenStale,
    Actor.NotYourTask
  ]
  const ofCallers: ReadonlyArray<Operation.Pure> = [InvalidInput, PermissionDenied]
  const isOpen = isPublic(operation)
  return [
    ...(isOpen ? [] : [Access.NotAuthenticated]),
    ...operation.errors,
    ...Refusal.common.filter((refusal) =>
      ofCommands.includes(refusal)
        ? operation.kind === "command"
        : !isOpen || !ofCallers.includes(refusal)
    )
  ]
}

/** The same refusal has another body where another dialect is spoken. */
const nameOf = (dialect: Dialect.Dialect, code: string): string =>
  dialect === Dialect.manager ? `Manager${code}` : code

const errorSchema = (code: string, facts: Readonly<Record<string, unknown>>, isList = false) => ({
  type: "object",
  properties: { detail: isList ? details : { type: "string" }, code: { const: code }, ...facts },
  required: ["detail", "code", ...Object.keys(facts)]
})

const managerSchema = (
  code: string,
  facts: Readonly<Record<string, unknown>>,
  required: ReadonlyArray<string>
) => ({
  type: "object",
  properties: { error: text, code: { const: code }, ...facts },
  required: ["error", "code", ...required.filter((key) => key !== "_tag")]
})

const details = {
  type: "array",
  items: {
    type: "object",
    properties: {
      type: { type: "string" },
      loc: { type: "array", items: { anyOf: [{ type: "string" }, { type: "integer" }] } },
      msg: { type: "string" },
      input: {}
    },
    required: ["type", "loc", "msg"]
  }
}
