import { assert, describe, it } from "@effect/vitest"
import { Result, Schema } from "effect"
import { catalogue } from "../../src/operations/catalogue.ts"
import type * as Operation from "../../src/operations/Operation.ts"
import * as Refusal from "../../src/operations/Refusal.ts"
import * as Wire from "../../src/operations/Wire.ts"

const refusal: Refusal.Refusal = {
  code: "IllegalMove",
  message: "Not from todo",
  status: 409,
  facts: { from: "todo", allowed: ["in_progress"] }
}

describe("a refusal", () => {
  it("keeps its words and facts in the envelope of every contract", () => {
    const { facts } = refusal
    assert.deepStrictEqual<unknown>(
      [Refusal.agent, Refusal.platform, Refusal.manager].map((envelope) => envelope(refusal)),
      [
        { code: "IllegalMove", detail: "Not from todo", ...facts },
        { code: "IllegalMove", detail: "Not from todo", ...facts },
        { code: "IllegalMove", error: "Not from todo", ...facts }
      ]
    )
  })

  it("has no fact that would overwrite a word of an envelope", () => {
    for (const operation of Object.values<Operation.Any>(catalogue)) {
      for (const error of [...operation.errors, ...Refusal.common]) {
        const facts = Object.keys(Wire.jsonSchema(error).properties ?? {})
        for (const word of ["code", "detail", "error"]) assert.notInclude(facts, word)
      }
    }
  })

  it("names at most a hundred problems of an input", () => {
    const many = Schema.decodeResult(Schema.Array(Schema.Int))(Array(1000).fill("x"), {
      errors: "all"
    })
    const problems = Result.match(many, {
      onSuccess: () => [],
      onFailure: ({ issue }) => Refusal.problemsOf(issue)
    })
    assert.lengthOf(problems, 100)
    assert.deepStrictEqual(problems[99], { path: "99", problem: "Expected number" })
  })
})
