import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import * as JsonBody from "../src/JsonBody.ts"

const bounds = { jsonDepth: 4, arrayItems: 3 }

/** What `excess` has to find, seen on the value instead of the text. */
const excessOf = (value: unknown, depth = 1): "depth" | "items" | undefined => {
  if (typeof value !== "object" || value === null) return undefined
  if (depth > bounds.jsonDepth) return "depth"
  if (Array.isArray(value) && value.length > bounds.arrayItems) return "items"
  const inner = Object.values(value).map((one) => excessOf(one, depth + 1))
  return inner.find((one) => one !== undefined)
}

describe("the body of a request", () => {
  it.prop("is never deeper or longer than the bounds", [Schema.Json], ([value]) => {
    const found = JsonBody.excess(JSON.stringify(value), bounds)
    assert.strictEqual(found === undefined, excessOf(value) === undefined)
  })

  it("may be exactly as deep and as long as the bounds", () => {
    assert.isUndefined(JsonBody.excess('{"a":[[{"b":1}]]}', bounds))
    assert.strictEqual(JsonBody.excess('{"a":[[{"b":[]}]]}', bounds), "depth")
    assert.isUndefined(JsonBody.excess("[1,2,3]", bounds))
    assert.strictEqual(JsonBody.excess("[1,2,3,4]", bounds), "items")
    assert.isUndefined(JsonBody.excess('{"a":1,"b":2,"c":3,"d":4}', bounds))
  })

  it("counts no brackets and commas in strings", () => {
    assert.isUndefined(JsonBody.excess(JSON.stringify(["[[[[[[,,,,", '"[[[[[', "\\"]), bounds))
  })

  it("is bounded even where it is no JSON", () => {
    assert.strictEqual(JsonBody.excess("[".repeat(100_000), bounds), "depth")
    assert.isUndefined(JsonBody.excess("]]]],,", bounds))
  })
})
