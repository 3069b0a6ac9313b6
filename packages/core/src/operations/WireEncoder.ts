/**
 * The way out to the wire, which most data takes: a value is checked once, by its own schema, and
 * its keys are renamed by plain functions, where encoding with `Wire.of` looks at every field twice.
 *
 * Both say the same of what operations answer and of what events hold. What is more than a name is
 * left to `Wire.of`.
 *
 * @internal
 */
import { Schema, SchemaAST } from "effect"
import * as SchemaJITCompiler from "effect/schema/SchemaJITCompiler"
import { type AnyCodec, asCodec, blankOf } from "../internal/dynamic.ts"
import * as Wire from "./Wire.ts"

// rules -----------------------------------------------------------------------

/** How the fields of a value come: as the schema has them, or as canonical JSON has them. */
export type Order = "declared" | "canonical"

/** Puts values of a schema's type into their wire form. Throws what is not of that type. */
export const make = (
  schema: Schema.Constraint,
  order: Order = "declared"
): ((value: unknown) => Wire.Json) => {
  const type = asCodec(Schema.toType(schema))
  // A function made for this very schema looks at a task in a quarter of the time. Where functions
  // cannot be made of text, the schema is interpreted.
  SchemaJITCompiler.enable(type.ast)
  const check = Schema.decodeUnknownSync(type)
  const rename = renaming(Schema.toCodecJson(schema).ast, order)
  return rename === undefined ? check : (value) => rename(check(value))
}

// internal --------------------------------------------------------------------

type Rename = (value: unknown) => unknown

/** How a checked value is renamed; undefined where it stays as it is. */
const renaming = (ast: SchemaAST.AST, order: Order): Rename | undefined => {
  if (ast.encoding !== undefined) return encoding(ast)
  switch (ast._tag) {
    case "Arrays": {
      const [item, ...more] = ast.rest
      if (item === undefined || more.length > 0 || ast.elements.length > 0) return encoding(ast)
      const rename = renaming(item, order)
      // As: the value has been checked to be a list.
      return rename && ((value) => (value as ReadonlyArray<unknown>).map((one) => rename(one)))
    }
    case "Declaration":
    case "Suspend":
      return encoding(ast)
    case "Objects":
      return ast.indexSignatures.length > 0 || ast.propertySignatures.length === 0
        ? encoding(ast)
        : renamingFields(ast, order)
    case "Union":
      return ast.types.every((type) => renaming(type, order) === undefined)
        ? undefined
        : encoding(ast)
    default:
      return undefined
  }
}

const renamingFields = ({ propertySignatures }: SchemaAST.Objects, order: Order): Rename => {
  const declared = propertySignatures.map(({ name, type }) => ({
    name: String(name),
    key: Wire.keyOf(String(name)),
    rename: renaming(type, order)
  }))
  const fields =
    order === "declared" ? declared : declared.toSorted((a, b) => (a.key < b.key ? -1 : 1))
  const blank = blankOf(fields.map(({ key }) => key))
  const isWhole = !propertySignatures.some(({ type }) => SchemaAST.isOptional(type))
  return (value) => {
    // As: the value has been checked to be an object with these fields.
    const given = value as Readonly<Record<string, unknown>>
    const renamed = isWhole ? blank() : {}
    for (const { key, name, rename } of fields) {
      if (!isWhole && !Object.hasOwn(given, name)) continue
      renamed[key] = rename === undefined ? given[name] : rename(given[name])
    }
    return renamed
  }
}

/** The other way, for a part of a value. */
const encoding = (ast: SchemaAST.AST): Rename =>
  Schema.encodeUnknownSync(Wire.of(Schema.make<AnyCodec>(ast)))
