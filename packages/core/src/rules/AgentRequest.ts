/**
 * What a running agent asks before it does it, and what the policy says of that.
 *
 * Runners ask in these words, whatever their agents' protocols are. What an agent may do inside its
 * sandbox it does not ask; what it asks is what leaves the sandbox, or what its own rules make it ask.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"
import * as ApprovalPolicy from "./ApprovalPolicy.ts"
import { type Command, read, readWords } from "./CommandLine.ts"

// models ----------------------------------------------------------------------

/**
 * What is asked.
 *
 * - `Command`: to run a command, given as its words or as a line for a shell.
 * - `FileChange`: to write these files.
 * - `ToolCall`: to call a tool of a server that the agent is connected to.
 * - `Question`: something for a person to answer, with the answers there are.
 *
 * @category models
 * @since 0.1.0
 */
export type AgentRequest =
  | {
      readonly _tag: "Command"
      readonly command: string | ReadonlyArray<string>
      readonly cwd: string
      /** Whether it would run without the agent's sandbox, with all rights of the server. */
      readonly leavesSandbox: boolean
      /** Why, in the agent's words. */
      readonly reason: string | null
    }
  | {
      readonly _tag: "FileChange"
      /** Absolute. Empty when the agent does not say. */
      readonly paths: ReadonlyArray<string>
      readonly leavesSandbox: boolean
      readonly reason: string | null
    }
  | {
      readonly _tag: "ToolCall"
      readonly server: string
      readonly tool: string
      readonly arguments: Schema.Json
      /** Whether the tool says of itself that it changes nothing. */
      readonly isReadOnly: boolean
    }
  | {
      readonly _tag: "Question"
      /** Who asks: a server that the agent is connected to, or the agent. */
      readonly from: string
      readonly text: string
      readonly options: ReadonlyArray<string>
    }

/**
 * What the agent is told. The answer is a person's, to a question.
 *
 * @category models
 * @since 0.1.0
 */
export type Verdict =
  | { readonly _tag: "Allow"; readonly answer?: string }
  | { readonly _tag: "Deny"; readonly reason: string }

/**
 * What the judgement depends on beside the request.
 *
 * @category models
 * @since 0.1.0
 */
export interface RequestFacts {
  readonly policy: ApprovalPolicy.Policy
  /** Whether the task may change anything. */
  readonly access: "read" | "write"
}

/**
 * Kinds of requests, as events name them.
 *
 * @category schemas
 * @since 0.1.0
 */
export const RequestKind = Schema.Literals([
  "command",
  "file_change",
  "tool_call",
  "question"
]).annotate({ description: "What the agent asked for" })
export type RequestKind = typeof RequestKind.Type

/**
 * The tokens that a run has used so far. A later report replaces an earlier one.
 *
 * @category schemas
 * @since 0.1.0
 */
export const TokenUsage = Schema.Struct({
  inputTokens: Schema.Int.annotate({ description: "All input, with what came from the cache" }),
  cachedInputTokens: Schema.Int,
  outputTokens: Schema.Int.annotate({ description: "All output, with the reasoning" }),
  reasoningTokens: Schema.Int
})
export type TokenUsage = typeof TokenUsage.Type

// rules -----------------------------------------------------------------------

/**
 * The policy that an agent's configuration names: `approvals` is `strict` or `permissive`. Whatever
 * else stands there is `strict`.
 *
 * @category rules
 * @since 0.1.0
 */
export const policyOf = (config: Readonly<Record<string, unknown>>): ApprovalPolicy.Policy =>
  config["approvals"] === ApprovalPolicy.permissive.name
    ? ApprovalPolicy.permissive
    : ApprovalPolicy.strict

/**
 * The name of the policy that an agent's configuration asks for: the text under `approvals`, `strict`
 * where there is none.
 *
 * @category rules
 * @since 0.1.0
 */
export const policyNameOf = (config: Readonly<Record<string, unknown>>): string => {
  const name = config["approvals"]
  return typeof name === "string" && name !== "" ? name : ApprovalPolicy.strict.name
}

/**
 * Judges a request.
 *
 * **Details**
 *
 * A question is a person's in any case. A task that only reads changes no file. Under a policy that has
 * rules, what would leave the sandbox needs a person even when no rule speaks of it: outside of it a
 * harmless word can do any harm.
 *
 * **Example** (Leaving the sandbox)
 *
 * ```ts import.meta.vitest
 * import { AgentRequest, ApprovalPolicy } from "@foreman/core"
 *
 * const facts = { policy: ApprovalPolicy.strict, access: "write" } as const
 * const request = { _tag: "Command", command: "npm install", cwd: "/w", reason: null } as const
 *
 * AgentRequest.judge({ ...request, leavesSandbox: false }, facts)._tag // => "Allow"
 * AgentRequest.judge({ ...request, leavesSandbox: true }, facts)._tag // => "Require"
 * ```
 *
 * @category rules
 * @since 0.1.0
 */
