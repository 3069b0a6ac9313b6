import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import * as fc from "fast-check"

import { Identifier } from "@foreman/core"
import { Arbitraries } from "@foreman/testkit"

const accepts = (schema: Schema.Codec<unknown, unknown>) => (value: unknown) =>
  Schema.is(schema)(value)

describe("an instant", () => {
  it("has microseconds and ends in Z", () => {
    assert.strictEqual(Identifier.timestamp(0), "1970-01-01T00:00:00.000000Z")
    assert.strictEqual(Identifier.timestamp(999), "1970-01-01T00:00:00.000999Z")
    assert.strictEqual(Identifier.timestamp(1_795_163_400_123_456), "2026-11-20T08:30:00.123456Z")
  })

  it("is read back to the very microsecond", () => {
    fc.assert(
      fc.property(fc.nat({ max: Number.MAX_SAFE_INTEGER }), (micros) => {
        assert.strictEqual(Identifier.micros(Identifier.timestamp(micros)), micros)
      })
    )
  })

  it("is written back to the very letter, in a form that the schema takes", () => {
    fc.assert(
      fc.property(Arbitraries.timestamp, (instant) => {
        assert.strictEqual(Identifier.timestamp(Identifier.micros(instant)), instant)
        assert.isTrue(Schema.is(Identifier.Timestamp)(instant))
      })
    )
  })

  it("is older exactly when its text comes first", () => {
    const micros = fc.nat({ max: Number.MAX_SAFE_INTEGER })
    fc.assert(
      fc.property(micros, micros, (left, right) => {
        const isFirst = Identifier.timestamp(left) < Identifier.timestamp(right)
        assert.strictEqual(isFirst, left < right)
      })
    )
  })
})

describe("an id", () => {
  it("is a UUID, or a number above zero", () => {
    const isTeam = accepts(Identifier.TeamId)
    assert.isTrue(isTeam("0193c9a0-0000-7000-8000-000000000000"))
    for (const wrong of [
      "",
      "team",
      "0193c9a0-0000-7000-8000-00000000000",
      "0193c9a0-0000-7000-8000-000000000000\n"
    ]) {
      assert.isFalse(isTeam(wrong), wrong)
    }
    const isTask = accepts(Identifier.TaskId)
    assert.isTrue(isTask(1))
    for (const wrong of [0, -1, 1.5, Number.NaN, 2 ** 53, "1", null]) assert.isFalse(isTask(wrong))
  })

  it("of a commit is an object id, never a name", () => {
    const isCommit = accepts(Identifier.CommitId)
    assert.isTrue(isCommit("a".repeat(40)))
    assert.isTrue(isCommit("0".repeat(64)))
    for (const wrong of ["HEAD", "main", "a".repeat(39), "A".repeat(40), `${"a".repeat(40)}\n`]) {
      assert.isFalse(isCommit(wrong), wrong)
    }
  })
})

describe("a short name", () => {
  it("is made of a-z, 0-9 and -, at most 100 of them", () => {
    const isSlug = accepts(Identifier.Slug)
    for (const right of ["a", "0", "-", "my-team-2", "a".repeat(100)]) assert.isTrue(isSlug(right))
    for (const wrong of ["", "A", "a b", "é", "a_b", "a\n", "a".repeat(101)]) {
      assert.isFalse(isSlug(wrong), wrong)
    }
  })

  it("differs from a name, which takes any 1 to 100 characters", () => {
    const isName = accepts(Identifier.Name)
    assert.isTrue(isName("Team Zürich"))
    assert.isFalse(isName(""))
    assert.isFalse(isName("a".repeat(101)))
  })
})
