import { assert, describe, it } from "@effect/vitest"
import { Token } from "@foreman/core"
import { Effect } from "effect"
import { execFile } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { promisify } from "node:util"
import { onTestFinished } from "vitest"
import * as LocalToken from "../src/LocalToken.ts"

const module = join(import.meta.dirname, "../src/LocalToken.ts")

/** A folder that is not there yet, in one that goes when the test ends. */
const rootOf = () => {
  const folder = mkdtempSync(join(tmpdir(), "foreman-token-"))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return join(folder, "root")
}

const modeOf = (path: string) => (statSync(path).mode & 0o777).toString(8)

describe("the tokens of a runtime root", () => {
  it("are two of different kinds, each made once in a file that only its owner reads", async () => {
    const root = rootOf()
    const [operator, manager] = [LocalToken.ensure(root), LocalToken.ensureManager(root)]
    const first = [await Effect.runPromise(operator), await Effect.runPromise(manager)]
    assert.isTrue(first.every(Token.isWellFormed))
    assert.match(first.join(" "), /^fmn_opr_\w+ fmn_agt_\w+$/)
    const again = [await Effect.runPromise(operator), await Effect.runPromise(manager)]
    assert.deepStrictEqual(again, first)
    const paths = [LocalToken.pathOf(root), LocalToken.managerPathOf(root)]
    assert.deepStrictEqual(paths.map(modeOf), ["600", "600"])
    assert.deepStrictEqual(
      paths.map((path) => readFileSync(path, "utf8").trim()),
      first
    )
    assert.strictEqual(readFileSync(join(root, ".gitignore"), "utf8"), "*\n")
  })

  it("are the same for processes that start at once", async () => {
    const root = rootOf()
    const script = `
      import { ensure, ensureManager } from ${JSON.stringify(module)}
      import { Effect } from "effect"
      const both = Effect.all([ensure, ensureManager].map((one) => one(${JSON.stringify(root)})))
      console.log((await Effect.runPromise(both)).join(" "))
    `
    const args = ["--conditions=@foreman/source", "--input-type=module", "-e", script]
    const options = { cwd: import.meta.dirname }
    const told = await Promise.all(
      [1, 2, 3].map(() => promisify(execFile)(process.execPath, args, options))
    )
    const [one = "", ...others] = told.map(({ stdout }) => stdout.trim())
    assert.match(one, /^fmn_opr_\w{36} fmn_agt_\w{36}$/)
    for (const other of others) assert.strictEqual(other, one)
  })

  it("refuse the operator's in the place of the manager's", async () => {
    const root = rootOf()
    const operator = await Effect.runPromise(LocalToken.ensure(root))
    writeFileSync(LocalToken.managerPathOf(root), `${operator}\n`)
    const error = await Effect.runPromise(Effect.flip(LocalToken.ensureManager(root)))
    assert.strictEqual(error.path, LocalToken.managerPathOf(root))
    assert.include(error.message, "a token of another kind")
    assert.notInclude(error.message, operator)
  })
})
