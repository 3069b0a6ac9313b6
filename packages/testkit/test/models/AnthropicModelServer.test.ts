import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"

import { AnthropicModelServer, ModelScript } from "@foreman/testkit"
import { ask, events, json } from "./Wire.ts"

const version = { "anthropic-version": "2023-06-01" }
const user = (content: unknown) => ({ role: "user", content })

const asked = (more: object = {}) => ({
  model: "any",
  max_tokens: 100,
  messages: [user("Go")],
  stream: true,
  ...more
})

const start = Effect.fnUntraced(function* (
  entries: ReadonlyArray<ModelScript.Entry>,
  options: Partial<Parameters<typeof AnthropicModelServer.serve>[0]> = {}
) {
  const server = yield* AnthropicModelServer.serve({
    script: ModelScript.make(entries),
    ...options
  })
  const post = (body: unknown = asked(), headers: Record<string, string> = version) =>
    ask(`${server.url}/v1/messages?beta=true`, body, { headers })
  return { ...server, post }
})

describe("an answer", () => {
  it.live("streams thinking and text in the order of the API, with its usage", () =>
    Effect.gen(function* () {
      const thinking = "What is asked of me is simple enough."
      const text = "A sentence of more than one piece. ✓"
      const parts: ReadonlyArray<ModelScript.Part> = [
        { type: "thinking", text: thinking },
        { type: "text", text }
      ]
      const usage = { input: 50, cached: 20, cacheWrite: 5, output: 7 }
      const { post } = yield* start([ModelScript.answer(parts, { usage })])
      const got = events((yield* post()).text)
      const kinds = got.map(({ event }) => event).filter((one, at, all) => all[at - 1] !== one)
      const block = ["content_block_start", "content_block_delta", "content_block_stop"]
      assert.deepStrictEqual(kinds, [
        "message_start",
        "ping",
        ...block,
        ...block,
        "message_delta",
        "message_stop"
      ])
      const joined = (name: string) => got.flatMap(({ data }) => data.delta?.[name] ?? []).join("")
      assert.deepStrictEqual([joined("thinking"), joined("text")], [thinking, text])
      assert.deepInclude(got[0]?.data.message.usage, {
        input_tokens: 25,
        cache_read_input_tokens: 20,
        cache_creation_input_tokens: 5
      })
      const end = got.at(-2)?.data
      assert.deepStrictEqual([end.delta.stop_reason, end.usage.output_tokens], ["end_turn", 7])
    }).pipe(Effect.scoped)
  )

  it.live("comes in one piece to those that do not stream", () =>
    Effect.gen(function* () {
      const { post } = yield* start([
        ModelScript.say("Hello"),
        ModelScript.say("Hel", { ending: "max_tokens" })
      ])
      const plain = asked({ stream: false })
      const first = json((yield* post(plain)).text)
      assert.deepStrictEqual(first.content, [{ type: "text", text: "Hello" }])
      assert.deepStrictEqual([first.stop_reason, first.usage.output_tokens], ["end_turn", 10])
      assert.strictEqual(json((yield* post(plain)).text).stop_reason, "max_tokens")
    }).pipe(Effect.scoped)
  )
})

