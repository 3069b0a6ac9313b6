/**
 * What OpenAI's Responses API answers.
 *
 * @since 0.1.0
 */
import { Result, type Schema } from "effect"
import type { Answer, Ending, ModelRequest, Part } from "../ModelScript.ts"
import {
  chunks,
  type Composed,
  type Making,
  noShell,
  objectOf,
  objectsOf,
  type Refusal,
  shellCall,
  type SseEvent,
  textOf,
  type ToolCall,
  usageOf
} from "./modelProtocol.ts"
import { namespacesOf } from "./responsesRequest.ts"

// rules -----------------------------------------------------------------------

/** Makes the response, and the events that carry it. */
export const composeResponse = (
  answer: Answer,
  request: ModelRequest,
  { id, now }: Making
): Result.Result<Composed, Refusal> => {
  const output: Array<Schema.JsonObject> = []
  for (const part of answer.parts) {
    const item = itemOf(part, request, id)
    if (item === undefined) return Result.fail(noShell(request.tools))
    output.push(item)
  }
  const spent = usageOf(answer.usage)
  const { body } = request
  const whole = {
    id: id("resp_"),
    object: "response",
    created_at: Math.floor(now / 1000),
    status: statuses[answer.ending] ?? "completed",
    error:
      answer.ending === "error" ? { code: "server_error", message: "The script breaks off" } : null,
    incomplete_details: answer.ending === "max_tokens" ? { reason: "max_output_tokens" } : null,
    instructions: body["instructions"] ?? null,
    max_output_tokens: body["max_output_tokens"] ?? null,
    model: request.model,
    output,
    parallel_tool_calls: body["parallel_tool_calls"] ?? true,
    previous_response_id: body["previous_response_id"] ?? null,
    reasoning: body["reasoning"] ?? { effort: null, summary: null },
    store: body["store"] ?? true,
    temperature: body["temperature"] ?? 1,
    text: body["text"] ?? { format: { type: "text" } },
    tool_choice: body["tool_choice"] ?? "auto",
    tools: body["tools"] ?? [],
    top_p: body["top_p"] ?? 1,
    truncation: body["truncation"] ?? "disabled",
    usage: {
      input_tokens: spent.input,
      input_tokens_details: {
        cached_tokens: spent.cached,
        cache_write_tokens: spent.cacheWrite
      },
      output_tokens: spent.output,
      output_tokens_details: { reasoning_tokens: spent.reasoning },
      total_tokens: spent.input + spent.output
    },
    metadata: body["metadata"] ?? {}
  }
  return Result.succeed({ whole, events: eventsOf(whole) })
}

// internal --------------------------------------------------------------------

const statuses: Partial<Readonly<Record<Ending, string>>> = {
  max_tokens: "incomplete",
  error: "failed"
}

const itemOf = (
  part: Part,
  request: ModelRequest,
  id: Making["id"]
): Schema.JsonObject | undefined => {
  if (part.type === "text") {
    const content = [{ type: "output_text", text: part.text, annotations: [] }]
    return { type: "message", id: id("msg_"), role: "assistant", status: "completed", content }
  }
  if (part.type === "thinking") {
    const summary = [{ type: "summary_text", text: part.text }]
    return { type: "reasoning", id: id("rs_"), summary, encrypted_content: null }
  }
  const call = callOf(part, request)
  if (call === undefined) return undefined
  const { name } = call
  const call_id = id("call_")
  return call.type === "freeform"
    ? {
        type: "custom_tool_call",
        id: id("ctc_"),
        call_id,
        name,
        input: call.input,
        status: "completed"
      }
    : {
        type: "function_call",
        id: id("fc_"),
        call_id,
        name,
        ...(call.namespace === undefined ? {} : { namespace: call.namespace }),
        arguments: JSON.stringify(call.arguments),
        status: "completed"
      }
}

