/**
 * What stands above a module and above what it exports.
 */
import { exportsOf } from "./NameRules.ts"
import {
  at,
  child,
  children,
  type Finding,
  type Node,
  type SourceFile,
  word
} from "./SourceFile.ts"

// models ----------------------------------------------------------------------

/** The categories of what is public. The list is closed. */
export const categories: ReadonlyArray<string> = [
  "models",
  "schemas",
  "errors",
  "rules",
  "services",
  "layers",
  "operations",
  "testing",
  "generators",
  "configuration"
]

// rules -----------------------------------------------------------------------

/** Modules that do not say what they are. */
export const ofModule = (file: SourceFile): ReadonlyArray<Finding> => {
  if (!isPublic(file)) return []
  const first = file.comments[0]
  const opens = first !== undefined && file.text.slice(0, first.start).trim() === ""
  if (!opens || !first.text.startsWith("/**")) {
    return [at(file, 0, "does not say at its top what this module is")]
  }
  return /@since \d+\.\d+\.\d+/.test(first.text) ? [] : [at(file, 0, "the module has no @since")]
}

/** Exports that do not say what they are, since when, and of which kind. */
export const ofExports = (file: SourceFile): ReadonlyArray<Finding> => {
  if (!isPublic(file)) return []
  const told = new Set<string>()
  return exportsOf(file.program).flatMap(({ name, node }) => {
    if (told.has(name) || speaksForItself(node)) return []
    told.add(name)
    const above = file.comments.findLast(
      ({ end, start, text }) =>
        text.startsWith("/**") &&
        start > 0 &&
        end <= node.start &&
        file.text.slice(end, node.start).trim() === ""
    )
    return problemsOf(above?.text).map((problem) => at(file, node.start, `${name} ${problem}`))
  })
}

/** Examples that claim what something is, and that nobody runs. */
export const idleExamples = (file: SourceFile): ReadonlyArray<Finding> =>
  file.comments.flatMap(({ start, text }) =>
    [...text.matchAll(/```ts\n([^]*?)```/g)]
      .filter(([, code = ""]) => /\/\/ ?=>/.test(code))
      .map(({ index }) =>
        at(
          file,
          start + index,
          "claims something that is not run: begin with ```ts import.meta.vitest"
        )
      )
  )

// internal --------------------------------------------------------------------

/** Public is what a barrel can reach: all but what is or calls itself internal, and the barrel. */
const isPublic = ({ comments, path }: SourceFile): boolean =>
  /^packages\/[^/]+\/src\//.test(path) &&
  !/\/internal\//.test(path) &&
  !/\/src\/(index|main|bin)\.ts$/.test(path) &&
  !/^\/\*\*[^]*@internal/.test(comments[0]?.text ?? "")

/** An operation has a description, and an event is listed with its fields: both in their values. */
const speaksForItself = (node: Node): boolean => {
  const [first] = children(child(node, "declaration"), "declarations")
  const callee = child(child(first, "init"), "callee")
  const maker = `${word(child(callee, "object"), "name")}.${word(child(callee, "property"), "name")}`
  return ["Operation.make", "Operation.makeList", "Event.define"].includes(maker)
}

const problemsOf = (doc: string | undefined): ReadonlyArray<string> => {
  if (doc === undefined) return ["has no docstring"]
  const category = /@category (\S+)/.exec(doc)?.[1]
  return [
    ...(/@since \d+\.\d+\.\d+/.test(doc) ? [] : ["has no @since"]),
    ...(category === undefined ? ["has no @category"] : []),
    ...(category !== undefined && !categories.includes(category)
      ? [`has the category ${category}, which is none of ${categories.join(", ")}`]
      : [])
  ]
}
