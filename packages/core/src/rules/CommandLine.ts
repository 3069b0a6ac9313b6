/**
 * Reads a command line as a POSIX shell reads it, and says which programs it starts.
 *
 * Nothing is run and nothing is expanded: quotes, escapes, substitutions, here-documents and the
 * programs that start others (`sudo`, `env`, `xargs`, `sh -c`) are seen through. What a script, a
 * makefile or an interpreter does by itself is not seen.
 *
 * @since 0.1.0
 */
import { cut } from "./CommandLineLists.ts"
import { optionsOf, programOf } from "./CommandLineOptions.ts"
import { assignment, reserved, shells } from "./CommandLinePrograms.ts"
import { eachOf, linesOf, startedBy } from "./CommandLineStarters.ts"
import { unknown as filledIn } from "./CommandLineWords.ts"

// models ----------------------------------------------------------------------

/**
 * One program that a command line starts.
 *
 * @category models
 * @since 0.1.0
 */
export interface Command {
  /** Its name without folder and in lower case: `git` for `/usr/bin/git`. */
  readonly program: string
  /** Its arguments. `unknown` stands where the shell fills something in. */
  readonly words: ReadonlyArray<string>
  /** The files that the shell writes its output to, if there are any. */
  readonly writes?: ReadonlyArray<string>
}

/**
 * What a command line says: the programs it starts, and why it could not be read to the end.
 *
 * @category models
 * @since 0.1.0
 */
export interface Reading {
  readonly commands: ReadonlyArray<Command>
  readonly problems: ReadonlyArray<string>
}

// rules -----------------------------------------------------------------------

/**
 * Stands in a word for what only the shell knows: a variable, the output of a command, a pattern.
 *
 * @category rules
 * @since 0.1.0
 */
export const unknown: string = filledIn

/**
 * Reads a line, or several, that a shell would run.
 *
 * **Example** (Seeing through what stands around a command)
 *
 * ```ts import.meta.vitest
 * import { CommandLine } from "@foreman/core"
 *
 * const { commands } = CommandLine.read('cd app && sudo -u me sh -c "git push"')
 *
 * commands.map(({ program }) => program) // => ["cd", "sudo", "sh", "git"]
 * ```
 *
 * @category rules
 * @since 0.1.0
 */
export const read = (line: string): Reading => {
  const found = nothing()
  readInto(found, line, 0)
  return { commands: found.commands, problems: [...found.problems] }
}

/**
 * Reads a program and its arguments that are started without a shell.
 *
 * @category rules
 * @since 0.1.0
 */
export const readWords = (words: ReadonlyArray<string>): Reading => {
  const found = nothing()
  const length = words.reduce((sum, word) => sum + word.length + 1, 0)
  if (length > maxLength) found.problems.add("it is too long")
  else start(found, words, { input: undefined, depth: 0 })
  return { commands: found.commands, problems: [...found.problems] }
}

/**
 * The commands that the words of a text may spell, wherever they begin.
 *
 * **Example** (A sentence that asks for a command)
 *
 * ```ts import.meta.vitest
 * import { CommandLine } from "@foreman/core"
 *
 * const spelled = CommandLine.readProse("Fix it, then git push the branch.")
 *
 * spelled.find(({ program }) => program === "git")?.words // => ["push", "the", "branch"]
 * ```
 *
 * @category rules
 * @since 0.1.0
 */
export const readProse = (text: string): ReadonlyArray<Command> =>
  text.split(breaks).flatMap((part) => {
    const words = part.split(/\s+/).filter((word) => word !== "")
    return words.map((word, at) => ({
      program: programOf(word),
      words: words.slice(at + 1, at + maxWords)
    }))
  })

export { type Options, optionsOf, type OptionWords, programOf } from "./CommandLineOptions.ts"

// internal --------------------------------------------------------------------

interface Found {
  readonly commands: Array<Command>
  readonly problems: Set<string>
  /** How much may still be read: a line may hold another one many times over. */
  left: number
}

interface Place {
  /** What the program reads from a here-document or here-string. */
  readonly input: string | undefined
  /** How many programs and lines stand around it. */
  readonly depth: number
  readonly writes?: ReadonlyArray<string>
}

