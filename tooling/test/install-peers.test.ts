import { expect, it } from "vitest"
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { absent, folderIn, main, missing, wanted } from "../src/install-peers.ts"

/** What it says and answers for a repository in which this version of the one peer is installed. */
const said = (args: ReadonlyArray<string>, present?: string) => {
  const root = mkdtempSync(join(tmpdir(), "foreman-peers-"))
  const installed = join(folderIn(root), "node_modules/other-queue")
  mkdirSync(installed, { recursive: true })
  writeFileSync(
    join(folderIn(root), "package.json"),
    JSON.stringify({ dependencies: { "other-queue": "1.2.3" } })
  )
  if (present !== undefined) {
    writeFileSync(join(installed, "package.json"), JSON.stringify({ version: present }))
  }
  const answer = { ...main(root, args), absent: absent(root) }
  rmSync(root, { recursive: true })
  return answer
}

it("pins one version of each", () => {
  const root = join(import.meta.dirname, "../..")
  expect(wanted(root).map(({ name }) => name)).toEqual(["graphile-worker", "pg-boss"])
  for (const { version } of wanted(root)) expect(version).toMatch(/^\d+\.\d+\.\d+$/)
})

it("does nothing when all are there", () => {
  const { absent: none, code, text } = said([], "1.2.3")
  expect([none, code]).toEqual([[], 0])
  expect(text).toContain("other-queue 1.2.3")
})

it("takes another version for none", () => {
  const { absent: one, code, text } = said(["--check"], "1.2.4")
  expect([one, code]).toEqual([[{ name: "other-queue", version: "1.2.3" }], 1])
  expect(text).toBe(missing(one))
})

it("says what it would do, and does not", () => {
  expect(said(["--dry-run"]).text).toMatch(/^would install other-queue 1\.2\.3 into /)
})

it("is loud when one is not there", () => {
  const { code, text } = said(["--check"])
  expect(code).toBe(1)
  expect(text).toContain("NOT INSTALLED: other-queue 1.2.3")
  expect(text).toContain("npm run bench:install")
})
