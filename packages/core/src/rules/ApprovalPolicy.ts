/**
 * The approval policy: which actions a person has to agree to before they happen.
 *
 * A policy is a list of rules and a pure function. It reads commands and words, never substrings.
 * What a program does by itself once it runs (a script, a hook, a makefile) it does not see.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"
import { type Command, optionsOf, read, readProse, readWords, unknown } from "./CommandLine.ts"

// models ----------------------------------------------------------------------

/**
 * How much harm an action can do.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Risk = Schema.Literals(["low", "medium", "high", "critical"]).annotate({
  description: "How much harm the action can do"
})
export type Risk = typeof Risk.Type

/**
 * What is judged: a command that a runner asks to execute, given to a shell as a line or started by
 * its words, or a task before its dispatch.
 *
 * @category models
 * @since 0.1.0
 */
export type Action =
  | { readonly _tag: "Command"; readonly line: string; readonly cwd?: string }
  | { readonly _tag: "Command"; readonly argv: ReadonlyArray<string>; readonly cwd?: string }
  | {
      readonly _tag: "Task"
      readonly type: "read" | "write"
      readonly title: string
      readonly description: string
    }

/**
 * One rule: says why an action needs approval, or nothing. What a `forbidden` rule finds is denied.
 *
 * @category models
 * @since 0.1.0
 */
export interface Rule {
  readonly id: string
  readonly risk: Risk | "forbidden"
  readonly judge: (action: Action) => string | undefined
}

/**
 * The rules that hold together.
 *
 * @category models
 * @since 0.1.0
 */
export interface Policy {
  readonly name: string
  readonly rules: ReadonlyArray<Rule>
}

/**
 * What a policy says of an action.
 *
 * @category models
 * @since 0.1.0
 */
export type Judgement =
  | { readonly _tag: "Allow" }
  | {
      readonly _tag: "Require"
      readonly risk: Risk
      readonly rule: string
      readonly reason: string
    }
  | { readonly _tag: "Deny"; readonly rule: string; readonly reason: string }

// rules -----------------------------------------------------------------------

/**
 * Judges an action. Of several rules that find something, the highest risk wins, then the first.
 *
 * **Example** (A rule of your own)
 *
 * ```ts import.meta.vitest
 * import { ApprovalPolicy } from "@foreman/core"
 *
 * const publishing: ApprovalPolicy.Rule = {
 *   id: "team.npm_publish",
 *   risk: "high",
 *   judge: (action) =>
 *     ApprovalPolicy.commandsOf(action).some(
 *       ({ program, words }) => program === "npm" && words.includes("publish")
 *     )
 *       ? "npm publish requires approval"
 *       : undefined
 * }
 * const policy = { name: "team", rules: [...ApprovalPolicy.strict.rules, publishing] }
 *
 * ApprovalPolicy.judge(policy, { _tag: "Command", line: "npm test" })._tag // => "Allow"
 * ApprovalPolicy.judge(policy, { _tag: "Command", line: "npm test && npm publish" })._tag
 * // => "Require"
 * ```
 *
 * @category rules
 * @since 0.1.0
 */
export const judge = ({ rules }: Policy, action: Action): Judgement => {
  let highest: (Rule & { readonly reason: string }) | undefined
  for (const rule of rules) {
    const reason = rule.judge(action)
    if (reason === undefined) continue
    if (highest === undefined || ranks[rule.risk] > ranks[highest.risk]) {
      highest = { ...rule, reason }
    }
  }
  if (highest === undefined) return { _tag: "Allow" }
  const { id: rule, reason, risk } = highest
  return risk === "forbidden"
    ? { _tag: "Deny", rule, reason }
    : { _tag: "Require", risk, rule, reason }
}

/**
 * The commands of an action.
 *
 * **Gotchas**
 *
 * A task is prose. One that may write holds every command that its words spell anywhere ("then git
 * push it"); one of type `read` holds only lines that are commands as a whole.
 *
 * **Example** (Reading about a command is not running it)
 *
 * ```ts import.meta.vitest
 * import { ApprovalPolicy } from "@foreman/core"
 *
 * const text = { title: "Explain how git push works", description: "" }
 *
 * ApprovalPolicy.commandsOf({ _tag: "Task", type: "read", ...text }).map(({ program }) => program)
 * // => ["explain"]
 * ```
 *
 * @category rules
 * @since 0.1.0
 */
export const commandsOf = (action: Action): ReadonlyArray<Command> =>
  action._tag === "Task" ? commandsIn(action) : readingOf(action).commands

/**
 * Allows everything.
 *
 * @category rules
 * @since 0.1.0
 */
export const permissive: Policy = { name: "permissive", rules: [] }