/** Where a sentence, a quotation or a command ends. */
const breaks = /(?<![.,;:!?])[.,;:!?]+(?=\s|$)|["'`()[\]{}<>|&;\n]+/
const maxWords = 16

const maxLength = 65_536
const maxDepth = 16
const maxWork = 8 * maxLength

const nothing = (): Found => ({ commands: [], problems: new Set(), left: maxWork })

const isTooMuch = (found: Found, amount: number): boolean => {
  found.left -= amount
  if (found.left < 0) found.problems.add("it is too long")
  return found.left < 0
}

const readInto = (found: Found, text: string, depth: number): void => {
  if (text.length > maxLength) found.problems.add("it is too long")
  else if (depth > maxDepth) found.problems.add("it nests too deep")
  else if (!isTooMuch(found, text.length)) {
    const { nested, problems, simple } = cut(text)
    for (const problem of problems) found.problems.add(problem)
    for (const { input, words, writes } of simple) start(found, words, { input, depth, writes })
    for (const line of nested) readInto(found, line, depth + 1)
  }
}

const start = (found: Found, all: ReadonlyArray<string>, place: Place): void => {
  const { depth, input, writes = [] } = place
  if (isTooMuch(found, all.length)) return
  let first = 0
  while (reserved.has(all[first] ?? "") || assignment.test(all[first] ?? "")) {
    first += all[first] === "function" ? 2 : 1
  }
  // A redirection alone writes, too, as if the command that does nothing stood before it.
  const [head = writes.length === 0 ? "" : ":", ...words] = all.slice(first)
  if (head === "") return
  if (depth > maxDepth) {
    found.problems.add("it nests too deep")
    return
  }
  const program = programOf(head)
  const inside: Place = { input, depth: depth + 1 }
  if (program.includes(unknown)) {
    found.problems.add("only the shell knows what it starts")
    start(found, words, { ...inside, writes })
    return
  }
  found.commands.push(writes.length === 0 ? { program, words } : { program, words, writes })
  for (const line of linesOf(program, words)) readInto(found, line, depth + 1)
  if (program === "pwsh" || program === "powershell") startPowerShell(found, program, words, inside)
  else if (shells.has(program)) startShell(found, words, inside)
  else if (program === "at" || program === "batch") startLater(found, words, inside)
  for (const one of eachOf(program, words)) start(found, one, inside)
  start(found, startedBy(program, words), inside)
}

const startShell = (found: Found, words: ReadonlyArray<string>, { depth, input }: Place): void => {
  const { operands, options } = optionsOf(
    words.filter((word) => !/^\+[A-Za-z]+$/.test(word)),
    { short: "oO", long: ["rcfile", "init-file"] }
  )
  const names = options.map(([name]) => name)
  const [line] = operands
  const isScript = line !== undefined && !names.includes("s")
  if (names.includes("c")) readInto(found, line ?? "", depth)
  else if (input !== undefined && !isScript) readInto(found, input, depth)
  else if (!isScript && !names.includes("version") && !names.includes("help")) {
    found.problems.add("a shell reads from its input what it runs")
  }
}

const startPowerShell = (
  found: Found,
  program: string,
  words: ReadonlyArray<string>,
  { depth }: Place
): void => {
  const option = (name: string) => (word: string) =>
    /^[-/][a-z]/i.test(word) && name.startsWith(word.slice(1).toLowerCase())
  const isFile = words.some(option("file"))
  const command = words.findIndex(option("command"))
  const first = words.findIndex((word) => !/^[-/]/.test(word))
  // What follows options may be their value.
  if (command !== -1) readInto(found, words.slice(command + 1).join(" "), depth)
  else if (words.some((word) => /^[-/](e|ec|en\w*)$/i.test(word))) {
    found.problems.add("a shell is given an encoded command")
  } else if (first === -1 && !words.some(option("version")) && !words.some(option("help"))) {
    found.problems.add("a shell reads from its input what it runs")
  } else if (program === "powershell" && !isFile && first !== -1) {
    readInto(found, words.slice(first).join(" "), depth)
  }
}

/** `at` and `batch` run later what they read now, unless they are only asked. */
const startLater = (found: Found, words: ReadonlyArray<string>, { depth, input }: Place): void => {
  const { options } = optionsOf(words, { short: "fqt", isMixed: true })
  if (options.some(([name]) => /^[fldrcV]$/.test(name))) return
  if (input === undefined) found.problems.add("a program runs later what it reads from its input")
  else readInto(found, input, depth)
}
