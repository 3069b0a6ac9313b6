/**
 * What programs start that start others: the program that their words name, and the lines that they
 * give to a shell.
 *
 * @internal
 */
import { gitLinesOf, startedByGit } from "./CommandLineGit.ts"
import { optionsOf } from "./CommandLineOptions.ts"
import {
  bubblewrap,
  launchers,
  modules,
  takesLine,
  terminals,
  wrappers
} from "./CommandLinePrograms.ts"

// rules -----------------------------------------------------------------------

/** What a program starts that only starts others: `npx x`, `npm exec x`, `python -m x`. */
export const startedBy = (program: string, words: ReadonlyArray<string>): ReadonlyArray<string> => {
  if (program === "bwrap") return behindBubblewrap(words)
  if (isGit(program)) return startedByGit({ program, words })
  const wrapper = wrappers.get(program)
  if (wrapper !== undefined) {
    const [name = "", ...rest] = optionsOf(words, wrapper).operands.slice(wrapper.operands ?? 0)
    return name === "" ? [] : [withoutVersion(name), ...rest]
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
export const linesOf = (program: string, words: ReadonlyArray<string>): ReadonlyArray<string> => {
  if (program === "eval") return [words.join(" ")]
  if (program === "trap") return optionsOf(words).operands.slice(0, 1)
  if (isGit(program)) return gitLinesOf({ program, words })
  if (program === "tmux") return terminalLinesOf(words)
  if (program === "screen") return words.filter((word) => /\s/.test(word))
  const names = takesLine.get(program)
  if (names === undefined) return []
  const { long = [], short = "" } = wrappers.get(program) ?? {}
  const isMixed = !wrappers.has(program)
  const given = { short: `${short}cn`, long: [...long, ...names], isMixed }
  const { operands, options } = optionsOf(words, given)
  if (program === "watch") return [operands.join(" ")]
  const lines = options.flatMap(([name, value]) => (names.includes(name) ? [value] : []))
  // What `env` splits stands before the rest of its words.
  return program === "env" && lines.length > 0 ? [[...lines, ...operands].join(" ")] : lines
}

/** What runs for each file that is found, up to a semicolon or a plus. */
export const eachOf = (
  program: string,
  words: ReadonlyArray<string>
): ReadonlyArray<ReadonlyArray<string>> => {
  const begin = each.get(program)
  if (begin === undefined) return []
  const started: Array<Array<string>> = []
  let current: Array<string> | undefined
  for (const word of words) {
    if (current === undefined) {
      const [option = "", ...first] = word.startsWith("--") ? word.split(/=(.*)/s, 2) : [word]
      if (begin.test(option)) started.push((current = first))
    } else if (word === ";" || word === "+") current = undefined
    else current.push(word)
  }
  return started
}

// internal --------------------------------------------------------------------

const isGit = (program: string): boolean => program === "git" || program.startsWith("git-")

const each: ReadonlyMap<string, RegExp> = new Map([
  ["find", /^-(exec|ok)(dir)?$/],
  ["fd", /^(-[A-Za-z]*[xX]|--exec|--exec-batch)$/],
  ["fdfind", /^(-[A-Za-z]*[xX]|--exec|--exec-batch)$/]
])

/** `name` of `name@version` and of `@scope/name@version`. */
const withoutVersion = (name: string): string => {
  const at = name.indexOf("@", Math.max(1, name.lastIndexOf("/") + 1))
  return at === -1 ? name : name.slice(0, at)
}

const behindBubblewrap = (words: ReadonlyArray<string>): ReadonlyArray<string> => {
  let at = 0
  while (at < words.length && words[at]!.startsWith("--")) {
    const name = words[at]!.slice(2)
    if (name === "") return words.slice(at + 1)
    const isAlone = bubblewrap.alone.test(name)
    at += isAlone ? 1 : bubblewrap.pairs.test(name) ? 3 : 2
  }
  return words.slice(at)
}

/** What the commands of a terminal multiplexer run or type, each up to a semicolon. */
const terminalLinesOf = (words: ReadonlyArray<string>): ReadonlyArray<string> => {
  const lines: Array<string> = []
  let rest: Array<string> = []
  const take = (): void => {
    const [verb = "", ...given] = rest
    const short = terminals.find(([names]) => names.test(verb))?.[1]
    const { operands } = optionsOf(given, { short: short ?? "" })
    if (short !== undefined && operands.length > 0) lines.push(operands.join(" "))
    if (short !== undefined && operands.length > 1) {
      for (const word of operands) if (/\s/.test(word)) lines.push(word)
    }
    rest = []
  }
  for (const word of optionsOf(words, { short: "cfLST" }).operands) {
    if (word.endsWith(";")) {
      if (word.length > 1) rest.push(word.slice(0, -1))
      take()
    } else rest.push(word)
  }
  take()
  return lines
}