describe("a call", () => {
  it.live("carries its arguments in pieces, and reads its result", () =>
    Effect.gen(function* () {
      const { post, requests } = yield* start([
        ModelScript.shell("npm test -- --project core --reporter verbose"),
        ModelScript.mcp("foreman", "get_task", { taskId: "t1" }),
        ({ results }) => ModelScript.say(`${results.length} results`)
      ])
      const tools = [{ name: "Bash", input_schema: { type: "object" } }]
      const history: Array<unknown> = [user("Go")]
      const turn = Effect.fnUntraced(function* () {
        const got = events((yield* post(asked({ messages: history, tools }))).text)
        const call = got.find(({ event }) => event === "content_block_start")?.data.content_block
        const input = json(got.flatMap(({ data }) => data.delta?.partial_json ?? []).join(""))
        history.push({ role: "assistant", content: [{ ...call, input }] })
        history.push(user([{ type: "tool_result", tool_use_id: call.id, content: "fine" }]))
        return [call.name, input, got.at(-2)?.data.delta.stop_reason]
      })
      const command = "npm test -- --project core --reporter verbose"
      assert.deepStrictEqual(yield* turn(), ["Bash", { command }, "tool_use"])
      assert.deepStrictEqual(yield* turn(), [
        "mcp__foreman__get_task",
        { taskId: "t1" },
        "tool_use"
      ])
      assert.include((yield* post(asked({ messages: history, tools }))).text, "2 results")
      const last = (yield* requests).at(-1)
      assert.deepStrictEqual([last?.prompt, last?.tools], ["Go", ["Bash"]])
      assert.strictEqual(last?.results[0]?.text, "fine")
    }).pipe(Effect.scoped)
  )

  it.live("that the protocol or the client has not is refused", () =>
    Effect.gen(function* () {
      const freeform = { type: "freeform", name: "apply_patch", input: "" } as const
      const { post } = yield* start([ModelScript.shell("ls"), ModelScript.answer([freeform])])
      assert.include((yield* post()).text, "none is a shell")
      assert.include((yield* post()).text, "apply_patch")
    }).pipe(Effect.scoped)
  )
})

describe("a disturbance", () => {
  it.live("refuses as the API does, with the headers that say when to come back", () =>
    Effect.gen(function* () {
      const statuses = [400, 401, 403, 404, 413, 429, 500, 529]
      const { post } = yield* start([
        ...statuses.map((status) => ModelScript.fail(status)),
        ModelScript.fail(429, { retryAfter: "3 seconds", resetsIn: "1 minute", message: "Slowly" })
      ])
      const answers = yield* Effect.forEach(statuses, () => post())
      assert.deepStrictEqual(
        answers.map(({ status, text }) => [status, json(text).type, json(text).error.type]),
        [
          [400, "error", "invalid_request_error"],
          [401, "error", "authentication_error"],
          [403, "error", "permission_error"],
          [404, "error", "not_found_error"],
          [413, "error", "request_too_large"],
          [429, "error", "rate_limit_error"],
          [500, "error", "api_error"],
          [529, "error", "overloaded_error"]
        ]
      )
      const asked = Date.now()
      const { headers, text } = yield* post()
      const answered = Date.now()
      assert.strictEqual(json(text).error.message, "Slowly")
      assert.strictEqual(headers.get("retry-after"), "3")
      const reset = Date.parse(headers.get("anthropic-ratelimit-requests-reset") ?? "")
      assert.isAtLeast(reset, asked + 59_000)
      assert.isAtMost(reset, answered + 61_000)
    }).pipe(Effect.scoped)
  )

  it.live("cuts, breaks off, or stops in the middle of a line", () =>
    Effect.gen(function* () {
      const long = "x".repeat(200)
      const by = (ending: ModelScript.Ending) => ModelScript.say(long, { ending })
      const { exchanges, post } = yield* start([by("cut"), by("error"), by("half_line")])
      const cut = yield* post()
      assert.isTrue(cut.isBroken)
      assert.deepStrictEqual(
        [events(cut.text)[0]?.event, events(cut.text).at(-1)?.event],
        ["message_start", "content_block_delta"]
      )
      const broken = events((yield* post()).text).at(-1)
      assert.deepStrictEqual(
        [broken?.event, broken?.data.error.type],
        ["error", "overloaded_error"]
      )
      const half = yield* post()
      assert.isFalse(half.isBroken)
      assert.isUndefined(events(half.text).at(-1)?.data)
      assert.deepStrictEqual(
        (yield* exchanges).map(({ end }) => end),
        ["cut", "complete", "complete"]
      )
    }).pipe(Effect.scoped)
  )

  it.live("stays silent until the client leaves", () =>
    Effect.gen(function* () {
      const { post, until } = yield* start([ModelScript.hang()])
      const client = yield* Effect.forkChild(post())
      yield* until((all) => all[0]?.answeredBy === 0)
      yield* Fiber.interrupt(client)
      const [left] = yield* until((all) => all[0]?.end !== "open")
      assert.deepStrictEqual([left?.end, left?.status], ["client_left", undefined])
    }).pipe(Effect.scoped)
  )
})

