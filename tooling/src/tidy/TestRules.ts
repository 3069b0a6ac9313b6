/**
 * How tests are named: by sentences in the present tense that say what holds.
 */
import {
  at,
  type Finding,
  isNode,
  nameOf,
  type Node,
  type SourceFile,
  walk,
  word
} from "./SourceFile.ts"

// models ----------------------------------------------------------------------

/** Words that a title does without, and what to write. */
export const vague: Readonly<Record<string, string>> = {
  should: "say what it does: `refuses to skip review`",
  works: "say what holds: `lets exactly one of many writers win`",
  correctly: "say what is correct"
}

// rules -----------------------------------------------------------------------

/** Titles of tests and suites that promise instead of saying. */
export const vagueTitles = (file: SourceFile): ReadonlyArray<Finding> => {
  const found: Array<Finding> = []
  walk(file.program, (node) => {
    const title = titleOf(node)
    if (title === undefined) return
    for (const [term, instead] of Object.entries(vague)) {
      if (new RegExp(`\\b${term}\\b`, "i").test(title.text)) {
        found.push(at(file, title.node.start, `the title says "${term}": ${instead}`))
      }
    }
  })
  return found
}

/** Tests that are set aside, or alone. */
export const setAside = (file: SourceFile): ReadonlyArray<Finding> => {
  const found: Array<Finding> = []
  walk(file.program, (node) => {
    if (titleOf(node) === undefined) return
    const mode = /^(?:it|test|describe)\b.*\.(only|skip|todo|fails)\b/.exec(nameOf(node))?.[1]
    if (mode !== undefined) found.push(at(file, node.start, `a test is left at .${mode}`))
  })
  return found
}

// internal --------------------------------------------------------------------

const titleOf = (node: Node): { readonly node: Node; readonly text: string } | undefined => {
  if (node.type !== "CallExpression" || !/^(it|test|describe|layer)\b/.test(nameOf(node))) {
    return undefined
  }
  const first: unknown = Array.isArray(node["arguments"]) ? node["arguments"][0] : undefined
  if (!isNode(first)) return undefined
  const text = word(first, "value") ?? templateOf(first)
  return text === undefined ? undefined : { node: first, text }
}

const templateOf = (node: Node): string | undefined =>
  node.type === "TemplateLiteral" && Array.isArray(node["quasis"])
    ? node["quasis"]
        .filter(isNode)
        .map((one) => {
          const value: unknown = one["value"]
          return typeof value === "object" && value !== null && "raw" in value
            ? String(value.raw)
            : ""
        })
        .join(" ")
    : undefined
