import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"

import { ArtifactDiff } from "@foreman/core"

const diff = (previous: string, current: string) =>
  ArtifactDiff.unified({ id: "p", text: previous }, { id: "c", text: current })

const numbered = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => `${from + index}`)
const joined = (...lines: ReadonlyArray<string>) => lines.map((line) => `${line}\n`).join("")

/** What `patch` does: takes the lines of hunks at their places, and says what comes out. */
const apply = (text: string, patch: string): string => {
  const lines = text === "" ? [] : text.replace(/\n$/, "").split("\n")
  const out: Array<string> = []
  let place = 0
  for (const line of patch.split("\n").slice(2, -1)) {
    const head = /^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@$/.exec(line)
    if (head !== null) {
      const [, begin = "", length = "1", young = "", count = "1"] = head
      const until = Number(begin) - (length === "0" ? 0 : 1)
      out.push(...lines.slice(place, until))
      place = until
      assert.strictEqual(out.length, Number(young) - (count === "0" ? 0 : 1), line)
    } else if (line.startsWith("+")) out.push(line.slice(1))
    else {
      assert.strictEqual(lines[place], line.slice(1), "the old line is the one that is there")
      if (line.startsWith(" ")) out.push(line.slice(1))
      place += 1
    }
  }
  out.push(...lines.slice(place))
  return joined(...out)
}

const ended = (text: string) => (text === "" || text.endsWith("\n") ? text : `${text}\n`)

describe("a unified diff", () => {
  it("is empty for texts that are alike, with or without an end of the last line", () => {
    assert.strictEqual(diff("", ""), "")
    assert.strictEqual(diff("a\nb\n", "a\nb\n"), "")
    assert.strictEqual(diff("a\nb", "a\nb\n"), "")
  })

  it("has three lines of context around each change, and one hunk for neighbours", () => {
    const before = joined(...numbered(1, 30))
    const after = joined(...numbered(1, 4), "five", ...numbered(6, 11), "new", ...numbered(12, 28))
    assert.strictEqual(
      diff(before, after),
      joined(
        "--- previous:p",
        "+++ current:c",
        "@@ -2,13 +2,14 @@",
        " 2",
        " 3",
        " 4",
        "-5",
        "+five",
        " 6",
        " 7",
        " 8",
        " 9",
        " 10",
        " 11",
        "+new",
        " 12",
        " 13",
        " 14",
        "@@ -26,5 +27,3 @@",
        " 26",
        " 27",
        " 28",
        "-29",
        "-30"
      )
    )
  })

  it("counts as others do where one side is empty or a line", () => {
    assert.include(diff("", "a\nb\n"), "@@ -0,0 +1,2 @@\n+a\n+b\n")
    assert.include(diff("a\n", ""), "@@ -1 +0,0 @@\n-a\n")
    assert.include(diff("a", "b"), "@@ -1 +1 @@\n-a\n+b\n")
  })

  it("leads from the one text to the other, and changes no more lines than it must", () => {
    const line = fc.constantFrom("", "a", "b", "c", "-", "+", "@@ -1 +1 @@", "\r", " ")
    const text = fc
      .tuple(fc.array(line, { maxLength: 40 }), fc.boolean())
      .map(([lines, isEnded]) => lines.join("\n") + (isEnded && lines.length > 0 ? "\n" : ""))
    fc.assert(
      fc.property(text, text, (previous, current) => {
        const patch = diff(previous, current)
        assert.strictEqual(apply(ended(previous), patch), ended(current))
        const changed = patch
          .split("\n")
          .slice(2)
          .filter((one) => /^[-+]/.test(one)).length
        assert.strictEqual(changed, leastEdits(lines(previous), lines(current)))
      }),
      { numRuns: 400 }
    )
  })

  it("shows what differs everywhere as replaced, in bounded time", () => {
    const size = 65_536 / 2
    const many = (seed: number) =>
      Array.from({ length: size }, (_, index) => String.fromCharCode(33 + ((index * seed) % 71)))
    const began = process.threadCpuUsage()
    const [previous, current] = [joined(...many(7)), joined(...many(31))]
    const patch = diff(previous, current)
    const { user } = process.threadCpuUsage(began)
    assert.strictEqual(apply(previous, patch), current)
    assert.isBelow(user, 2_000_000)
    const alternating = joined(
      ...many(1)
        .flatMap((one) => [one, "x"])
        .slice(0, size)
    )
    assert.strictEqual(apply(alternating, diff(alternating, previous)), previous)
  })
})

const lines = (text: string) => (ended(text) === "" ? [] : ended(text).slice(0, -1).split("\n"))

/** The plain way: a table of all pairs. */
const leastEdits = (before: ReadonlyArray<string>, after: ReadonlyArray<string>): number => {
  let row = after.map((_, index) => index + 1)
  row.unshift(0)
  for (const [index, one] of before.entries()) {
    const next = [index + 1]
    for (const [place, other] of after.entries()) {
      const [diagonal = 0, above = 0] = [row[place], row[place + 1]]
      next.push(one === other ? diagonal : 1 + Math.min(above, next[place] ?? 0))
    }
    row = next
  }
  return row[after.length] ?? 0
}
