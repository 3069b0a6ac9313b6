/**
 * Who may import whom: packages, and the layers inside core.
 *
 * A package knows core and nobody else; only a composition brings several together. Inside core data
 * flows one way, so a folder may look back along the flow and never ahead.
 */
import { posix } from "node:path"
import { type Finding, type Import, importsOf, type SourceFile } from "./SourceFile.ts"

// models ----------------------------------------------------------------------

/** The folders inside core, and the folders that each may import beside itself. */
export const layers: Readonly<Record<string, ReadonlyArray<string>>> = {
  rules: [],
  events: ["rules", "ports"],
  ports: ["rules"],
  operations: ["rules", "internal"],
  services: ["rules", "events", "ports", "operations", "internal"],
  reactors: ["rules", "events", "ports", "services"],
  handlers: ["rules", "operations", "services", "internal"],
  internal: ["rules", "operations"]
}

/** What every package may import beside itself. `testkit` is for tests, so no package names it. */
export const shared: ReadonlyArray<string> = ["core", "process", "client"]

/** The packages that know less than that. */
export const narrower: Readonly<Record<string, ReadonlyArray<string>>> = {
  core: [],
  client: ["core"],
  process: []
}

/** Where several packages may meet: the compositions, and what only tries things out. */
export const compositions: ReadonlyArray<RegExp> = [
  /^packages\/cli\//,
  /^packages\/mcp\/bin\//,
  /^packages\/mcp\/src\/main\.ts$/,
  /^packages\/[^/]+\/(test|typetest)\//,
  /^examples\//,
  /^benchmark\//,
  /^chaos\//,
  /^tooling\//
]

/** What rules may take from effect: data and its descriptions, nothing that runs. */
export const impure: ReadonlySet<string> = new Set([
  "Clock",
  "Config",
  "ConfigProvider",
  "Console",
  "Context",
  "Deferred",
  "Effect",
  "Fiber",
  "Layer",
  "ManagedRuntime",
  "PubSub",
  "Queue",
  "Random",
  "Ref",
  "Runtime",
  "Scope",
  "Stream"
])

/** Parts of effect that may still change: core does not name them. */
export const unstable: ReadonlySet<string> = new Set([
  "ai",
  "cli",
  "cluster",
  "http",
  "http-api",
  "process",
  "rpc",
  "socket",
  "sql",
  "workflow"
])

// rules -----------------------------------------------------------------------

/** Imports between packages that the house does not allow. */
export const betweenPackages = (file: SourceFile): ReadonlyArray<Finding> => {
  const home = packageOf(file.path)
  if (home === undefined || compositions.some((pattern) => pattern.test(file.path))) return []
  const allowed = narrower[home] ?? shared
  return importsOf(file).flatMap((one) => {
    const target = targetOf(file, one)
    if (target === undefined) return []
    if (target === home) {
      return one.specifier.startsWith(".")
        ? []
        : [found(file, one, "a package imports its own files by their paths")]
    }
    if (allowed.includes(target)) return []
    const known = allowed.length === 0 ? "no package" : `only ${allowed.join(", ")}`
    return [found(file, one, `${home} knows ${known}; a composition joins it with ${target}`)]
  })
}

/** Imports between the folders of core that go against the flow. */
export const betweenLayers = (file: SourceFile): ReadonlyArray<Finding> => {
  const layer = layerOf(file.path)
  if (layer === undefined) return []
  return importsOf(file).flatMap((one) => {
    if (!one.specifier.startsWith(".")) return []
    const target = posix.join(posix.dirname(file.path), one.specifier)
    const other = layerOf(target)
    if (other === layer || (other !== undefined && layers[layer]?.includes(other))) return []
    const where = other ?? "the root of core"
    return [found(file, one, `${layer} may not import ${where}`)]
  })
}

/** Imports of core from outside: effect alone, of it what is stable, and for rules what is pure. */
export const ofCore = (file: SourceFile): ReadonlyArray<Finding> => {
  if (!file.path.startsWith("packages/core/src/")) return []
  return importsOf(file).flatMap((one) => {
    const [name, part] = one.specifier.split("/")
    if (one.specifier.startsWith(".") || one.specifier.startsWith("@foreman/")) return []
    if (name !== "effect") return [found(file, one, "core depends on effect alone")]
    if (part !== undefined && unstable.has(part)) {
      return [
        found(file, one, "core takes only what is stable in effect; an adapter may take this")
      ]
    }
    const running = [...one.names, part ?? ""].filter((taken) => impure.has(taken))
    return layerOf(file.path) === "rules" && running.length > 0
      ? [found(file, one, `rules are pure: no ${running.join(", ")}; facts are arguments`)]
      : []
  })
}

// internal --------------------------------------------------------------------

const found = (file: SourceFile, { line, specifier }: Import, why: string): Finding => ({
  path: file.path,
  line,
  message: `imports ${specifier}: ${why}`
})

const packageOf = (path: string): string | undefined => /^packages\/([^/]+)\//.exec(path)?.[1]

const layerOf = (path: string): string | undefined =>
  /^packages\/core\/src\/([^/]+)\//.exec(path)?.[1]

/** The package that an import leads to, when it is one of ours. */
const targetOf = (file: SourceFile, { specifier }: Import): string | undefined => {
  if (specifier.startsWith(".")) {
    return (
      packageOf(posix.join(posix.dirname(file.path), specifier)) ?? "the rest of the repository"
    )
  }
  return /^@foreman\/([^/]+)/.exec(specifier)?.[1]
}
