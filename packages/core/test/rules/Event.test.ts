import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"

import { Event } from "@foreman/core"

describe("a type of event", () => {
  const definition = Event.define(
    "thing.happened",
    { thingId: Schema.Int, note: Schema.optionalKey(Schema.String) },
    ({ thingId }) => `thing:${thingId}`
  )

  it("knows its name and its stream", () => {
    assert.strictEqual(definition.type, "thing.happened")
    assert.strictEqual(definition.streamOf({ thingId: 7 }), "thing:7")
  })

  it("takes its data and nothing else for it", () => {
    const decode = Schema.decodeUnknownSync(definition.schema)
    assert.deepStrictEqual(decode({ thingId: 7 }), { thingId: 7 })
    assert.throws(() => decode({ thingId: "7" }))
    assert.throws(() => decode({}))
  })
})
