/**
 * What the docs page reads out of an OpenAPI document: flat rows of fields instead of schemas.
 */

// models ----------------------------------------------------------------------

export interface Schema {
  readonly type: string
  readonly words: string
}

export type Row = readonly [name: string, required: boolean, schema: Schema]

export interface Operation {
  readonly id: string
  readonly method: string
  readonly path: string
  readonly tag: string
  readonly summary: string
  readonly description: string
  readonly permission: string | undefined
  readonly parameters: ReadonlyArray<{
    readonly name: string
    readonly place: string
    readonly required: boolean
    readonly schema: Schema
  }>
  readonly body: Json | undefined
  readonly responses: ReadonlyArray<{
    readonly status: string
    readonly description: string
    readonly schema: Json | undefined
  }>
  /** Everything that the search looks into. */
  readonly text: string
}

/** An object of the document. */
export type Json = Readonly<Record<string, unknown>>

// rules -----------------------------------------------------------------------

export const operationsOf = (document: unknown) => {
  const root = asJson(document)
  const { description, version } = asJson(root["info"])
  const operations = Object.entries(asJson(root["paths"])).flatMap(([path, item]) =>
    Object.entries(asJson(item)).map(([method, operation]) =>
      operationOf(root, path, method.toUpperCase(), asJson(operation))
    )
  )
  return { description: String(description), version: String(version), operations }
}

/** The fields of a schema, at every depth, under paths like `tasks[].id`. */
export const rowsOf = (schema: Json, prefix = "", depth = 0): ReadonlyArray<Row> => {
  const items = asJson(schema["items"])
  if (schema["type"] === "array" && "items" in schema && isDeep(items)) {
    return rowsOf(items, `${prefix}[]`, depth + 1)
  }
  const variants = asList(schema["oneOf"])
  if (variants.length > 0) return variants.flatMap((variant) => rowsOf(variant, prefix, depth + 1))
  const required = Array.isArray(schema["required"]) ? schema["required"] : []
  return Object.entries(asJson(schema["properties"])).flatMap(
    ([name, inner]): ReadonlyArray<Row> => {
      const field = asJson(inner)
      const path = prefix === "" ? name : `${prefix}.${name}`
      const row: Row = [path, required.includes(name), schemaOf(field)]
      return depth < 4 && isDeep(field) ? [row, ...rowsOf(field, path, depth + 1)] : [row]
    }
  )
}

/** A schema in a word or two, and what else there is to say about it. */
export const schemaOf = (schema: Json): Schema => ({
  type: typeOf(schema),
  words: [schema["description"], ...bounds(schema)].filter(Boolean).join("; ")
})

