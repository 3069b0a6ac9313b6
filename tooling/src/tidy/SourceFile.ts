/**
 * A source file as the checks read it: its text, its syntax tree and its comments.
 *
 * The tree is the one the test runner's own parser makes, so nothing here guesses at syntax.
 */
import { parseAst } from "vitest/node"

// models ----------------------------------------------------------------------

/** A node of the syntax tree. What else it holds is read by name. */
export interface Node {
  readonly type: string
  readonly start: number
  readonly end: number
  readonly [field: string]: unknown
}

/** A comment, with the lines on which it begins and ends. */
export interface Comment {
  readonly text: string
  readonly start: number
  readonly end: number
  readonly line: number
  readonly lastLine: number
}

/** A source file. */
export interface SourceFile {
  /** From the root of the repository, with forward slashes. */
  readonly path: string
  readonly text: string
  readonly program: Node
  readonly comments: ReadonlyArray<Comment>
  /** The number of the line, from 1, on which an offset stands. */
  readonly lineOf: (offset: number) => number
}

/** Something that is not as the house wants it. */
export interface Finding {
  readonly path: string
  readonly line: number
  readonly message: string
}

/** What a source file names elsewhere. */
export interface Import {
  readonly specifier: string
  readonly line: number
  /** The names taken from it; none when all of it is. */
  readonly names: ReadonlyArray<string>
}

// rules -----------------------------------------------------------------------

/** Reads a source file. The language is that of its extension. */
export const parse = (path: string, text: string): SourceFile => {
  const lang = /\.tsx?$/.test(path) ? "ts" : "js"
  const program: unknown = parseAst(text, { lang }, path)
  if (!isNode(program)) throw new TypeError(`${path} has no syntax tree`)
  const starts = [0]
  for (const { index } of text.matchAll(/\n/g)) starts.push(index + 1)
  const lineOf = (offset: number): number => {
    let [low, high] = [0, starts.length]
    while (high - low > 1) {
      const middle = (low + high) >> 1
      if ((starts[middle] ?? 0) <= offset) low = middle
      else high = middle
    }
    return low + 1
  }
  return { path, text, program, comments: commentsOf(text, program, lineOf), lineOf }
}

/** Says whether a value of the tree is a node. */
export const isNode = (value: unknown): value is Node =>
  typeof value === "object" && value !== null && "type" in value && typeof value.type === "string"

/** The node under a field, when there is one. */
export const child = (node: Node | undefined, field: string): Node | undefined => {
  const value = node?.[field]
  return isNode(value) ? value : undefined
}

/** The nodes under a field that holds a list. */
export const children = (node: Node | undefined, field: string): ReadonlyArray<Node> => {
  const value = node?.[field]
  return Array.isArray(value) ? value.filter(isNode) : []
}

/** The text under a field, when there is one. */
export const word = (node: Node | undefined, field: string): string | undefined => {
  const value = node?.[field]
  return typeof value === "string" ? value : undefined
}

/** Visits every node, the outer ones first, each with those around it (the nearest last). */
export const walk = (
  root: Node,
  visit: (node: Node, around: ReadonlyArray<Node>) => void
): void => {
  const around: Array<Node> = []
  const enter = (node: Node): void => {
    visit(node, around)
    around.push(node)
    for (const value of Object.values(node)) {
      if (isNode(value)) enter(value)
      else if (Array.isArray(value)) value.filter(isNode).forEach(enter)
    }
    around.pop()
  }
  enter(root)
}

/** Everything that a file imports or hands on, types and lazy imports included. */
export const importsOf = (file: SourceFile): ReadonlyArray<Import> => {
  const found: Array<Import> = []
  walk(file.program, (node) => {
    if (!importing.has(node.type)) return
    const specifier = word(child(node, "source"), "value")
    if (specifier === undefined) return
    const names = children(node, "specifiers").flatMap((one) => {
      const name = word(child(one, "imported") ?? child(one, "local"), "name")
      return name === undefined ? [] : [name]
    })
    found.push({ specifier, line: file.lineOf(node.start), names })
  })
  return found
}

/** A name with its members, calls left out: `it.effect.prop`, also of `it.effect.prop(x)`. */
export const nameOf = (node: Node | undefined): string => {
  switch (node?.type) {
    case "CallExpression":
      return nameOf(child(node, "callee"))
    case "TaggedTemplateExpression":
      return nameOf(child(node, "tag"))
    case "MemberExpression":
      return `${nameOf(child(node, "object"))}.${word(child(node, "property"), "name") ?? "?"}`
    default:
      return word(node, "name") ?? "?"
  }
}

/** A finding at an offset of a file. */
export const at = (file: SourceFile, offset: number, message: string): Finding => ({
  path: file.path,
  line: file.lineOf(offset),
  message
})

/** A finding as one line that editors can follow. */
export const show = ({ line, message, path }: Finding): string => `${path}:${line} ${message}`

// internal --------------------------------------------------------------------

const importing = new Set([
  "ImportDeclaration",
  "ExportNamedDeclaration",
  "ExportAllDeclaration",
  "ImportExpression",
  "TSImportType"
])

/** What may hold `//` without being a comment. */
const literals = new Set(["Literal", "TemplateElement", "JSXText"])

const commentsOf = (
  text: string,
  program: Node,
  lineOf: (offset: number) => number
): ReadonlyArray<Comment> => {
  const units = text.split("")
  walk(program, (node) => {
    if (literals.has(node.type)) units.fill(" ", node.start, node.end)
  })
  const code = units.join("")
  return [...code.matchAll(/\/\*[\s\S]*?\*\/|\/\/.*/g)].map(({ 0: found, index }) => ({
    text: text.slice(index, index + found.length),
    start: index,
    end: index + found.length,
    line: lineOf(index),
    lastLine: lineOf(index + found.length)
  }))
}
