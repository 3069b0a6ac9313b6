/**
 * The requests of Codex in the words of the port, and the port's verdicts in the words of Codex.
 *
 * @since 0.1.0
 */
import { Effect, Option, Schema } from "effect"

import type { AgentRequest, AgentRunner } from "@foreman/core"
import type { Reply } from "./connection.ts"
import * as Protocol from "./protocol.ts"

// models ----------------------------------------------------------------------

/** What is known of the run when Codex asks. */
export interface Facts {
  readonly workspace: string
  readonly ask: NonNullable<AgentRunner.RunSpec["permission"]>
  /** The files that a change is about, by the id of its item. */
  readonly pathsOf: (itemId: string) => ReadonlyArray<string>
}

// services --------------------------------------------------------------------

/** Answers a request of Codex. One that is not known is refused, which the agent survives. */
export const answer = (facts: Facts, method: string, params: Schema.Json): Effect.Effect<Reply> => {
  const known = Object.hasOwn(answers, method)
  // As: the line before says that it is one of the known.
  const reply = known ? answers[method as keyof typeof answers](facts, params) : undefined
  return reply ?? Effect.succeed(refusal(-32_601, `Foreman does not answer ${method}`))
}

// internal --------------------------------------------------------------------

type Answer = (facts: Facts, params: Schema.Json) => Effect.Effect<Reply> | undefined

const refusal = (code: number, message: string): Reply => ({ error: { code, message } })

const decoded = <A>(
  schema: Schema.Codec<A, unknown>,
  answering: (facts: Facts, params: A) => Effect.Effect<Reply>
): Answer => {
  const decode = Schema.decodeUnknownOption(schema)
  return (facts, params) =>
    Option.match(decode(params), {
      onNone: () => Effect.succeed(refusal(-32_602, "Foreman does not understand this request")),
      onSome: (known) => answering(facts, known)
    })
}

const declined: Reply = { result: { decision: "decline" } }

const decision = (verdict: AgentRequest.Verdict): Reply => ({
  result: { decision: verdict._tag === "Allow" ? "accept" : "decline" }
})

const answers = {
  // Codex asks only for what its sandbox does not allow.
  "item/commandExecution/requestApproval": decoded(
    Protocol.requests["item/commandExecution/requestApproval"],
    ({ ask, workspace }, { command, cwd, reason = null }) => {
      // Nobody can agree to what is not said: input for a terminal, or a host to talk to.
      if (typeof command !== "string" || command.trim() === "") return Effect.succeed(declined)
      const place = { cwd: cwd ?? workspace, leavesSandbox: true, reason }
      return Effect.map(ask({ _tag: "Command", command, ...place }), decision)
    }
  ),
  "item/fileChange/requestApproval": decoded(
    Protocol.requests["item/fileChange/requestApproval"],
    ({ ask, pathsOf }, { grantRoot, itemId, reason = null }) => {
      const paths = typeof grantRoot === "string" ? [grantRoot] : pathsOf(itemId)
      // The same: a change of files that nobody has named.
      if (paths.length === 0) return Effect.succeed(declined)
      return Effect.map(ask({ _tag: "FileChange", paths, leavesSandbox: true, reason }), decision)
    }
  ),
  "mcpServer/elicitation/request": decoded(
    Protocol.requests["mcpServer/elicitation/request"],
    ({ ask }, params) => {
      const form = formOf(params)
      return Effect.map(ask(requestOf(params, form)), (verdict) => {
        const content = verdict._tag === "Allow" ? form.fill(verdict.answer) : undefined
        return content === undefined
          ? { result: { action: "decline", content: null, _meta: null } }
          : { result: { action: "accept", content, _meta: null } }
      })
    }
  ),
  "item/tool/requestUserInput": decoded(
    Protocol.requests["item/tool/requestUserInput"],
    Effect.fnUntraced(function* ({ ask }, { questions }) {
      const given: Record<string, Schema.Json> = {}
      for (const { id, options, question: text } of questions.slice(0, mostQuestions)) {
        const labels = (options ?? []).map(({ label }) => label)
        const verdict = yield* ask({ _tag: "Question", from: "the agent", text, options: labels })
        given[id] = { answers: verdict._tag === "Allow" ? [verdict.answer ?? ""] : [] }
      }
      return { result: { answers: given } }
    })
  )
} as const

