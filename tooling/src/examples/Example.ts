/**
 * Examples of docstrings and READMEs, as programs that prove what they say.
 *
 * An example is a fence with the words `ts import.meta.vitest`. A comment `// => value` beside an
 * expression, or on the line below it, says what the expression is: deeply and strictly equal.
 */
import type { TextFile } from "../tidy/Repository.ts"
import { child, children, parse, type SourceFile, word } from "../tidy/SourceFile.ts"

// models ----------------------------------------------------------------------

/** An example where it stands. */
export interface Example {
  readonly path: string
  /** The line of its first line of code. */
  readonly line: number
  readonly title: string
  readonly code: string
}

/** The word under which a running example finds the function that compares. */
export const comparison = "foreman.example.equal"

// errors ----------------------------------------------------------------------

/** An example that claims something which cannot be checked. */
export class Unclear extends Error {
  override readonly name = "Unclear"
}

// rules -----------------------------------------------------------------------

/** The examples in the docstrings of a source file. */
export const ofSource = (file: SourceFile): ReadonlyArray<Example> =>
  file.comments.flatMap(({ line, text }) => {
    if (!text.startsWith("/**")) return []
    const plain = text
      .replace(/\*\/$/, "")
      .replace(/^\/\*\*/, "")
      .replace(/^[ \t]*\* ?/gm, "")
    return fences(file.path, plain, line)
  })

/** The examples in a page. */
export const ofPage = ({ path, text }: TextFile): ReadonlyArray<Example> => fences(path, text, 1)

/**
 * The program of an example: its own lines on their own places, and each claim as a comparison.
 */
export const program = ({ code, path }: Example): string => {
  const file = parse(`${path}.ts`, code)
  const claimed = new Set<number>()
  const edits: Array<{ readonly start: number; readonly end: number; readonly text: string }> = []
  for (const statement of children(file.program, "body")) {
    const claim = claimBeside(file, statement.end)
    if (claim === undefined) continue
    claim.starts.forEach((start) => claimed.add(start))
    const expected = `(${claim.text}), ${file.lineOf(statement.start)})`
    const name = declaredBy(statement)
    if (statement.type === "ExpressionStatement") {
      const { end, start } = statement
      const actual = code.slice(start, end).replace(/;$/, "")
      edits.push({ start, end, text: `;__equal((${actual}), ${expected}` })
    } else if (name !== undefined) {
      const { end } = statement
      edits.push({ start: end, end, text: `;__equal(${name}, ${expected}` })
    } else throw new Unclear(`line ${file.lineOf(statement.start)} is no expression`)
  }
  const stray = file.comments.find(({ start, text }) => isClaim(text) && !claimed.has(start))
  if (stray !== undefined) throw new Unclear(`line ${stray.line} claims something about nothing`)
  const body = edits.reduceRight(
    (text, { end, start, text: next }) => text.slice(0, start) + next + text.slice(end),
    code
  )
  return `const __equal = globalThis[Symbol.for("${comparison}")]; ${body}`
}

// internal --------------------------------------------------------------------

const fences = (path: string, text: string, first: number): ReadonlyArray<Example> => {
  const found: Array<Example> = []
  const lines = text.split("\n")
  let title = "the example"
  let begin: number | undefined
  lines.forEach((line, index) => {
    const named = /^\*\*Example\*\* \((.+)\)/.exec(line)?.[1] ?? /^#+ (.+)/.exec(line)?.[1]
    if (begin === undefined && named !== undefined) title = named
    if (/^```(ts|typescript) import\.meta\.vitest\s*$/.test(line)) begin = index + 1
    else if (begin !== undefined && /^```\s*$/.test(line)) {
      const code = lines.slice(begin, index).join("\n")
      found.push({ path, line: first + begin, title, code })
      begin = undefined
    }
  })
  return found
}

const isClaim = (text: string): boolean => /^\/\/ ?=>/.test(text)

/** The claim that begins right behind an offset, and the comment lines on which it goes on. */
const claimBeside = (
  file: SourceFile,
  end: number
): { readonly text: string; readonly starts: ReadonlyArray<number> } | undefined => {
  const first = file.comments.findIndex(({ start }) => start >= end)
  const opening = file.comments[first]
  if (opening === undefined || !isClaim(opening.text)) return undefined
  if (!/^;?[ \t]*\n?[ \t]*$/.test(file.text.slice(end, opening.start))) return undefined
  const lines = [opening]
  for (const next of file.comments.slice(first + 1)) {
    const follows = next.line === (lines.at(-1)?.line ?? 0) + 1
    const between = file.text.slice(lines.at(-1)?.end, next.start)
    if (!follows || isClaim(next.text) || between.trim() !== "") break
    lines.push(next)
  }
  const text = lines.map((line) => line.text.replace(/^\/\/ ?(=>)?/, "")).join(" ")
  return { text: text.trim(), starts: lines.map(({ start }) => start) }
}

/** The name of the one plain variable that a statement declares. */
const declaredBy = (statement: Parameters<typeof children>[0]): string | undefined => {
  if (statement?.type !== "VariableDeclaration") return undefined
  const declared = children(statement, "declarations")
  return declared.length === 1 ? word(child(declared[0], "id"), "name") : undefined
}
