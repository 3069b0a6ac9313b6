/**
 * UUIDs in the one form in which they are kept: lower case. In which case a caller writes them does
 * not matter, so every input is put into that form before anything looks at it.
 *
 * @since 0.1.0
 */
import type { Schema, SchemaAST } from "effect"
import { isUuid } from "../rules/Identifier.ts"

// rules -----------------------------------------------------------------------

/**
 * Makes what puts the ids in values of a schema into lower case. A value that has none in upper
 * case stays the same one.
 *
 * **Example** (An agent by an id in capitals)
 *
 * ```ts import.meta.vitest
 * import { Schema } from "effect"
 * import { Identifier, Uuid } from "@foreman/core"
 *
 * const lowered = Uuid.lowered(Schema.Struct({ agentId: Identifier.AgentId, name: Schema.String }))
 *
 * lowered({ agentId: "00000000-0000-7000-8000-0000000000AB", name: "Ada" })
 * // => { agentId: "00000000-0000-7000-8000-0000000000ab", name: "Ada" }
 * ```
 *
 * @category rules
 * @since 0.1.0
 */
export const lowered = (schema: Schema.Constraint): ((value: unknown) => unknown) =>
  lower(schema.ast) ?? ((value) => value)

// internal --------------------------------------------------------------------

type Lower = (value: unknown) => unknown

/** How the ids in a value are put into lower case; undefined where there are none. */
const lower = (ast: SchemaAST.AST): Lower | undefined => {
  if (isUuid(ast)) return (value) => (typeof value === "string" ? value.toLowerCase() : value)
  switch (ast._tag) {
    case "Arrays":
      return inItems(ast)
    case "Objects":
      return inFields(ast)
    case "Union": {
      const [one, ...others] = ast.types.flatMap((type) => lower(type) ?? [])
      // Of several one alone has ids, the others being null: more than that no input has.
      return others.length === 0 ? one : undefined
    }
    default:
      return undefined
  }
}

const inItems = ({ rest }: SchemaAST.Arrays): Lower | undefined => {
  const [item] = rest.flatMap((type) => lower(type) ?? [])
  if (item === undefined) return undefined
  return (value) => {
    if (!Array.isArray(value)) return value
    const items: ReadonlyArray<unknown> = value.map(item)
    return items.every((one, index) => one === value[index]) ? value : items
  }
}

const inFields = ({ propertySignatures }: SchemaAST.Objects): Lower | undefined => {
  const fields = propertySignatures.flatMap(({ name, type }) => {
    const inner = lower(type)
    return inner === undefined ? [] : [{ name: String(name), inner }]
  })
  if (fields.length === 0) return undefined
  return (value) => {
    if (typeof value !== "object" || value === null) return value
    // As: an object is read by names, and what is found is looked at.
    const given = value as Readonly<Record<string, unknown>>
    const changes = fields.flatMap(({ inner, name }) => {
      const now = inner(given[name])
      return now === given[name] ? [] : [[name, now] as const]
    })
    return changes.length === 0 ? value : { ...given, ...Object.fromEntries(changes) }
  }
}
