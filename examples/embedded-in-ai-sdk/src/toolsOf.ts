/**
 * Foreman's operations as tools of the AI SDK. Names, words and schemas come from the catalogue, so
 * an operation that is new there is a new tool here.
 */
import { Actor, catalogue, Refusal, Wire } from "@foreman/core"
import type { Facade, FullCatalogue, Operation, PlainActor, PromisedForeman } from "@foreman/core"
import { jsonSchema, type JSONSchema7, type JSONValue, type Tool, tool } from "ai"

/** The tools by the names of their operations: those that the actor and the role have. */
export type ForemanTools = {
  readonly [Key in keyof FullCatalogue as FullCatalogue[Key]["name"]]?: ToolOf<FullCatalogue[Key]>
}

/** A tool takes an operation's input on the wire, and gives its answer or its refusal. */
export type ToolOf<O extends Operation.Any> = Tool<
  WireForm<Operation.PlainInput<O>>,
  { readonly answer: WireForm<Operation.PlainOutput<O>> } | { readonly refusal: Refusal.Refusal }
>

export interface ToolsOptions {
  /** Only the small set of tools that agents of this role need. */
  readonly role?: "manager" | "engineer" | "reviewer"
}

/**
 * The tools of an actor: what it may do, in its name. A refusal goes back to the model, which can
 * act on its facts; nothing is thrown. The id of a tool call is the key of its command, so a call that
 * is made again, say by a conversation that is resumed, happens once.
 */
export const toolsOf = (
  foreman: PromisedForeman,
  actor: PlainActor,
  { role }: ToolsOptions = {}
): ForemanTools => {
  const { invoke } = foreman.as(actor)
  const offered = Object.values<Operation.Any>(catalogue).filter(
    ({ permission, tool }) =>
      tool !== false &&
      Actor.may(actor, permission) &&
      (role === undefined || tool.roles?.includes(role))
  )
  // That each tool is what its operation says is known to the catalogue, not to this loop.
  return Object.fromEntries(offered.map((operation) => [operation.name, toTool(operation, invoke)]))
}

const toTool = (
  operation: Operation.Any,
  invoke: Facade.PromisedInvoke
): Tool<Readonly<Record<string, unknown>>, Facade.Invoked> =>
  tool({
    title: operation.title,
    description: (operation.tool && operation.tool.text) || operation.description,
    inputSchema: inputOf(operation),
    execute: (input, { abortSignal, toolCallId }) =>
      invoke(operation.name, input, {
        unknownFields: "refuse",
        ...(operation.kind === "command" && { idempotencyKey: toolCallId }),
        ...(abortSignal && { signal: abortSignal })
      }),
    toModelOutput: ({ output }) =>
      "refusal" in output
        ? { type: "error-json", value: asJson(Refusal.agent(output.refusal)) }
        : { type: "json", value: asJson(output.answer) }
  })

/** The operation's own schema on the wire, without the fields that agents do not get. */
const inputOf = ({ input, tool }: Operation.Any) => {
  const omitted = new Set(((tool && tool.omit) || []).map(Wire.keyOf))
  const { properties = {}, required = [] } = Wire.jsonSchema(input)
  const kept = Object.entries(properties).filter(([name]) => !omitted.has(name))
  const shown = {
    type: "object",
    properties: Object.fromEntries(kept),
    ...(required.length > 0 && { required }),
    additionalProperties: false
  }
  // As: a JSON schema is JSON, which the SDK spells out in full where Foreman says unknown. That
  // the input fits is looked at by Foreman, whose refusal names every problem.
  return jsonSchema<Readonly<Record<string, unknown>>>(shown as JSONSchema7)
}

/** As: what crosses the wire is JSON. */
const asJson = (value: Wire.Json) => value as JSONValue

/** The same data with keys in snake_case; the keys of records are whatever their users chose. */
type WireForm<T> =
  T extends ReadonlyArray<infer Item>
    ? ReadonlyArray<WireForm<Item>>
    : T extends object
      ? string extends keyof T
        ? T
        : { readonly [Key in keyof T as Snake<Key & string>]: WireForm<T[Key]> }
      : T

type Snake<Name extends string> = Name extends `${infer Head}${infer Rest}`
  ? `${Head extends Lowercase<Head> ? Head : `_${Lowercase<Head>}`}${Snake<Rest>}`
  : ""