describe("a wrong request", () => {
  const call = { type: "tool_use", id: "toolu_1", name: "a", input: {} }
  const result = { type: "tool_result", tool_use_id: "toolu_1", content: "" }
  const assistant = (content: unknown) => ({ role: "assistant", content })
  const cases: ReadonlyArray<readonly [string, unknown, string]> = [
    ["that is no JSON", "{", "JSON"],
    ["without a model", { max_tokens: 1, messages: [user("Hi")] }, "model: Field required"],
    ["without max_tokens", { model: "any", messages: [user("Hi")] }, "max_tokens: Field required"],
    ["with no message", asked({ messages: [] }), "at least one message"],
    [
      "with a call that has no result",
      asked({ messages: [user("Go"), assistant([call]), user("Well?")] }),
      "messages.1: `tool_use`"
    ],
    ["with a result of no call", asked({ messages: [user([result])] }), "toolu_1"]
  ]
  for (const [what, body, words] of cases) {
    it.live(`${what} is refused and takes no step`, () =>
      Effect.gen(function* () {
        const { post, remaining } = yield* start([ModelScript.say("Hello")])
        const answer = yield* post(body)
        const { error } = json(answer.text)
        assert.deepStrictEqual([answer.status, error.type], [400, "invalid_request_error"])
        assert.include(error.message, words)
        assert.strictEqual(yield* remaining, 1)
      }).pipe(Effect.scoped)
    )
  }

  it.live("is not one whose results stand in several messages of the user", () =>
    Effect.gen(function* () {
      const { post } = yield* start([ModelScript.say("Hello")])
      const two = { ...call, id: "toolu_2" }
      const messages = [
        user("Go"),
        assistant([call]),
        assistant([two]),
        user([result]),
        user([
          { ...result, tool_use_id: "toolu_2" },
          { type: "text", text: "And now?" }
        ])
      ]
      assert.strictEqual((yield* post(asked({ messages }))).status, 200)
    }).pipe(Effect.scoped)
  )

  it.live("is refused without version, without the key, and for another model", () =>
    Effect.gen(function* () {
      const options = { apiKey: "sk-right", models: ["claude-opus"] }
      const { exchanges, post, url } = yield* start([ModelScript.say("Hello")], options)
      const kindOf = ({ status, text }: { status: number; text: string }) => [
        status,
        json(text).error?.type
      ]
      const headers = { ...version, "x-api-key": "sk-right" }
      assert.deepStrictEqual(kindOf(yield* post()), [401, "authentication_error"])
      const wrong = { ...version, "x-api-key": "sk-wrong" }
      assert.deepStrictEqual(kindOf(yield* post(asked(), wrong)), [401, "authentication_error"])
      assert.deepStrictEqual(kindOf(yield* post(asked(), { "x-api-key": "sk-right" })), [
        400,
        "invalid_request_error"
      ])
      assert.deepStrictEqual(kindOf(yield* post(asked(), headers)), [404, "not_found_error"])
      const count = yield* ask(`${url}/v1/messages/count_tokens`, asked(), { headers })
      assert.isAbove(json(count.text).input_tokens, 0)
      const bearer = { ...version, authorization: "Bearer sk-right" }
      assert.strictEqual((yield* post(asked({ model: "claude-opus" }), bearer)).status, 200)
      assert.notInclude(JSON.stringify(yield* exchanges), "sk-")
    }).pipe(Effect.scoped)
  )
})

describe("Claude Code's requests on the side", () => {
  it.live("are answered without a step", () =>
    Effect.gen(function* () {
      const { exchanges, post } = yield* start([ModelScript.say("Hello")])
      const headers = { ...version, "user-agent": "claude-cli/2.1.329 (external, cli)" }
      yield* post(asked(), headers)
      const tools = [{ name: "Bash", input_schema: { type: "object" } }]
      yield* post(asked({ tools }), headers)
      assert.deepStrictEqual(
        (yield* exchanges).map(({ answeredBy }) => answeredBy),
        ["aside", 0]
      )
    }).pipe(Effect.scoped)
  )
})
