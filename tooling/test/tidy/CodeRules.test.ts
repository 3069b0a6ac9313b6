import { describe, expect, it } from "vitest"
import * as CodeRules from "../../src/tidy/CodeRules.ts"
import { saidOf } from "./planted.ts"

const path = "packages/core/src/services/Bad.ts"
const open = ["TO", "DO"].join("")

describe("reads of the clock", () => {
  it.each(["const now = Date.now()", "const now = new Date()"])("are refused: %s", (text) =>
    expect(saidOf(CodeRules.clockReads, path, text)).toHaveLength(1)
  )

  it.each([
    "const then = new Date(0)",
    "const now = Clock.currentTimeMillis",
    'const a = "Date.now()"'
  ])("are no others: %s", (text) => expect(saidOf(CodeRules.clockReads, path, text)).toEqual([]))
})

describe("returned generators", () => {
  it.each([
    "const f = (a: number) => Effect.gen(function* () { return a })",
    "const f = (a: number) => Effect.gen(function* () { return a }).pipe(Effect.orDie)",
    "function f(a: number) { return Effect.gen(function* () { return a }) }",
    "const f = g((session) => Effect.gen(function* () { return session }))",
    "const it = { go: () => Effect.gen(function* () {}) }"
  ])("are refused: %s", (text) =>
    expect(saidOf(CodeRules.returnedGenerators, path, text)).toHaveLength(1)
  )

  it.each([
    "const f = Effect.fnUntraced(function* (a: number) { return a })",
    "const value = Effect.gen(function* () { return 1 })",
    "const layer = Layer.effect(Tasks, Effect.gen(function* () { return 1 }))",
    "const layer = (a: number) => Layer.effect(Tasks, Effect.gen(function* () { return a }))",
    'it.effect("says", () => Effect.gen(function* () {}))',
    'it.effect.prop("says", [], ([a]) => Effect.gen(function* () { return a }))',
    'it.each([1])("says", () => Effect.gen(function* () {}))'
  ])("are no others: %s", (text) =>
    expect(saidOf(CodeRules.returnedGenerators, path, text)).toEqual([])
  )
})

describe("casts", () => {
  it.each([
    "const a = b as string",
    "// Far away.\n\nconst a = b as string",
    "const f = () => {\n  return b as string\n}",
    "// As: they are.\nconst f = () => {\n  const c = 1\n\n  return b as string\n}",
    "// Is one.\nswitch (a) {\n  case 1:\n    c(b as string)\n}"
  ])("need a reason: %s", (text) => expect(saidOf(CodeRules.bareCasts, path, text)).toHaveLength(1))

  it.each([
    "// The row was written by us.\nconst a = b as string",
    "const a = b as string // proven by the query",
    "const f = () => {\n  // Proven above.\n  return [\n    b as string\n  ]\n}",
    "const a = [1] as const",
    "const f = () => {\n  // As: it is one.\n  switch (a) {\n    case 1:\n      return b as string\n  }\n}",
    "import * as b from './b.ts'"
  ])("have one: %s", (text) => expect(saidOf(CodeRules.bareCasts, path, text)).toEqual([]))
})

describe("what is left open", () => {
  it("is refused in a comment, and nowhere else", () => {
    expect(saidOf(CodeRules.leftOpen, path, `// ${open}: later`)).toHaveLength(1)
    expect(saidOf(CodeRules.leftOpen, path, `/**\n * ${open} later\n */`)).toHaveLength(1)
    expect(saidOf(CodeRules.leftOpen, path, 'const status = "todo" // from todo on')).toEqual([])
  })
})

describe("a check that is turned off", () => {
  const off = ["oxlint", "disable-next-line"].join("-")

  it.each([
    `// ${off} no-console\nx()`,
    "// @ts-expect-error\nx()",
    "const a = 1\n// @ts-ignore\nx()"
  ])("needs a reason: %s", (text) => expect(saidOf(CodeRules.silenced, path, text)).toHaveLength(1))

  it.each([
    `// ${off} no-console -- the program's answer\nx()`,
    `// This is the program's answer.\n// ${off} no-console\nx()`,
    "// @ts-expect-error an Option is no Effect\nx()"
  ])("has one: %s", (text) => expect(saidOf(CodeRules.silenced, path, text)).toEqual([]))
})

describe("rulers", () => {
  const ruler = (name: string, width = 80) => `// ${name} `.padEnd(width, "-")

  it("keep their order, their names and their width", () => {
    const text = [ruler("rules"), ruler("models"), ruler("stuff"), ruler("internal", 60)].join("\n")
    expect(saidOf(CodeRules.rulers, path, text)).toEqual([
      "2 the part models stands too late in the file",
      expect.stringMatching(/^3 the part stuff is none of models, /),
      "4 the ruler is 60 columns wide, not 80"
    ])
  })

  it("group what is internal as they like", () => {
    const inner = [ruler("internal"), ruler("words"), ruler("rules")].join("\n")
    expect(saidOf(CodeRules.rulers, path, inner)).toEqual([
      "3 the part rules stands too late in the file"
    ])
  })

  it("may leave parts out", () =>
    expect(saidOf(CodeRules.rulers, path, [ruler("errors"), ruler("internal")].join("\n"))).toEqual(
      []
    ))
})

describe("long lines", () => {
  it("are refused unless they cannot be broken", () => {
    const prose = "// and so on".repeat(10)
    expect(saidOf(CodeRules.longLines, path, prose)).toEqual([
      "1 is 120 columns wide; 100 are enough"
    ])
    expect(saidOf(CodeRules.longLines, path, `// ${"x".repeat(120)}`)).toEqual([])
  })
})