/**
 * Asks before anything leaves the machine by git, is tagged, or is deleted with all below it.
 *
 * A command that cannot be read (an open quote, a program that only the shell knows) needs approval
 * as well: what nobody can read nobody can judge, and a stray quote must not be the way around.
 *
 * @category rules
 * @since 0.1.0
 */
export const strict: Policy = {
  name: "strict",
  rules: [
    onCommand("strict.git_push", "high", "git push requires approval", isGitPush),
    onCommand("strict.git_tag", "medium", "git tag requires approval", isGitTag),
    onCommand(
      "strict.rm_rf",
      "critical",
      "destructive filesystem operations require approval",
      isRemoveAll
    ),
    { id: "strict.unreadable", risk: "high", judge: unreadable }
  ]
}

// internal --------------------------------------------------------------------

const ranks: Readonly<Record<Rule["risk"], number>> = {
  low: 0,
  medium: 1,
  high: 2,
  critical: 3,
  forbidden: 4
}

function onCommand(
  id: string,
  risk: Risk,
  reason: string,
  matches: (command: Command) => boolean
): Rule {
  return { id, risk, judge: (action) => (commandsOf(action).some(matches) ? reason : undefined) }
}

const readingOf = (action: Extract<Action, { readonly _tag: "Command" }>) =>
  "line" in action ? read(action.line) : readWords(action.argv)

// git -------------------------------------------------------------------------

/** The subcommand of git, behind the options of git itself. */
const gitOf = ({ program, words }: Command) => {
  // `git-push` is what `git push` starts.
  if (program.startsWith("git-")) return { options: [], operands: [program.slice(4), ...words] }
  if (program !== "git") return undefined
  const long = ["attr-source", "config-env", "git-dir", "namespace", "super-prefix", "work-tree"]
  const { operands, options } = optionsOf(words, { short: "Cc", long })
  const [name = "", ...rest] = operands
  return { options, operands: [name.toLowerCase(), ...rest] }
}

function isGitPush(command: Command): boolean {
  const [name, next] = gitOf(command)?.operands ?? []
  return (
    name === "push" ||
    name === "send-pack" ||
    ((name === "subtree" || name === "lfs") && next === "push")
  )
}

/** Whether it makes or deletes a tag: one that lists, filters or verifies tags changes nothing. */
function isGitTag(command: Command): boolean {
  const [name, ...words] = gitOf(command)?.operands ?? []
  if (name !== "tag") return false
  const long = ["cleanup", "file", "format", "local-user", "message", "sort", "trailer"]
  const { operands, options } = optionsOf(words, { short: "Fmu", long, isMixed: true })
  return operands.length > 0 && !options.some(([option]) => isListing(option))
}

const listings = "contains list merged no-contains no-merged points-at verify".split(" ")

const isListing = (option: string): boolean =>
  /^[lnv]$/.test(option) || (option.length > 1 && listings.some((name) => name.startsWith(option)))

// rm --------------------------------------------------------------------------

/** Whether it deletes folders with all that is in them, and asks nothing. */
function isRemoveAll({ program, words }: Command): boolean {
  if (program !== "rm") return false
  const { options } = optionsOf(words, { isMixed: true })
  const names = options.map(([name]) => name)
  // An option that only the shell knows may be any.
  if (words.some((word) => word.startsWith("-") && word.includes(unknown))) return true
  const has = (letters: string, long: string) =>
    names.some((name) => (name.length === 1 ? letters.includes(name) : long.startsWith(name)))
  return has("rR", "recursive") && has("f", "force")
}

// what cannot be read ---------------------------------------------------------

function unreadable(action: Action): string | undefined {
  if (action._tag === "Task") return undefined
  const { commands, problems } = readingOf(action)
  const all = commands.some(isOpenGit)
    ? [...problems, "git is given a name for another command"]
    : problems
  return all.length === 0 ? undefined : `the command cannot be read: ${all.join("; ")}`
}

/** Whether only git or the shell knows which subcommand it is. */
const isOpenGit = (command: Command): boolean => {
  const git = gitOf(command)
  if (git === undefined) return false
  const isAlias = git.options.some(
    ([name, value]) => (name === "c" || name === "config-env") && /^alias\./i.test(value)
  )
  return isAlias || (git.operands[0] ?? "").includes(unknown)
}

// prose -----------------------------------------------------------------------

type Prose = Extract<Action, { readonly _tag: "Task" }>

const commandsIn = ({ description, title, type }: Prose): ReadonlyArray<Command> => {
  const text = `${title}\n${description}`
  // Backticks quote in prose; they substitute nothing.
  const lines = text.replaceAll("`", " ").split("\n")
  const whole = lines.flatMap((line) => read(line).commands)
  return type === "read" ? whole : [...whole, ...readProse(text)]
}
