/**
 * The program: finds the command that its arguments mean, runs it, and says how it ended.
 */
import { readFileSync } from "node:fs"
import process from "node:process"
import { setTimeout } from "node:timers/promises"
import { find, type Found, parse } from "./Arguments.ts"
import { all } from "./Commands.ts"
import type { Connection } from "./Connection.ts"
import type { Context, Told } from "./Context.ts"
import { exitCodes, Failed } from "./ExitCode.ts"
import {
  type Command,
  type Flag,
  type Given,
  isOn,
  Misused,
  type Node,
  nodeAt,
  treeOf
} from "./Grammar.ts"
import * as Help from "./Help.ts"
import { question } from "./Nearest.ts"
import * as Signals from "./Signals.ts"
import * as Tell from "./Tell.ts"
import * as Terminal from "./Terminal.ts"

// models ----------------------------------------------------------------------

/** The flags of every command. */
export const everywhere: ReadonlyArray<Flag> = [
  { name: "help", letter: "h", description: "This" },
  { name: "json", description: "One JSON document instead of words, errors too" },
  {
    name: "color",
    description: "Colours also into a pipe; --no-color for none at a terminal (or NO_COLOR)"
  },
  ...Tell.everywhere
]

// services --------------------------------------------------------------------

/** Does what the arguments say, and answers how it ended. */
export const main = async (args: ReadonlyArray<string>): Promise<number> => {
  const signals = Signals.listen()
  const isJson = args.includes("--json")
  const plain = Terminal.make({
    ...streams(),
    hasColour: args.includes("--no-color") ? false : undefined
  })
  let opened: Promise<Connection> | undefined
  try {
    const root = treeOf(all(everywhere))
    const found = find(root, [...everywhere, versionFlag], args)
    const { before, node, rest } = found
    if (node.words.length === 0 && rest.some((arg) => arg === "--version" || arg === "-v")) {
      await plain.out(`foreman ${version()}\n`)
      return exitCodes.done
    }
    const { command } = node
    const isRaw = command?.isRaw === true
    if (!isRaw && asksForHelp(rest)) {
      await plain.out(Help.of(node, everywhere, plain))
      return exitCodes.done
    }
    if (command === undefined) return await refuseGroup(root, found, plain, isJson)
    const given = isRaw ? raw(command, rest, before) : parse(command, everywhere, rest)
    const own = new Set(command.flags.map(({ name }) => name))
    const context = contextOf(given, own, signals)
    const connect = () =>
      (opened ??= context.told().then(async (told) => {
        const Connection = await import("./Connection.ts")
        const isDry = isOn(given, "dry-run")
        return Connection.open(told, { isDry, mayMake: !isDry && command.needsStore !== true })
      }))
    const code = await command.run(given, { ...context, connect })
    return signals.endedBy() ?? code
  } catch (error) {
    return signals.endedBy() ?? failed(error, plain, isJson)
  } finally {
    // What was asked is answered: whatever still holds the way open is left to the end of the process.
    await Promise.race([closed(opened), setTimeout(mostCloseMillis, undefined, { ref: false })])
    signals.close()
  }
}

// internal --------------------------------------------------------------------

/** What stands before its words is not for the program that such a command becomes. */
const raw = (command: Command, rest: ReadonlyArray<string>, before: number): Given => {
  const { flags } = parse(command, everywhere, rest.slice(0, before))
  // Neither how to write nor in which colours means anything to it.
  const setting = Object.keys(flags).find((name) => !["color", "help", "json"].includes(name))
  const words = command.words.join(" ")
  if (setting !== undefined) {
    throw new Misused(
      `${words} takes no --${setting}: its settings are in the environment`,
      command.words
    )
  }
  const help = flags["help"] === undefined ? [] : ["--help"]
  return { flags: {}, positionals: [...help, ...rest.slice(before)] }
}

const mostCloseMillis = 5000

const closed = async (opened: Promise<Connection> | undefined): Promise<void> => {
  const connection = await opened?.catch(() => undefined)
  await connection?.close()
}

