/**
 * Cuts a text into simple commands as a POSIX shell does: lists, pipes and subshells are taken apart,
 * redirections are taken out.
 *
 * It reads rather too much than too little as commands: the elements of an array and a here-document
 * without an end count as such, too.
 *
 * @internal
 */
import { reserved } from "./CommandLinePrograms.ts"
import {
  type Cursor,
  type Cut,
  matched,
  readExpanded,
  readWord,
  type Simple,
  unclosed
} from "./CommandLineWords.ts"

// rules -----------------------------------------------------------------------

/** Cuts a text into simple commands. */
export const cut = (text: string): Cut => {
  const readNestedList = (cursor: Cursor) => readList(cursor, true)
  const lists = { simple: [], nested: [], problems: [], heres: [], readNestedList }
  const cursor: Cursor = { text, at: 0, depth: 0, hereCount: 0, ...lists }
  readList(cursor, false)
  return cursor
}

// internal --------------------------------------------------------------------

/** The end of each is looked for in all that follows. */
const maxHeres = 32

/** Reads on to the end of the text or, nested, to the parenthesis that closes the list. */
const readList = (cursor: Cursor, isNested: boolean): void => {
  const state: State = { simple: begin(cursor), first: 0, open: 0, cases: 0, isPattern: false }
  while (cursor.at < cursor.text.length) {
    const char = cursor.text[cursor.at]!
    if (/[ \t\r]/.test(char)) cursor.at += 1
    else if (char === "#") cursor.at = lineEnd(cursor)
    else if (isRedirection(cursor)) readRedirection(cursor, state.simple)
    else if (/[\n;&|()]/.test(char)) {
      cursor.at += 1
      if (char === ")" && state.open === 0 && isNested && !state.isPattern) return
      readSeparator(cursor, state, char)
    } else readArgument(cursor, state)
  }
  if (isNested) cursor.problems.push("a parenthesis is not closed")
}

interface State {
  simple: Simple
  /** How many words of the shell stand before the name of the program. */
  first: number
  /** Parentheses and words of `case` that are open in this list. */
  open: number
  cases: number
  /** Whether what comes is a pattern of a `case`, which a parenthesis ends. */
  isPattern: boolean
}

const readSeparator = (cursor: Cursor, state: State, char: string): void => {
  if (char === ")" && state.isPattern) state.simple.words.length = 0
  else if (char === ")") state.open = Math.max(0, state.open - 1)
  else if (char === "(" && !state.isPattern) state.open += 1
  const isNext = char === ";" && /[;&]/.test(cursor.text[cursor.at] ?? "")
  if (isNext) cursor.at += 1
  if (isNext) state.isPattern = state.cases > 0
  else if (!/[\n(|]/.test(char)) state.isPattern = false
  state.simple = begin(cursor)
  state.first = 0
  if (char === "\n") readHeres(cursor)
}

const readArgument = (cursor: Cursor, state: State): void => {
  const from = cursor.at
  const word = readWord(cursor)
  if (word === undefined || (/^\d+$/.test(word) && isRedirection(cursor))) return
  const { words } = state.simple
  words.push(word)
  if (state.first === words.length - 1 && reserved.has(word)) state.first += 1
  // A quoted word is no word of the shell.
  if (cursor.text.slice(from, cursor.at) !== word) return
  const { first } = state
  const place = words.length - 1 - first
  if (word === "case" && place === 0) state.cases += 1
  else if (word === "esac" && place === 0) {
    state.cases = Math.max(0, state.cases - 1)
    state.isPattern = false
  } else if (word === "in" && place === 2 && words[first] === "case") {
    state.isPattern = true
    state.simple = begin(cursor)
    state.first = 0
  }
}

const begin = ({ simple }: Cursor): Simple => {
  const next: Simple = { words: [], writes: [], input: undefined }
  simple.push(next)
  return next
}

const lineEnd = ({ at, text }: Pick<Cursor, "at" | "text">): number => {
  const end = text.indexOf("\n", at)
  return end === -1 ? text.length : end
}

// redirections: their targets are no arguments --------------------------------

const redirection = /&>>?|<<<|<<-?|<>|<&|<(?!\()|>>|>[&|]|>(?!\()/y

const isRedirection = (cursor: Cursor): boolean => matched(cursor, redirection) !== null

const readRedirection = (cursor: Cursor, simple: Simple): void => {
  const [operator = ""] = matched(cursor, redirection) ?? []
  cursor.at += operator.length
  const [blanks = ""] = matched(cursor, /[ \t]*/y) ?? []
  const from = (cursor.at += blanks.length)
  const target = readWord(cursor)
  if (target === undefined) return
  if (operator.includes(">") && !/^(\d+|-)$/.test(target)) simple.writes.push(target)
  if (operator === "<<<") simple.input = target
  if (operator !== "<<" && operator !== "<<-") return
  const isQuoted = /['"\\]/.test(cursor.text.slice(from, cursor.at))
  cursor.hereCount += 1
  if (cursor.hereCount > maxHeres) unclosed(cursor, "it has too many here-documents")
  else cursor.heres.push({ simple, end: target, isQuoted, hasTabs: operator === "<<-" })
}

/** Takes in the here-documents that were announced on the line before. */
const readHeres = (cursor: Cursor): void => {
  for (const { end, hasTabs, isQuoted, simple } of cursor.heres.splice(0)) {
    const from = cursor.at
    let found = false
    for (let at = from; !found && at < cursor.text.length;) {
      const stop = lineEnd({ text: cursor.text, at })
      const line = cursor.text.slice(at, stop)
      found = (hasTabs ? line.replace(/^\t+/, "") : line) === end
      if (found) {
        simple.input = cursor.text.slice(from, at)
        cursor.at = stop
      }
      at = stop + 1
    }
    const expand = (text: string) => readExpanded({ ...cursor, text, at: 0 })
    if (found && !isQuoted) simple.input = expand(simple.input ?? "")
  }
}
