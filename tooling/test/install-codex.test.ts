import { expect, it } from "vitest"
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { main, manifest, placeIn, version } from "../src/install-codex.ts"

/** What it says and answers for a repository in which some program passes itself off as Codex. */
const said = (args: ReadonlyArray<string>, present?: string) => {
  const root = mkdtempSync(join(tmpdir(), "foreman-install-"))
  const { folder, program } = placeIn(root)
  if (present !== undefined) {
    mkdirSync(dirname(program), { recursive: true })
    writeFileSync(program, `console.log("codex-cli ${present}")`)
    chmodSync(program, 0o755)
  }
  const ended = main(root, args)
  const isMade = existsSync(join(folder, "package.json"))
  rmSync(root, { recursive: true })
  return { ...ended, isMade }
}

it("pins one version", () => {
  expect(JSON.parse(manifest)).toMatchObject({ dependencies: { "@openai/codex": version } })
})

it("does nothing when it is there, and says where", () => {
  const { code, isMade, text } = said([], version)
  expect([code, isMade]).toEqual([0, false])
  expect(text).toContain(`codex ${version} is at `)
})

it("says what it would do, and does not", () => {
  expect(said(["--dry-run"])).toMatchObject({ code: 0, isMade: false })
  expect(said(["--dry-run"], "0.1.0").text).toContain("over 0.1.0")
})

it("is loud when it is not there", () => {
  const { code, text } = said(["--check"])
  expect(code).toBe(1)
  expect(text).toContain("CODEX IS NOT INSTALLED")
  expect(text).toContain("npm run codex:install")
})
