/**
 * Cuts a text into simple commands as a POSIX shell does: quotes and escapes are taken off, lists,
 * pipes and subshells are taken apart, and what only the shell knows becomes `unknown`.
 *
 * It reads rather too much than too little as commands: the patterns of a `case`, the elements of an
 * array and a here-document without an end count as such, too.
 *
 * @since 0.1.0
 */

// models ----------------------------------------------------------------------

/** A simple command: its words and the here-document or here-string that it reads. */
export interface Simple {
  readonly words: Array<string>
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

// rules -----------------------------------------------------------------------

/** Cuts a text into simple commands. */
export const cut = (text: string): Cut => {
  const lists = { simple: [], nested: [], problems: [], heres: [] }
  const cursor: Cursor = { text, at: 0, depth: 0, hereCount: 0, ...lists }
  readList(cursor, false)
  return cursor
}

// internal --------------------------------------------------------------------

interface Here {
  readonly simple: Simple
  readonly end: string
  readonly isQuoted: boolean
  readonly hasTabs: boolean
}

interface Cursor extends Cut {
  readonly text: string
  at: number
  depth: number
  hereCount: number
  readonly simple: Array<Simple>
  readonly nested: Array<string>
  readonly problems: Array<string>
  readonly heres: Array<Here>
}

const maxDepth = 32
/** The end of each is looked for in all that follows. */
const maxHeres = 32

/** Reads on to the end of the text or, nested, to the parenthesis that closes the list. */
const readList = (cursor: Cursor, isNested: boolean): void => {
  let simple = begin(cursor)
  let open = 0
  while (cursor.at < cursor.text.length) {
    const char = cursor.text[cursor.at]!
    if (/[ \t\r]/.test(char)) cursor.at += 1
    else if (char === "#") cursor.at = lineEnd(cursor)
    else if (isRedirection(cursor)) readRedirection(cursor, simple)
    else if (/[\n;&|()]/.test(char)) {
      cursor.at += 1
      if (char === ")" && open === 0 && isNested) return
      // A parenthesis that nothing opened ends a pattern of a `case`.
      if (char === ")" && open === 0) simple.words.length = 0
      simple = begin(cursor)
      if (char === "\n") readHeres(cursor)
      if (char === "(") open += 1
      if (char === ")") open = Math.max(0, open - 1)
    } else {
      const word = readWord(cursor)
      const isDescriptor = word !== undefined && /^\d+$/.test(word) && isRedirection(cursor)
      if (word !== undefined && !isDescriptor) simple.words.push(word)
    }
  }
  if (isNested) cursor.problems.push("a parenthesis is not closed")
}

const begin = ({ simple }: Cursor): Simple => {
  const next: Simple = { words: [], input: undefined }
  simple.push(next)
  return next
}

const lineEnd = ({ at, text }: Cursor): number => {
  const end = text.indexOf("\n", at)
  return end === -1 ? text.length : end
}

const matched = (cursor: Cursor, pattern: RegExp): RegExpExecArray | null => {
  pattern.lastIndex = cursor.at
  return pattern.exec(cursor.text)
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
      const stop = lineEnd({ ...cursor, at })
      const line = cursor.text.slice(at, stop)
      found = (hasTabs ? line.replace(/^\t+/, "") : line) === end
      if (found) {
        simple.input = cursor.text.slice(from, at)
        cursor.at = stop
      }
      at = stop + 1
    }
    if (found && !isQuoted) readSubstitutions({ ...cursor, text: simple.input ?? "", at: 0 })
  }
}

/** Looks for what is substituted in text that is otherwise taken as it is. */
const readSubstitutions = (cursor: Cursor): void => {
  while (cursor.at < cursor.text.length) {
    const char = cursor.text[cursor.at]!
    if (char === "$") readExpansion(cursor, true)
    else if (char === "`") readBackticks(cursor)
    else cursor.at += char === "\\" ? 2 : 1
  }
}

// words -----------------------------------------------------------------------

/** The next word without its quotes; undefined when nothing is left of it. */
const readWord = (cursor: Cursor): string | undefined => {
  let word: string | undefined
  while (cursor.at < cursor.text.length && matched(cursor, wordEnd) === null) {
    const part = readPart(cursor)
    if (part !== undefined) word = (word ?? "") + part
  }
  return word
}

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
  return deeper(cursor, () => readList(cursor, true))
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

const unclosed = (cursor: Cursor, problem: string): string => {
  cursor.problems.push(problem)
  cursor.at = cursor.text.length
  return unknown
}
