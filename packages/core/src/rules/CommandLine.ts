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
import {
  assignment,
  launchers,
  modules,
  reserved,
  shells,
  takesLine,
  wrappers
} from "./CommandLinePrograms.ts"
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
  const found: Found = { commands: [], problems: new Set() }
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
  const found: Found = { commands: [], problems: new Set() }
  start(found, words, { input: undefined, depth: 0 })
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
}

interface Place {
  /** What the program reads from a here-document or here-string. */
  readonly input: string | undefined
  /** How many programs and lines stand around it. */
  readonly depth: number
  readonly writes?: ReadonlyArray<string>
}

/** Where a sentence, a quotation or a command ends. */
const breaks = /[.,;:!?]+(?=\s|$)|["'`()[\]{}<>|&;\n]+/
const maxWords = 16

const maxLength = 65_536
const maxDepth = 16

const readInto = (found: Found, text: string, depth: number): void => {
  if (text.length > maxLength) found.problems.add("it is too long")
  else if (depth > maxDepth) found.problems.add("it nests too deep")
  else {
    const { nested, problems, simple } = cut(text)
    for (const problem of problems) found.problems.add(problem)
    for (const { input, words, writes } of simple) start(found, words, { input, depth, writes })
    for (const line of nested) readInto(found, line, depth + 1)
  }
}

const start = (found: Found, all: ReadonlyArray<string>, place: Place): void => {
  const { depth, input, writes = [] } = place
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
  if (shells.has(program)) startShell(found, words, inside)
  if (program === "find") startEach(found, words, inside)
  start(found, startedBy(program, words), inside)
}

/** What a program starts that only starts others: `npx x`, `npm exec x`, `python -m x`. */
const startedBy = (program: string, words: ReadonlyArray<string>): ReadonlyArray<string> => {
  const wrapper = wrappers.get(program)
  if (wrapper !== undefined) {
    const [name = "", ...rest] = optionsOf(words, wrapper).operands.slice(wrapper.operands ?? 0)
    // `npx name@version`.
    return name === "" ? [] : [name.replace(/(?<=.)@[^/]*$/, ""), ...rest]
  }
  if (modules.test(program)) {
    const { operands, options } = optionsOf(words, { short: "mWX" })
    const [, name] = options.find(([option]) => option === "m") ?? []
    return name === undefined ? [] : [name, ...operands]
  }
  const [verb = "", ...rest] = optionsOf(words).operands
  return launchers.get(program)?.includes(verb) === true ? optionsOf(rest).operands : []
}

/** Lines that a program gives to a shell, from its options or from all that it is called with. */
const linesOf = (program: string, words: ReadonlyArray<string>): ReadonlyArray<string> => {
  if (program === "eval") return [words.join(" ")]
  if (program === "trap") return optionsOf(words).operands.slice(0, 1)
  const names = takesLine.get(program)
  if (names === undefined) return []
  const { long = [], short = "" } = wrappers.get(program) ?? {}
  const isMixed = !wrappers.has(program)
  const given = { short: `${short}cn`, long: [...long, ...names], isMixed }
  const { operands, options } = optionsOf(words, given)
  if (program === "watch") return [operands.join(" ")]
  const rest = program === "env" ? operands : []
  return options.flatMap(([name, value]) =>
    names.includes(name) ? [[value, ...rest].join(" ")] : []
  )
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

/** `find -exec`: what follows runs, up to a semicolon or a plus. */
const startEach = (found: Found, words: ReadonlyArray<string>, inside: Place): void => {
  let rest = words
  for (;;) {
    const from = rest.findIndex((word) => /^-(exec|ok)(dir)?$/.test(word))
    if (from === -1) return
    const end = rest.findIndex((word, at) => at > from && (word === ";" || word === "+"))
    start(found, rest.slice(from + 1, end === -1 ? undefined : end), inside)
    if (end === -1) return
    rest = rest.slice(end + 1)
  }
}