const mostQuestions = 10

// elicitation -----------------------------------------------------------------

type Elicitation = (typeof Protocol.requests)["mcpServer/elicitation/request"]["Type"]

/** A form of which at most one field can be answered with one text. */
interface Form {
  readonly options: ReadonlyArray<string>
  /** The content for an answer; undefined when the answer does not fit. */
  readonly fill: (answer: string | undefined) => Schema.Json | undefined
}

const requestOf = (params: Elicitation, { options }: Form): AgentRequest.AgentRequest => {
  const { _meta: meta, message, serverName, url } = params
  if (isToolCall(params)) {
    const tool = textOf(meta?.["tool_name"]) ?? textOf(meta?.["tool_title"]) ?? toolIn(message)
    return {
      _tag: "ToolCall",
      server: serverName,
      tool,
      arguments: meta?.["tool_params"] ?? null,
      isReadOnly: false
    }
  }
  const text = url === undefined ? message : `${message}\n${url}`
  return { _tag: "Question", from: serverName, text, options }
}

const isToolCall = ({ _meta: meta }: Elicitation) =>
  meta?.["codex_approval_kind"] === "mcp_tool_call"

const textOf = (value: Schema.Json | undefined) => (typeof value === "string" ? value : undefined)

// "Allow the probe MCP server to run tool \"write\"?"
const toolIn = (message: string) => /tool ["“']([^"”']+)["”']/.exec(message)?.[1] ?? "a tool"

const Field = Schema.Struct({
  type: Schema.optionalKey(Schema.String),
  enum: Schema.optionalKey(Schema.Array(Schema.String))
})
const FormSchema = Schema.Struct({
  properties: Schema.Record(Schema.String, Field),
  required: Schema.optionalKey(Schema.Array(Schema.String))
})
const decodeForm = Schema.decodeUnknownOption(FormSchema)
const decodeContent = Schema.decodeUnknownOption(Schema.fromJsonString(Schema.JsonObject))

const formOf = (params: Elicitation): Form => {
  if (isToolCall(params) || params.mode === "url") return { options: [], fill: () => ({}) }
  const form = Option.getOrUndefined(decodeForm(params.requestedSchema))
  if (form === undefined) return { options: [], fill: () => undefined }
  const names = Object.keys(form.properties)
  const required = form.required ?? []
  const only = required.length === 1 ? required[0] : names.length === 1 ? names[0] : undefined
  const field = only === undefined ? undefined : form.properties[only]
  const options = field?.enum ?? (field?.type === "boolean" ? ["yes", "no"] : [])
  return {
    options,
    fill: (answer) => {
      if (names.length === 0) return {}
      if (answer === undefined) return undefined
      const whole = Option.getOrUndefined(decodeContent(answer))
      if (whole !== undefined) return whole
      const value = field === undefined ? undefined : valueOf(field, answer)
      return only === undefined || value === undefined ? undefined : { [only]: value }
    }
  }
}

const valueOf = (field: typeof Field.Type, answer: string): Schema.Json | undefined => {
  switch (field.type) {
    case "boolean": {
      const word = answer.trim().toLowerCase()
      if (["yes", "true", "approve", "y"].includes(word)) return true
      return ["no", "false", "reject", "n"].includes(word) ? false : undefined
    }
    case "integer":
    case "number":
      return Number.isFinite(Number(answer)) && answer.trim() !== "" ? Number(answer) : undefined
    default:
      return field.enum === undefined || field.enum.includes(answer) ? answer : undefined
  }
}
