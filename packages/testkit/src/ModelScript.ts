/**
 * What a scripted model says: a list of turns, and which request each of them answers.
 *
 * A script is the same for every protocol; the servers turn it into the events of theirs. It knows
 * nothing of what a model would make of a prompt: whoever writes the test decides.
 *
 * @since 0.1.0
 */
import type { Duration, Schema } from "effect"
import type {
  Answer,
  Disturbance,
  Ending,
  Failure,
  ModelRequest,
  Part,
  Turn
} from "./ModelScriptTurn.ts"

// models ----------------------------------------------------------------------

/**
 * A turn, and which requests it is for.
 *
 * @category models
 * @since 0.1.0
 */
export interface Step {
  /** Made from the request when it depends on what was asked or on what a tool answered. */
  readonly turn: Turn | ((request: ModelRequest) => Turn)
  /** Which requests it answers: any unless said. */
  readonly when: (request: ModelRequest) => boolean
  /** How many requests it answers. */
  readonly times: number
}

/**
 * A script. A request is answered by the first step that has answers left and wants it.
 *
 * So steps without a condition answer in their order, and steps with one give each agent of a fleet
 * its own order.
 *
 * @category models
 * @since 0.1.0
 */
export interface ModelScript {
  readonly steps: ReadonlyArray<Step>
  /** What a request gets that no step wants. Unless given it is refused, with 400. */
  readonly otherwise?: Turn | undefined
  /**
   * What coding agents get that ask on the side, for a title or for whether an action is safe. Such
   * requests take no step. Unless given they get what lets the agent go on.
   */
  readonly aside?: Turn | undefined
}

/**
 * What may stand in a script.
 *
 * @category models
 * @since 0.1.0
 */
export type Entry = Step | Step["turn"] | ReadonlyArray<Step>

/**
 * What an answer may have besides its parts.
 *
 * @category configuration
 * @since 0.1.0
 */
export type AnswerOptions = Partial<Omit<Answer, "type" | "parts">>

// testing ---------------------------------------------------------------------

/**
 * A script of turns and steps, in their order.
 *
 * **Example** (Two agents, each with its own turns)
 *
 * ```ts
 * import { ModelScript } from "@foreman/testkit"
 *
 * const script = ModelScript.make([
 *   ModelScript.on(ModelScript.asks("Fix login"), [
 *     ModelScript.shell("npm test"),
 *     ModelScript.say("Fixed.")
 *   ]),
 *   ModelScript.on(ModelScript.asks("Write docs"), [ModelScript.fail(529), ModelScript.say("Done.")])
 * ])
 * ```
 *
 * @category testing
 * @since 0.1.0
 */
export const make = (
  entries: ReadonlyArray<Entry>,
  others: Pick<ModelScript, "otherwise" | "aside"> = {}
): ModelScript => ({ ...others, steps: entries.flatMap(stepsOf) })

/**
 * Steps for the requests that a condition holds for.
 *
 * @category testing
 * @since 0.1.0
 */
export const on = (
  when: (request: ModelRequest) => boolean,
  entries: ReadonlyArray<Entry>
): ReadonlyArray<Step> =>
  entries
    .flatMap(stepsOf)
    .map((step) => ({ ...step, when: (request) => when(request) && step.when(request) }))

/**
 * A step that answers so many requests: all of them unless said.
 *
 * @category testing
 * @since 0.1.0
 */
export const repeat = (turn: Step["turn"], times = Number.POSITIVE_INFINITY): Step => ({
  turn,
  times,
  when: () => true
})

/**
 * Says whether some text of the user has these words.
 *
 * @category testing
 * @since 0.1.0
 */
export const asks =
  (words: string) =>
  ({ prompts }: ModelRequest): boolean =>
    prompts.some((prompt) => prompt.includes(words))

/**
 * Says text, and with it the last word: the agent's turn ends.
 *
 * @category testing
 * @since 0.1.0
 */
export const say = (text: string, options?: AnswerOptions): Answer =>
  answer([{ type: "text", text }], options)

/**
 * Ends the agent's turn without a word.
 *
 * @category testing
 * @since 0.1.0
 */
export const stop = (options?: AnswerOptions): Answer => answer([], options)

/**
 * Calls a tool by its name. Whether the client offers it is not looked at.
 *
 * @category testing
 * @since 0.1.0
 */
export const call = (name: string, args: Schema.JsonObject = {}, options?: AnswerOptions): Answer =>
  answer([{ type: "call", name, arguments: args }], options)

/**
 * Runs a command with the shell tool that the client offers. One that offers none is refused.
 *
 * @category testing
 * @since 0.1.0
 */
export const shell = (command: string, options?: AnswerOptions): Answer =>
  answer([{ type: "shell", command }], options)

/**
 * Calls a tool of an MCP server.
 *
 * @category testing
 * @since 0.1.0
 */
export const mcp = (
  server: string,
  tool: string,
  args: Schema.JsonObject = {},
  options?: AnswerOptions
): Answer => answer([{ type: "mcp", server, tool, arguments: args }], options)

/**
 * An answer of any parts.
 *
 * @category testing
 * @since 0.1.0
 */
export const answer = (parts: ReadonlyArray<Part>, options: AnswerOptions = {}): Answer => ({
  type: "answer",
  ending: "complete",
  usage: {},
  delay: 0,
  pace: 0,
  ...options,
  parts
})

/**
 * Refuses with an HTTP status.
 *
 * @category testing
 * @since 0.1.0
 */
export const fail = (
  status: number,
  options: Partial<Omit<Failure, "type" | "status">> = {}
): Failure => ({ delay: 0, ...options, type: "failure", status })

/**
 * Never answers. The server ends it with its scope, or when the client leaves.
 *
 * @category testing
 * @since 0.1.0
 */
export const hang = (
  kind: "silence" | "silence_after_status" = "silence",
  delay: Duration.Input = 0
): Disturbance => ({ type: "disturbance", kind, delay })

/**
 * Answers with the page of a proxy.
 *
 * @category testing
 * @since 0.1.0
 */
export const html = (delay: Duration.Input = 0): Disturbance => ({
  type: "disturbance",
  kind: "html",
  delay
})

/**
 * The same answer with another ending.
 *
 * @category testing
 * @since 0.1.0
 */
export const ending = (given: Answer, how: Ending): Answer => ({ ...given, ending: how })

export type {
  Answer,
  Disturbance,
  Ending,
  Failure,
  ModelRequest,
  Part,
  ToolResult,
  Turn,
  Usage
} from "./ModelScriptTurn.ts"

// internal --------------------------------------------------------------------

const stepsOf = (entry: Entry): ReadonlyArray<Step> => {
  if (typeof entry === "function" || "type" in entry) return [repeat(entry, 1)]
  return "turn" in entry ? [entry] : entry
}
