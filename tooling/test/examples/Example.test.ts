import { describe, expect, it } from "vitest"
import { type Example, ofPage, ofSource, program } from "../../src/examples/Example.ts"
import { run } from "../../src/examples/run.ts"
import { parse } from "../../src/tidy/SourceFile.ts"

const example = (code: string): Example => ({
  path: "packages/core/src/rules/Task.ts",
  line: 1,
  title: "a test",
  code
})

const failureOf = async (...codes: ReadonlyArray<string>) => run(codes.map(example))

describe("examples", () => {
  it("are found in docstrings, with their titles and places", () => {
    const text = [
      "/**",
      " * Says something.",
      " *",
      " * **Example** (What is over)",
      " *",
      " * ```ts import.meta.vitest",
      " * const a = 1",
      " *",
      " * a // => 1",
      " * ```",
      " *",
      " * ```ts",
      " * notRun()",
      " * ```",
      " */",
      "export const b = 1"
    ].join("\n")
    expect(ofSource(parse("a/B.ts", text))).toEqual([
      { path: "a/B.ts", line: 7, title: "What is over", code: "const a = 1\n\na // => 1" }
    ])
  })

  it("are found in pages", () => {
    const text = "# Core\n\n```ts import.meta.vitest\n1 + 1 // => 2\n```\n"
    expect(ofPage({ path: "README.md", text })).toEqual([
      { path: "README.md", line: 4, title: "Core", code: "1 + 1 // => 2" }
    ])
  })

  it("refuse to claim something about nothing", () => {
    expect(() => program(example("// => 1"))).toThrow("line 1 claims something about nothing")
    expect(() => program(example("1\n\n\n// => 1"))).toThrow("line 4 claims")
    expect(() => program(example("function f() {} // => 1"))).toThrow("line 1 is no expression")
    expect(() => program(example("const { a } = b // => 1"))).toThrow("line 1 is no expression")
  })
})

describe("a run", () => {
  it("passes what holds", async () => {
    const holds = [
      "1 + 1 // => 2",
      "const a: number = 2\na + 1\n// => 3",
      "const a = { b: [1, 2] } // => { b: [1, 2] }",
      ";({\n  a: 1,\n  b: [2]\n})\n// => {\n//   a: 1,\n//   b: [2]\n// }",
      "await Promise.resolve(1) // => 1\n2 // => 2",
      'import { Option } from "effect"\nOption.some(1) // => Option.some(1)',
      'import { Task } from "@foreman/core"\nTask.isFinal("done") // => true',
      'import { isFinal } from "./Task.ts"\nisFinal("todo") // => false'
    ]
    expect(await failureOf(...holds)).toEqual(holds.map(() => undefined))
  })

  it("says which line does not hold, and why", async () => {
    const failures = await failureOf(
      "1 + 1 // => 2\n1 + 1 // => 3",
      "const a = { b: 1 }\na // => { b: 1, c: 2 }",
      'import { Option } from "effect"\nOption.some(1) // => Option.some(2)',
      "await Promise.reject(new Error('no'))",
      'import { a } from "nowhere"',
      "// => 1"
    )
    expect(failures[0]).toBe("line 2 is 2, not 3")
    expect(failures[1]).toBe("line 2 is { b: 1 }, not { b: 1, c: 2 }")
    expect(failures[2]).toMatch(/^line 2 is /)
    expect(failures[3]).toBe("no")
    expect(failures[4]).toMatch(/Cannot find package 'nowhere'/)
    expect(failures[5]).toBe("line 1 claims something about nothing")
  })

  it("outlives an example that ends the process or leaves something open", async () => {
    const [open, end, after] = await failureOf(
      "setInterval(() => {}, 1000)",
      "process.exit(1)",
      "1"
    )
    expect([open, end, after]).toEqual([
      undefined,
      "its process ended before it did",
      "its process ended before it did"
    ])
  })
})