const callOf = (
  part: Exclude<Part, { readonly type: "text" | "thinking" }>,
  { body, tools }: ModelRequest
): ToolCall | undefined => {
  if (part.type === "call" || part.type === "freeform") return part
  // A client that has its model write programs offers one tool that runs them.
  const runs = (name: string, args: Schema.JsonObject): ToolCall => ({
    type: "freeform",
    name: "exec",
    input: `text(JSON.stringify(await tools.${name}(${JSON.stringify(args)})))`
  })
  const program = tools.includes("exec")
  if (part.type === "shell") {
    const call = shellCall(part.command, tools)
    return call ?? (program ? runs("exec_command", { cmd: part.command }) : undefined)
  }
  const namespace = `mcp__${part.server}`
  const name = `${namespace}__${part.tool}`
  const given = part.arguments
  if (namespacesOf(body).includes(namespace)) {
    return { type: "call", name: part.tool, namespace, arguments: given }
  }
  if (tools.includes(name)) return { type: "call", name, arguments: given }
  // Codex keeps the tools of servers back until they are searched for, and takes calls of them.
  return program
    ? runs(name, given)
    : { type: "call", name: part.tool, namespace, arguments: given }
}

type Event = readonly [type: string, data: Schema.JsonObject]

const eventsOf = (whole: Schema.JsonObject): ReadonlyArray<SseEvent> => {
  const begun = { ...whole, status: "in_progress", error: null, incomplete_details: null }
  const response = { ...begun, output: [], usage: null }
  const events: ReadonlyArray<Event> = [
    ["response.created", { response }],
    ["response.in_progress", { response }],
    ...objectsOf(whole["output"]).flatMap(itemEvents),
    [`response.${textOf(whole["status"])}`, { response: whole }]
  ]
  return events.map(([type, more], sequence_number) => ({
    event: type,
    data: { type, sequence_number, ...more }
  }))
}

const itemEvents = (item: Schema.JsonObject, output_index: number): ReadonlyArray<Event> => {
  const at = { item_id: item["id"] ?? null, output_index }
  const { begun, events } = inside(item, at)
  return [
    ["response.output_item.added", { output_index, item: { ...item, ...begun } }],
    ...events,
    ["response.output_item.done", { output_index, item }]
  ]
}

/** How an item looks when it begins, and the events between that and its end. */
const inside = (
  item: Schema.JsonObject,
  at: Schema.JsonObject
): { readonly begun: Schema.JsonObject; readonly events: ReadonlyArray<Event> } => {
  const streamed = (
    type: string,
    text: string,
    done: Schema.JsonObject,
    more: Schema.JsonObject = at
  ): ReadonlyArray<Event> => [
    ...chunks(text).map((delta): Event => [`${type}.delta`, { ...more, delta }]),
    [`${type}.done`, { ...more, ...done }]
  ]
  const status = "in_progress"
  switch (item["type"]) {
    case "message": {
      const part = objectsOf(item["content"])[0] ?? {}
      const more = { ...at, content_index: 0 }
      const text = textOf(part["text"])
      const events: ReadonlyArray<Event> = [
        ["response.content_part.added", { ...more, part: { ...part, text: "" } }],
        ...streamed("response.output_text", text, { text }, more),
        ["response.content_part.done", { ...more, part }]
      ]
      return { begun: { status, content: [] }, events }
    }
    case "reasoning": {
      const part = objectOf(objectsOf(item["summary"])[0])
      const more = { ...at, summary_index: 0 }
      const text = textOf(part["text"])
      const events: ReadonlyArray<Event> = [
        ["response.reasoning_summary_part.added", { ...more, part: { ...part, text: "" } }],
        ...streamed("response.reasoning_summary_text", text, { text }, more),
        ["response.reasoning_summary_part.done", { ...more, part }]
      ]
      return { begun: { summary: [] }, events }
    }
    case "custom_tool_call": {
      const input = textOf(item["input"])
      const events = streamed("response.custom_tool_call_input", input, { input })
      return { begun: { status, input: "" }, events }
    }
    default: {
      const args = textOf(item["arguments"])
      const events = streamed("response.function_call_arguments", args, { arguments: args })
      return { begun: { status, arguments: "" }, events }
    }
  }
}
