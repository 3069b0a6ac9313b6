import { describe, expect, it } from "vitest"
import { foreignPhrases, lockedAddresses } from "../../src/tidy/TextRules.ts"

const glue = (...parts: ReadonlyArray<string>) => parts.join("")

describe("phrases of one desk", () => {
  const said = (text: string) => foreignPhrases({ path: "README.md", text }).map(({ line }) => line)

  it.each([
    glue("see /wo", "rk/main/packages"),
    glue('cwd: "/ho', 'me/ana/code"'),
    glue("cd /t", "mp/x"),
    glue("registry=https://regis", "try.example.com"),
    glue("taken from ../sha", "red/notes"),
    glue("the proto", "type had this"),
    glue("as hou", "se.md says")
  ])("are refused: %s", (text) => expect(said(`fine\n${text}`)).toEqual([2]))

  it.each([
    "https://example.com/home/x",
    "Object.prototype.toString",
    "refuses prototype pollution",
    "`${root}/tmp/x`",
    "packages/core/src/home/x"
  ])("are not found in: %s", (text) => expect(said(text)).toEqual([]))
})

describe("a lock", () => {
  const lock = (resolved: string) => ({
    path: "package-lock.json",
    text: `{\n  "a": { "resolved": "${resolved}" }\n}`
  })

  it("names no host", () => {
    expect(lockedAddresses(lock("https://example.com/a.tgz"))).toHaveLength(1)
    expect(lockedAddresses(lock("packages/core"))).toEqual([])
  })
})
