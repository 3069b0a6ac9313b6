import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { EventEmitter } from "node:events"
import type { Events } from "@foreman/core"
import * as Sse from "../src/Sse.ts"

const item = (id: number, note: string): Events.FeedItem => ({
  cursor: `c${id}`,
  event: {
    id,
    orgId: "acme",
    streamId: "task:1",
    type: "task.created",
    data: { task_id: 1, note },
    metadata: {},
    createdAt: "2026-11-20T08:30:00.000000+00:00"
  }
})

/** A connection whose other end reads only when it is told to. */
class Sleeper extends EventEmitter {
  readonly written: Array<string> = []
  writableLength = 0
  writableNeedDrain = false
  destroyed = false

  write(text: string): boolean {
    this.written.push(text)
    this.writableLength += text.length
    this.writableNeedDrain = true
    return false
  }

  destroy(): this {
    this.destroyed = true
    return this
  }

  wake(): void {
    this.writableLength = 0
    this.writableNeedDrain = false
    this.emit("drain")
  }
}

// As: the few members that are written to are there.
const sinkOf = (sleeper: Sleeper): Sse.Sink => sleeper as unknown as Sse.Sink

const limits = { feedBytes: 10, feedStallMillis: 1000 }

describe("a frame", () => {
  it("has the cursor as its id, and one line of data with the wire's names", () => {
    const text = Sse.encoder()(item(7, "a\nb\r\nc"))
    assert.match(text, /^id: c7\ndata: [^\n]+\n\n$/)
    assert.deepStrictEqual(JSON.parse(text.slice(text.indexOf("{"))), {
      id: 7,
      org_id: "acme",
      stream_id: "task:1",
      type: "task.created",
      data: { task_id: 1, note: "a\nb\r\nc" },
      metadata: {},
      created_at: "2026-11-20T08:30:00.000000+00:00"
    })
  })

  it("is encoded once for many callers, and only while it is among the latest", () => {
    const encode = Sse.encoder(2)
    const first = item(1, "as it was")
    encode(first)
    const again = { cursor: "other", event: { ...first.event, type: "changed" } }
    assert.match(encode(again), /^id: other\ndata: .*task\.created/)
    encode(item(2, ""))
    encode(item(3, ""))
    assert.match(encode(again), /"changed"/)
  })
})

describe("writing to a caller", () => {
  it.effect("lets as much wait as the limit allows", () =>
    Effect.gen(function* () {
      const sleeper = new Sleeper()
      assert.isTrue(yield* Sse.write(sinkOf(sleeper), ["12345", "67890"], limits))
      assert.deepStrictEqual(sleeper.written, ["12345", "67890"])
    })
  )

  it.effect("waits for a slow one, and goes on when it reads", () =>
    Effect.gen(function* () {
      const sleeper = new Sleeper()
      const writing = yield* Effect.forkChild(
        Sse.write(sinkOf(sleeper), ["12345", "67890", "x"], limits),
        { startImmediately: true }
      )
      assert.lengthOf(sleeper.written, 2)
      sleeper.wake()
      assert.isTrue(yield* Fiber.join(writing))
      assert.lengthOf(sleeper.written, 3)
      assert.strictEqual(sleeper.listenerCount("drain") + sleeper.listenerCount("close"), 0)
    })
  )

  it.effect("cuts off one that does not read for too long", () =>
    Effect.gen(function* () {
      const sleeper = new Sleeper()
      const writing = yield* Effect.forkChild(
        Sse.write(sinkOf(sleeper), ["12345", "67890", "x"], limits),
        { startImmediately: true }
      )
      yield* TestClock.adjust("999 millis")
      assert.isFalse(sleeper.destroyed)
      yield* TestClock.adjust("1 millis")
      assert.isFalse(yield* Fiber.join(writing))
      assert.isTrue(sleeper.destroyed)
      assert.lengthOf(sleeper.written, 2)
    })
  )

  it.effect("writes a frame that is longer than the limit when nothing else waits", () =>
    Effect.gen(function* () {
      const sleeper = new Sleeper()
      assert.isTrue(yield* Sse.write(sinkOf(sleeper), ["x".repeat(100)], limits))
    })
  )

  it.effect("stops at one that is gone", () =>
    Effect.gen(function* () {
      const sleeper = new Sleeper()
      sleeper.destroy()
      assert.isFalse(yield* Sse.write(sinkOf(sleeper), ["1"], limits))
      assert.lengthOf(sleeper.written, 0)
    })
  )
})
