/**
 * The OpenAPI document: what the catalogue says, as a contract for programs and people.
 *
 * It is made from the same split and the same schemas as the routes, so it cannot say anything else
 * than they do.
 *
 * @since 0.1.0
 */
import {
  Access,
  Actor,
  catalogue as everything,
  Operation,
  Refusal,
  Route,
  Wire
} from "@foreman/core"
import { modelSchemas, refer } from "./internal/openApiModels.ts"
import * as Rest from "./Rest.ts"

// models ----------------------------------------------------------------------

/**
 * An OpenAPI 3.1 document, as far as this package looks into it.
 *
 * @category models
 * @since 0.1.0
 */
export interface Document {
  readonly openapi: "3.1.0"
  readonly info: {
    readonly title: string
    readonly version: string
    readonly description: string
  }
  readonly security: ReadonlyArray<Readonly<Record<string, ReadonlyArray<string>>>>
  readonly paths: Readonly<Record<string, Readonly<Record<string, PathItem>>>>
  readonly components: Readonly<Record<string, Readonly<Record<string, unknown>>>>
}

/**
 * One operation of the document.
 *
 * @category models
 * @since 0.1.0
 */
export interface PathItem {
  readonly operationId: string
  readonly summary: string
  readonly description: string
  readonly tags: ReadonlyArray<string>
  readonly security?: ReadonlyArray<never>
  readonly "x-foreman-permission"?: string
  readonly parameters: ReadonlyArray<unknown>
  readonly requestBody?: unknown
  readonly responses: Readonly<Record<string, unknown>>
}

// services --------------------------------------------------------------------

/**
 * Describes every operation of the catalogue, and the feed of events.
 *
 * @category generators
 * @since 0.1.0
 */
export const document = (catalogue: Operation.Catalogue = everything): Document => {
  // The order of a module's exports depends on what loads it; a document that is compared must not.
  const operations = Object.values(catalogue).toSorted(byPlace)
  const paths: Record<string, Record<string, PathItem>> = {}
  for (const operation of operations) {
    const item = (paths[templateOf(operation.http.path)] ??= {})
    item[operation.http.method.toLowerCase()] = pathItem(operation)
  }
  paths["/api/v1/events"] = { get: feed }
  return {
    openapi: "3.1.0",
    info: {
      title: "Foreman",
      version: "0.1.0",
      description:
        "The control plane for AI coding agents. Send JSON as application/json; fields that are " +
        "not known are ignored. An error's detail is for people, its code and facts are for programs."
    },
    security: [{ bearer: [] }, { apiKey: [] }],
    paths,
    components: {
      schemas: { ...modelSchemas(), ...refusalSchemas(operations) },
      responses,
      securitySchemes
    }
  }
}

// internal --------------------------------------------------------------------

const byPlace = ({ http: one }: Operation.Any, { http: other }: Operation.Any): number =>
  `${one.path} ${one.method}` < `${other.path} ${other.method}` ? -1 : 1

const templateOf = (path: string): string => path.replace(/:(\w+)/g, "{$1}")

const pathItem = (operation: Operation.Any): PathItem => {
  const { fields, method } = Route.of(operation)
  const isPublic = Rest.isPublic(operation)
  return {
    operationId: operation.name,
    summary: operation.title,
    description: operation.description,
    // The first word on the command line is the noun that the operation is about.
    tags: [operation.cli.split(" ", 1)[0] ?? operation.name],
    ...(isPublic ? { security: [] } : {}),
    "x-foreman-permission": operation.permission,
    parameters: [
      ...fields.filter(({ place }) => place !== "body").map(parameter),
      ...(operation.kind === "command" ? [idempotencyKey] : [])
    ],
    ...(Route.hasBody(method) ? { requestBody: requestBody(fields) } : {}),
    responses: {
      [operation.http.status ?? 200]: success(operation),
      ...(Route.hasBody(method) ? bodyResponses : {}),
      ...failures(operation)
    }
  }
}

const parameter = ({ isRequired, name, place, schema }: Route.Field) => {
  const { description, ...rest } = schema
  return {
    name,
    in: place,
    required: isRequired,
    ...(description === undefined ? {} : { description }),
    schema: rest
  }
}

const idempotencyKey = {
  name: "Idempotency-Key",
  in: "header",
  required: false,
  description: "Makes it safe to repeat the request: the same key and input give the stored answer",
  schema: { type: "string", minLength: 1, maxLength: 255 }
}

