/**
 * What a policy judges, what a rule is, and how the rules of a policy come to one judgement.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"
import { proseOf } from "./ApprovalPolicyProse.ts"
import { type Command, read, readProse, readWords, type Reading } from "./CommandLine.ts"

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
 * `access` says whether the command's task may write; whoever says nothing may.
 *
 * @category models
 * @since 0.1.0
 */
export type Action =
  | {
      readonly _tag: "Command"
      readonly line: string
      readonly cwd?: string
      readonly access?: "read" | "write"
    }
  | {
      readonly _tag: "Command"
      readonly argv: ReadonlyArray<string>
      readonly cwd?: string
      readonly access?: "read" | "write"
    }
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

/**
 * The rule that speaks where another one failed.
 *
 * @category models
 * @since 0.1.0
 */
export const failedRule = "policy.failed"

// rules -----------------------------------------------------------------------

/**
 * Judges an action. Of several rules that find something, the highest risk wins, then the first.
 *
 * **Gotchas**
 *
 * A rule that throws has not judged, and what nobody has judged is a person's: the action needs
 * approval at the highest risk, by the rule `policy.failed`, with what the rule threw as the reason.
 *
 * **Example** (A rule of your own)
 *
 * ```ts import.meta.vitest
 * import { ApprovalPolicy } from "@foreman/core"
 *
 * const paging: ApprovalPolicy.Rule = {
 *   id: "team.page",
 *   risk: "high",
 *   judge: (action) =>
 *     ApprovalPolicy.commandsOf(action).some(
 *       ({ program, words }) => program === "pager" && words.includes("--all")
 *     )
 *       ? "waking everybody requires approval"
 *       : undefined
 * }
 * const policy = { name: "team", rules: [paging, ...ApprovalPolicy.strict.rules] }
 *
 * ApprovalPolicy.judge(policy, { _tag: "Command", line: "npm test" })._tag // => "Allow"
 * ApprovalPolicy.judge(policy, { _tag: "Command", line: "npm test && pager --all" })._tag
 * // => "Require"
 * ```
 *
 * @category rules
 * @since 0.1.0
 */
export const judge = ({ rules }: Policy, action: Action): Judgement => {
  let highest: Found | undefined
  for (const rule of rules) {
    const found = finding(rule, action)
    if (found === undefined) continue
    if (highest === undefined || ranks[found.risk] > ranks[highest.risk]) highest = found
  }
  if (highest === undefined) return { _tag: "Allow" }
  const { reason, risk, rule } = highest
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
 * push it"); one of type `read` holds only lines that are commands as a whole. A program whose name
 * is an everyday word (`ssh`, `make`, `truncate`) counts in prose only with what no sentence has
 * behind it: an option, a path, an address.
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
export const commandsOf = (action: Action): ReadonlyArray<Command> => readingOf(action).commands

/**
 * The commands of an action, and why they could not be read to the end. Nobody has to be able to
 * read prose, unless there is too much of it.
 *
 * @category rules
 * @since 0.1.0
 */
export const readingOf = (action: Action): Reading => {
  // Every rule asks for it, and reading is most of the work.
  const before = readings.get(action)
  if (before !== undefined) return before
  const reading = readingAnew(action)
  readings.set(action, reading)
  return reading
}

/**
 * Says whether words of prose are words of a command: there is an option, a path or an address soon.
 *
 * @category rules
 * @since 0.1.0
 */
export const isSpelledOut = (words: ReadonlyArray<string>): boolean =>
  words.slice(0, 3).some((word) => /^--?\w|[/@=~:]/.test(word))

// internal --------------------------------------------------------------------

const ranks: Readonly<Record<Rule["risk"], number>> = {
  low: 0,
  medium: 1,
  high: 2,
  critical: 3,
  forbidden: 4
}

const longestReason = 500

interface Found {
  readonly rule: string
  readonly risk: Rule["risk"]
  readonly reason: string
}

const finding = ({ id, judge: ask, risk }: Rule, action: Action): Found | undefined => {
  const failed = (why: string): Found => ({
    rule: failedRule,
    risk: "critical",
    reason: `the rule ${id} failed: ${why}`.slice(0, longestReason)
  })
  try {
    const reason: unknown = ask(action)
    if (reason === undefined) return undefined
    return typeof reason === "string"
      ? { rule: id, risk, reason }
      : failed("its answer is neither a reason nor undefined")
  } catch (cause) {
    return failed(saidBy(cause))
  }
}

/** What was thrown may be anything, also something that throws when it is looked at. */
const saidBy = (cause: unknown): string => {
  try {
    return cause instanceof Error ? String(cause.message) : String(cause)
  } catch {
    return "it threw"
  }
}

const readings = new WeakMap<Action, Reading>()

const readingAnew = (action: Action): Reading => {
  if (action._tag === "Task") {
    const problems = proseOf(action).isWhole ? [] : ["it is too long"]
    return { commands: commandsIn(action), problems }
  }
  return "line" in action ? read(action.line) : readWords(action.argv)
}

type Prose = Extract<Action, { readonly _tag: "Task" }>

const commandsIn = (task: Prose): ReadonlyArray<Command> => {
  const { text } = proseOf(task)
  // Backticks quote in prose; they substitute nothing.
  const lines = text.replaceAll("`", " ").split("\n")
  const whole = lines.flatMap((line) => read(line).commands)
  const all = task.type === "read" ? whole : [...whole, ...readProse(text)]
  return all.filter(({ program, words }) => !everyday.has(program) || isSpelledOut(words))
}

/** Names of programs that are words of sentences, too. */
const everyday = new Set(
  (
    "cap crontab dd eb fly http https just mail make mc mutt nc parted railway rake render sam shred " +
    "ssh su sudo surge task truncate wipe"
  ).split(" ")
)
