/**
 * How code is written here, as far as the linter has no rule for it.
 */
import {
  at,
  child,
  type Comment,
  type Finding,
  nameOf,
  type Node,
  type SourceFile,
  walk,
  word
} from "./SourceFile.ts"

// models ----------------------------------------------------------------------

/** Where the machine's clock is read, and why there. Everything else gets the time it needs. */
export const clocks: Readonly<Record<string, string>> = {}

/** The parts of a file, in their order. What only tests are made of has two of its own. */
export const parts: ReadonlyArray<string> = [
  "models",
  "errors",
  "rules",
  "services",
  "layers",
  "testing",
  "generators",
  "internal"
]

// rules -----------------------------------------------------------------------

/** Reads of the machine's clock outside the places where that is the point. */
export const clockReads = (file: SourceFile): ReadonlyArray<Finding> => {
  if (!isProduct(file.path) || Object.hasOwn(clocks, file.path)) return []
  return collect(file, (node) => {
    const callee = child(node, "callee")
    if (node.type === "CallExpression" && nameOf(callee) === "Date.now") {
      return "reads Date.now: take the instant as an argument, or from Clock in the shell"
    }
    const bare = node.type === "NewExpression" && nameOf(callee) === "Date"
    return bare && Array.isArray(node["arguments"]) && node["arguments"].length === 0
      ? "reads the clock by new Date(): take the instant as an argument, or from Clock"
      : undefined
  })
}

/** Functions that make a generator anew at each call where `Effect.fnUntraced` makes it once. */
export const returnedGenerators = (file: SourceFile): ReadonlyArray<Finding> => {
  if (!isProduct(file.path)) return []
  return collect(file, (node, around) => {
    if (!isGenerator(node)) return undefined
    const outer = around.findLastIndex(
      (one) => !/^(CallExpression|MemberExpression)$/.test(one.type)
    )
    const holder = around[outer]
    const isBody = holder?.type === "ArrowFunctionExpression" && holder["expression"] === true
    if (!isBody && holder?.type !== "ReturnStatement") return undefined
    // What is piped through something is still returned; what is an argument is not.
    const chain = [...around.slice(outer + 1), node]
    if (chain.some((one, index) => isArgument(chain[index + 1], one))) return undefined
    const owner = around.findLastIndex((one) => functions.has(one.type))
    if (isTestBody(around[owner], around[owner - 1])) return undefined
    return "returns Effect.gen from a function: use Effect.fnUntraced, or Effect.fn where a span helps"
  })
}

/**
 * Casts without a comment that says why they hold. It stands at the cast or above its statement; one
 * that speaks for several stands above what holds them and begins with `As:`.
 */
