/**
 * What OpenAI's Responses API is asked, and what it refuses.
 *
 * @since 0.1.0
 */
import { Result, type Schema } from "effect"
import type { ModelRequest, ToolResult } from "../ModelScript.ts"
import {
  type Asked,
  contentOf,
  isList,
  objectOf,
  objectsOf,
  type Refusal,
  textOf
} from "./modelProtocol.ts"

// rules -----------------------------------------------------------------------

/** Reads a request. */
export const readResponses = ({ body, headers }: Asked): Result.Result<ModelRequest, Refusal> => {
  const wrong = wrongIn(body)
  if (wrong !== undefined) return Result.fail(wrong)
  const given = objectOf(body)
  const input = itemsOf(given["input"])
  const prompts: Array<string> = []
  const others = [textOf(given["instructions"])]
  let results: Array<ToolResult> = []
  for (const item of input) {
    const role = item["role"]
    if (isOutput(item)) results.push(resultOf(item))
    else if (role === "user") {
      prompts.push(contentOf(item["content"]))
      results = []
    } else if (role !== undefined && role !== "assistant") others.push(contentOf(item["content"]))
  }
  return Result.succeed({
    protocol: "openai_responses",
    model: textOf(given["model"]),
    stream: given["stream"] === true,
    tools: toolsOf(given, input),
    system: others.filter((text) => text !== "").join("\n"),
    prompt: prompts.at(-1) ?? "",
    prompts,
    results,
    headers,
    body: given
  })
}

/** The tools of a request under the namespaces in which it offers them. */
export const namespacesOf = (body: Schema.JsonObject): ReadonlyArray<string> =>
  offered(body, itemsOf(body["input"]))
    .filter(({ type }) => type === "namespace")
    .map(({ name }) => textOf(name))

// internal --------------------------------------------------------------------

const wrongIn = (body: Schema.Json | undefined): Refusal | undefined => {
  const wrong = (message: string, param?: string, code?: string): Refusal => ({
    status: 400,
    message,
    ...(param === undefined ? {} : { param }),
    ...(code === undefined ? {} : { code })
  })
  if (body === undefined) return wrong("The body of the request could not be parsed as JSON")
  const { input, model, previous_response_id: previous, stream } = objectOf(body)
  if (model === undefined) {
    return wrong("Missing required parameter: 'model'", "model", "missing_required_parameter")
  }
  if (typeof model !== "string") return wrong("'model' is no string", "model", "invalid_type")
  if (input === undefined) {
    return wrong("Missing required parameter: 'input'", "input", "missing_required_parameter")
  }
  if (typeof input !== "string" && !isList(input)) {
    return wrong("'input' is neither a string nor a list", "input", "invalid_type")
  }
  if (stream !== undefined && stream !== null && typeof stream !== "boolean") {
    return wrong("'stream' is no boolean", "stream", "invalid_type")
  }
  // What refers to what the API has stored cannot be checked here.
  const items = itemsOf(input)
  const refers = typeof previous === "string" || items.some(({ type }) => type === "item_reference")
  const unpaired = refers ? undefined : unpairedIn(items)
  return unpaired === undefined ? undefined : wrong(unpaired, "input")
}

const itemsOf = (input: Schema.Json | undefined): ReadonlyArray<Schema.JsonObject> =>
  typeof input === "string" ? [{ role: "user", content: input }] : objectsOf(input)

const isOutput = ({ type }: Schema.JsonObject): boolean =>
  type === "function_call_output" || type === "custom_tool_call_output"

const resultOf = (item: Schema.JsonObject): ToolResult => ({
  callId: textOf(item["call_id"]),
  text: contentOf(item["output"])
})

/** Calls without an output, and outputs of no call. */
const unpairedIn = (items: ReadonlyArray<Schema.JsonObject>): string | undefined => {
  const idsOf = (list: ReadonlyArray<Schema.JsonObject>) =>
    list.map((one) => textOf(one["call_id"]))
  const calls = idsOf(
    items.filter(({ type }) => type === "function_call" || type === "custom_tool_call")
  )
  const outputs = idsOf(items.filter(isOutput))
  const open = calls.find((id) => !outputs.includes(id))
  if (open !== undefined) return `No tool output found for function call ${open}.`
  const orphan = outputs.find((id) => !calls.includes(id))
  return orphan === undefined
    ? undefined
    : `No tool call found for function call output with call_id ${orphan}.`
}

/** Codex puts tools that it adds later into the input. */
const offered = (
  body: Schema.JsonObject,
  input: ReadonlyArray<Schema.JsonObject>
): ReadonlyArray<Schema.JsonObject> => [
  ...objectsOf(body["tools"]),
  ...input
    .filter(({ type }) => type === "additional_tools")
    .flatMap((one) => objectsOf(one["tools"]))
]

const toolsOf = (
  body: Schema.JsonObject,
  input: ReadonlyArray<Schema.JsonObject>
): ReadonlyArray<string> =>
  offered(body, input).flatMap((tool) => {
    const name = textOf(tool["name"])
    if (tool["type"] !== "namespace") return [name === "" ? textOf(tool["type"]) : name]
    // What stands in the namespace of functions is called as if it stood in none.
    const prefix = name === "functions" ? "" : `${name}__`
    return objectsOf(tool["tools"]).map((one) => `${prefix}${textOf(one["name"])}`)
  })
