/**
 * What every operation of the catalogue says of itself.
 */
import { type Schema, SchemaAST } from "effect"
import { Operation, Refusal, Route, Wire } from "@foreman/core"
import { child, children, type SourceFile, walk, word } from "./SourceFile.ts"

// models ----------------------------------------------------------------------

/** An operation under the name of its method. */
export type Entry = readonly [key: string, operation: Operation.Any]

/** Fields that the envelopes of refusals use themselves. */
const taken = ["code", "detail", "error", "message"]

// rules -----------------------------------------------------------------------

/** What is wrong with one operation. */
export const problemsOf = ([key, operation]: Entry): ReadonlyArray<string> => [
  ...(verbOf(key) === verbOf(operation.name) ? [] : [`is called ${operation.name} on the wire`]),
  ...(/^[A-Z][\s\S]+\.$/.test(operation.description) ? [] : ["has no description in sentences"]),
  ...(/^[A-Z].*[^.]$/.test(operation.title) ? [] : ["has no title"]),
  ...(operation.cli.trim() === "" ? ["has no command line"] : []),
  ...fieldsWithoutRoute(operation),
  ...operation.errors.flatMap(refusalProblems)
]

/** Routes and command lines that two operations share. */
export const shared = (entries: ReadonlyArray<Entry>): ReadonlyArray<string> => {
  const seen = new Map<string, string>()
  return entries.flatMap(([key, { cli, http }]) =>
    [`${http.method} ${http.path.replace(/:\w+/g, ":_")}`, `foreman ${cli}`].flatMap((place) => {
      const other = seen.get(place)
      seen.set(place, key)
      return other === undefined ? [] : [`${other} and ${key} are both ${place}`]
    })
  )
}

/** The operations that a module binds: the keys of what its generator returns. */
export const handlersIn = (file: SourceFile): ReadonlyArray<string> => {
  const keys: Array<string> = []
  walk(file.program, (node) => {
    const returned = node.type === "ReturnStatement" ? child(node, "argument") : undefined
    if (returned?.type !== "ObjectExpression") return
    for (const property of children(returned, "properties")) {
      const key = word(child(property, "key"), "name")
      if (key !== undefined) keys.push(key)
    }
  })
  return keys
}

/** Operations that nothing answers, and handlers of nothing. */
export const unbound = (
  entries: ReadonlyArray<Entry>,
  handlers: ReadonlyArray<string>
): ReadonlyArray<string> => {
  const keys = entries.map(([key]) => key)
  return [
    ...keys.filter((key) => !handlers.includes(key)).map((key) => `${key} has no handler`),
    ...handlers.filter((key) => !keys.includes(key)).map((key) => `${key} is no operation`)
  ]
}

// internal --------------------------------------------------------------------

/** Tools keep the short nouns of their contract (`create_org`); the verb is the same everywhere. */
const verbOf = (name: string): string | undefined => /^[a-z]+(?=_|[A-Z]|$)/.exec(name)?.[0]

const refusalProblems = (refusal: Operation.Pure): ReadonlyArray<string> => {
  const code = Operation.codeOf(refusal)
  const fields = Object.keys(Wire.jsonSchema(refusal).properties ?? {})
  const clashing = fields.filter((field) => taken.includes(field))
  return [
    ...(code === "Unknown" ? ["refuses without a tag"] : []),
    ...(hasStatus(refusal) || Refusal.common.some((one) => one === refusal)
      ? []
      : [`refuses with ${code}, which has no status`]),
    ...(clashing.length === 0 ? [] : [`refuses with ${code}, whose ${clashing.join()} is taken`])
  ]
}

const fieldsWithoutRoute = (operation: Operation.Any): ReadonlyArray<string> => {
  try {
    Route.of(operation)
    return []
  } catch (cause) {
    return [cause instanceof Error ? cause.message : String(cause)]
  }
}

/** A class that says none has the status of our own mistakes; one may be meant to have it. */
const hasStatus = (refusal: Schema.Constraint): boolean =>
  SchemaAST.resolveAt<number>("httpApiStatus")(refusal.ast) !== undefined
