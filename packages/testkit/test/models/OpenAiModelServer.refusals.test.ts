import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"

import { ModelScript, OpenAiModelServer } from "@foreman/testkit"
import { ask, json } from "./Wire.ts"

const user = (text: string) => ({
  type: "message",
  role: "user",
  content: [{ type: "input_text", text }]
})

const asked = (more: object = {}) => ({ model: "any", input: [user("Go")], stream: true, ...more })

const start = Effect.fnUntraced(function* (
  entries: ReadonlyArray<ModelScript.Entry>,
  options: Partial<Parameters<typeof OpenAiModelServer.serve>[0]> = {}
) {
  const server = yield* OpenAiModelServer.serve({ script: ModelScript.make(entries), ...options })
  const post = (body: unknown = asked(), headers: Record<string, string> = {}) =>
    ask(`${server.url}/v1/responses`, body, { headers })
  return { ...server, post }
})

describe("a wrong request", () => {
  const cases: ReadonlyArray<readonly [string, unknown, string]> = [
    ["that is no JSON", "{", "JSON"],
    ["without a body", "", "JSON"],
    ["without a model", { input: "Hi" }, "model"],
    ["without input", { model: "any" }, "input"],
    ["with input of another type", { model: "any", input: 1 }, "input"],
    [
      "with a call that has no output",
      asked({
        input: [user("Go"), { type: "function_call", call_id: "c1", name: "a", arguments: "{}" }]
      }),
      "No tool output found for function call c1"
    ],
    [
      "with an output of no call",
      asked({ input: [user("Go"), { type: "function_call_output", call_id: "c1", output: "" }] }),
      "c1"
    ]
  ]
  for (const [what, body, words] of cases) {
    it.live(`${what} is refused and takes no step`, () =>
      Effect.gen(function* () {
        const { post, remaining, requests } = yield* start([ModelScript.say("Hello")])
        const answer = yield* post(body)
        const { error } = json(answer.text)
        assert.deepStrictEqual([answer.status, error.type], [400, "invalid_request_error"])
        assert.include(error.message, words)
        assert.deepStrictEqual([yield* remaining, yield* requests], [1, []])
      }).pipe(Effect.scoped)
    )
  }

  it.live("is refused without the key, for another model and at another address", () =>
    Effect.gen(function* () {
      const options = { apiKey: "sk-right", models: ["gpt-5.5"] }
      const { exchanges, post, url } = yield* start([ModelScript.say("Hello")], options)
      const headers = { authorization: "Bearer sk-right" }
      const codeOf = ({ status, text }: { status: number; text: string }) => [
        status,
        json(text).error?.code
      ]
      const model = "gpt-5.5"
      assert.deepStrictEqual(codeOf(yield* post()), [401, "invalid_api_key"])
      const wrong = { authorization: "Bearer sk-wrong" }
      assert.deepStrictEqual(codeOf(yield* post(asked(), wrong)), [401, "invalid_api_key"])
      assert.deepStrictEqual(codeOf(yield* post(asked(), headers)), [404, "model_not_found"])
      assert.strictEqual((yield* ask(`${url}/v1/nothing`, {}, { headers })).status, 404)
      const listed = yield* ask(`${url}/v1/models`, "", { method: "GET", headers })
      assert.deepStrictEqual(
        json(listed.text).data.map(({ id }: { id: string }) => id),
        [model]
      )
      assert.strictEqual((yield* post(asked({ model }), headers)).status, 200)
      assert.notInclude(JSON.stringify(yield* exchanges), "sk-")
    }).pipe(Effect.scoped)
  )

  it.live("of too many bytes is refused, and the connection lives on", () =>
    Effect.gen(function* () {
      const limits = { bodyBytes: 1000 }
      const { post } = yield* start([ModelScript.say("Hello")], { limits })
      assert.strictEqual((yield* post("x".repeat(500_000))).status, 413)
      assert.strictEqual((yield* post()).status, 200)
    }).pipe(Effect.scoped)
  )
})

describe("Codex's requests on the side", () => {
  it.live("are answered without a step", () =>
    Effect.gen(function* () {
      const { exchanges, post, remaining } = yield* start([ModelScript.say("Hello")])
      const metadata = (kind: object) => ({ "x-codex-turn-metadata": JSON.stringify(kind) })
      const tools = [{ type: "function", name: "exec_command" }]
      const verdict = yield* post(
        { model: "any", input: "Safe?", tools },
        metadata({ subagent_kind: "guardian" })
      )
      assert.include(verdict.text, "allow")
      yield* post({ model: "any", input: "A title?" }, metadata({}))
      assert.strictEqual(yield* remaining, 1)
      yield* post({ model: "any", input: "Go", tools }, metadata({}))
      assert.deepStrictEqual(
        (yield* exchanges).map(({ answeredBy }) => answeredBy),
        ["aside", "aside", 0]
      )
    }).pipe(Effect.scoped)
  )
})
