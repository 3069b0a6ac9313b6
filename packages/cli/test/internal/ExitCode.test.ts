import { readFileSync } from "node:fs"
import { resolve } from "node:path"
import { expect, it } from "vitest"
import { exitCodes, meanings } from "../../src/internal/ExitCode.ts"

const guide = resolve(import.meta.dirname, "../../../../docs/guides/command-line.md")

it("says of every exit code what the guide says", () => {
  const rows = readFileSync(guide, "utf8").matchAll(/^\| (\d) +\| (.*?) +\|$/gm)
  const said = [...rows].map(([, code, words]) => [Number(code), words?.replaceAll("`", "")])
  const names: ReadonlyArray<readonly [string, string]> = Object.entries(meanings)
  const codes = new Map<string, number>(Object.entries(exitCodes))
  expect(names.map(([name, words]) => [codes.get(name), words])).toEqual(said)
})
