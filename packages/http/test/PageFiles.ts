/**
 * Makes the module of strings from the files of the pages: `npx vitest run packages/http -u` writes
 * it anew after a change, and its test fails as long as it is out of date.
 */
import { readdirSync, readFileSync } from "node:fs"
import { stripTypeScriptTypes } from "node:module"

const folder = new URL("../src/internal/page/", import.meta.url)

/** The text of `src/internal/pageFiles.ts`. */
export const moduleOfPageFiles = (): string => {
  const entries = readdirSync(folder)
    .toSorted()
    .map((name) => [name.replace(/\.ts$/, ".js"), contentOf(name)] as const)
  const lines = entries.map(([name, content]) => `  "${name}": \`${escaped(content)}\``)
  const opening = "export const files: Readonly<Record<string, string>> = {"
  return `${head}${opening}\n${lines.join(",\n")}\n}\n`
}

const head = [
  "/* The files of `page`, as a browser takes them. Generated; do not edit. */",
  "/* oxlint-disable max-lines -- it holds many files */",
  ""
].join("\n")

const escaped = (content: string): string => content.replaceAll(/[\\`]|\$\{/g, "\\$&")

const contentOf = (name: string): string => {
  const text = readFileSync(new URL(name, folder), "utf8")
  return name.endsWith(".ts") ? script(text) : text
}

/** Comments and the room of types stay in the sources: a browser has no use for them. */
const script = (text: string): string =>
  stripTypeScriptTypes(text)
    .replaceAll(/^[ \t]*\/\*\*[\s\S]*?\*\/\n/gm, "")
    .replaceAll(/^[ \t]*\/\/.*\n/gm, "")
    .replaceAll(/(from "\.\/\w+)\.ts"/g, '$1.js"')
    .replaceAll(/[ \t]+$/gm, "")
    .replaceAll(/([^\s"'`]) {2,}(?=[^\s"'`])/g, "$1 ")
    .replaceAll(/\n{3,}/g, "\n\n")
