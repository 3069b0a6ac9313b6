import { execFile } from "node:child_process"
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { root } from "../src/tidy/Repository.ts"

const numbered = (count: number) =>
  Array.from({ length: count }, (_, index) => `  a${index}()`).join("\n")

/** What each rule of ours is tried on: one bad file for each, and good ones at the end. */
const planted: Readonly<Record<string, readonly [rule: string | undefined, text: string]>> = {
  "src/Long.ts": ["max-lines", `export const a = 1\n${"// and so on\n".repeat(300)}`],
  "src/Function.ts": ["max-lines-per-function", `export const a = () => {\n${numbered(70)}\n}`],
  "src/Default.ts": ["no-default-export", "export default 1"],
  "src/One.ts": ["no-cycle", 'import { two } from "./Two.ts"\nexport const one = () => two'],
  "src/Two.ts": ["no-cycle", 'import { one } from "./One.ts"\nexport const two = () => one'],
  "src/Any.ts": ["no-explicit-any", "export const a = (b: any) => b"],
  "src/Type.ts": [
    "consistent-type-imports",
    'import { A } from "./A.ts"\nexport const a = (b: A) => b'
  ],
  "src/Ignore.ts": ["ban-ts-comment", "// @ts-ignore\nexport const a = 1"],
  "src/Say.ts": ["no-console", 'console.log("a")'],
  "src/Space.ts": ["no-namespace", "export namespace A { export const b = 1 }"],
  "test/Alone.test.ts": ["no-focused-tests", 'it.only("says", () => {})'],
  "test/Twice.test.ts": ["no-identical-title", 'it("says", () => {})\nit("says", () => {})'],
  "packages/mcp/src/main.ts": ["no-console", 'console.log("a")'],
  "packages/mcp/bin/foreman-mcp.js": [undefined, 'console.error("a")'],
  "packages/core/src/internal/dynamic.ts": [undefined, "export const a = (b: any) => b"],
  "test/Suite.test.ts": [undefined, `it("says", () => {\n${numbered(90)}\n})`],
  "tooling/src/main.ts": [undefined, 'console.log("a")']
}

const folder = mkdtempSync(join(tmpdir(), "foreman-lint-"))
const found = new Map<string, string>()

const oxlint = (): Promise<string> =>
  new Promise((resolve) => {
    // It ends with 1 when it finds something, which it is to do here.
    const args = [join(root, "node_modules/oxlint/bin/oxlint"), "--format=json", "."]
    execFile(process.execPath, args, { cwd: folder }, (_, stdout) => resolve(stdout))
  })

beforeAll(async () => {
  cpSync(join(root, ".oxlintrc.json"), join(folder, ".oxlintrc.json"))
  for (const [path, [, text]] of Object.entries(planted)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), `${text}\n`)
  }
  const { diagnostics } = JSON.parse(await oxlint())
  for (const { code, filename } of diagnostics) {
    found.set(filename, `${found.get(filename) ?? ""} ${code}`)
  }
})

afterAll(() => rmSync(folder, { recursive: true }))

describe("the linter", () => {
  it.each(Object.entries(planted))("reads %s", (path, [rule]) =>
    expect(found.get(path) ?? "nothing").toContain(rule === undefined ? "nothing" : `(${rule})`)
  )
})
