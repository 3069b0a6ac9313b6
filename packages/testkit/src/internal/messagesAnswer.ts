/**
 * What Anthropic's Messages API answers.
 *
 * @since 0.1.0
 */
import { Result, type Schema } from "effect"
import type { Answer, ModelRequest } from "../ModelScript.ts"
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
  usageOf
} from "./modelProtocol.ts"

// rules -----------------------------------------------------------------------

/** Makes the message, and the events that carry it. */
export const composeMessage = (
  answer: Answer,
  request: ModelRequest,
  { id }: Making
): Result.Result<Composed, Refusal> => {
  const content: Array<Schema.JsonObject> = []
  for (const part of answer.parts) {
    if (part.type === "freeform") {
      const message = `The script calls ${part.name} with text, which this protocol has not`
      return Result.fail({ status: 400, message })
    }
    if (part.type === "text") content.push({ type: "text", text: part.text })
    else if (part.type === "thinking") {
      content.push({ type: "thinking", thinking: part.text, signature: "scripted" })
    } else {
      const name = part.type === "mcp" ? `mcp__${part.server}__${part.tool}` : ""
      const call =
        part.type === "shell"
          ? shellCall(part.command, request.tools)
          : part.type === "call"
            ? part
            : { name, arguments: part.arguments }
      if (call === undefined || !("arguments" in call)) return Result.fail(noShell(request.tools))
      const input = call.arguments
      content.push({ type: "tool_use", id: id("toolu_"), name: call.name, input })
    }
  }
  const spent = usageOf(answer.usage)
  const usage = {
    input_tokens: Math.max(0, spent.input - spent.cached - spent.cacheWrite),
    cache_creation_input_tokens: spent.cacheWrite,
    cache_read_input_tokens: spent.cached,
    output_tokens: spent.output,
    service_tier: "standard"
  }
  const whole = {
    id: id("msg_"),
    type: "message",
    role: "assistant",
    model: request.model,
    content,
    stop_reason: stopOf(answer, content),
    stop_sequence: null,
    usage
  }
  return Result.succeed({ whole, events: eventsOf(answer, whole) })
}

// internal --------------------------------------------------------------------

const stopOf = ({ ending }: Answer, content: ReadonlyArray<Schema.JsonObject>): string => {
  if (ending === "max_tokens") return "max_tokens"
  return content.some(({ type }) => type === "tool_use") ? "tool_use" : "end_turn"
}

const eventsOf = ({ ending }: Answer, whole: Schema.JsonObject): ReadonlyArray<SseEvent> => {
  const usage = objectOf(whole["usage"])
  const begun = { ...whole, content: [], stop_reason: null, usage: { ...usage, output_tokens: 1 } }
  const stop = { stop_reason: whole["stop_reason"] ?? null, stop_sequence: null }
  const middle = [
    event("message_start", { message: begun }),
    event("ping", {}),
    ...objectsOf(whole["content"]).flatMap(blockEvents)
  ]
  if (ending === "error") {
    const error = { type: "overloaded_error", message: "The script breaks off" }
    return [...middle, event("error", { error })]
  }
  return [
    ...middle,
    event("message_delta", { delta: stop, usage: { output_tokens: usage["output_tokens"] ?? 0 } }),
    event("message_stop", {})
  ]
}

const event = (type: string, data: Schema.JsonObject): SseEvent => ({
  event: type,
  data: { type, ...data }
})

const blockEvents = (block: Schema.JsonObject, index: number): ReadonlyArray<SseEvent> => {
  const begin = (content_block: Schema.JsonObject) =>
    event("content_block_start", { index, content_block })
  const delta = (type: string, name: string, value: string) =>
    event("content_block_delta", { index, delta: { type, [name]: value } })
  const end = event("content_block_stop", { index })
  switch (block["type"]) {
    case "text": {
      const pieces = chunks(textOf(block["text"])).map((one) => delta("text_delta", "text", one))
      return [begin({ ...block, text: "" }), ...pieces, end]
    }
    case "thinking": {
      const thought = chunks(textOf(block["thinking"]))
      const pieces = thought.map((one) => delta("thinking_delta", "thinking", one))
      const signature = delta("signature_delta", "signature", textOf(block["signature"]))
      return [begin({ ...block, thinking: "", signature: "" }), ...pieces, signature, end]
    }
    default: {
      const json = chunks(JSON.stringify(block["input"]))
      const pieces = json.map((one) => delta("input_json_delta", "partial_json", one))
      return [begin({ ...block, input: {} }), ...pieces, end]
    }
  }
}
