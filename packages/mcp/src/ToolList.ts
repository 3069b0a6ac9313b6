/**
 * The tools that agents see, derived from the operation catalogue.
 *
 * @since 0.1.0
 */
import { catalogue } from "@foreman/core/operations/catalogue"
import type * as Operation from "@foreman/core/operations/Operation"
import { schemaOf } from "@foreman/core/operations/DryRun"
import * as Wire from "@foreman/core/operations/Wire"
import type { Tool } from "@modelcontextprotocol/server"
import { Effect, Schema } from "effect"
import type { RoleTools, ToolRole } from "./ToolRole.ts"

// rules -----------------------------------------------------------------------

/**
 * The operations that agents have as tools, by name: all of them, or those in the set of a role.
 *
 * @category operations
 * @since 0.1.0
 */
export const operations = (role?: ToolRole): ReadonlyArray<Operation.Any> =>
  Object.values<Operation.Any>(catalogue)
    .filter(
      ({ tool }) => tool !== false && (role === undefined || (tool.roles?.includes(role) ?? false))
    )
    // The order of a module's exports depends on what loads it; a list that is compared must not.
    .toSorted(byName)

/**
 * Everything about the tools that a server lists, as it stands in the package's `tools.json`.
 *
 * @category operations
 * @since 0.1.0
 */
export const toolList = (): RoleTools => ({
  tools: [...operations().map(toTool), dryRun].toSorted(byName),
  roles: {
    manager: [...names("manager"), dryRun.name].toSorted(),
    engineer: names("engineer"),
    reviewer: names("reviewer")
  }
})

/**
 * Describes one operation as a tool.
 *
 * **Gotchas**
 *
 * The output schema is that of the answer alone, and open: clients check it against every structured
 * answer, and a newer server behind a bridge may say more than this list knows.
 *
 * @category operations
 * @since 0.1.0
 */
export const toTool = (operation: Operation.Any): Tool => {
  const input = inputOf(operation)
  const isQuery = operation.kind === "query"
  return {
    name: operation.name,
    title: operation.title,
    description: (operation.tool && operation.tool.text) || operation.description,
    inputSchema: asObject(isEmpty(input) ? noFields : Wire.jsonSchema(input, "refuse")),
    outputSchema: asObject(Wire.jsonSchema(operation.output)),
    annotations: {
      readOnlyHint: isQuery,
      // What a command replaces stays in the history: nothing that was said is ever lost.
      destructiveHint: false,
      // A command without a key that is repeated happens twice.
      idempotentHint: isQuery,
      // All that a call can reach is this control plane.
      openWorldHint: false
    }
  }
}

/**
 * The input of an operation as its tool takes it: without the fields that agents do not get, with
 * an idempotency key if it is a command.
 *
 * @category schemas
 * @since 0.1.0
 */
export const inputOf = ({ input, kind, tool }: Operation.Any): Schema.Struct<Operation.Fields> => {
  const omitted = tool === false ? [] : (tool.omit ?? [])
  const kept = Object.entries(input.fields).filter(([name]) => !omitted.includes(name))
  return Schema.Struct({ ...Object.fromEntries(kept), ...(kind === "command" ? repeatable : {}) })
}

/**
 * Says whether a tool takes nothing at all.
 *
 * @category schemas
 * @since 0.1.0
 */
export const isEmpty = (input: Schema.Struct<Operation.Fields>): boolean =>
  Object.keys(input.fields).length === 0

/**
 * What the tool takes that rehearses the commands.
 *
 * @category schemas
 * @since 0.1.0
 */
export const DryRunInput = Schema.Struct({
  tool: Schema.String.annotate({ description: "A tool that changes something" }),
  arguments: Schema.Record(Schema.String, Schema.Unknown)
    .annotate({ description: "What it would be called with" })
    .pipe(Schema.withDecodingDefaultKey(Effect.succeed({})))
})

/**
 * The one tool that is no operation: what another tool would do.
 *
 * **Details**
 *
 * As an argument of every command it would cost each list of tools some twenty tokens per command, its
 * answer would not fit what clients check answers against, and a client that lets an agent look but
 * not touch could not tell the two apart.
 *
 * @category operations
 * @since 0.1.0
 */
export const dryRun: Tool = {
  name: "dry_run",
  title: "Dry run",
  description: "Shows the events that another tool would write, or its refusal. Changes nothing.",
  inputSchema: asObject(Wire.jsonSchema(DryRunInput, "refuse")),
  outputSchema: asObject(Wire.jsonSchema(schemaOf(Schema.Record(Schema.String, Schema.Unknown)))),
  annotations: {
    readOnlyHint: true,
    destructiveHint: false,
    idempotentHint: true,
    openWorldHint: false
  }
}

// internal --------------------------------------------------------------------

function byName(one: { readonly name: string }, other: { readonly name: string }): number {
  return one.name < other.name ? -1 : 1
}

const names = (role: ToolRole) => operations(role).map(({ name }) => name)

const repeatable = {
  idempotencyKey: Schema.optionalKey(
    // What a header can carry too, so that the bridge and the embedded tools take the same keys.
    Schema.String.check(Schema.isMaxLength(200), Schema.isPattern(/^[!-~]+$/)).annotate({
      description: "Makes a repeat safe: the same key gives the first answer"
    })
  )
}

/** A JSON schema as a tool has it. */
function asObject(schema: Wire.JsonSchema): Tool["inputSchema"] {
  // As: a JSON schema is JSON, which the SDK spells out in full where we say unknown.
  return { ...schema, type: "object" } as Tool["inputSchema"]
}

/** A struct without fields lets everything pass, and its JSON schema says so. */
const noFields: Wire.JsonSchema = { properties: {}, additionalProperties: false }
