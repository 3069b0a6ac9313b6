import { assert, describe, it } from "@effect/vitest"
import { Option, Schema } from "effect"
import * as fc from "fast-check"

import { Artifact, Identifier } from "@foreman/core"

const { ArtifactName, extensionOf, fileNameOf, harmless, pathOf, unlike } = Artifact

const hostile = fc.oneof(
  fc.string({ unit: "binary", maxLength: 600 }),
  fc.string({ unit: "grapheme-composite", maxLength: 300 }),
  fc
    .array(
      fc.constantFrom(
        "..",
        ".",
        "/",
        "\\",
        "a",
        "\u0000",
        "\u202e",
        "\ud800",
        " ",
        ".png",
        "e\u0301",
        "x".repeat(130),
        "C:"
      ),
      { maxLength: 60 }
    )
    .map((parts) => parts.join(""))
)

describe("a name", () => {
  const names: ReadonlyArray<readonly [string, string]> = [
    ["login.png", "login.png"],
    ["shots/Über uns.png", "shots/Über uns.png"],
    [".env", ".env"],
    ["../../etc/passwd", "_/_/etc/passwd"],
    ["/etc/passwd", "etc/passwd"],
    ["..\\..\\windows", ".._.._windows"],
    ["a/./b//c/", "a/b/c"],
    ["a\u0000b\nc", "a_b_c"],
    ["gnp.\u202eexe", "gnp._exe"],
    ["C:stream", "C_stream"],
    ["dots...", "dots"],
    [" spaced ", "spaced"],
    ["", "_"],
    ["/", "_"],
    ["half \ud800", "half _"],
    ["a/b/c/d/e/f/g/h/i/j", "a/b/c/d/e/f/g/h"],
    [`${"x".repeat(300)}.png`, `${"x".repeat(116)}.png`]
  ]
  for (const [name, wanted] of names) {
    it(`is ${JSON.stringify(wanted.slice(0, 30))} for ${JSON.stringify(name.slice(0, 30))}`, () =>
      assert.strictEqual(harmless(name), wanted))
  }

  it("is harmless whatever it was, and stays as it is then", () => {
    fc.assert(
      fc.property(hostile, (name) => {
        const kept = harmless(name)
        assert.strictEqual(harmless(kept), kept)
        assert.isAtMost(kept.length, 400)
        assert.isTrue(kept.isWellFormed())
        assert.notMatch(kept, /[\p{Cc}\p{Cf}\\]/u)
        const parts = kept.split("/")
        assert.isAtMost(parts.length, 8)
        for (const part of parts) assert.isFalse(["", ".", ".."].includes(part), kept)
        const known = Schema.decodeUnknownOption(ArtifactName)
        assert.isTrue(Option.isSome(known(kept)))
        assert.strictEqual(Option.isSome(known(name)), name === kept)
      }),
      { numRuns: 1_000 }
    )
  })

  it("is made unlike others with its extension kept", () => {
    assert.strictEqual(unlike("a.png", new Set()), "a.png")
    assert.strictEqual(unlike("a.png", new Set(["a.png", "a-2.png"])), "a-3.png")
    assert.strictEqual(unlike(".env", new Set([".env"])), ".env-2")
    assert.strictEqual(unlike("x.d/core", new Set(["x.d/core"])), "x.d/core-2")
    fc.assert(
      fc.property(fc.array(hostile, { maxLength: 8 }), (names) => {
        const taken = new Set<string>()
        for (const name of [...names, ...names]) {
          const one = unlike(harmless(name), taken)
          assert.isFalse(taken.has(one))
          assert.strictEqual(harmless(one), one)
          taken.add(one)
        }
      })
    )
  })
})

describe("a path", () => {
  const runId = Identifier.RunId.make("00000000-0000-7000-8000-000000000001")

  it("lies below its run, and its last part is what a browser saves", () => {
    assert.strictEqual(pathOf(runId, "a/b.txt"), `runs/${runId}/a/b.txt`)
    assert.strictEqual(fileNameOf(pathOf(runId, "a/b.txt")), "b.txt")
    assert.strictEqual(fileNameOf("a\\b\\c.txt"), "c.txt")
    assert.strictEqual(fileNameOf("a/"), "artifact")
    assert.strictEqual(fileNameOf(""), "artifact")
  })

  it("has an extension only behind something", () => {
    assert.strictEqual(extensionOf("a/B.TAR.GZ"), "gz")
    for (const path of ["a.b/c", "c", ".png", "c.", ""]) {
      assert.strictEqual(extensionOf(path), "", path)
    }
  })
})
