import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"

import { Artifact } from "@foreman/core"

const { dispositionOf, isInline, isPreviewable, typeOf } = Artifact

/** Path, kind, type, whether it is shown and compared, whether a browser shows it. */
const table: ReadonlyArray<readonly [string, string, string, boolean, boolean]> = [
  ["a.txt", "file", "text/plain; charset=utf-8", true, true],
  ["a.log", "file", "text/plain; charset=utf-8", true, true],
  ["a.diff", "file", "text/plain; charset=utf-8", true, true],
  ["a.patch", "file", "text/plain; charset=utf-8", true, true],
  ["a.MD", "file", "text/markdown; charset=utf-8", true, true],
  ["a.json", "file", "application/json", true, true],
  ["a.yml", "file", "application/x-yaml", true, true],
  ["a.yaml", "file", "application/x-yaml", true, true],
  ["a.xml", "file", "application/xml", true, false],
  ["a.csv", "file", "text/csv; charset=utf-8", true, true],
  ["a.png", "run_log", "image/png", false, true],
  ["a.jpg", "file", "image/jpeg", false, true],
  ["a.jpeg", "file", "image/jpeg", false, true],
  ["a.gif", "file", "image/gif", false, true],
  ["a.webp", "file", "image/webp", false, true],
  ["a.svg", "diagram", "image/svg+xml", false, false],
  ["a.html", "html_report", "text/html; charset=utf-8", true, false],
  ["a.js", "file", "text/javascript; charset=utf-8", true, false],
  ["a.pdf", "report", "application/pdf", false, false],
  ["a", "run_log", "text/plain; charset=utf-8", true, true],
  ["a", "server_log", "text/plain; charset=utf-8", true, true],
  ["a", "assistant_summary", "text/plain; charset=utf-8", true, true],
  ["a", "command_result", "text/plain; charset=utf-8", true, true],
  ["a", "diff_summary", "text/plain; charset=utf-8", true, true],
  ["a", "diff", "application/octet-stream", false, false],
  ["a.unknown", "file", "application/octet-stream", false, false],
  ["a.constructor", "file", "application/octet-stream", false, false]
]

describe("the content of an artifact", () => {
  for (const [path, kind, type, isShown, isInPlace] of table) {
    it(`is ${type} for ${path} of the kind ${kind}`, () => {
      assert.strictEqual(typeOf(path, kind), type)
      assert.strictEqual(isPreviewable(type), isShown)
      assert.strictEqual(isInline(type), isInPlace)
    })
  }

  it("is saved under its own name, in both forms of RFC 6266", () => {
    const plain = "text/plain; charset=utf-8"
    assert.strictEqual(dispositionOf("runs/1/a.txt", plain), 'inline; filename="a.txt"')
    assert.strictEqual(dispositionOf("", "text/html"), 'attachment; filename="artifact"')
    assert.strictEqual(
      dispositionOf('runs/1/a"b\\é 100%.svg', "image/svg+xml"),
      "attachment; filename=\"__ 100_.svg\"; filename*=UTF-8''%C3%A9%20100%25.svg"
        // A backslash separates like a slash.
        .replace('"__ ', '"_ ')
    )
    assert.strictEqual(dispositionOf("it's (a) *.txt", plain), 'inline; filename="it\'s (a) *.txt"')
  })

  it("never breaks out of its header", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 80 }), (path) => {
        const value = dispositionOf(path, "image/png")
        assert.match(
          value,
          /^inline; filename="[\x20\x21\x23-\x5b\x5d-\x7e]+"(; filename\*=UTF-8''[\w.!~%-]+)?$/
        )
      }),
      { numRuns: 500 }
    )
  })
})