const versionFlag: Flag = { name: "version", letter: "v", description: "The version" }

const streams = () => ({
  stdout: process.stdout,
  stderr: process.stderr,
  environment: process.env
})

const asksForHelp = (rest: ReadonlyArray<string>): boolean => {
  const end = rest.indexOf("--")
  const flags = end < 0 ? rest : rest.slice(0, end)
  return flags.includes("--help") || flags.includes("-h")
}

const version = (): string => {
  const content: { readonly version: string } = JSON.parse(
    readFileSync(new URL("../../package.json", import.meta.url), "utf8")
  )
  return content.version
}

const contextOf = (
  given: Given,
  own: ReadonlySet<string>,
  signals: Signals.Signals
): Omit<Context, "connect"> => {
  const workingFolder = process.cwd()
  let told: Promise<Told> | undefined
  const isColour = given.flags["color"]?.at(-1)
  return {
    workingFolder,
    isJson: isOn(given, "json"),
    signal: signals.signal,
    terminal: Terminal.make({
      ...streams(),
      hasColour: isColour === undefined ? undefined : isColour === "true"
    }),
    told: () =>
      (told ??= Tell.tell({
        // A flag that the command has for itself says nothing of settings.
        given: withoutOwn(given, own),
        environment: process.env,
        workingFolder
      }))
  }
}

const withoutOwn = (given: Given, own: ReadonlySet<string>): Given => {
  const isSetting = (name: string) => Tell.settings.some((flag) => flag.name === name)
  const kept = Object.entries(given.flags).filter(([name]) => !own.has(name) || isSetting(name))
  return { ...given, flags: Object.fromEntries(kept) }
}

/** Words that lead to no command: help, and what is wrong. */
const refuseGroup = async (
  root: Node,
  { node, rest, unread }: Found,
  terminal: Terminal.Terminal,
  isJson: boolean
): Promise<number> => {
  const word = unread.find((arg) => arg !== "--")
  if (word !== undefined && !word.startsWith("-")) {
    const words = [...node.words, word].join(" ")
    throw new Misused(`there is no command ${words}${meant(root, node, word)}`, node.words)
  }
  const flag = rest.find((arg) => arg !== "--json")
  if (flag !== undefined) parse({ words: node.words, flags: [], positionals: [] }, everywhere, rest)
  if (!isJson) await terminal.out(Help.of(node, everywhere, terminal))
  throw new Misused("subcommand required", node.words)
}

/** The word that is near, else the only command there is, if what was written is for that. */
const meant = (root: Node, { words }: Node, word: string): string => {
  const children = nodeAt(root, words)?.children ?? new Map<string, Node>()
  const near = question(word, children.keys(), ["foreman", ...words, ""].join(" "))
  const [only, ...more] = children.values()
  const isOnly = more.length === 0 && (only?.command?.positionals.length ?? 0) > 0
  if (near !== "" || only === undefined || !isOnly) return near
  return `; did you mean ${["foreman", ...only.words, word].join(" ")}?`
}

const failed = (error: unknown, terminal: Terminal.Terminal, isJson: boolean): number => {
  if (Signals.isClosedPipe(error)) return exitCodes.done
  const { code, exitCode, facts, message } = asFailed(error)
  if (isJson) {
    terminal.err(`${JSON.stringify({ error: message, code, ...facts })}\n`)
    return exitCode
  }
  const start = terminal.paint("bad", "foreman:")
  terminal.err(`${start} ${Terminal.inLines(message)}\n`)
  if (error instanceof Misused && message !== "subcommand required") {
    terminal.err(`Try: ${["foreman", ...error.words, "--help"].join(" ")}\n`)
  }
  return exitCode
}

const asFailed = (error: unknown): Failed => {
  if (error instanceof Failed) return error
  if (error instanceof Misused) return new Failed(exitCodes.misused, "Misused", error.message)
  const message = error instanceof Error ? error.message : String(error)
  return new Failed(exitCodes.failed, "InternalError", message)
}
