import { describe, expect, it } from "vitest"
import { importsOf, parse } from "../../src/tidy/SourceFile.ts"

describe("SourceFile", () => {
  it("finds comments, and nothing in text that looks like one", () => {
    const text = [
      'const url = "http://example.com" // the one',
      "const glob = `**/*.ts ${/* inner */ url} // no`",
      "const pattern = /[/*]/",
      "/** two",
      " * lines */"
    ].join("\n")
    const found = parse("a.ts", text).comments
    expect(found.map((comment) => comment.text)).toEqual([
      "// the one",
      "/* inner */",
      "/** two\n * lines */"
    ])
    expect(found.map(({ lastLine, line }) => [line, lastLine])).toEqual([
      [1, 1],
      [2, 2],
      [4, 5]
    ])
  })

  it("keeps offsets right behind characters of two units", () => {
    const file = parse("a.ts", "const a = '😀' // one\nexport const b = 2 // two")
    expect(file.comments.map(({ text }) => text)).toEqual(["// one", "// two"])
  })

  it("finds every way to name another module", () => {
    const text = [
      'import { a, type B as C } from "one"',
      'import * as d from "two"',
      'export * from "three"',
      'export { e } from "four"',
      'type F = import("five").F',
      'const g = await import("six")',
      'import "seven"'
    ].join("\n")
    expect(importsOf(parse("a.ts", text))).toEqual([
      { specifier: "one", line: 1, names: ["a", "B"] },
      { specifier: "two", line: 2, names: ["d"] },
      { specifier: "three", line: 3, names: [] },
      { specifier: "four", line: 4, names: ["e"] },
      { specifier: "five", line: 5, names: [] },
      { specifier: "six", line: 6, names: [] },
      { specifier: "seven", line: 7, names: [] }
    ])
  })
})