const requestBody = (fields: ReadonlyArray<Route.Field>) => {
  const inBody = fields.filter(({ place }) => place === "body")
  const required = inBody.filter(({ isRequired }) => isRequired).map(({ name }) => name)
  const properties = Object.fromEntries(inBody.map(({ name, schema }) => [name, schema]))
  return {
    required: required.length > 0,
    content: json({ type: "object", properties, required })
  }
}

const success = (operation: Operation.Any) => {
  const schema = Wire.jsonSchema(operation.output)
  if (!operation.isList) return { description: "The answer", content: json(refer(schema)) }
  return {
    description: "One page of the list",
    headers: {
      Link: { description: 'Where the next page is: rel="next"', schema: { type: "string" } }
    },
    content: json(refer(schema.properties?.["items"] ?? {}))
  }
}

/** One response per status, whose schema is one of the refusals that have it. */
const failures = (operation: Operation.Any) => {
  const byStatus = Map.groupBy(refusalsOf(operation), Operation.statusOf)
  return Object.fromEntries(
    Array.from(byStatus, ([status, classes]) => {
      const codes = classes.map(Operation.codeOf)
      const oneOf = codes.map((code) => ({ $ref: `#/components/schemas/${code}` }))
      return [status, { description: codes.join(" or "), content: json({ oneOf }) }]
    })
  )
}

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
  const isPublic = Rest.isPublic(operation)
  return [
    ...(isPublic ? [] : [Access.NotAuthenticated]),
    ...operation.errors,
    ...Refusal.common.filter((refusal) =>
      ofCommands.includes(refusal)
        ? operation.kind === "command"
        : !isPublic || !ofCallers.includes(refusal)
    )
  ]
}

const refusalSchemas = (operations: ReadonlyArray<Operation.Any>) => {
  const classes = operations.flatMap(refusalsOf)
  const entries = classes.map((refusal) => {
    const { _tag, ...facts } = Wire.jsonSchema(refusal).properties ?? {}
    const code = Operation.codeOf(refusal)
    return [code, errorSchema(code, facts, Operation.statusOf(refusal) === 422)] as const
  })
  return Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : 1)))
}

const errorSchema = (code: string, facts: Readonly<Record<string, unknown>>, isList = false) => ({
  type: "object",
  properties: { detail: isList ? details : { type: "string" }, code: { const: code }, ...facts },
  required: ["detail", "code", ...Object.keys(facts)]
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

const json = (schema: unknown) => ({ "application/json": { schema } })

const response = (code: string, description: string, isList = false) => ({
  description,
  content: json(errorSchema(code, {}, isList))
})

const responses = {
  BodyTooLarge: response("BodyTooLarge", "The body is longer than the server takes"),
  UnsupportedMediaType: response("UnsupportedMediaType", "The body is not application/json")
}

const bodyResponses = {
  413: { $ref: "#/components/responses/BodyTooLarge" },
  415: { $ref: "#/components/responses/UnsupportedMediaType" }
}

const securitySchemes = {
  bearer: { type: "http", scheme: "bearer" },
  apiKey: { type: "apiKey", in: "header", name: "X-API-Key" }
}

const text = { type: "string" }

/** The feed answers no single time, so it is no operation and is described by hand. */
const feed: PathItem = {
  operationId: "follow_events",
  summary: "Follow events",
  description:
    "Server-sent events: every event once and in order, and those that come. Each frame's id is an " +
    "opaque cursor; give the last one back as Last-Event-ID and nothing is missed or repeated. " +
    "0 is from the start; without a cursor the feed begins now. The first frame has an id only.",
  tags: ["events"],
  parameters: [
    { name: "org_id", in: "query", required: false, description: "Only this one", schema: text },
    { name: "last_event_id", in: "query", required: false, description: "Cursor", schema: text },
    { name: "Last-Event-ID", in: "header", required: false, description: "Cursor", schema: text }
  ],
  responses: {
    200: {
      description: "One event per frame; its data is this, as JSON",
      content: { "text/event-stream": { schema: { $ref: "#/components/schemas/RecordedEvent" } } }
    },
    401: response("NotAuthenticated", "No token, or one that is not good"),
    404: response("OrganizationNotFound", "There is no such organization"),
    422: response("InvalidInput", "The cursor is not one of this feed", true)
  }
}
