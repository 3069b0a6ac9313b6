/**
 * What an agent may not do whoever agrees: the commands, tools and paths that its configuration
 * allows or denies.
 *
 * A policy says what a person has to agree to; a restriction is no question. Owners of a team write it
 * into the agent's `config`, six lists of patterns: `allowed_commands`, `denied_commands`,
 * `allowed_tools`, `denied_tools`, `allowed_paths`, `denied_paths`.
 *
 * @since 0.1.0
 */
import type { AgentRequest } from "./AgentRequest.ts"
import { absolute } from "./ApprovalPolicyPaths.ts"
import { type Command, read, readWords } from "./CommandLine.ts"
import { begins } from "./CommandLineOptions.ts"

// models ----------------------------------------------------------------------

/**
 * What may be done: what is denied never, and where there is a list of what is allowed nothing else.
 *
 * @category models
 * @since 0.1.0
 */
export interface Patterns {
  readonly allowed: ReadonlyArray<string> | undefined
  readonly denied: ReadonlyArray<string>
}

/**
 * The restrictions of an agent. `unreadable` names the keys that hold something else than lists of
 * texts: nobody can say what they mean, so nothing that they could restrict is allowed.
 *
 * @category models
 * @since 0.1.0
 */
export interface AgentRestrictions {
  readonly commands: Patterns
  readonly tools: Patterns
  readonly paths: Patterns
  readonly unreadable: ReadonlyArray<string>
}

/**
 * What a restriction denies, and why.
 *
 * @category models
 * @since 0.1.0
 */
export interface Denied {
  readonly _tag: "Deny"
  readonly rule: string
  readonly reason: string
}

// rules -----------------------------------------------------------------------

/**
 * Reads the restrictions of an agent from its configuration.
 *
 * **Example** (Two patterns)
 *
 * ```ts import.meta.vitest
 * import { AgentRestrictions } from "@foreman/core"
 *
 * const { commands } = AgentRestrictions.of({ denied_commands: ["git push", "docker"] })
 *
 * commands // => { allowed: undefined, denied: ["git push", "docker"] }
 * ```
 *
 * @category rules
 * @since 0.1.0
 */
export const of = (config: Readonly<Record<string, unknown>>): AgentRestrictions => {
  const unreadable: Array<string> = []
  const list = (key: string): ReadonlyArray<string> | undefined => {
    const value = config[key]
    if (value === undefined || value === null) return undefined
    if (Array.isArray(value) && value.every((one) => typeof one === "string")) return value
    unreadable.push(key)
    return []
  }
  const patterns = (kind: string): Patterns => ({
    allowed: list(`allowed_${kind}`),
    denied: list(`denied_${kind}`) ?? []
  })
  const [commands, tools, paths] = [patterns("commands"), patterns("tools"), patterns("paths")]
  return { commands, tools, paths, unreadable }
}

/**
 * What the restrictions deny of a request, or nothing.
 *
 * **Details**
 *
 * A command's pattern is its first words: `git push` is every push, `git` every call of git; what
 * stands around it (`sudo`, `sh -c`, quotes) is seen through. A tool's is `server.tool`. A path's is
 * the file or folder that it names, relative ones below the workspace. `*` stands for any characters.
 *
 * **Example** (Only what is allowed)
 *
 * ```ts import.meta.vitest
 * import { AgentRestrictions } from "@foreman/core"
 *
 * const only = AgentRestrictions.of({ allowed_commands: ["npm test", "git"] })
 * const asked = { _tag: "Command", cwd: "/w", leavesSandbox: false, reason: null } as const
 * const ask = (command: string) => AgentRestrictions.judge(only, { ...asked, command }, "/w")
 *
 * ask("git status && npm test")?.rule // => undefined
 * ask("git status && npm run deploy")?.rule // => "agent.allowed_commands"
 * ```
 *
 * @category rules
 * @since 0.1.0
 */
