/**
 * Arguments into words, flags and places, with errors that name what is wrong.
 */
import { parseArgs } from "node:util"
import { type Command, type Flag, type Given, Misused, type Node } from "./Grammar.ts"
import { question } from "./Nearest.ts"

// models ----------------------------------------------------------------------

/** Where the words of some arguments lead, and what is left of them. */
export interface Found {
  readonly node: Node
  readonly rest: ReadonlyArray<string>
  /** How many of what is left stood before the last of the words. */
  readonly before: number
  /** What is left from the first argument on that leads nowhere: no word, flag or value of a flag. */
  readonly unread: ReadonlyArray<string>
}

// rules -----------------------------------------------------------------------

/** Takes the words that lead to a command. Flags that every command has may stand before them. */
export const find = (
  root: Node,
  everywhere: ReadonlyArray<Flag>,
  args: ReadonlyArray<string>
): Found => {
  const switchedOff = (arg: string) =>
    everywhere.find(({ name, placeholder }) => placeholder === undefined && arg === `--no-${name}`)
  let node = root
  let before = 0
  const rest: Array<string> = []
  for (let index = 0; index < args.length; index++) {
    const arg = args[index] ?? ""
    const next = node.children.get(arg)
    if (next !== undefined) {
      node = next
      before = rest.length
      continue
    }
    const flag = arg.startsWith("-") ? (flagOf(everywhere, arg) ?? switchedOff(arg)) : undefined
    if (flag === undefined || arg === "--" || node.command?.isRaw === true) {
      const unread = args.slice(index)
      return { node, before, rest: [...rest, ...unread], unread }
    }
    rest.push(arg)
    if (flag.placeholder !== undefined && !arg.includes("=")) {
      index += 1
      const value = args[index]
      if (value !== undefined) rest.push(value)
    }
  }
  return { node, before, rest, unread: [] }
}

/** Reads what a command was given. */
export const parse = (
  command: Pick<Command, "flags" | "positionals" | "words">,
  everywhere: ReadonlyArray<Flag>,
  args: ReadonlyArray<string>
): Given => {
  const taken = new Set(command.flags.flatMap(({ aliases = [], name }) => [name, ...aliases]))
  const flags = [...command.flags, ...everywhere.filter(({ name }) => !taken.has(name))]
  const fail = (problem: string): never => {
    throw new Misused(problem, command.words)
  }
  const given: Record<string, Array<string>> = {}
  const positionals: Array<string> = []
  for (const token of tokensOf(flags, args)) {
    if (token.kind === "positional") positionals.push(token.value)
    if (token.kind !== "option") continue
    const { rawName } = token
    const isNegated = rawName.startsWith("--no-") && flagOf(flags, rawName) === undefined
    const name = isNegated ? `--${rawName.slice(5)}` : rawName
    const flag = flagOf(flags, name)
    if (flag === undefined || (isNegated && flag.placeholder !== undefined)) {
      const names = flags.flatMap((one) => [one.name, ...(one.aliases ?? [])])
      return fail(`there is no flag ${rawName}${question(rawName.slice(2), names, "--")}`)
    }
    const text = textOf(flag, token, isNegated, fail)
    const known = (given[flag.name] ??= [])
    if (known.length > 0 && flag.isRepeated !== true && flag.placeholder !== undefined) {
      fail(`${rawName} is given twice`)
    }
    known.push(text)
  }
  checkPlaces(command, positionals, fail)
  return { flags: given, positionals }
}

/** Says what is missing once all that can stand in for it was looked at. */
export const missing = (command: Pick<Command, "words">, names: ReadonlyArray<string>): Misused =>
  new Misused(`${names.join(" and ")} ${names.length === 1 ? "is" : "are"} missing`, command.words)

// internal --------------------------------------------------------------------

type Token = ReturnType<typeof tokensOf>[number]

const tokensOf = (flags: ReadonlyArray<Flag>, args: ReadonlyArray<string>) => {
  const options = Object.fromEntries(
    flags.flatMap(({ aliases = [], letter, name, placeholder }) => {
      const type = placeholder === undefined ? ("boolean" as const) : ("string" as const)
      const short = letter === undefined ? {} : { short: letter }
      const others = aliases.map((alias) => [alias, { type }] as const)
      return [[name, { type, ...short }] as const, ...others]
    })
  )
  return parseArgs({ args: [...args], options, strict: false, tokens: true }).tokens
}

const flagOf = (flags: ReadonlyArray<Flag>, raw: string): Flag | undefined => {
  const written = raw.replace(/=.*$/s, "")
  return flags.find(({ aliases = [], letter, name }) =>
    written.startsWith("--")
      ? [name, ...aliases].includes(written.slice(2))
      : letter !== undefined && written === `-${letter}`
  )
}

const textOf = (
  flag: Flag,
  token: Extract<Token, { readonly kind: "option" }>,
  isNegated: boolean,
  fail: (problem: string) => never
): string => {
  const { inlineValue, rawName, value } = token
  if (flag.placeholder === undefined) {
    return value === undefined ? String(!isNegated) : fail(`${rawName} takes no value`)
  }
  if (value === undefined) return fail(`${rawName} needs a value: ${rawName} ${flag.placeholder}`)
  if (inlineValue === false && /^--\w/.test(value)) {
    return fail(`${rawName} needs a value; for one that begins with dashes, ${rawName}=${value}`)
  }
  const { choices } = flag
  if (choices !== undefined && choices.length > 0 && !choices.includes(value)) {
    return fail(
      `${rawName} is one of ${choices.join(", ")}, not ${value}${question(value, choices)}`
    )
  }
  return value
}

const checkPlaces = (
  { positionals }: Pick<Command, "positionals">,
  given: ReadonlyArray<string>,
  fail: (problem: string) => never
): void => {
  const lacking = positionals.filter((one, index) => one.isRequired && given[index] === undefined)
  if (lacking.length > 0) {
    fail(`${lacking.map(({ name }) => name.toUpperCase()).join(" and ")} is missing`)
  }
  const hasRest = positionals.some(({ isRest }) => isRest === true)
  const extra = given[positionals.length]
  if (!hasRest && extra !== undefined) fail(`there is no place for ${extra}`)
}
