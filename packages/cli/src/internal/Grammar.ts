/**
 * What a command line is made of: words that lead to a command, and what that command takes.
 */
import type { Context } from "./Context.ts"

// models ----------------------------------------------------------------------

/** `--name VALUE`, or `--name` alone where it is a switch. */
export interface Flag {
  readonly name: string
  /** Other names of it, shorter ones. */
  readonly aliases?: ReadonlyArray<string>
  /** One letter, after one dash. */
  readonly letter?: string
  /** What stands for its value in the help. A switch has none. */
  readonly placeholder?: string
  readonly isRequired?: boolean
  readonly isRepeated?: boolean
  readonly choices?: ReadonlyArray<string>
  readonly description: string
}

/** A value without a name, by its place. */
export interface Positional {
  readonly name: string
  readonly isRequired: boolean
  /** The last one may take all that is left. */
  readonly isRest?: boolean
  readonly description: string
}

/** What was given, by the names of flags and places. */
export interface Given {
  /** Every value, in order; a switch has the value `true` or `false`. */
  readonly flags: Readonly<Record<string, ReadonlyArray<string>>>
  readonly positionals: ReadonlyArray<string>
}

/** What can be asked for, and what is done then. It answers the exit code. */
export interface Command {
  readonly words: ReadonlyArray<string>
  readonly summary: string
  readonly details?: string
  readonly positionals: ReadonlyArray<Positional>
  readonly flags: ReadonlyArray<Flag>
  readonly examples: ReadonlyArray<string>
  /** Says that the command reads what comes after its words by itself. */
  readonly isRaw?: boolean
  /** Says that there is nothing to do where there is no store, so that none is made then. */
  readonly needsStore?: boolean
  readonly run: (given: Given, context: Context) => Promise<number>
}

/** Words that lead to commands, and the command that they are, if they are one. */
export interface Node {
  readonly words: ReadonlyArray<string>
  readonly command: Command | undefined
  readonly children: ReadonlyMap<string, Node>
}

// errors ----------------------------------------------------------------------

/** The command line cannot be understood. */
export class Misused extends Error {
  /** The words whose help says more. */
  readonly words: ReadonlyArray<string>
  constructor(message: string, words: ReadonlyArray<string> = []) {
    super(message)
    this.name = "Misused"
    this.words = words
  }
}

// rules -----------------------------------------------------------------------

/** The tree of commands. */
export const treeOf = (
  commands: ReadonlyArray<Command>,
  words: ReadonlyArray<string> = []
): Node => {
  const depth = words.length
  const below = Map.groupBy(
    commands.filter((command) => command.words.length > depth),
    (command) => command.words[depth] ?? ""
  )
  return {
    words,
    command: commands.find((command) => command.words.length === depth),
    children: new Map(
      [...below].map(([word, inner]) => [word, treeOf(inner, [...words, word])] as const)
    )
  }
}

/** The node at some words, if they lead to one. */
export const nodeAt = (root: Node, words: ReadonlyArray<string>): Node | undefined =>
  words.reduce<Node | undefined>((node, word) => node?.children.get(word), root)

/** All commands below a node, itself included, in the order in which they were given. */
export const commandsBelow = (node: Node): ReadonlyArray<Command> => [
  ...(node.command === undefined ? [] : [node.command]),
  ...[...node.children.values()].flatMap(commandsBelow)
]

/** The one value of a flag: the last one given. */
export const valueOf = (given: Given, name: string): string | undefined => given.flags[name]?.at(-1)

/** Whether a switch is on. */
export const isOn = (given: Given, name: string): boolean => valueOf(given, name) === "true"
