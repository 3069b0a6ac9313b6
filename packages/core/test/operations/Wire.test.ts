import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { catalogue } from "../../src/operations/catalogue.ts"
import type * as Operation from "../../src/operations/Operation.ts"
import * as Wire from "../../src/operations/Wire.ts"

const Deep = Schema.Struct({
  startedAt: Schema.Date,
  lastRuns: Schema.Array(Schema.Struct({ exitCode: Schema.NullOr(Schema.Int) })),
  runOptions: Schema.optionalKey(Schema.Struct({ maxTurns: Schema.Int })),
  metaData: Schema.Record(Schema.String, Schema.Struct({ setBy: Schema.String })),
  sentBy: Schema.Union([
    Schema.Struct({ userId: Schema.Int }),
    Schema.Struct({ agentId: Schema.Int })
  ])
})

const value: typeof Deep.Type = {
  startedAt: new Date(0),
  lastRuns: [{ exitCode: null }, { exitCode: 1 }],
  runOptions: { maxTurns: 3 },
  metaData: { branchName: { setBy: "me" } },
  sentBy: { agentId: 2 }
}

const Defaults = Schema.Struct({
  taskTitle: Schema.String,
  maxTurns: Schema.Int.pipe(Schema.withDecodingDefaultKey(Effect.succeed(3))),
  dueAt: Schema.Date.pipe(Schema.withDecodingDefaultTypeKey(Effect.succeed(new Date(0)))),
  runOptions: Schema.Struct({
    isDraft: Schema.Boolean.pipe(Schema.withDecodingDefaultKey(Effect.succeed(false)))
  }),
  note: Schema.optionalKey(Schema.String)
})

/** The defaults that a JSON schema shows, by field. */
const shown = (schema: Schema.Constraint) =>
  Object.fromEntries(
    Object.entries(Wire.jsonSchema(schema).properties ?? {}).flatMap(([name, field]) =>
      "default" in field ? [[name, field["default"]]] : []
    )
  )

describe("a wire schema", () => {
  it("renames at every depth and leaves the keys of records alone", () => {
    assert.deepStrictEqual<unknown>(Schema.encodeSync(Wire.of(Deep))(value), {
      started_at: "1970-01-01T00:00:00.000Z",
      last_runs: [{ exit_code: null }, { exit_code: 1 }],
      run_options: { max_turns: 3 },
      meta_data: { branchName: { set_by: "me" } },
      sent_by: { agent_id: 2 }
    })
  })

  it.prop("brings back every value it sent", [Deep], ([sent]) => {
    const wire = Wire.of(Deep)
    const received = Schema.decodeUnknownSync(wire)(Schema.encodeSync(wire)(sent))
    assert.deepStrictEqual(received, sent)
  })

  it("lets an optional struct be absent", () => {
    const { runOptions: _, ...without } = value
    assert.notProperty(Schema.encodeSync(Wire.of(Deep))(without), "run_options")
  })

  it("refuses two fields that meet on the wire", () => {
    const twice = Schema.Struct({ taskId: Schema.Int, task_id: Schema.Int })
    assert.throws(() => Wire.of(twice), "Two fields are task_id on the wire")
  })
})

describe("the JSON schema of a wire schema", () => {
  it("says what the codec does", () => {
    const schema = Wire.jsonSchema(Deep, "refuse")
    assert.deepStrictEqual(Object.keys(schema.properties ?? {}), [
      "started_at",
      "last_runs",
      "run_options",
      "meta_data",
      "sent_by"
    ])
    assert.deepStrictEqual(schema.required, ["started_at", "last_runs", "meta_data", "sent_by"])
    assert.strictEqual(schema["additionalProperties"], false)
  })

  it("does not spend an agent's tokens on the bounds of integers", () => {
    assert.deepStrictEqual<unknown>(Wire.jsonSchema(Schema.Int), { type: "integer" })
  })

  it("shows the defaults of the fields that may be left out, as they look on the wire", () => {
    assert.deepStrictEqual<unknown>(shown(Defaults), {
      max_turns: 3,
      due_at: "1970-01-01T00:00:00.000Z"
    })
    const nested = Wire.jsonSchema(Defaults).properties?.["run_options"]
    assert.deepInclude(nested?.properties?.["is_draft"], { type: "boolean", default: false })
  })

  it("shows the defaults of the catalogue that decoding fills in", () => {
    assert.deepStrictEqual<unknown>(shown(catalogue.createTask.input), {
      description: "",
      priority: "medium",
      depends_on: [],
      repo_ids: [],
      tags: [],
      metadata: {}
    })
    assert.deepStrictEqual<unknown>(shown(catalogue.getInbox.input), { unprocessed_only: true })
  })

  it.each(Object.values<Operation.Any>(catalogue).map((operation) => [operation.name, operation]))(
    "is self-contained for %s, and describes an object",
    (_, { input, output }) => {
      const hasFields = Object.keys(input.fields).length > 0
      for (const schema of hasFields ? [input, output] : [output]) {
        const text = JSON.stringify(Wire.jsonSchema(schema, "refuse"))
        assert.include(text, `{"type":"object"`)
        assert.notInclude(text, "$ref")
      }
    }
  )
})
