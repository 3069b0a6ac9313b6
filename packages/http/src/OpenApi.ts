/**
 * The OpenAPI document: what the catalogue says, as a contract for programs and people.
 *
 * It is made from the same split and the same schemas as the routes, so it cannot say anything else
 * than they do.
 *
 * @since 0.1.0
 */
import { catalogue as everything, type Operation, Route, Wire } from "@foreman/core"
import { modelSchemas, refer } from "./internal/openApiModels.ts"
import { dryRun, idempotencyKey } from "./internal/openApiParameters.ts"
import {
  bodyResponses,
  failures,
  json,
  refusalSchemas,
  response,
  responses
} from "./internal/openApiRefusals.ts"
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
      responses: responses(),
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
      ...(operation.kind === "command" ? [idempotencyKey, dryRun] : [])
    ],
    ...(Route.hasBody(method) ? { requestBody: requestBody(fields) } : {}),
    responses: {
      ...answers(operation),
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

const requestBody = (fields: ReadonlyArray<Route.Field>) => {
  const inBody = fields.filter(({ place }) => place === "body")
  const required = inBody.filter(({ isRequired }) => isRequired).map(({ name }) => name)
  const properties = Object.fromEntries(inBody.map(({ name, schema }) => [name, schema]))
  return {
    required: required.length > 0,
    content: json({ type: "object", properties, required })
  }
}

/**
 * What an operation answers. The answer of a dry run stands beside it where the command itself has
 * another status; else it is only named, as a choice of two would be one in every program.
 */
const answers = (operation: Operation.Any) => {
  const status = operation.http.status ?? 200
  const answer = success(operation)
  if (operation.kind === "query") return { [status]: answer }
  if (status === 200)
    return { 200: { ...answer, description: "The answer; of a dry run a DryRun" } }
  const dry = { $ref: "#/components/schemas/DryRun" }
  return { [status]: answer, 200: { description: "A dry run", content: json(dry) } }
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
