/**
 * What the servers of all protocols have in common, and what a protocol adds to it.
 *
 * @since 0.1.0
 */
import type { Result, Schema } from "effect"
import type { Answer, Failure, ModelRequest, Usage } from "../ModelScript.ts"

// models ----------------------------------------------------------------------

/** What arrived. */
export interface Asked {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  /** Undefined when it is no JSON. */
  readonly body: Schema.Json | undefined
}

/** An answer in one piece. */
export interface Reply {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: Schema.JsonObject
}

/** A refusal, with the parameter that it is about. */
export interface Refusal extends Omit<Failure, "type" | "delay"> {
  readonly param?: string
}

/** One event of a stream. */
export interface SseEvent {
  readonly event: string
  readonly data: Schema.JsonObject
}

/** An answer as a whole and as a stream. */
export interface Composed {
  readonly whole: Schema.JsonObject
  readonly events: ReadonlyArray<SseEvent>
}

/** The facts that are from neither the script nor the request. */
export interface Making {
  readonly now: number
  readonly id: (prefix: string) => string
}

/** How a protocol says it. */
export interface Protocol {
  /** The header in which every answer has its id. */
  readonly idHeader: string
  /** The key that a request brings, or why it is none. */
  readonly key: (headers: Asked["headers"]) => string | undefined
  /** What is answered without a script: lists of models, what is not there. Undefined for the rest. */
  readonly fixed: (
    asked: Asked,
    models: ReadonlyArray<string> | undefined
  ) => Result.Result<Schema.JsonObject, Refusal> | undefined
  readonly read: (asked: Asked) => Result.Result<ModelRequest, Refusal>
  readonly refuse: (refusal: Refusal, now: number, id: string) => Reply
  /** What lets an agent go on that asks on the side; undefined for requests of its work. */
  readonly aside: (request: ModelRequest) => string | undefined
  readonly compose: (
    answer: Answer,
    request: ModelRequest,
    making: Making
  ) => Result.Result<Composed, Refusal>
}

/** A call of a tool as the client wants it. */
export type ToolCall =
  | {
      readonly type: "call"
      readonly name: string
      readonly namespace?: string
      readonly arguments: Schema.JsonObject
    }
  | { readonly type: "freeform"; readonly name: string; readonly input: string }

// rules -----------------------------------------------------------------------

/** The tokens of an answer, with the usual where nothing is said. */
export const usageOf = (usage: Usage): Required<Usage> => ({
  input: 100,
  cached: 0,
  cacheWrite: 0,
  output: 10,
  reasoning: 0,
  ...usage
})

/** Text in the pieces in which it is streamed. */
export const chunks = (text: string): ReadonlyArray<string> => text.match(/.{1,24}/gsu) ?? []

/** An object, or an empty one for what is none. */
export const objectOf = (value: Schema.Json | undefined): Schema.JsonObject =>
  typeof value === "object" && value !== null && !isList(value) ? value : {}

/** A list of objects, or an empty one for what is none. */
export const objectsOf = (value: Schema.Json | undefined): ReadonlyArray<Schema.JsonObject> =>
  value !== undefined && isList(value) ? value.map(objectOf) : []

/** Text, or none for what is none. */
export const textOf = (value: Schema.Json | undefined): string =>
  typeof value === "string" ? value : ""

/** The text of content: plain, or in blocks. */
export const contentOf = (value: Schema.Json | undefined): string =>
  typeof value === "string"
    ? value
    : objectsOf(value)
        .flatMap(({ text }) => (typeof text === "string" ? [text] : []))
        .join("\n")

/** Says whether a value is a list. */
export const isList = (value: Schema.Json): value is Schema.JsonArray => Array.isArray(value)

/** Reads JSON. */
export const parse = (text: string): Schema.Json | undefined => {
  try {
    const value: Schema.Json = JSON.parse(text)
    return value
  } catch {
    return undefined
  }
}

/** The call that runs a command, by the tools that are offered. */
export const shellCall = (command: string, tools: ReadonlyArray<string>): ToolCall | undefined => {
  const shells: Readonly<Record<string, Schema.JsonObject>> = {
    exec_command: { cmd: command },
    shell_command: { command },
    shell: { command: ["bash", "-lc", command] },
    Bash: { command },
    bash: { command }
  }
  const name = Object.keys(shells).find((one) => tools.includes(one))
  const args = name === undefined ? undefined : shells[name]
  return name === undefined || args === undefined
    ? undefined
    : { type: "call", name, arguments: args }
}

/** Refuses a client that has no shell. */
export const noShell = (tools: ReadonlyArray<string>): Refusal => ({
  status: 400,
  message: `The script runs a shell command, but of ${tools.join(", ") || "no tools"} none is a shell`
})
