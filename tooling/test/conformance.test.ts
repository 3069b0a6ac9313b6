import { assert, describe, it } from "@effect/vitest"
import { exceptions } from "../src/conformance/Baseline.ts"
import { type Check, judge, scenarioOf } from "../src/conformance/Verdict.ts"

const check = (id: string, status: string): Check => ({ scenario: "ping", id, status, message: "" })

const listed = [{ scenario: "ping", checks: ["fixture"], reason: "asks for a tool of the suite" }]

describe("the verdict on the conformance suites", () => {
  it("counts what passed and what is excepted", () => {
    const found = [check("ping", "SUCCESS"), check("fixture", "FAILURE"), check("note", "INFO")]
    const { faults, ...rest } = judge(found, listed)
    assert.deepStrictEqual(rest, { passed: 1, excepted: 1, stale: [] })
    assert.lengthOf(faults, 0)
  })

  it("finds what fails, or is warned of, and is not listed", () => {
    const found = [check("fixture", "FAILURE"), check("a", "FAILURE"), check("b", "WARNING")]
    assert.deepStrictEqual(
      judge(found, listed).faults.map(({ id }) => id),
      ["a", "b"]
    )
  })

  it("finds exceptions that nothing needs any more", () => {
    assert.deepStrictEqual(judge([check("fixture", "SUCCESS")], listed).stale, ["ping/fixture"])
  })

  it("reads the scenario from the name of its results", () => {
    assert.strictEqual(scenarioOf("server-ping-2026-11-21T03-30-04-165Z"), "ping")
    assert.strictEqual(
      scenarioOf("server-server-stateless-2026-11-21T03-30-03-913Z"),
      "server-stateless"
    )
  })

  it("has a reason for every exception, and each once", () => {
    const keys = exceptions.flatMap(({ checks, scenario }) =>
      checks.map((id) => `${scenario}/${id}`)
    )
    assert.strictEqual(new Set(keys).size, keys.length)
    for (const { checks, reason } of exceptions) {
      assert.isAbove(checks.length, 0)
      assert.match(reason, /^(calls|asks for|recommends) /)
    }
  })
})
