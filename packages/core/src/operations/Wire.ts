/**
 * How data looks outside TypeScript: the same schema with snake_case keys.
 *
 * One function renames, for every surface, at every depth. Keys that users choose (records) stay as
 * they are. What a wire schema says is also what its JSON schema says.
 *
 * @since 0.1.0
 */
import { Option, Schema, SchemaAST, SchemaTransformation, Struct } from "effect"
import { type AnyCodec, asJsonCodec, type JsonCodec, recordOf } from "../internal/dynamic.ts"

// models ----------------------------------------------------------------------

/**
 * Data as it crosses the wire: whatever JSON can say, not looked at yet.
 *
 * @category models
 * @since 0.1.0
 */
export type Json = unknown

/**
 * A JSON schema, as far as surfaces look into it.
 *
 * @category models
 * @since 0.1.0
 */
export interface JsonSchema {
  readonly type?: string
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly required?: ReadonlyArray<string>
  readonly items?: JsonSchema
  readonly [keyword: string]: unknown
}

/**
 * What to do with fields that the schema does not know.
 *
 * @category models
 * @since 0.1.0
 */
export type UnknownFields = "ignore" | "refuse"

/**
 * The codec between a schema's type and its wire form.
 *
 * @category schemas
 * @since 0.1.0
 */
export type Wire<S extends Schema.Constraint> = JsonCodec<S["Type"]>

// rules -----------------------------------------------------------------------

/**
 * The wire name of a key: `taskId` becomes `task_id`. Leading underscores stay.
 *
 * @category schemas
 * @since 0.1.0
 */
export const keyOf = (name: string): string =>
  name.replace(/(?<=.)[A-Z]/g, (letter) => `_${letter}`).toLowerCase()

/**
 * Derives the wire schema of a schema.
 *
 * @category schemas
 * @since 0.1.0
 */
export const of = <S extends Schema.Constraint>(schema: S): Wire<S> => {
  const known = derived.get(schema)
  if (known !== undefined) return known
  const camel = Schema.toCodecJson(schema)
  const snake = Schema.make<Schema.Codec<unknown>>(rename(SchemaAST.toEncoded(camel.ast)))
  const wire = asJsonCodec(snake, camel)
  derived.set(schema, wire)
  return wire
}

/**
 * The JSON schema of a schema's wire form, self-contained and as short as agents like it. A field
 * that may be left out shows the default it then has.
 *
 * @category schemas
 * @since 0.1.0
 */
export const jsonSchema = (
  schema: Schema.Constraint,
  unknownFields: UnknownFields = "ignore"
): JsonSchema => {
  const onExcessProperty = unknownFields === "refuse" ? "error" : "ignore"
  const document = Schema.toJsonSchemaDocument(of(schema), { onExcessProperty })
  return showDefaults(schema.ast, shorten(document.schema, document.definitions))
}

// internal --------------------------------------------------------------------

const derived = new WeakMap<Schema.Constraint, AnyCodec>()

/** Whether a schema is the only one at its place, or a union tries one after the other. */
type Place = "alone" | "alternative"

/** Walks a schema that has no encodings left and renames the keys of every struct in it. */
const rename = (ast: SchemaAST.AST, place: Place = "alone"): SchemaAST.AST => {
  switch (ast._tag) {
    case "Objects":
      return renameKeys(ast, place)
    case "Arrays": {
      const { annotations, checks, context, isMutable } = ast
      const elements = ast.elements.map((type) => rename(type))
      const rest = ast.rest.map((type) => rename(type))
      return new SchemaAST.Arrays(
        isMutable,
        elements,
        rest,
        annotations,
        checks,
        undefined,
        context
      )
    }
    case "Union": {
      const { annotations, checks, context, options } = ast
      const types = ast.types.map((type) => rename(type, "alternative"))
      return new SchemaAST.Union(types, options, annotations, checks, undefined, context)
    }
    case "Suspend":
      return new SchemaAST.Suspend(() => rename(ast.thunk(), place), ast.annotations)
    default:
      return ast
  }
}

const renameKeys = (ast: SchemaAST.Objects, place: Place): SchemaAST.AST => {
  const there: Record<string, string> = {}
  const back: Record<string, string> = {}
  const properties = ast.propertySignatures.map(({ name, type }) => {
    const key = keyOf(String(name))
    if (Object.hasOwn(back, key)) throw new TypeError(`Two fields are ${key} on the wire`)
    there[String(name)] = key
    back[key] = String(name)
    return new SchemaAST.PropertySignature(key, rename(type))
  })
  const records = ast.indexSignatures.map(
    ({ parameter, type }) => new SchemaAST.IndexSignature(parameter, rename(type))
  )
  const { annotations, checks, context, indexSignatures, propertySignatures } = ast
  const snake = new SchemaAST.Objects(properties, records, annotations)
  // Fields are looked at before and after, by their own schemas. In between it matters only to a
  // union whether they fit, and to checks of the whole.
  const camel =
    place === "alone" && checks === undefined
      ? SchemaAST.unknown
      : new SchemaAST.Objects(
          propertySignatures,
          indexSignatures,
          undefined,
          checks,
          undefined,
          context
        )
  const transformation = SchemaTransformation.transform<object, object>({
    decode: Struct.renameKeys(back),
    encode: Struct.renameKeys(there)
  })
  const renamed = SchemaAST.decodeTo(snake, camel, transformation)
  return SchemaAST.isOptional(ast) ? Schema.optionalKey(Schema.make(renamed)).ast : renamed
}

/**
 * Adds the defaults of an object's fields, and of the objects within it. They stand in the schema's
 * decoding, where its wire form has none of them left.
 */
const showDefaults = (ast: SchemaAST.AST, shown: JsonSchema): JsonSchema => {
  if (ast._tag !== "Objects" || shown.properties === undefined) return shown
  const properties: Record<string, JsonSchema> = { ...shown.properties }
  for (const field of ast.propertySignatures) {
    const key = keyOf(String(field.name))
    const inner = showDefaults(field.type, properties[key] ?? {})
    const isRequired = shown.required?.includes(key) ?? false
    const value = isRequired ? undefined : defaultOf(field, key)
    properties[key] = value === undefined ? inner : { ...inner, default: value }
  }
  return { ...shown, properties }
}

/** What decoding puts where the field is left out, if anything. */
const defaultOf = (field: SchemaAST.PropertySignature, key: string): Json => {
  const wire = of(Schema.make<AnyCodec>(new SchemaAST.Objects([field], [])))
  const filled = Option.map(Schema.decodeOption(wire)({}), Schema.encodeSync(wire))
  return recordOf(Option.getOrUndefined(filled))[key]
}

/** Puts definitions in place, and drops the bounds that every safe integer has anyway. */
const shorten = (node: unknown, definitions: Readonly<Record<string, unknown>>): JsonSchema => {
  const visit = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(visit)
    if (typeof value !== "object" || value === null) return value
    const entries = Object.entries(value)
    const reference = entries.find(([key]) => key === "$ref")?.[1]
    if (typeof reference === "string") return visit(definitions[reference.split("/").at(-1) ?? ""])
    return Object.fromEntries(
      entries
        .filter(([, bound]) => Math.abs(Number(bound)) !== Number.MAX_SAFE_INTEGER)
        .map(([key, inner]) => [key, visit(inner)])
    )
  }
  // As: what a JSON schema is mapped to is a JSON schema again.
  return visit(node) as JsonSchema
}
