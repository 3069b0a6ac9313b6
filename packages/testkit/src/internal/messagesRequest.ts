/**
 * What Anthropic's Messages API is asked, and what it refuses.
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
export const readMessages = ({ body, headers }: Asked): Result.Result<ModelRequest, Refusal> => {
  if (body === undefined) return refused("The request body is not valid JSON")
  const given = objectOf(body)
  const wrong = wrongIn(given, headers, ["model", "max_tokens", "messages"])
  if (wrong !== undefined) return Result.fail(wrong)
  const unpaired = unpairedIn(objectsOf(given["messages"]))
  if (unpaired !== undefined) return refused(unpaired)
  const prompts: Array<string> = []
  const others = [contentOf(given["system"])]
  let results: Array<ToolResult> = []
  for (const { content, role } of objectsOf(given["messages"])) {
    const found = resultsOf(content)
    results.push(...found)
    if (role === "user" && found.length === 0) {
      prompts.push(contentOf(content))
      results = []
    } else if (role !== "user" && role !== "assistant") others.push(contentOf(content))
  }
  return Result.succeed({
    protocol: "anthropic_messages",
    model: textOf(given["model"]),
    stream: given["stream"] === true,
    tools: objectsOf(given["tools"]).map(({ name }) => textOf(name)),
    system: others.filter((text) => text !== "").join("\n"),
    prompt: prompts.at(-1) ?? "",
    prompts,
    results,
    headers,
    body: given
  })
}

/** What the API would refuse of a body. */
export const wrongIn = (
  body: Schema.JsonObject,
  headers: Asked["headers"],
  needed: ReadonlyArray<string>
): Refusal | undefined => {
  const wrong = (message: string): Refusal => ({ status: 400, message })
  if (headers["anthropic-version"] === undefined) {
    return wrong("anthropic-version: header is required")
  }
  const missing = needed.find((name) => body[name] === undefined)
  if (missing !== undefined) return wrong(`${missing}: Field required`)
  if (typeof body["model"] !== "string") return wrong("model: Input should be a valid string")
  const list = body["messages"]
  if (list === undefined || !isList(list)) return wrong("messages: Input should be a valid list")
  if (list.length === 0) return wrong("messages: at least one message is required")
  const most = body["max_tokens"]
  return needed.includes("max_tokens") &&
    !(typeof most === "number" && Number.isInteger(most) && most > 0)
    ? wrong("max_tokens: Input should be a whole number greater than 0")
    : undefined
}

// internal --------------------------------------------------------------------

const refused = (message: string) => Result.fail<Refusal>({ status: 400, message })

const resultsOf = (content: Schema.Json | undefined): ReadonlyArray<ToolResult> =>
  objectsOf(content)
    .filter(({ type }) => type === "tool_result")
    .map((one) => ({ callId: textOf(one["tool_use_id"]), text: contentOf(one["content"]) }))

/** Calls whose results are not in the message after them, and results of no call. */
const unpairedIn = (list: ReadonlyArray<Schema.JsonObject>): string | undefined => {
  const callsOf = (one: Said | undefined) =>
    (one?.content ?? []).filter(({ type }) => type === "tool_use").map(({ id }) => textOf(id))
  const said = turnsOf(list)
  for (const [index, one] of said.entries()) {
    const answered = resultsOf(said[index + 1]?.content).map(({ callId }) => callId)
    const open = callsOf(one).filter((id) => !answered.includes(id))
    if (open.length > 0) {
      const ids = open.join(", ")
      return `messages.${index}: \`tool_use\` ids without \`tool_result\` in the next message: ${ids}`
    }
    const calls = callsOf(said[index - 1])
    const orphan = resultsOf(one.content).find(({ callId }) => !calls.includes(callId))
    if (orphan !== undefined) {
      return `messages.${index}: no \`tool_use\` in the message before has the id ${orphan.callId}`
    }
  }
  return undefined
}

interface Said {
  readonly role: Schema.Json | undefined
  readonly content: ReadonlyArray<Schema.JsonObject>
}

/** The messages of users and assistants; those of the same one after another are one. */
const turnsOf = (list: ReadonlyArray<Schema.JsonObject>): ReadonlyArray<Said> => {
  const said: Array<Said> = []
  for (const { content, role } of list) {
    if (role !== "user" && role !== "assistant") continue
    const last = said.at(-1)
    const blocks = objectsOf(content)
    if (last?.role === role) said[said.length - 1] = { role, content: [...last.content, ...blocks] }
    else said.push({ role, content: blocks })
  }
  return said
}