export const judge = (
  restrictions: AgentRestrictions,
  request: AgentRequest,
  workspace: string
): Denied | undefined => {
  const { commands, paths, tools, unreadable } = restrictions
  if (request._tag === "Question") return undefined
  if (unreadable.length > 0) {
    return deny("unreadable", `its config holds no list of texts as ${unreadable.join(", ")}`)
  }
  switch (request._tag) {
    case "Command": {
      const { command } = request
      if (commands.allowed === undefined && commands.denied.length === 0) return undefined
      const reading = typeof command === "string" ? read(command) : readWords(command)
      const isSure = reading.problems.length === 0
      return judgeCommands(commands, reading.commands, isSure)
    }
    case "ToolCall":
      return judgeAll("tools", tools, [`${request.server}.${request.tool}`], matches)
    case "FileChange": {
      const isBelow = (path: string, pattern: string) => {
        const whole = absolute(pattern, workspace)
        return matches(path, whole) || matches(path, whole === "/" ? "/*" : `${whole}/*`)
      }
      const asked = request.paths.map((path) => absolute(path, workspace))
      // Nothing can be said of an agent that does not say what it would write.
      const isBlind = asked.length === 0 && paths.allowed !== undefined
      return isBlind
        ? deny("allowed_paths", "it does not say which files it would change")
        : judgeAll("paths", paths, asked, isBelow)
    }
  }
}

/**
 * What is denied of commands, say of those that a task spells. What is not allowed is no matter there:
 * prose is full of words that are no commands.
 *
 * @category rules
 * @since 0.1.0
 */
export const deniedOf = (
  { commands }: AgentRestrictions,
  asked: ReadonlyArray<Command>
): Denied | undefined => judgeCommands({ allowed: undefined, denied: commands.denied }, asked, true)

// internal --------------------------------------------------------------------

const deny = (rule: string, reason: string): Denied => ({
  _tag: "Deny",
  rule: `agent.${rule}`,
  reason: `the agent may not do this: ${reason}`
})

const judgeCommands = (
  { allowed, denied }: Patterns,
  asked: ReadonlyArray<Command>,
  isSure: boolean
): Denied | undefined => {
  if (!isSure && (allowed !== undefined || denied.length > 0)) {
    return deny("unreadable", "the command cannot be read, and some are denied to it")
  }
  return judgeAll("commands", { allowed, denied }, asked, isCommand)
}

const judgeAll = <A>(
  kind: string,
  { allowed, denied }: Patterns,
  asked: ReadonlyArray<A>,
  isMatch: (one: A, pattern: string) => boolean
): Denied | undefined => {
  for (const one of asked) {
    const pattern = denied.find((pattern) => isMatch(one, pattern))
    if (pattern !== undefined) return deny(`denied_${kind}`, `${pattern} is denied to it`)
    if (allowed?.some((pattern) => isMatch(one, pattern)) === false) {
      return deny(`allowed_${kind}`, `only ${allowed.join(", ") || "nothing"} is allowed to it`)
    }
  }
  return undefined
}

/** Whether a command begins with these words, if its options are left out that stand between them. */
const isCommand = ({ program, words }: Command, pattern: string): boolean => {
  const [first = "", ...others] = pattern.trim().split(/\s+/)
  const [name, rest] = apart(first.toLowerCase(), others)
  const [called, given] = apart(program, words)
  return matches(called, name) && begins(given, rest, matches)
}

/** `git-push` is what `git push` starts, so both are the same. */
const apart = (
  name: string,
  words: ReadonlyArray<string>
): readonly [name: string, words: ReadonlyArray<string>] =>
  name.startsWith("git-") ? ["git", [name.slice(4), ...words]] : [name, words]

const matches = (text: string, pattern: string): boolean => {
  const parts = pattern.split("*")
  const [first = ""] = parts
  if (parts.length === 1) return text === pattern
  if (!text.startsWith(first)) return false
  let at = first.length
  for (const part of parts.slice(1, -1)) {
    const found = text.indexOf(part, at)
    if (found === -1) return false
    at = found + part.length
  }
  const last = parts.at(-1) ?? ""
  return text.length - last.length >= at && text.endsWith(last)
}
