import { assert, describe, it } from "vitest"

import { reasonOf } from "../../src/internal/ending.ts"
import * as Lines from "../../src/internal/lines.ts"
import { isAtLeast } from "../../src/internal/program.ts"

const now = Date.parse("2026-11-21T03:15:00")
const causeOf = (message: string, codexErrorInfo: unknown, resetsAt?: number) =>
  reasonOf({ message, codexErrorInfo }, { resetsAt, now }).cause

describe("the reason of a failed turn", () => {
  const status = (httpStatusCode: number | null) => ({ httpConnectionFailed: { httpStatusCode } })
  const cases: ReadonlyArray<readonly [string, unknown, string]> = [
    ["is the quota for a used up limit", "usageLimitExceeded", "quota"],
    ["is the quota for the status 429", status(429), "quota"],
    ["is the key for the status 401", status(401), "unauthorized"],
    ["is the key for its word", "unauthorized", "unauthorized"],
    ["is the way to the model without a status", status(null), "unreachable"],
    ["is the model for another status", status(418), "model_error"],
    ["is the model for a word of tomorrow", "notYetKnown", "model_error"],
    ["is the model without any word", undefined, "model_error"]
  ]
  for (const [name, info, cause] of cases) {
    it(name, () => assert.strictEqual(causeOf("", info), cause))
  }

  it("takes the instant from the words when there is no other", () => {
    const at = (text: string) => `quota:${new Date(text).toISOString()}`
    const said = (words: string) => causeOf(words, "usageLimitExceeded")
    assert.strictEqual(said("Try again at 3:17 AM."), at("2026-11-21T03:17:00"))
    assert.strictEqual(said("Try again at 1:00 AM."), at("2026-11-22T01:00:00"))
    assert.strictEqual(said("try again at Nov 23rd, 2026 4:05 PM."), at("2026-11-23T16:05:00"))
    assert.strictEqual(said("Try again later."), "quota")
    const known = Date.parse("2030-01-01T00:00:00Z")
    const cause = causeOf("Try again at 3:17 AM.", "usageLimitExceeded", known)
    assert.strictEqual(cause, "quota:2030-01-01T00:00:00.000Z")
  })
})

describe("a version", () => {
  it("is compared by its numbers", () => {
    const cases: ReadonlyArray<readonly [string, boolean]> = [
      ["0.169.0", true],
      ["0.169.1-alpha.2", true],
      ["0.1000.0", true],
      ["1.0.0", true],
      ["0.168.9", false],
      ["0.99.0", false],
      ["none", false]
    ]
    for (const [version, is] of cases)
      assert.strictEqual(isAtLeast(version, "0.169.0"), is, version)
  })
})

describe("lines", () => {
  const bytes = (text: string) => new TextEncoder().encode(text)

  it("are put together from pieces, also within a character", () => {
    const cut = Lines.make(100)
    const [first, second] = [bytes("a\nbé"), bytes("c\n\n")]
    assert.deepStrictEqual(cut(first.subarray(0, 4)), { lines: ["a"], tooLong: 0 })
    assert.deepStrictEqual(cut(first.subarray(4)), { lines: [], tooLong: 0 })
    assert.deepStrictEqual(cut(second), { lines: ["béc"], tooLong: 0 })
  })

  it("that are too long are counted, and the next one is read", () => {
    const cut = Lines.make(4)
    assert.deepStrictEqual(cut(bytes("12345")), { lines: [], tooLong: 0 })
    assert.deepStrictEqual(cut(bytes("6789\n1234\n12345\nok\n")), {
      lines: ["1234", "ok"],
      tooLong: 2
    })
  })
})
