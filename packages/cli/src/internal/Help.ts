/**
 * Help at every level: what there is, what it takes, and how it is typed.
 */
import { exitCodes, meanings } from "./ExitCode.ts"
import { type Command, commandsBelow, type Flag, type Node } from "./Grammar.ts"
import { cut, type Terminal } from "./Terminal.ts"

// rules -----------------------------------------------------------------------

/** The help of a node: of a command, or of a group of commands. */
export const of = (node: Node, everywhere: ReadonlyArray<Flag>, terminal: Terminal): string =>
  node.command === undefined
    ? ofGroup(node, terminal)
    : ofCommand(node.command, everywhere, terminal) + below(node, terminal)

/** What the ends of the program mean. */
export const ofExitCodes = (): string =>
  `${Object.entries(exitCodes)
    .map(([name, code]) => `${code}  ${meanings[name as keyof typeof exitCodes]}`)
    .join("\n")}\n`

// internal --------------------------------------------------------------------

const ofGroup = (node: Node, terminal: Terminal): string => {
  const title = (text: string) => terminal.paint("title", text)
  const isRoot = node.words.length === 0
  const head = isRoot
    ? "foreman: the control plane for AI coding agents\n\n"
    : `${title("Usage")}\n  foreman ${node.words.join(" ")} COMMAND [FLAGS]\n\n`
  const usage = isRoot ? `${title("Usage")}\n  foreman COMMAND [FLAGS]\n\n` : ""
  const commands = isRoot ? rootCommands(node, terminal) : linesOf(node, terminal)
  const examples = isRoot
    ? rootExamples
    : commandsBelow(node)
        .flatMap((command) => command.examples.slice(0, 1))
        .slice(0, 3)
  return (
    `${head}${usage}${commands}` +
    `${title("Examples")}\n${examples.map((line) => `  ${line}\n`).join("")}\n` +
    `foreman ${[...node.words, ""].join(" ")}COMMAND --help says more.\n`
  )
}

const rootExamples = [
  "foreman serve",
  'foreman task create --title "Fix the login"',
  "foreman task list --json",
  "foreman watch task show 42 --until status=done",
  "foreman approval list && foreman approve 01a2b3c4-..."
]

/** The commands that stand alone, then the groups. */
const rootCommands = (node: Node, terminal: Terminal): string => {
  const children = [...node.children.values()]
  const single = children.filter(({ command }) => command !== undefined)
  const groups = children.filter(({ command }) => command === undefined)
  const width = Math.max(...children.map(({ words }) => words.join(" ").length))
  const lines = single.map((one) => [one.words.join(" "), one.command?.summary ?? ""] as const)
  const groupLines = groups.map(
    (one) => [one.words.join(" "), [...one.children.keys()].toSorted().join(", ")] as const
  )
  const show = (rows: ReadonlyArray<readonly [string, string]>) =>
    rows.map(([name, text]) => `${line(name, width, text, terminal)}\n`).join("")
  return (
    `${terminal.paint("title", "Commands")}\n${show(lines)}\n` +
    `${terminal.paint("title", "Things")}\n${show(groupLines)}\n`
  )
}

const linesOf = (node: Node, terminal: Terminal): string => {
  const commands = [...node.children.values()].flatMap(commandsBelow)
  const names = commands.map(({ words }) => words.slice(node.words.length).join(" "))
  const width = Math.max(0, ...names.map(({ length }) => length))
  const lines = commands.map(({ summary }, index) => {
    const name = names[index] ?? ""
    return `${line(name, width, summary, terminal)}\n`
  })
  return `${terminal.paint("title", "Commands")}\n${lines.join("")}\n`
}

const below = (node: Node, terminal: Terminal): string =>
  node.children.size === 0 ? "" : `\n${linesOf(node, terminal)}`

const line = (name: string, width: number, text: string, { width: room }: Terminal): string =>
  `  ${name.padEnd(width)}  ${cut(text, Math.max(20, room - width - 4))}`

const ofCommand = (
  command: Command,
  everywhere: ReadonlyArray<Flag>,
  terminal: Terminal
): string => {
  const title = (text: string) => terminal.paint("title", text)
  const places = command.positionals.map(({ isRest, name }) => `${name}${isRest ? "..." : ""}`)
  // A flag that the command has for itself is read as that.
  const own = new Set(command.flags.flatMap(({ aliases = [], name }) => [name, ...aliases]))
  const needed = command.flags.filter(({ isRequired }) => isRequired)
  const usage = [
    "foreman",
    ...command.words,
    ...places,
    ...needed
      .filter(({ name }) => !places.includes(name.toUpperCase()))
      .map(({ name, placeholder }) => `--${name} ${placeholder ?? ""}`),
    "[FLAGS]"
  ]
  // What has a place is told of once, with the flags that say the same.
  const placed = (place: string) => command.flags.find(({ name }) => name.toUpperCase() === place)
  const rows = [
    ...command.positionals.map(({ description, name }) => {
      const flag = placed(name)
      const names = flag === undefined ? [] : [flag.name, ...(flag.aliases ?? [])]
      return [name, textOf({ name, description, aliases: names })] as const
    }),
    ...command.flags
      .filter(({ name }) => command.positionals.every((place) => place.name !== name.toUpperCase()))
      .map((flag) => [nameOf(flag), textOf(flag)] as const)
  ]
  return [
    wrapped(command.details ?? command.summary, terminal.width),
    "",
    title("Usage"),
    `  ${usage.join(" ")}`,
    ...section(title("Takes"), rows, terminal),
    ...section(
      title("Everywhere"),
      everywhere
        .filter(({ name }) => !own.has(name))
        .map((flag) => [nameOf(flag), textOf(flag)] as const),
      terminal
    ),
    ...(command.examples.length === 0
      ? []
      : ["", title("Examples"), ...command.examples.map((example) => `  ${example}`)]),
    ""
  ].join("\n")
}

const section = (
  title: string,
  rows: ReadonlyArray<readonly [string, string]>,
  terminal: Terminal
): ReadonlyArray<string> => {
  if (rows.length === 0) return []
  const width = Math.min(30, Math.max(...rows.map(([name]) => name.length)))
  const indent = " ".repeat(width + 4)
  const lines = rows.flatMap(([name, text]) => {
    const [first = "", ...more] = wrapped(text, Math.max(30, terminal.width - width - 4)).split(
      "\n"
    )
    const start =
      name.length > width ? [`  ${name}`, indent + first] : [`  ${name.padEnd(width)}  ${first}`]
    return [...start, ...more.map((one) => indent + one)].map((one) => one.trimEnd())
  })
  return ["", title, ...lines]
}

const nameOf = ({ letter, name, placeholder }: Flag): string =>
  [
    letter === undefined ? "" : `-${letter}, `,
    `--${name}`,
    placeholder === undefined ? "" : ` ${placeholder}`
  ].join("")

const textOf = ({ aliases = [], description, isRepeated, isRequired }: Flag): string =>
  [
    isRequired === true ? "(needed)" : "",
    description,
    isRepeated === true ? "(may be repeated)" : "",
    aliases.length === 0 ? "" : `[${aliases.map((alias) => `--${alias}`).join(", ")}]`
  ]
    .filter((part) => part !== "")
    .join(" ")

const wrapped = (text: string, width: number): string => {
  const lines: Array<string> = []
  let current = ""
  for (const word of text.split(/\s+/)) {
    if (current !== "" && current.length + word.length + 1 > width) {
      lines.push(current)
      current = word
    } else current = current === "" ? word : `${current} ${word}`
  }
  return [...lines, current].join("\n")
}