/** A command that calls the operation, with its required fields to be filled in. */
export const tryItOf = ({ body, method, parameters, path }: Operation, origin: string): string => {
  const needed = parameters.filter(({ place, required }) => place === "query" && required)
  const query = needed.map(({ name }) => `${name}=...`).join("&")
  const lines = [`curl -X ${method} '${origin}${path}${query === "" ? "" : `?${query}`}'`]
  lines.push(`-H "Authorization: Bearer $FOREMAN_TOKEN"`)
  if (body !== undefined) {
    const fields = rowsOf(body).filter(([name, required]) => required && !/[.[]/.test(name))
    const example = Object.fromEntries(fields.map(([name, , { type }]) => [name, exampleOf(type)]))
    lines.push(`-H 'Content-Type: application/json'`, `-d '${JSON.stringify(example)}'`)
  }
  return lines.join(" \\\n  ")
}

// internal --------------------------------------------------------------------

const operationOf = (root: Json, path: string, method: string, item: Json): Operation => {
  const id = String(item["operationId"])
  const [summary, description] = [String(item["summary"]), String(item["description"])]
  const body = contentOf(root, asJson(item["requestBody"]))
  return {
    id,
    method,
    path,
    tag: String(asWords(item["tags"])[0] ?? ""),
    summary,
    description,
    permission: wordOf(item["x-foreman-permission"]),
    parameters: asList(item["parameters"]).map((parameter) => {
      const schema = schemaOf(asJson(parameter["schema"]))
      const words = [parameter["description"], schema.words].filter(Boolean).join("; ")
      return {
        name: String(parameter["name"]),
        place: String(parameter["in"]),
        required: parameter["required"] === true,
        schema: { type: schema.type, words }
      }
    }),
    body,
    responses: Object.entries(asJson(item["responses"])).map(([status, response]) => {
      const resolved = follow(root, asJson(response))
      return {
        status,
        description: String(resolved["description"]),
        schema: contentOf(root, resolved)
      }
    }),
    text: `${id} ${method} ${path} ${summary} ${description}`.toLowerCase()
  }
}

/** The schema of a body, with what it refers to in place. */
const contentOf = (root: Json, holder: Json): Json | undefined => {
  const [content] = Object.values(asJson(holder["content"]))
  const schema = asJson(content)["schema"]
  if (schema === undefined) return undefined
  return asJson(inPlace(root, schema))
}

/** Puts what is referred to in the place of the reference, at every depth that a page can show. */
const inPlace = (root: Json, node: unknown, depth = 0): unknown => {
  if (Array.isArray(node)) return node.map((one) => inPlace(root, one, depth))
  if (typeof node !== "object" || node === null || depth > 8) return node
  const entries = Object.entries(follow(root, asJson(node)))
  return Object.fromEntries(entries.map(([key, inner]) => [key, inPlace(root, inner, depth + 1)]))
}

const follow = (root: Json, json: Json): Json => {
  const reference = json["$ref"]
  if (typeof reference !== "string") return json
  const keys = reference.replace(/^#\//, "").split("/")
  return keys.reduce<Json>((inner, key) => asJson(inner[key]), root)
}

const isDeep = (schema: Json): boolean =>
  "properties" in schema || ("items" in schema && isDeep(asJson(schema["items"])))

const typeOf = (schema: Json): string => {
  if ("const" in schema) return JSON.stringify(schema["const"])
  const literals = asWords(schema["enum"])
  if (literals.length > 0) return literals.map((literal) => JSON.stringify(literal)).join(" | ")
  const variants = [...asList(schema["anyOf"]), ...asList(schema["oneOf"])]
  if (variants.length > 0) return [...new Set(variants.map(typeOf))].join(" | ")
  if (schema["type"] === "array") return `${typeOf(asJson(schema["items"]))}[]`
  return String(schema["type"] ?? "any")
}

const bounds = (schema: Json): ReadonlyArray<string> => {
  const all = [schema, ...asList(schema["allOf"])]
  const texts: Readonly<Record<string, (bound: unknown) => string>> = {
    minimum: (bound) => `at least ${String(bound)}`,
    maximum: (bound) => `at most ${String(bound)}`,
    exclusiveMinimum: (bound) => `more than ${String(bound)}`,
    minLength: (bound) => `at least ${String(bound)} characters`,
    maxLength: (bound) => `at most ${String(bound)} characters`,
    maxItems: (bound) => `at most ${String(bound)} items`,
    pattern: (bound) => `matches ${String(bound)}`,
    default: (bound) => `default ${JSON.stringify(bound)}`
  }
  return all.flatMap((part) =>
    Object.entries(part).flatMap(([key, bound]) => texts[key]?.(bound) ?? [])
  )
}

const exampleOf = (type: string): unknown => {
  if (type.startsWith('"')) return JSON.parse(type.split(" | ")[0] ?? '""')
  if (type.endsWith("[]")) return []
  return type === "integer" || type === "number" ? 1 : type === "boolean" ? true : "..."
}

const asJson = (value: unknown): Json =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : {}

const wordOf = (value: unknown): string | undefined =>
  typeof value === "string" ? value : undefined

const asList = (value: unknown): ReadonlyArray<Json> =>
  Array.isArray(value) ? value.map(asJson) : []

const asWords = (value: unknown): ReadonlyArray<unknown> => (Array.isArray(value) ? value : [])
