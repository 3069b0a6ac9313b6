import { existsSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { run } from "../src/snippets/run.ts"
import * as Snippet from "../src/snippets/Snippet.ts"
import { read, root } from "../src/tidy/Repository.ts"
import { show } from "../src/tidy/SourceFile.ts"

const { texts } = read()
const { scripts } = JSON.parse(texts.find(({ path }) => path === "package.json")?.text ?? "{}")

describe("the pages", () => {
  it("begin with a README", () => expect(existsSync(join(root, "README.md"))).toBe(true))

  it("show code as its files have it", () => expect(Snippet.problems(texts).map(show)).toEqual([]))

  it("name scripts that exist", () =>
    expect(Snippet.unknownScripts(texts, Object.keys(scripts)).map(show)).toEqual([]))

  it("link to files that exist", () =>
    expect(Snippet.brokenLinks(texts, (path) => existsSync(join(root, path))).map(show)).toEqual(
      []
    ))

  it.each(Snippet.programs(texts))("show %s, which runs to its end and says this", async (path) => {
    const { failure, stdout } = await run(path)
    expect(failure).toBeUndefined()
    for (const { code } of Snippet.outputsOf(texts, path)) expect(stdout.trim()).toBe(code.trim())
  })
})
