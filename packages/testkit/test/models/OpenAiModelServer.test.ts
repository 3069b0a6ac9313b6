import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"

import { ModelScript, OpenAiModelServer } from "@foreman/testkit"
import { ask, events, json } from "./Wire.ts"

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

describe("an answer", () => {
  it.live("streams text in the order of the API, with its usage in the last event", () =>
    Effect.gen(function* () {
      const text = "A sentence of more than one piece. ✓"
      const usage = { input: 50, cached: 20, output: 7, reasoning: 3 }
      const { post } = yield* start([ModelScript.say(text, { usage })])
      const answer = yield* post()
      const got = events(answer.text)
      const kinds = got.map(({ event }) => event).filter((one, at, all) => all[at - 1] !== one)
      assert.deepStrictEqual(kinds, [
        "response.created",
        "response.in_progress",
        "response.output_item.added",
        "response.content_part.added",
        "response.output_text.delta",
        "response.output_text.done",
        "response.content_part.done",
        "response.output_item.done",
        "response.completed"
      ])
      assert.deepStrictEqual(
        got.map(({ data }) => data.sequence_number),
        got.map((_, index) => index)
      )
      assert.isTrue(got.every(({ data, event }) => data.type === event))
      assert.strictEqual(got.flatMap(({ data }) => data.delta ?? []).join(""), text)
      const { response } = got.at(-1)?.data ?? {}
      assert.strictEqual(response.output[0].content[0].text, text)
      assert.strictEqual(response.status, "completed")
      assert.deepInclude(response.usage, { input_tokens: 50, output_tokens: 7, total_tokens: 57 })
      assert.strictEqual(response.usage.input_tokens_details.cached_tokens, 20)
      assert.strictEqual(response.usage.output_tokens_details.reasoning_tokens, 3)
      assert.match(answer.headers.get("content-type") ?? "", /event-stream/)
      assert.isString(answer.headers.get("x-request-id"))
    }).pipe(Effect.scoped)
  )

  it.live("comes in one piece to those that do not stream", () =>
    Effect.gen(function* () {
      const { post } = yield* start([ModelScript.say("Hello"), ModelScript.stop()])
      const first = json((yield* post({ model: "any", input: "Hi" })).text)
      assert.strictEqual(first.output[0].content[0].text, "Hello")
      const second = json((yield* post({ model: "any", input: "Hi" })).text)
      assert.deepStrictEqual([second.output, second.status], [[], "completed"])
    }).pipe(Effect.scoped)
  )

  it.live("ends early at the limit of tokens", () =>
    Effect.gen(function* () {
      const { post } = yield* start([ModelScript.say("Hel", { ending: "max_tokens" })])
      const last = events((yield* post()).text).at(-1)
      assert.strictEqual(last?.event, "response.incomplete")
      assert.strictEqual(last?.data.response.incomplete_details.reason, "max_output_tokens")
    }).pipe(Effect.scoped)
  )
})

describe("a call", () => {
  it.live("carries its arguments in pieces and as a whole, and reads its result", () =>
    Effect.gen(function* () {
      const args = { path: "src/login.ts", lines: [1, 2, 3], deep: { text: "a long enough one" } }
      const { post, requests } = yield* start([
        ModelScript.call("read_file", args),
        ({ results }) => ModelScript.say(`It says ${results[0]?.text}`)
      ])
      const got = events((yield* post()).text)
      const pieces = got.filter(({ event }) => event === "response.function_call_arguments.delta")
      assert.isAbove(pieces.length, 1)
      assert.deepStrictEqual(json(pieces.map(({ data }) => data.delta).join("")), args)
      const call = got.at(-1)?.data.response.output[0]
      assert.deepInclude(call, { type: "function_call", name: "read_file", status: "completed" })
      const output = { type: "function_call_output", call_id: call.call_id, output: "42" }
      const next = events((yield* post(asked({ input: [user("Go"), call, output] }))).text)
      assert.strictEqual(next.at(-1)?.data.response.output[0].content[0].text, "It says 42")
      assert.deepStrictEqual((yield* requests)[1]?.results, [{ callId: call.call_id, text: "42" }])
    }).pipe(Effect.scoped)
  )

  it.live("runs a command with the shell that the client offers, and refuses one without", () =>
    Effect.gen(function* () {
      const { post } = yield* start([ModelScript.repeat(ModelScript.shell("npm test"))])
      const by = Effect.fnUntraced(function* (tool: object) {
        const answer = yield* post({ model: "any", input: "Go", tools: [tool] })
        const { arguments: args, input, name } = json(answer.text).output?.[0] ?? {}
        return [answer.status, name, args ?? input]
      })
      const named = (name: string) => ({ type: "function", name })
      assert.deepStrictEqual(yield* by(named("exec_command")), [
        200,
        "exec_command",
        '{"cmd":"npm test"}'
      ])
      assert.deepStrictEqual(yield* by(named("shell")), [
        200,
        "shell",
        '{"command":["bash","-lc","npm test"]}'
      ])
      const exec = { type: "custom", name: "exec" }
      const [, , program] = yield* by({ type: "namespace", name: "functions", tools: [exec] })
      assert.include(program, 'tools.exec_command({"cmd":"npm test"})')
      assert.deepStrictEqual(yield* by(named("read_file")), [400, undefined, undefined])
    }).pipe(Effect.scoped)
  )

  it.live("reaches the tool of an MCP server by its namespace or by its long name", () =>
    Effect.gen(function* () {
      const turn = ModelScript.mcp("foreman", "get_task", { taskId: "t1" })
      const { post } = yield* start([ModelScript.repeat(turn)])
      const by = Effect.fnUntraced(function* (tool: object) {
        const { name, namespace } = json(
          (yield* post({ model: "any", input: "Go", tools: [tool] })).text
        ).output[0]
        return [namespace, name]
      })
      const tools = [{ type: "function", name: "get_task" }]
      assert.deepStrictEqual(yield* by({ type: "namespace", name: "mcp__foreman", tools }), [
        "mcp__foreman",
        "get_task"
      ])
      assert.deepStrictEqual(yield* by({ type: "function", name: "mcp__foreman__get_task" }), [
        undefined,
        "mcp__foreman__get_task"
      ])
    }).pipe(Effect.scoped)
  )
})

