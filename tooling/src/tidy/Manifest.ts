/**
 * The manifests of the packages: one version, one licence, and only the neighbours the house allows.
 */
import { narrower, shared } from "./ImportRules.ts"
import type { TextFile } from "./Repository.ts"
import { type Finding, importsOf, type SourceFile } from "./SourceFile.ts"

// models ----------------------------------------------------------------------

/** What a `package.json` says. */
export interface Manifest {
  readonly path: string
  /** The folder under `packages/`, when it is one. */
  readonly home: string | undefined
  readonly name: string
  readonly version: string
  readonly isPublished: boolean
  readonly fields: Readonly<Record<string, unknown>>
  /** All but the development ones, by name. */
  readonly needs: Readonly<Record<string, string>>
}

/** The packages that hold a composition beside their library. */
export const composers: ReadonlyArray<string> = ["cli", "mcp"]

/** What a README of a package may have in lines: it is a door, the guide is elsewhere. */
export const readmeLines = { least: 5, most: 40 } as const

// rules -----------------------------------------------------------------------

/** Reads a manifest. */
export const read = ({ path, text }: TextFile): Manifest => {
  const fields = recordOf(JSON.parse(text))
  const needs = {
    ...recordOf(fields["dependencies"]),
    ...recordOf(fields["peerDependencies"]),
    ...recordOf(fields["optionalDependencies"])
  }
  return {
    path,
    home: /^packages\/([^/]+)\/package\.json$/.exec(path)?.[1],
    name: String(fields["name"]),
    version: String(fields["version"]),
    isPublished: fields["private"] !== true,
    fields,
    needs: Object.fromEntries(Object.entries(needs).map(([name, range]) => [name, String(range)]))
  }
}

/** Versions that differ from core's: all packages are released together. */
export const versions = (manifests: ReadonlyArray<Manifest>): ReadonlyArray<Finding> => {
  const published = manifests.filter(({ isPublished }) => isPublished)
  const version = (published.find(({ home }) => home === "core") ?? published[0])?.version
  return manifests.flatMap((manifest) => {
    const own =
      manifest.isPublished && manifest.version !== version
        ? [found(manifest, `has version ${manifest.version}, core has ${version}`)]
        : []
    const others = Object.entries(manifest.needs)
      .filter(([name, range]) => name.startsWith("@foreman/") && range !== version)
      .map(([name, range]) => found(manifest, `needs ${name} ${range}, which has ${version}`))
    return [...own, ...others]
  })
}

/** Neighbours that a package may not need. */
export const neighbours = (manifest: Manifest): ReadonlyArray<Finding> => {
  const { home, isPublished } = manifest
  if (home === undefined || !isPublished || composers.includes(home)) return []
  const allowed = (narrower[home] ?? shared).map((name) => `@foreman/${name}`)
  return Object.keys(manifest.needs)
    .filter((name) => name.startsWith("@foreman/") && !allowed.includes(name))
    .map((name) => found(manifest, `needs ${name}: only a composition does`))
}

/**
 * What of ours a package imports and does not need, or needs and does not import. Tests are left out:
 * they may import whatever they like.
 */
export const mismatches = (
  manifests: ReadonlyArray<Manifest>,
  sources: ReadonlyArray<SourceFile>
): ReadonlyArray<Finding> =>
  manifests.flatMap((manifest) => {
    const folder = manifest.path.replace(/package\.json$/, "")
    if (!/^(packages|examples)\//.test(folder)) return []
    const imported = new Set(
      sources
        .filter(({ path }) => path.startsWith(folder) && !/\/(test|typetest)\//.test(path))
        .flatMap(importsOf)
        .flatMap(({ specifier }) => /^@foreman\/[^/]+/.exec(specifier)?.[0] ?? [])
        .filter((name) => name !== manifest.name)
    )
    const needed = Object.keys(manifest.needs).filter((name) => name.startsWith("@foreman/"))
    return [
      ...[...imported]
        .filter((name) => !needed.includes(name))
        .map((name) => found(manifest, `imports ${name} and does not need it`)),
      ...needed
        .filter((name) => !imported.has(name))
        .map((name) => found(manifest, `needs ${name} and does not import it`))
    ]
  })

/** What a published package must say of itself. */
export const complete = (manifest: Manifest): ReadonlyArray<Finding> => {
  const { fields, isPublished } = manifest
  if (!isPublished) return []
  const files: unknown = fields["files"]
  const entry = recordOf(recordOf(fields["exports"])["."])
  const wanted: ReadonlyArray<readonly [boolean, string]> = [
    [String(fields["description"] ?? "").length > 10, "has no description"],
    [fields["license"] === "MIT", "is not under the MIT licence"],
    [fields["type"] === "module", "is no module"],
    [fields["sideEffects"] === false, "does not promise that importing it has no effect"],
    [Array.isArray(files) && files.includes("dist"), "does not publish dist"],
    [recordOf(fields["engines"])["node"] !== undefined, "does not say which Node it needs"],
    [recordOf(fields["publishConfig"])["access"] === "public", "is not published to everybody"],
    [
      Object.keys(entry).join() === "@foreman/source,types,default",
      "does not export source, types and default, in this order"
    ]
  ]
  return wanted.filter(([holds]) => !holds).map(([, message]) => found(manifest, message))
}

/** Published packages without a short README that has a snippet. */
export const readmes = (
  manifests: ReadonlyArray<Manifest>,
  texts: ReadonlyArray<TextFile>
): ReadonlyArray<Finding> =>
  manifests.flatMap((manifest) => {
    if (!manifest.isPublished) return []
    const path = manifest.path.replace("package.json", "README.md")
    const readme = texts.find((text) => text.path === path)
    if (readme === undefined) return [{ path, line: 1, message: "is missing" }]
    const lines = readme.text.trimEnd().split("\n").length
    return [
      ...(lines < readmeLines.least || lines > readmeLines.most
        ? [
            {
              path,
              line: 1,
              message: `has ${lines} lines, not ${readmeLines.least} to ${readmeLines.most}`
            }
          ]
        : []),
      ...(/^```\w+/m.test(readme.text) ? [] : [{ path, line: 1, message: "shows no snippet" }])
    ]
  })

// internal --------------------------------------------------------------------

const found = ({ path }: Manifest, message: string): Finding => ({ path, line: 1, message })

const recordOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null ? { ...value } : {}
