import { describe, expect, it } from "vitest"
import * as Values from "../../src/internal/Values.ts"

const nullable = (schema: object) => ({ anyOf: [schema, { type: "null" }] })

describe("text of a command line", () => {
  it.each([
    [{ type: "integer" }, ["42"], 42],
    [{ type: "integer" }, ["4x"], "4x"],
    [{ type: "string" }, ["42"], "42"],
    [{ type: "string" }, ["null"], "null"],
    [nullable({ type: "string" }), ["null"], null],
    [nullable({ type: "integer" }), ["7"], 7],
    [{ type: "boolean" }, ["false"], false],
    [{ type: "array", items: { type: "integer" } }, ["1", "2"], [1, 2]],
    [{ type: "array", items: { type: "string" } }, ['["a","b"]'], ["a", "b"]],
    [nullable({ type: "array", items: { type: "string" } }), ["a"], ["a"]],
    [{ type: "object" }, ['{"a":1}'], { a: 1 }],
    [{ type: "object" }, ["{a"], "{a"]
  ])("becomes for %j and %j %j", (schema, given, value) => {
    expect(Values.read(schema, given)).toEqual(value)
  })

  it.each([
    [{ type: "object" }, true],
    [nullable({ type: "object" }), true],
    [{ anyOf: [{ type: "object" }, { type: "string" }] }, false],
    [{}, false]
  ])("is of an object alone where its schema is: %j", (schema, expected) => {
    expect(Values.isObject(schema)).toBe(expected)
  })

  it("has choices where its schema has", () => {
    const status = { type: "string", enum: ["a", "b"] }
    expect(Values.placeholderOf(Values.shapeOf(nullable(status)))).toBe("a|b")
    expect(Values.placeholderOf(Values.shapeOf({ type: "boolean" }))).toBeUndefined()
    expect(
      Values.placeholderOf(Values.shapeOf({ type: "array", items: { type: "integer" } }))
    ).toBe("N")
  })
})
