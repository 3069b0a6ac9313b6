/**
 * Takes the words of a command apart: the name of its program, its options, its operands.
 *
 * @internal
 */
import type { OptionWords } from "./CommandLinePrograms.ts"

export type { OptionWords }

// models ----------------------------------------------------------------------

/**
 * Options by name, with their values, and the words that are no options.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  readonly options: ReadonlyArray<readonly [name: string, value: string]>
  readonly operands: ReadonlyArray<string>
}

// rules -----------------------------------------------------------------------

/**
 * The name of a program, from the word that starts it.
 *
 * **Example** (The folder does not matter)
 *
 * ```ts import.meta.vitest
 * import { CommandLine } from "@foreman/core"
 *
 * CommandLine.programOf("/usr/bin/Git") // => "git"
 * ```
 *
 * @category rules
 * @since 0.1.0
 */
export const programOf = (word: string): string =>
  word
    .slice(Math.max(word.lastIndexOf("/"), word.lastIndexOf("\\")) + 1)
    .replace(/\.exe$/i, "")
    .toLowerCase()

/**
 * Takes words apart into options and operands, as most programs do.
 *
 * **Example** (Short options in one word)
 *
 * ```ts import.meta.vitest
 * import { CommandLine } from "@foreman/core"
 *
 * CommandLine.optionsOf(["-rf", "build"])
 * // => { options: [["r", ""], ["f", ""]], operands: ["build"] }
 * ```
 *
 * @category rules
 * @since 0.1.0
 */
export const optionsOf = (
  words: ReadonlyArray<string>,
  { isMixed = false, long = [], short = "" }: OptionWords = {}
): Options => {
  const options: Array<readonly [string, string]> = []
  const operands: Array<string> = []
  for (let at = 0; at < words.length; at++) {
    const word = words[at]!
    const isOption = word.startsWith("-") && word !== "-"
    if (word === "--" || (!isOption && !isMixed)) {
      for (const rest of words.slice(word === "--" ? at + 1 : at)) operands.push(rest)
      break
    }
    if (!isOption) operands.push(word)
    else if (word.startsWith("--")) {
      const [name = "", ...value] = word.slice(2).split("=")
      const isApart = value.length === 0 && long.includes(name)
      options.push([name, isApart ? (words[++at] ?? "") : value.join("=")])
    } else {
      const letters = Array.from(word.slice(1))
      const last = letters.findIndex((letter) => short.includes(letter))
      const flags = last === -1 ? letters : letters.slice(0, last)
      for (const letter of flags) options.push([letter, ""])
      if (last === -1) continue
      const rest = letters.slice(last + 1).join("")
      options.push([letters[last]!, rest === "" ? (words[++at] ?? "") : rest])
    }
  }
  return { options, operands }
}

/**
 * Whether the words of a command begin with these, in this order, if options are left out. What
 * follows an option may be its value or not, so both are tried, all of them at once: whoever writes
 * many options must not make it slow.
 */
export const begins = <Wanted>(
  words: ReadonlyArray<string>,
  wanted: ReadonlyArray<Wanted>,
  isMatch: (word: string, wanted: Wanted) => boolean
): boolean => {
  let starts = new Set([0])
  for (const one of wanted) {
    starts = behind(words, starts, (word) => isMatch(word, one))
    if (starts.size === 0) return false
  }
  return true
}

/** The places behind each word that is looked for and may come next at one of these places. */
const behind = (
  words: ReadonlyArray<string>,
  starts: ReadonlySet<number>,
  isWanted: (word: string) => boolean
): Set<number> => {
  const found = new Set<number>()
  // Whether the word may come next: it does in any case, or only if the one before it is a value.
  let isNext = false
  let mayBeNext = false
  for (const [at, word] of words.entries()) {
    isNext ||= starts.has(at)
    if (!isNext && !mayBeNext) continue
    if (/^[-+]./.test(word)) {
      mayBeNext = !word.includes("=")
      isNext = !mayBeNext
      continue
    }
    if (isWanted(word)) found.add(at + 1)
    // Behind a word that may be a value, the next one may be what is looked for.
    isNext = mayBeNext
    mayBeNext = false
  }
  return found
}
