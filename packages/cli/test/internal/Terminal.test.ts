import { Writable } from "node:stream"
import { stripVTControlCharacters } from "node:util"
import { describe, expect, it } from "vitest"
import * as Show from "../../src/internal/Show.ts"
import * as Terminal from "../../src/internal/Terminal.ts"

const rows = [
  { id: 1, status: "done", title: "Übung 日本 with a title that is long" },
  { id: 22, status: "failed", title: "\u001B[31mred\u001B[0m\nnext" }
]
const columns = ["id", "status", "title"]

/** A terminal, or a pipe, that keeps what is written. */
const make = (
  isTTY: boolean,
  environment: Readonly<Record<string, string>> = {},
  width = 40
): Terminal.Terminal => {
  const stream = Object.assign(new Writable({ write: (_, __, done) => done() }), {
    isTTY,
    columns: width
  })
  // As: of a stream of a terminal only these are looked at.
  const tty = stream as unknown as NodeJS.WriteStream
  return Terminal.make({ stdout: tty, stderr: tty, environment })
}

describe("at a terminal", () => {
  it("a list is a table with a head, in colours, that fits", () => {
    const text = Show.list(make(true), columns, rows)
    const plain = stripVTControlCharacters(text)
    expect(plain.split("\n")[0]).toBe("ID  STATUS  TITLE")
    expect(text).toContain("\u001B[32mdone\u001B[0m")
    expect(text).toContain("\u001B[31mfailed\u001B[0m")
    for (const line of plain.split("\n")) expect(Terminal.columnsOf(line)).toBeLessThanOrEqual(40)
    expect(plain).toContain("…")
  })

  it.each([[{ NO_COLOR: "1" }], [{ TERM: "dumb" }]])(
    "there are no colours with %j",
    (environment) => {
      expect(Show.list(make(true, environment), columns, rows.slice(0, 1))).not.toContain("\u001B")
    }
  )

  it("nothing that is stored steers it", () => {
    const text = Show.record(make(true, { NO_COLOR: "1" }), { title: "a\u001B]0;x\u0007\u202Eb" })
    expect(text).toBe("title  a␛]0;x␇�b\n")
    expect(Terminal.inLines("a\u001B[2Jb\tc\nd\u0000")).toBe("ab\tc\nd␀")
  })

  it("says of a thing what there is, and what it holds as a table", () => {
    const text = Show.record(make(true, { NO_COLOR: "1" }), {
      id: 1,
      hold: null,
      tags: [],
      agents: [{ id: "a", name: "Ada" }]
    })
    expect(text).toBe("id  1\n\nagents\nID  NAME\na   Ada\n")
  })
})

describe("a board at a terminal", () => {
  it("is a table for each of its columns", () => {
    const board = { id: "demo", tasks: { Ready: [{ id: 1, title: "a" }] } }
    const text = Show.record(make(true, { NO_COLOR: "1" }), board)
    expect(text).toBe("id  demo\n\ntasks: Ready\nID  TITLE\n1   a\n")
  })
})

describe("into a pipe", () => {
  it("a list is lines with tabs, without a head and colours", () => {
    expect(Show.list(make(false), columns, rows.slice(1))).toBe("22\tfailed\t␛[31mred␛[0m next\n")
    expect(Show.list(make(false), columns, [])).toBe("")
  })

  it("a thing has every field on a line", () => {
    expect(Show.record(make(false), { id: 1, hold: null, tags: ["a", "b"] })).toBe(
      "id\t1\nhold\t\ntags\ta, b\n"
    )
  })
})

describe("a text", () => {
  it.each([
    ["abc", 3, "abc"],
    ["abcd", 3, "ab…"],
    ["日本語", 5, "日本…"],
    ["👩‍👩‍👧x", 3, "👩‍👩‍👧x"]
  ])("%s takes at most %i columns as %s", (text, most, shown) => {
    expect(Terminal.cut(text, most)).toBe(shown)
    expect(Terminal.columnsOf(shown)).toBeLessThanOrEqual(most)
  })
})
