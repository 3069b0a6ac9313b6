/**
 * Reads the words of a shell's commands: quotes and escapes are taken off, and what only the shell
 * knows becomes `unknown`.
 *
 * @internal
 */

// models ----------------------------------------------------------------------

/** A simple command: its words, what it reads from a here-document, the files it is written to. */
export interface Simple {
  readonly words: Array<string>
  readonly writes: Array<string>
  input: string | undefined
}

/** What a text says. `nested` are the texts between backticks, to be read in their turn. */
export interface Cut {
  readonly simple: ReadonlyArray<Simple>
  readonly nested: ReadonlyArray<string>
  readonly problems: ReadonlyArray<string>
}

/** Stands for what only the shell knows. No argument of a program can hold it. */
export const unknown = "\u0000"

/** A here-document that was announced: its text begins on the next line. */
export interface Here {
  readonly simple: Simple
  readonly end: string
  readonly isQuoted: boolean
  readonly hasTabs: boolean
}

/** Where the reading stands, and what it has found so far. */
export interface Cursor extends Cut {
  readonly text: string
  at: number
  depth: number
  hereCount: number
  readonly simple: Array<Simple>
  readonly nested: Array<string>
  readonly problems: Array<string>
  readonly heres: Array<Here>
  /** Reads a list up to the parenthesis that closes it. */
  readonly readNestedList: (cursor: Cursor) => void
}

// rules -----------------------------------------------------------------------

/** The next word without its quotes; undefined when nothing is left of it. */
export const readWord = (cursor: Cursor): string | undefined => {
  let word: string | undefined
  while (cursor.at < cursor.text.length && matched(cursor, wordEnd) === null) {
    const part = readPart(cursor)
    if (part !== undefined) word = (word ?? "") + part
  }
  return word
}

/** Text that is taken as it is, but for what is substituted in it. */
export const readExpanded = (cursor: Cursor): string => {
  let text = ""
  while (cursor.at < cursor.text.length) {
    const char = cursor.text[cursor.at]!
    const next = cursor.text[cursor.at + 1] ?? ""
    if (char === "$") text += readExpansion(cursor, true)
    else if (char === "`") text += readBackticks(cursor)
    else {
      const isEscape = char === "\\" && /[$`\\\n]/.test(next)
      cursor.at += isEscape ? 2 : 1
      text += isEscape ? next.replace("\n", "") : char
    }
  }
  return text
}

/** What a pattern finds exactly where the cursor stands. */
export const matched = (cursor: Cursor, pattern: RegExp): RegExpExecArray | null => {
  pattern.lastIndex = cursor.at
  return pattern.exec(cursor.text)
}

/** Ends the reading, and says why. */
export const unclosed = (cursor: Cursor, problem: string): string => {
  cursor.problems.push(problem)
  cursor.at = cursor.text.length
  return unknown
}

// internal --------------------------------------------------------------------

const maxDepth = 32

const wordEnd = /[ \t\r\n;&|()]|[<>](?!\()/y

const readPart = (cursor: Cursor): string | undefined => {
  const { at, text } = cursor
  const char = text[at]!
  const next = text[at + 1] ?? ""
  if (char === "'") return readSingleQuotes(cursor)
  if (char === '"') return readDoubleQuotes(cursor)
  if (char === "`") return readBackticks(cursor)
  if (char === "$") return readExpansion(cursor, false)
  if ((char === "<" || char === ">") && next === "(") return readNested(cursor)
  cursor.at += 1
  if (char === "\\") {
    cursor.at += 1
    return next === "\n" ? undefined : next
  }
  if (char === "*" || char === "?") return unknown + char
  const isPattern = (char === "{" || char === "[") && /[^\s{}[\]]/.test(next)
  return isPattern ? unknown + char : char
}

const readSingleQuotes = (cursor: Cursor): string => {
  const from = cursor.at + 1
  const end = cursor.text.indexOf("'", from)
  if (end === -1) return unclosed(cursor, "a quote is not closed")
  cursor.at = end + 1
  return cursor.text.slice(from, end)
}

const readDoubleQuotes = (cursor: Cursor): string => {
  let word = ""
  cursor.at += 1
  while (cursor.at < cursor.text.length) {
    const char = cursor.text[cursor.at]!
    const next = cursor.text[cursor.at + 1] ?? ""
    if (char === "$") word += readExpansion(cursor, true)
    else if (char === "`") word += readBackticks(cursor)
    else {
      const isEscape = char === "\\" && /[$`"\\\n]/.test(next)
      cursor.at += isEscape ? 2 : 1
      if (char === '"') return word
      word += isEscape ? next.replace("\n", "") : char
    }
  }
  return unclosed(cursor, "a quote is not closed")
}

const readBackticks = (cursor: Cursor): string => {
  const [whole, inner = ""] = matched(cursor, /`((?:[^`\\]|\\[\s\S])*)`/y) ?? []
  if (whole === undefined) return unclosed(cursor, "a backtick is not closed")
  cursor.at += whole.length
  cursor.nested.push(inner.replace(/\\([`\\$])/g, "$1"))
  return unknown
}

/** What begins with `$`: a substitution, a parameter, or quotes with escapes of their own. */
const readExpansion = (cursor: Cursor, isQuoted: boolean): string => {
  const next = cursor.text[cursor.at + 1]
  if (next === "(") return readNested(cursor)
  if (next === "{") return readBraces(cursor, isQuoted)
  cursor.at += 1
  if (next === "'" && !isQuoted) return readEscapes(cursor)
  if (next === '"' && !isQuoted) return readDoubleQuotes(cursor)
  const name = matched(cursor, /[A-Za-z_]\w*|[0-9@*#?$!-]/y)
  cursor.at += name?.[0].length ?? 0
  return name === null ? "$" : unknown
}

const readNested = (cursor: Cursor): string => {
  cursor.at += 2
  return deeper(cursor, () => cursor.readNestedList(cursor))
}

const readBraces = (cursor: Cursor, isQuoted: boolean): string => {
  cursor.at += 2
  return deeper(cursor, () => {
    while (cursor.at < cursor.text.length) {
      const char = cursor.text[cursor.at]
      const isPlain = char === "}" || (char === "'" && isQuoted)
      if (isPlain) cursor.at += 1
      else readPart(cursor)
      if (char === "}") return
    }
    cursor.problems.push("a brace is not closed")
  })
}

const deeper = (cursor: Cursor, read: () => void): string => {
  if (cursor.depth === maxDepth) return unclosed(cursor, "it nests too deep")
  cursor.depth += 1
  read()
  cursor.depth -= 1
  return unknown
}

/** `$'...'`. */
const readEscapes = (cursor: Cursor): string => {
  const [whole, inner = ""] = matched(cursor, /'((?:[^'\\]|\\[\s\S])*)'/y) ?? []
  if (whole === undefined) return unclosed(cursor, "a quote is not closed")
  cursor.at += whole.length
  const escape = /\\(?:x([\da-f]{1,2})|u([\da-f]{1,4})|U([\da-f]{1,8})|([0-7]{1,3})|c?([\s\S]))/gi
  return inner.replace(escape, (_, hex, four, eight, octal, char: string) => {
    const code = octal === undefined ? (hex ?? four ?? eight) : octal
    if (code === undefined) return /[abefnrtv]/i.test(char) ? " " : char
    return String.fromCharCode(Number.parseInt(code, octal === undefined ? 16 : 8))
  })
}
