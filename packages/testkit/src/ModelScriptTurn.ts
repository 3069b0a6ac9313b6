/**
 * One turn of a scripted model: an answer, a refusal or a disturbance, and the request it is for.
 *
 * @since 0.1.0
 */
import type { Duration, Schema } from "effect"

// models ----------------------------------------------------------------------

/**
 * A request for an answer, as all protocols have it.
 *
 * @category models
 * @since 0.1.0
 */
export interface ModelRequest {
  readonly protocol: "anthropic_messages" | "openai_responses"
  readonly model: string
  readonly stream: boolean
  /** The names of the offered tools; those of a namespace as `namespace__tool`. */
  readonly tools: ReadonlyArray<string>
  /** What the developer says: the instructions and all messages that are from no user. */
  readonly system: string
  /** The latest text of the user. */
  readonly prompt: string
  /** All texts of the user, the first one first. Agents put more into them than a person typed. */
  readonly prompts: ReadonlyArray<string>
  /** What tools answered since the latest text of the user, the first one first. */
  readonly results: ReadonlyArray<ToolResult>
  readonly headers: Readonly<Record<string, string>>
  readonly body: Schema.JsonObject
}

/**
 * What a tool answered.
 *
 * @category models
 * @since 0.1.0
 */
export interface ToolResult {
  readonly callId: string
  readonly text: string
}

/**
 * One piece of an answer.
 *
 * - `call` calls a tool by its name.
 * - `shell` runs a command with whichever shell tool the client offers.
 * - `mcp` calls a tool of an MCP server that the client is connected to.
 * - `freeform` calls a tool that takes text, as Codex's `apply_patch`. Only OpenAI has them.
 *
 * @category models
 * @since 0.1.0
 */
export type Part =
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "thinking"; readonly text: string }
  | { readonly type: "call"; readonly name: string; readonly arguments: Schema.JsonObject }
  | { readonly type: "shell"; readonly command: string }
  | {
      readonly type: "mcp"
      readonly server: string
      readonly tool: string
      readonly arguments: Schema.JsonObject
    }
  | { readonly type: "freeform"; readonly name: string; readonly input: string }

/**
 * The tokens that an answer is said to have cost.
 *
 * @category models
 * @since 0.1.0
 */
export interface Usage {
  /** All of the input, with what came from the cache: 100 unless said. */
  readonly input?: number
  readonly cached?: number
  readonly cacheWrite?: number
  /** All of the output, with the thinking: 10 unless said. */
  readonly output?: number
  readonly reasoning?: number
}

/**
 * How an answer ends.
 *
 * - `complete`: as a whole.
 * - `max_tokens`: early, since the model may not say more.
 * - `cut`: the connection breaks in the middle of the stream.
 * - `half_line`: the stream ends cleanly after half of a line, which therefore is no JSON.
 * - `silence`: nothing follows after the middle of the stream; the connection stays open.
 * - `error`: the stream carries an error instead of its end.
 *
 * @category models
 * @since 0.1.0
 */
export type Ending = "complete" | "max_tokens" | "cut" | "half_line" | "silence" | "error"

/**
 * An answer of the model.
 *
 * @category models
 * @since 0.1.0
 */
export interface Answer {
  readonly type: "answer"
  readonly parts: ReadonlyArray<Part>
  readonly ending: Ending
  readonly usage: Usage
  /** How long the model thinks before it begins. */
  readonly delay: Duration.Input
  /** How long it waits between two events of the stream. */
  readonly pace: Duration.Input
}

/**
 * A refusal over HTTP. What is left out is what the real API says with this status.
 *
 * @category models
 * @since 0.1.0
 */
export interface Failure {
  readonly type: "failure"
  readonly status: number
  readonly message?: string
  /** The type of the error in the body. */
  readonly kind?: string
  /** The code of the error in the body. Only OpenAI has one. */
  readonly code?: string
  /** Makes the header `retry-after`, in whole seconds. */
  readonly retryAfter?: Duration.Input
  /** After how long the limit is lifted: makes the headers (and fields) that the API has for it. */
  readonly resetsIn?: Duration.Input
  readonly headers?: Readonly<Record<string, string>>
  readonly delay: Duration.Input
}

/**
 * An answer that is none: silence, or a page where JSON is expected.
 *
 * - `silence`: not even a status.
 * - `silence_after_status`: a status and headers, and nothing after them.
 * - `html`: the page of a proxy, with status 200.
 *
 * @category models
 * @since 0.1.0
 */
export interface Disturbance {
  readonly type: "disturbance"
  readonly kind: "silence" | "silence_after_status" | "html"
  readonly delay: Duration.Input
}

/**
 * What happens upon one request.
 *
 * @category models
 * @since 0.1.0
 */
export type Turn = Answer | Failure | Disturbance
