import { describe, expect, it } from "vitest"
import * as Arguments from "../../src/internal/Arguments.ts"
import { type Command, Misused, treeOf } from "../../src/internal/Grammar.ts"

const command = (words: string, more: Partial<Command> = {}): Command => ({
  words: words.split(" "),
  summary: words,
  positionals: [],
  flags: [],
  examples: [],
  run: async () => 0,
  ...more
})

const everywhere = [
  { name: "json", description: "" },
  { name: "url", placeholder: "URL", description: "" }
]

const create = command("task create", {
  positionals: [{ name: "ID", isRequired: true, description: "" }],
  flags: [
    { name: "title", placeholder: "TEXT", description: "" },
    { name: "tags", aliases: ["tag"], placeholder: "TEXT", isRepeated: true, description: "" },
    { name: "status", placeholder: "S", choices: ["todo", "done"], description: "" },
    { name: "wait", description: "" }
  ]
})

const root = treeOf([
  create,
  command("task list"),
  command("serve"),
  command("mcp", { isRaw: true })
])

const parsed = (...args: ReadonlyArray<string>) => Arguments.parse(create, everywhere, args)

const refusal = (...args: ReadonlyArray<string>): string => {
  try {
    parsed(...args)
  } catch (error) {
    if (error instanceof Misused) return error.message
  }
  return "taken"
}

describe("the words of a command line", () => {
  it.each([
    [["task", "create", "7", "--title", "x"], "task create", ["7", "--title", "x"]],
    [["--json", "task", "--url", "u", "list"], "task list", ["--json", "--url", "u"]],
    [["--url=u", "serve", "task"], "serve", ["--url=u", "task"]],
    [["task", "lst"], "task", ["lst"]],
    [["--odd", "task"], "", ["--odd", "task"]],
    [["--no-json", "task", "list"], "task list", ["--no-json"]],
    [["--no-url", "task", "list"], "", ["--no-url", "task", "list"]],
    [["mcp", "--json", "list"], "mcp", ["--json", "list"]]
  ])("lead %j to %s", (args, words, rest) => {
    const found = Arguments.find(root, everywhere, args)
    expect([found.node.words.join(" "), found.rest]).toEqual([words, rest])
  })
})

it("tells what stands before a command's words from what stands behind", () => {
  const before = (...args: ReadonlyArray<string>) => Arguments.find(root, everywhere, args).before
  expect(before("--json", "--url", "u", "mcp", "--role", "engineer")).toBe(3)
  expect(before("mcp", "--json")).toBe(0)
})

describe("what a command is given", () => {
  it("has places, flags, their other names, and switches", () => {
    expect(parsed("7", "--title=a b", "--tag", "x", "--tags", "y", "--wait", "--json")).toEqual({
      positionals: ["7"],
      flags: { title: ["a b"], tags: ["x", "y"], wait: ["true"], json: ["true"] }
    })
    expect(parsed("7", "--no-wait").flags["wait"]).toEqual(["false"])
    expect(parsed("--", "--title").positionals).toEqual(["--title"])
    expect(parsed("7", "--title", "-5").flags["title"]).toEqual(["-5"])
  })

  it.each([
    [["7", "--titel", "x"], "there is no flag --titel; did you mean --title?"],
    [["7", "--zzzzzz"], "there is no flag --zzzzzz"],
    [["7", "--no-title"], "there is no flag --no-title"],
    [["7", "--title"], "--title needs a value: --title TEXT"],
    [["7", "--title", "--json"], "--title needs a value; for one that begins with dashes"],
    [["7", "--title", "a", "--title", "b"], "--title is given twice"],
    [["7", "--status", "don"], "--status is one of todo, done, not don; did you mean done?"],
    [["7", "--wait=yes"], "--wait takes no value"],
    [["--title", "x"], "ID is missing"],
    [["7", "8"], "there is no place for 8"],
    [["7", "-x"], "there is no flag -x"]
  ])("is refused for %j by what is wrong", (args, words) => {
    expect(refusal(...args)).toContain(words)
  })
})
