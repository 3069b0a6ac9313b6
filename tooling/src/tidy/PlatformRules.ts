/**
 * What runs in a browser names no part of Node.
 */
import {
  at,
  child,
  children,
  type Finding,
  importsOf,
  type Node,
  type SourceFile,
  walk,
  word
} from "./SourceFile.ts"

// models ----------------------------------------------------------------------

/** The packages that a browser can load. */
export const browserSafe: ReadonlyArray<RegExp> = [
  /^packages\/core\/src\//,
  /^packages\/client\/src\//,
  /^packages\/http\/src\/internal\/page\//
]

/** What Node has and a browser has not, and what stands in for it. */
export const nodeGlobals: Readonly<Record<string, string>> = {
  Buffer: "Uint8Array",
  process: "an argument",
  global: "globalThis",
  require: "import",
  setImmediate: "queueMicrotask",
  clearImmediate: "queueMicrotask",
  __dirname: "an argument",
  __filename: "an argument"
}

// rules -----------------------------------------------------------------------

/** Every name of Node in a file that a browser is to load. */
export const nodeNames = (file: SourceFile): ReadonlyArray<Finding> => {
  if (!browserSafe.some((pattern) => pattern.test(file.path))) return []
  const imports = importsOf(file)
    .filter(({ specifier }) => specifier.startsWith("node:"))
    .map(({ line, specifier }): Finding => ({
      path: file.path,
      line,
      message: `imports ${specifier}: a browser has no node: modules`
    }))
  return [...imports, ...globals(file)]
}

// internal --------------------------------------------------------------------

const globals = (file: SourceFile): ReadonlyArray<Finding> => {
  const declared = declaredIn(file.program)
  const found: Array<Finding> = []
  walk(file.program, (node, around) => {
    const name = node.type === "Identifier" ? word(node, "name") : undefined
    if (name === undefined || !Object.hasOwn(nodeGlobals, name) || declared.has(name)) return
    if (isLabel(node, around.at(-1))) return
    found.push(at(file, node.start, `names ${name}, which a browser has not: ${nodeGlobals[name]}`))
  })
  return found
}

/** Says whether an identifier only labels something: a key, a member, a name in a type. */
const isLabel = (node: Node, parent: Node | undefined): boolean => {
  if (parent?.["computed"] === true) return false
  if (parent?.type === "MemberExpression") {
    return parent["property"] === node && word(child(parent, "object"), "name") !== "globalThis"
  }
  return (
    (parent?.["key"] === node && parent["shorthand"] !== true) ||
    parent?.type === "TSPropertySignature" ||
    parent?.type === "TSMethodSignature"
  )
}

/** The names that a file declares somewhere: as variables, parameters, functions or imports. */
const declaredIn = (program: Node): ReadonlySet<string> => {
  const names = new Set<string>()
  const bind = (pattern: Node | undefined): void => {
    if (pattern === undefined) return
    const name = word(pattern, "name")
    if (pattern.type === "Identifier" && name !== undefined) names.add(name)
    if (pattern.type === "Property") bind(child(pattern, "value"))
    bind(child(pattern, "left"))
    bind(child(pattern, "argument"))
    children(pattern, "properties").forEach(bind)
    children(pattern, "elements").forEach(bind)
  }
  walk(program, (node) => {
    if (node.type === "VariableDeclarator") bind(child(node, "id"))
    if (node.type.startsWith("Import")) bind(child(node, "local"))
    if (/Function/.test(node.type)) {
      bind(child(node, "id"))
      children(node, "params").forEach(bind)
    }
  })
  return names
}
