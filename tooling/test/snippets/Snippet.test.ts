import { describe, expect, it } from "vitest"
import * as Snippet from "../../src/snippets/Snippet.ts"

const file = {
  path: "examples/a/src/main.ts",
  text: "const before = 1\n  // #region middle\n  const a = 1\n\n  a + 1\n  // #endregion middle\n"
}
const page = (...lines: ReadonlyArray<string>) => ({ path: "README.md", text: lines.join("\n") })
const said = (...lines: ReadonlyArray<string>) =>
  Snippet.problems([page(...lines), file]).map(({ line, message }) => `${line} ${message}`)

describe("a snippet", () => {
  it("is what its file has, whole or in part", () => {
    expect(said("<!-- file: examples/a/src/main.ts -->", "```ts", file.text.trim(), "```")).toEqual(
      []
    )
    expect(
      said(
        "<!-- file: examples/a/src/main.ts#middle -->",
        "",
        "```ts",
        "const a = 1",
        "",
        "a + 1",
        "```"
      )
    ).toEqual([])
  })

  it("is refused when it differs, or its file does not exist", () => {
    expect(said("<!-- file: examples/a/src/main.ts -->", "```ts", "const a = 2", "```")).toEqual([
      "2 differs from examples/a/src/main.ts"
    ])
    expect(said("<!-- file: examples/b.ts -->", "```ts", "```")).toEqual([
      "2 shows examples/b.ts, which does not exist"
    ])
    expect(said("<!-- file: examples/a/src/main.ts#end -->", "```ts", "```")).toEqual([
      "2 shows the region end of examples/a/src/main.ts, which has none"
    ])
  })

  it("comes from a file, or runs as an example, or is no code", () => {
    expect(said("text", "```ts", "const a = 1", "```")).toEqual([
      "2 shows code that no file has: name its file above, or let it run as an example"
    ])
    expect(said("```ts import.meta.vitest", "1 // => 1", "```")).toEqual([])
    expect(said("```sh", "npm ci", "```")).toEqual([])
    const adr = { path: "docs/adr/0001.md", text: "```ts\nconst a = 1\n```" }
    expect(Snippet.problems([adr])).toEqual([])
  })

  it("is run once, unless it says why not", () => {
    const marks = [
      "<!-- file: examples/a/src/main.ts -->",
      "<!-- file: examples/a/src/main.ts#middle -->",
      "<!-- file: examples/b/main.ts; not run: it serves until it is stopped -->",
      "<!-- file: examples/c/agent.sh -->"
    ]
    const lines = marks.flatMap((mark) => [mark, "```", "```"])
    expect(Snippet.programs([page(...lines)])).toEqual(["examples/a/src/main.ts"])
  })
})

describe("a fence", () => {
  const marked = (...inner: ReadonlyArray<string>) => [
    "- a list",
    "",
    "  <!-- file: examples/a/src/main.ts#middle -->",
    "  ```ts",
    ...inner,
    "  ```",
    "",
    "<!-- output: examples/a/src/main.ts -->",
    "```text",
    "```",
    "after"
  ]

  it.each([[marked()], [marked("  old")], [marked("  a", "", "  b", "  c")]])(
    "is filled with what it names: %#",
    (lines) => {
      const outputs = { "examples/a/src/main.ts": "2\n3\n" }
      const { text } = Snippet.fill(page(...lines), [file], outputs)
      expect(text.split("\n")).toEqual([
        ...marked("  const a = 1", "", "  a + 1").slice(0, -3),
        "```text",
        "2",
        "3",
        "```",
        "after"
      ])
    }
  )

  it("shows the output of what is run", () => {
    const shown = page("<!-- output: examples/a/src/main.ts -->", "```text", "2", "```")
    expect(Snippet.programs([shown])).toEqual([file.path])
    expect(Snippet.outputsOf([shown], file.path).map(({ code }) => code)).toEqual(["2"])
    expect(said("<!-- output: examples/a/src/main.ts; not run: no -->", "```", "```")).toEqual([
      "2 shows the output of examples/a/src/main.ts, which is not run"
    ])
  })
})

describe("a page", () => {
  it("names scripts that exist", () =>
    expect(
      Snippet.unknownScripts(
        [page("`npm run demo` and `npm test`", "`npm run gone`")],
        ["demo", "test"]
      )
    ).toEqual([{ path: "README.md", line: 2, message: "there is no script gone" }]))

  it("links to files that exist", () => {
    const docs = {
      path: "docs/guides/a.md",
      text: "[a](../adr/0001.md#x) [b](https://example.com) [c](#here)\n[d](gone.md)"
    }
    expect(Snippet.brokenLinks([docs], (path) => path === "docs/adr/0001.md")).toEqual([
      { path: "docs/guides/a.md", line: 2, message: "the link gone.md leads nowhere" }
    ])
  })
})
