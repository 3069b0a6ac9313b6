/**
 * Names that say nothing, and what to say instead.
 */
import { posix } from "node:path"
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

/** A name that is not used, and the better one. */
export interface Banned {
  readonly pattern: RegExp
  readonly instead: string
}

/** Names of files and folders. */
export const files: ReadonlyArray<Banned> = [
  { pattern: /^(utils?|helpers?|common|misc|shared|lib|stuff)$/i, instead: "the noun it is about" },
  { pattern: /^(types?|interfaces?|constants?)$/i, instead: "the noun whose it is" },
  { pattern: /^(data|infos?)$/i, instead: "what the data are of" },
  { pattern: /.(Utils?|Helpers?)$/, instead: "the noun alone" },
  { pattern: /.(Impl|Implementation)$/, instead: "the noun alone, or what differs: TasksMemory" },
  { pattern: /.Live$/, instead: "a static `layer` beside the service" },
  { pattern: /.(Data|Infos?)$/, instead: "the noun alone" }
]

/** Names that a module exports. */
export const exported: ReadonlyArray<Banned> = [
  { pattern: /.(Impl|Implementation)$/, instead: "the noun alone, or what differs" },
  { pattern: /^([A-Z](?!.*Is)\w*|layer)Live$/, instead: "`layer`, then what differs" },
  { pattern: /.(Utils?|Helpers?|Infos?)$/, instead: "the noun alone" },
  { pattern: /^(utils?|helpers?|misc|data|infos?)$/i, instead: "what it is of" },
  { pattern: /^I[A-Z][a-z]/, instead: "the name without the I" }
]

// rules -----------------------------------------------------------------------

/** Files and folders on the way to this one with a banned name. */
export const ofFile = (path: string): ReadonlyArray<Finding> => {
  if (!/^(packages|examples|tooling|benchmark|chaos)\//.test(path)) return []
  const parts = path.split("/").map((part) => posix.parse(part).name.replace(/\.test$/, ""))
  return parts.flatMap((part) => {
    const banned = files.find(({ pattern }) => pattern.test(part))
    if (banned === undefined) return []
    return [{ path, line: 1, message: `the name ${part} says nothing: use ${banned.instead}` }]
  })
}

/** Exports of a package with a banned name. */
export const ofExports = (file: SourceFile): ReadonlyArray<Finding> => {
  if (!/^packages\/[^/]+\/src\//.test(file.path)) return []
  return exportsOf(file.program).flatMap(({ name, node }) => {
    const banned = /^I[A-Z]/.test(name) && !isType(node) ? undefined : bannedFor(name)
    return banned === undefined
      ? []
      : [at(file, node.start, `the name ${name} says nothing: use ${banned.instead}`)]
  })
}

/** What a module declares and exports, by name; what it only hands on is somebody else's. */
export const exportsOf = (
  program: Node
): ReadonlyArray<{ readonly name: string; readonly node: Node }> =>
  children(program, "body").flatMap((node) => {
    const declaration = child(node, "declaration")
    if (node.type !== "ExportNamedDeclaration" || declaration === undefined) return []
    const declared =
      declaration.type === "VariableDeclaration"
        ? children(declaration, "declarations")
        : [declaration]
    return declared.flatMap((one) => {
      const name = word(child(one, "id"), "name")
      return name === undefined ? [] : [{ name, node }]
    })
  })

// internal --------------------------------------------------------------------

const bannedFor = (name: string): Banned | undefined =>
  exported.find(({ pattern }) => pattern.test(name))

const isType = (node: Node): boolean =>
  /^TS(Interface|TypeAlias)/.test(child(node, "declaration")?.type ?? "")