describe("a disturbance", () => {
  it.live("refuses with the headers that say when to come back", () =>
    Effect.gen(function* () {
      const { exchanges, post } = yield* start([
        ModelScript.fail(429, { retryAfter: "1500 millis", resetsIn: "1 minute" }),
        ModelScript.fail(429, { kind: "usage_limit_reached", resetsIn: "1 hour" }),
        ModelScript.fail(503, { headers: { "x-own": "yes" } })
      ])
      const first = yield* post()
      assert.deepStrictEqual(
        [first.status, first.headers.get("retry-after"), json(first.text).error.code],
        [429, "2", "rate_limit_exceeded"]
      )
      assert.strictEqual(first.headers.get("x-ratelimit-reset-requests"), "60s")
      const second = json((yield* post()).text).error
      assert.strictEqual(second.resets_in_seconds, 3600)
      assert.isAbove(second.resets_at, 1_700_000_000)
      const third = yield* post()
      assert.deepStrictEqual([third.status, third.headers.get("x-own")], [503, "yes"])
      assert.deepStrictEqual(
        (yield* exchanges).map(({ answeredBy, end, status }) => [answeredBy, status, end]),
        [
          [0, 429, "complete"],
          [1, 429, "complete"],
          [2, 503, "complete"]
        ]
      )
    }).pipe(Effect.scoped)
  )

  it.live("cuts the stream in the middle, before a call is whole", () =>
    Effect.gen(function* () {
      const turn = ModelScript.call("shell", { command: "rm -rf everything" }, { ending: "cut" })
      const { exchanges, post } = yield* start([turn])
      const answer = yield* post()
      const kinds = events(answer.text).map(({ event }) => event)
      assert.isTrue(answer.isBroken)
      assert.include(kinds, "response.output_item.added")
      assert.notInclude(kinds, "response.output_item.done")
      assert.strictEqual((yield* exchanges)[0]?.end, "cut")
    }).pipe(Effect.scoped)
  )

  it.live("ends a stream cleanly after half a line", () =>
    Effect.gen(function* () {
      const { post } = yield* start([ModelScript.say("Hello", { ending: "half_line" })])
      const answer = yield* post()
      assert.isFalse(answer.isBroken)
      const last = events(answer.text).at(-1)
      assert.match(last?.event ?? "", /^response/)
      assert.isUndefined(last?.data)
    }).pipe(Effect.scoped)
  )

  it.live("breaks off with an error in the stream", () =>
    Effect.gen(function* () {
      const { post } = yield* start([ModelScript.say("Hel", { ending: "error" })])
      const last = events((yield* post()).text).at(-1)
      assert.strictEqual(last?.event, "response.failed")
      assert.strictEqual(last?.data.response.error.code, "server_error")
    }).pipe(Effect.scoped)
  )

  it.live("answers with a page", () =>
    Effect.gen(function* () {
      const { post } = yield* start([ModelScript.html()])
      const answer = yield* post()
      assert.match(answer.headers.get("content-type") ?? "", /html/)
      assert.isUndefined(json(answer.text))
    }).pipe(Effect.scoped)
  )

  it.live("stays silent until the client leaves, and sees it leave", () =>
    Effect.gen(function* () {
      const turns = [
        ModelScript.hang(),
        ModelScript.hang("silence_after_status"),
        ModelScript.say("Hel", { ending: "silence" })
      ]
      const { post, until } = yield* start(turns)
      for (const [index] of turns.entries()) {
        const client = yield* Effect.forkChild(post())
        yield* until((all) => all[index]?.answeredBy === index)
        yield* Fiber.interrupt(client)
        yield* until((all) => all[index]?.end === "client_left")
      }
    }).pipe(Effect.scoped)
  )

  it.live("is silent no longer than it may", () =>
    Effect.gen(function* () {
      const limits = { silence: "5 millis" } as const
      const { exchanges, post } = yield* start([ModelScript.hang("silence_after_status")], {
        limits
      })
      assert.isTrue((yield* post()).isBroken)
      assert.strictEqual((yield* exchanges)[0]?.end, "cut")
    }).pipe(Effect.scoped)
  )
})
