import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Layer } from "effect"
import { TestClock } from "effect/testing"
import { connect } from "node:net"

import { ModelScript, OpenAiModelServer } from "@foreman/testkit"
import { ask, json } from "./Wire.ts"

const start = Effect.fnUntraced(function* (script: ModelScript.ModelScript, limits = {}) {
  const server = yield* OpenAiModelServer.serve({ script, limits })
  const say = Effect.fnUntraced(function* (input: string) {
    const { status, text } = yield* ask(`${server.url}/v1/responses`, { model: "any", input })
    return json(text).output?.[0]?.content[0].text ?? status
  })
  return { ...server, say }
})

/** Sends text and no more, and waits until the server closes the connection. */
const half = (url: string, text: string) => {
  const socket = connect(Number(new URL(url).port), "127.0.0.1", () => socket.write(text))
  socket.on("error", () => {})
  const closed = new Promise((resolve) => {
    socket.once("close", resolve)
  })
  return Effect.promise(() => closed)
}

describe("a script", () => {
  it.live("gives each agent of a fleet its own order", () =>
    Effect.gen(function* () {
      const { remaining, say } = yield* start(
        ModelScript.make([
          ModelScript.on(ModelScript.asks("login"), [ModelScript.say("l1"), ModelScript.say("l2")]),
          ModelScript.on(ModelScript.asks("docs"), [ModelScript.fail(529), ModelScript.say("d2")]),
          ModelScript.say("anybody")
        ])
      )
      const said = yield* Effect.forEach(
        ["Write docs", "Fix login", "Other", "Fix login", "Write docs"],
        say
      )
      assert.deepStrictEqual(said, [529, "l1", "anybody", "l2", "d2"])
      assert.strictEqual(yield* remaining, 0)
    }).pipe(Effect.scoped)
  )

  it.live("gives each step to exactly one of many at once", () =>
    Effect.gen(function* () {
      const names = Array.from({ length: 40 }, (_, index) => `s${index}`)
      const { say } = yield* start(ModelScript.make(names.map((name) => ModelScript.say(name))))
      const said = yield* Effect.forEach(names, say, { concurrency: "unbounded" })
      assert.sameMembers(said, names)
    }).pipe(Effect.scoped)
  )

  it.live("repeats, refuses what it has no turn for, and is replaced", () =>
    Effect.gen(function* () {
      const twice = ModelScript.make([ModelScript.repeat(ModelScript.say("again"), 2)])
      const { follow, say } = yield* start(twice)
      const thrice = Effect.forEach(["a", "b", "c"], say)
      assert.deepStrictEqual(yield* thrice, ["again", "again", 400])
      yield* follow(ModelScript.make([], { otherwise: ModelScript.say("as you like") }))
      assert.deepStrictEqual(yield* say("d"), "as you like")
    }).pipe(Effect.scoped)
  )

  it.live("that throws is told to the client", () =>
    Effect.gen(function* () {
      const { exchanges, say } = yield* start(
        ModelScript.make([
          () => {
            throw new Error("no such turn")
          }
        ])
      )
      assert.strictEqual(yield* say("a"), 500)
      assert.strictEqual((yield* exchanges)[0]?.end, "complete")
    }).pipe(Effect.scoped)
  )

  it.effect("waits by the clock of the test", () =>
    Effect.gen(function* () {
      const { say, until } = yield* start(
        ModelScript.make([ModelScript.say("at last", { delay: "1 hour" })])
      )
      const waiting = yield* Effect.forkChild(say("a"), { startImmediately: true })
      yield* until((all) => all[0]?.answeredBy === 0)
      yield* TestClock.adjust("1 hour")
      assert.strictEqual(yield* Fiber.join(waiting), "at last")
    }).pipe(Effect.scoped)
  )
})

describe("a server", () => {
  it.live("ends what hangs when its scope closes, and listens no more", () =>
    Effect.gen(function* () {
      const [url, client] = yield* Effect.gen(function* () {
        const { until, url } = yield* OpenAiModelServer.OpenAiModelServer
        const asking = ask(`${url}/v1/responses`, { model: "any", input: "a" })
        const client = yield* Effect.forkDetach(Effect.exit(asking))
        yield* until((all) => all[0]?.answeredBy === 0)
        return [url, client] as const
      }).pipe(
        Effect.provide(
          Layer.fresh(OpenAiModelServer.layer({ script: ModelScript.make([ModelScript.hang()]) }))
        )
      )
      assert.strictEqual((yield* Fiber.join(client))._tag, "Failure")
      const again = yield* Effect.exit(ask(`${url}/v1/models`, "", { method: "GET" }))
      assert.strictEqual(again._tag, "Failure")
    })
  )

  it.live("ends with its scope though clients have sent half of a request", () =>
    Effect.gen(function* () {
      const whole = "POST /v1/responses HTTP/1.1\r\nhost: a\r\ncontent-length: 9\r\n\r\n{"
      const clients = yield* Effect.gen(function* () {
        const { until, url } = yield* OpenAiModelServer.serve({ script: ModelScript.make([]) })
        const asking = [whole.slice(0, 10), whole].map((text) => half(url, text))
        yield* until((all) => all.length === 1)
        return asking
      }).pipe(Effect.scoped)
      yield* Effect.all(clients)
    })
  )

  it.live("keeps the latest exchanges, and says what was not asked", () =>
    Effect.gen(function* () {
      const script = ModelScript.make([ModelScript.repeat(ModelScript.say("ok"))])
      const { exchanges, say, until } = yield* start(script, { exchanges: 2 })
      yield* Effect.forEach(["a", "b", "c"], say)
      assert.deepStrictEqual(
        (yield* exchanges).map(({ number, request }) => [number, request?.prompt]),
        [
          [2, "b"],
          [3, "c"]
        ]
      )
      const never = yield* Effect.flip(until(() => false, { what: "a fourth", within: "5 millis" }))
      assert.include(never.message, "a fourth")
      assert.include(never.message, "3. POST /v1/responses: 200, complete")
    }).pipe(Effect.scoped)
  )
})
