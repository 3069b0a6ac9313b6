import { spawnSync } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { stale, write } from "../src/codegen/Generated.ts"
import { root } from "../src/tidy/Repository.ts"

describe("what is generated", () => {
  // In a process of its own: the order of a module's names is the platform's there, not vitest's.
  it("is what the code says now; if not, `npm run codegen`", () => {
    const args = ["--conditions=@foreman/source", "tooling/src/codegen.ts", "--check"]
    const { stderr, stdout } = spawnSync(process.execPath, args, {
      cwd: root,
      encoding: "utf8",
      timeout: 60_000
    })
    expect(stdout + stderr).toBe("everything generated is up to date\n")
  }, 60_000)
})

describe("a generated file", () => {
  it("is stale until it is written, and again when somebody edits it", () => {
    const folder = mkdtempSync(join(tmpdir(), "foreman-generated-"))
    const file = { path: "docs/reference/a.md", text: "a\n" }
    expect(stale(folder, [file])).toEqual([file.path])
    expect(write(folder, [file])).toEqual([file.path])
    expect(stale(folder, [file])).toEqual([])
    expect(write(folder, [file])).toEqual([])
    write(folder, [{ ...file, text: "edited\n" }])
    expect(stale(folder, [file])).toEqual([file.path])
    rmSync(folder, { recursive: true })
  })
})
