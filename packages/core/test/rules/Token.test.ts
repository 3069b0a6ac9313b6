import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"

import { Token } from "@foreman/core"

const kind = fc.constantFrom("opr", "agt", "run")
const random = fc.uint8Array({ minLength: 64, maxLength: 64, max: 247 })

describe("a token", () => {
  it("is well formed, whatever the random bytes", () => {
    fc.assert(
      fc.property(kind, random, (kind, random) => {
        const token = Token.make(kind, random)
        assert.match(token, new RegExp(`^fmn_${kind}_[0-9A-Za-z]{36}$`))
        assert.isTrue(Token.isWellFormed(token))
      })
    )
  })

  it("is not well formed any more when one character changes", () => {
    fc.assert(
      fc.property(kind, random, fc.nat({ max: 35 }), (kind, random, at) => {
        const token = Token.make(kind, random)
        const place = "fmn_opr_".length + at
        const other = token[place] === "0" ? "1" : "0"
        assert.isFalse(Token.isWellFormed(token.slice(0, place) + other + token.slice(place + 1)))
      })
    )
  })

  it("needs enough bytes that are fair", () => {
    assert.throws(() => Token.make("run", new Uint8Array(29)), RangeError)
    assert.throws(() => Token.make("run", new Uint8Array(64).fill(255)), RangeError)
  })

  it("is not any text", () => {
    for (const text of ["", "fmn_run_", "fmn_xyz_".padEnd(44, "0"), "Bearer x"]) {
      assert.isFalse(Token.isWellFormed(text))
    }
  })
})