export const bareCasts = (file: SourceFile): ReadonlyArray<Finding> => {
  if (!/^packages\/[^/]+\/src\//.test(file.path)) return []
  return collect(file, (node, around) => {
    if (node.type !== "TSAsExpression" || isConst(node)) return undefined
    const body = around.slice(around.findLastIndex(({ type }) => functions.has(type)) + 1)
    const statements = around.filter(({ type }) => /(Statement|Declaration|Definition)$/.test(type))
    const begin = file.lineOf((statements.at(-1) ?? node).start)
    const end = file.lineOf(node.end)
    const outer = statements
      .filter((one) => body.includes(one) && one.type !== "BlockStatement")
      .map(({ start }) => file.lineOf(start))
    return file.comments.some(
      ({ lastLine, text }) =>
        (lastLine >= begin - 1 && lastLine <= end) ||
        (text.startsWith("// As: ") && outer.includes(lastLine + 1))
    )
      ? undefined
      : "casts with `as`: prove the type, or say in a comment above why it holds"
  })
}

/** Work that is left for later. */
export const leftOpen = (file: SourceFile): ReadonlyArray<Finding> =>
  file.comments
    .filter(({ text }) => /\b(?:TO[D]O|FIX[M]E|XX[X]|HA[C]K)\b/.test(text))
    .map(({ line }) => ({ path: file.path, line, message: "leaves work open in a comment: do it" }))

/** Checks that are turned off without a reason. */
export const silenced = (file: SourceFile): ReadonlyArray<Finding> =>
  file.comments.flatMap(({ line, text }) => {
    const found = /(?:oxlint|eslint)-disable[\w-]*|@ts-(?:ignore|expect-error|nocheck)/.exec(text)
    if (found === null || reasonOf(text, found[0]) || isExplained(file.comments, line)) return []
    const message = `turns a check off: say why, after \`--\` or in a comment above (${found[0]})`
    return [{ path: file.path, line, message }]
  })

/** Rulers of public modules that are none of the parts, out of order, or not 80 columns wide. */
export const rulers = (file: SourceFile): ReadonlyArray<Finding> => {
  if (!/^packages\/[^/]+\/src\/(?!.*\binternal\/)/.test(file.path)) return []
  let last = -1
  return file.comments.flatMap(({ line, text }) => {
    const name = /^\/\/ (\w+) -{5,}$/.exec(text)?.[1]
    if (name === undefined) return []
    const place = parts.indexOf(name)
    // What is below the line may be grouped as it likes.
    const isFree = place === -1 && parts[last] === "internal"
    const problems = [
      ...(place === -1 && !isFree ? [`the part ${name} is none of ${parts.join(", ")}`] : []),
      ...(place !== -1 && place <= last ? [`the part ${name} stands too late in the file`] : []),
      ...(text.length === 80 ? [] : [`the ruler is ${text.length} columns wide, not 80`])
    ]
    last = Math.max(last, place)
    return problems.map((message) => ({ path: file.path, line, message }))
  })
}

/**
 * Lines far longer than 100 columns, but for those that cannot be broken. The formatter breaks code
 * at 100; this is for what it leaves alone, which is prose and text.
 */
export const longLines = (file: SourceFile): ReadonlyArray<Finding> =>
  (isGenerated(file) ? "" : file.text).split("\n").flatMap((text, index) => {
    if (text.length <= 110 || /\S{60}|https?:\/\//.test(text)) return []
    const message = `is ${text.length} columns wide; 100 are enough`
    return [{ path: file.path, line: index + 1, message }]
  })

// internal --------------------------------------------------------------------

const isProduct = (path: string): boolean =>
  /^packages\/[^/]+\/(src|bin)\//.test(path) || /^examples\/[^/]+\/src\//.test(path)

const isGenerated = ({ comments }: SourceFile): boolean =>
  /\bGenerated\b.*; do not edit/.test(comments[0]?.text ?? "")

const functions = new Set(["ArrowFunctionExpression", "FunctionExpression", "FunctionDeclaration"])

const collect = (
  file: SourceFile,
  judge: (node: Node, around: ReadonlyArray<Node>) => string | undefined
): ReadonlyArray<Finding> => {
  const found: Array<Finding> = []
  walk(file.program, (node, around) => {
    const message = judge(node, around)
    if (message !== undefined) found.push(at(file, node.start, message))
  })
  return found
}

const isGenerator = (node: Node): boolean =>
  node.type === "CallExpression" && nameOf(node) === "Effect.gen"

const isArgument = (node: Node | undefined, parent: Node): boolean =>
  Array.isArray(parent["arguments"]) && parent["arguments"].includes(node)

/** `it.effect("...", () => Effect.gen(...))` is how tests are written. */
const isTestBody = (owner: Node | undefined, parent: Node | undefined): boolean =>
  parent?.type === "CallExpression" &&
  isArgument(owner, parent) &&
  /^(it|test)\b/.test(nameOf(parent))

const isConst = (node: Node): boolean =>
  word(child(child(node, "typeAnnotation"), "typeName"), "name") === "const"

const reasonOf = (text: string, directive: string): boolean => {
  const rest = text.slice(text.indexOf(directive) + directive.length)
  return directive.startsWith("@ts-") ? /\w{3}.* \w/.test(rest) : / -- \S/.test(rest)
}

/** A comment that ends on the line above speaks for the one below it. */
const isExplained = (comments: ReadonlyArray<Comment>, line: number): boolean =>
  comments.some(({ lastLine, text }) => lastLine === line - 1 && !/-disable|@ts-/.test(text))