export const judge = (
  request: AgentRequest,
  { access, policy }: RequestFacts
): ApprovalPolicy.Judgement => {
  if (request._tag === "Question") return needs("medium", "agent.question", "a person is asked")
  if (request._tag === "FileChange" && access === "read") {
    return { _tag: "Deny", rule: "task.read", reason: "the task only reads and changes no file" }
  }
  const judgement = judgeAction(request, { access, policy })
  if (judgement._tag !== "Allow" || policy.rules.length === 0) return judgement
  return leavesSandbox(request) ? needs("high", "sandbox.leave", left) : judgement
}

/**
 * Names a request without repeating what may be secret in it: programs with their subcommands, paths,
 * the tool. At most 200 characters.
 *
 * **Example** (Leaving out what could be a key)
 *
 * ```ts import.meta.vitest
 * import { AgentRequest } from "@foreman/core"
 *
 * const command = "curl -H 'Authorization: Bearer abc' https://example.com && git push origin main"
 * const facts = { cwd: "/w", leavesSandbox: true, reason: null }
 *
 * AgentRequest.summaryOf({ _tag: "Command", command, ...facts }) // => "curl; git push"
 * ```
 *
 * @category rules
 * @since 0.1.0
 */
export const summaryOf = (request: AgentRequest): string => {
  switch (request._tag) {
    case "Command":
      return cut(commandsOf(request.command).slice(0, mostNamed).map(nameOf).join("; "))
    case "FileChange":
      return cut(request.paths.slice(0, mostNamed).join(", "))
    case "ToolCall":
      return cut(`${request.server}.${request.tool}`)
    case "Question":
      return cut(`asked by ${request.from}`)
  }
}

/**
 * The kind of a request, as events name it.
 *
 * @category rules
 * @since 0.1.0
 */
export const kindOf = ({ _tag }: AgentRequest): RequestKind => kinds[_tag]

// internal --------------------------------------------------------------------

const mostNamed = 8
const mostCharacters = 200
const left = "it would leave the agent's sandbox"

const kinds = {
  Command: "command",
  FileChange: "file_change",
  ToolCall: "tool_call",
  Question: "question"
} as const

const needs = (
  risk: ApprovalPolicy.Risk,
  rule: string,
  reason: string
): ApprovalPolicy.Judgement => ({ _tag: "Require", risk, rule, reason })

const judgeAction = (
  request: AgentRequest,
  { access, policy }: RequestFacts
): ApprovalPolicy.Judgement => {
  if (request._tag !== "Command") return { _tag: "Allow" }
  const { command, cwd } = request
  return typeof command === "string"
    ? ApprovalPolicy.judge(policy, { _tag: "Command", line: command, cwd, access })
    : ApprovalPolicy.judge(policy, { _tag: "Command", argv: command, cwd, access })
}

const leavesSandbox = (request: AgentRequest): boolean => {
  switch (request._tag) {
    case "Command":
    case "FileChange":
      return request.leavesSandbox
    case "ToolCall":
      return !request.isReadOnly
    case "Question":
      return true
  }
}

const commandsOf = (command: string | ReadonlyArray<string>): ReadonlyArray<Command> =>
  (typeof command === "string" ? read(command) : readWords(command)).commands

// A word that is no plain name may be a key, an address or somebody's password.
const nameOf = ({ program, words }: Command): string => {
  const [first = ""] = words
  const name = program.replace(/^.*\//, "")
  const isSubcommand = subcommanders.has(name) && /^[a-z][a-z-]{0,30}$/.test(first)
  return isSubcommand ? `${name} ${first}` : name
}

const subcommanders = new Set(
  "bun cargo docker gh git go kubectl make npm npx pip pnpm systemctl terraform yarn".split(" ")
)

const cut = (text: string): string => {
  // Other characters would move the cursor of whoever reads it, or hold what not every store keeps.
  const plain = text.replaceAll(/[\p{Cc}\p{Cf}\p{Cs}]/gu, "\u{FFFD}")
  return plain.length <= mostCharacters ? plain : `${plain.slice(0, mostCharacters - 1)}…`
}
