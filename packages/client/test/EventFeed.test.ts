import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Stream } from "effect"
import { TestClock } from "effect/testing"
import { Client, type Events, Organization, Refusal } from "@foreman/core"
import * as EventFeed from "../src/EventFeed.ts"
import { longestLine, reader } from "../src/internal/frames.ts"
import * as Rest from "../src/Rest.ts"
import { lasting, start, token } from "./TestServer.ts"

const frame = (id: number) =>
  `id: c${id}\ndata: ${JSON.stringify({
    id,
    org_id: "acme",
    stream_id: "task:1",
    type: "task.created",
    data: {},
    metadata: {},
    created_at: "2026-11-20T08:30:00.000000+00:00"
  })}\n\n`

/** A server that answers one attempt after the other, and what it was asked. */
const script = (...answers: ReadonlyArray<() => Response>) => {
  const asked: Array<string | null> = []
  const fetch: Rest.Fetch = async (_, { headers }) => {
    asked.push(new Headers(headers).get("last-event-id"))
    const answer = answers[asked.length - 1]
    if (answer === undefined) return new Promise(() => {})
    return answer()
  }
  return { asked, connection: { url: "http://foreman.test", fetch } }
}

const events =
  (...parts: ReadonlyArray<string>) =>
  () =>
    new Response(parts.join(""))

const silent = (text: string) => () =>
  new Response(
    new ReadableStream({
      start: (controller) => controller.enqueue(new TextEncoder().encode(text))
    })
  )

const refusing = (status: number, body: object) => () => Response.json(body, { status })

const idsOf = (items: ReadonlyArray<Events.FeedItem>) => items.map(({ event }) => event.id)

/** Lets time pass until it is done: a second for every turn of the event loop. */
const finish = Effect.fnUntraced(function* <A, E>(fiber: Fiber.Fiber<A, E>) {
  while (fiber.pollUnsafe() === undefined) {
    yield* Effect.promise(
      () =>
        new Promise((next) => {
          setImmediate(next)
        })
    )
    yield* TestClock.adjust("1 second")
  }
  return yield* Fiber.join(fiber)
})

const collect = (connection: Rest.Connection, count: number) =>
  EventFeed.follow(connection).pipe(Stream.take(count), Stream.runCollect)

describe("frames", () => {
  it("are read however they are cut, and whatever ends their lines", () => {
    const text = "retry: 1\nid: a\r\n\r\n:\n\nid:b\ndata: 1\ndata:  2\nother\n\ndata\n\nid: c\n"
    for (let at = 0; at <= text.length; at++) {
      const read = reader()
      assert.deepStrictEqual(
        [...read(text.slice(0, at)), ...read(text.slice(at))],
        [
          { id: "a", data: "" },
          { id: "b", data: "1\n 2" },
          { id: undefined, data: "" }
        ]
      )
    }
  })

  it("have an end", () => {
    assert.throws(() => reader()("x".repeat(longestLine + 1)), /no end/)
  })
})

describe("following", () => {
  it.effect("goes on behind the last event when the connection is lost", () =>
    Effect.gen(function* () {
      const { asked, connection } = script(
        events("id: start\n\n", frame(1), frame(2)),
        events(frame(3)),
        events(frame(4))
      )
      const following = yield* Effect.forkChild(collect(connection, 4), { startImmediately: true })
      const items = yield* finish(following)
      assert.deepStrictEqual(idsOf(items), [1, 2, 3, 4])
      assert.deepStrictEqual(
        items.map(({ cursor }) => cursor),
        ["c1", "c2", "c3", "c4"]
      )
      assert.deepStrictEqual(asked, [null, "c2", "c3"])
    })
  )

  it.effect("keeps the place where it began when it is cut off before the first event", () =>
    Effect.gen(function* () {
      const { asked, connection } = script(events("id: start\n\n"), events(frame(1)))
      const following = yield* Effect.forkChild(collect(connection, 1), { startImmediately: true })
      yield* finish(following)
      assert.deepStrictEqual(asked, [null, "start"])
    })
  )

  it.effect("tries again after 1 second, doubling to 30", () =>
    Effect.gen(function* () {
      const away = () => {
        throw new TypeError("fetch failed")
      }
      const { asked, connection } = script(...Array.from({ length: 20 }, () => away))
      const following = yield* Effect.forkChild(collect(connection, 1), { startImmediately: true })
      const attempts: Array<number> = []
      for (const seconds of [0, 1, 2, 4, 8, 16, 30, 30]) {
        yield* TestClock.adjust(`${seconds} seconds`)
        attempts.push(asked.length)
      }
      yield* Fiber.interrupt(following)
      assert.deepStrictEqual(attempts, [1, 2, 3, 4, 5, 6, 7, 8])
    })
  )

  it.effect("does not wait for a feed that fell silent", () =>
    Effect.gen(function* () {
      const { asked, connection } = script(silent(frame(1)), events(frame(2)))
      const following = yield* Effect.forkChild(collect(connection, 2), { startImmediately: true })
      assert.deepStrictEqual(idsOf(yield* finish(following)), [1, 2])
      assert.deepStrictEqual(asked, [null, "c1"])
    })
  )

  it.effect("ends with the class of a refusal, which no other attempt would change", () =>
    Effect.gen(function* () {
      const refusal = (status: number, body: object) =>
        Effect.flip(collect(script(refusing(status, body)).connection, 1))
      const unknown = { detail: "Organization not found", code: "OrganizationNotFound" }
      assert.deepStrictEqual(
        yield* refusal(404, { ...unknown, organization_id: "acme" }),
        new Organization.OrganizationNotFound({ organizationId: "acme" })
      )
      const problems = [{ path: "last_event_id", problem: "Expected a cursor" }]
      assert.instanceOf(
        yield* refusal(422, { detail: [], code: "InvalidInput", problems }),
        Refusal.InvalidInput
      )
      const denied = yield* refusal(401, {
        detail: "Authentication required",
        code: "NotAuthenticated"
      })
      assert.instanceOf(denied, Client.ClientError)
      assert.include(denied.message, "http://foreman.test/api/v1/events: Authentication required")
      const garbled = yield* Effect.flip(collect(script(events("data: {}\n\n")).connection, 1))
      assert.instanceOf(garbled, Client.ClientError)
    })
  )

  it.live("misses nothing and repeats nothing while its server is replaced", () =>
    Effect.gen(function* () {
      const foreman = yield* Effect.promise(lasting)
      const first = yield* Effect.promise(() => start(foreman))
      const port = Number(new URL(first.url).port)
      const connection = { url: first.url, token }
      const client = Rest.make(connection)
      // The first request after the change may meet a connection that the old server has closed.
      const create = (slug: string) =>
        client
          .createOrganization({ name: slug, slug }, { idempotencyKey: slug })
          .pipe(Effect.retry({ times: 3, while: ({ _tag }) => _tag === "ClientError" }))
      const following = yield* EventFeed.follow(connection, { after: "0" }).pipe(
        Stream.take(4),
        Stream.runCollect,
        Effect.forkChild({ startImmediately: true })
      )
      yield* create("one")
      yield* create("two")
      yield* Effect.promise(() => first.close())
      const second = yield* Effect.promise(() => start(foreman, { address: { port } }))
      yield* create("three")
      yield* create("four")
      const items = yield* Fiber.join(following)
      yield* Effect.promise(() => second.close())
      assert.deepStrictEqual(items.map(({ event }) => event.data["slug"]).toSorted(), [
        "four",
        "one",
        "three",
        "two"
      ])
    })
  )
})
