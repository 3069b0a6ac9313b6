import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, References, Stream } from "effect"
import { TestClock } from "effect/testing"

import {
  type Actor,
  Authorization,
  Driver,
  DriverMemory,
  Foreman,
  Identifier,
  Shell,
  StoreClock
} from "@foreman/core"
import { TestForeman } from "@foreman/testkit"
import * as FeedMarks from "../../src/services/FeedMarks.ts"
import { broken, committing } from "./faults.ts"

const quiet = Effect.provideService(References.MinimumLogLevel, "None")

const found = (count: number) =>
  Effect.gen(function* () {
    const { client } = yield* Foreman
    return yield* Effect.forEach(Array.from({ length: count }), (_, n) =>
      client.createOrganization({ name: `Org ${n}`, slug: Identifier.Slug.make(`org-${n}`) })
    )
  })

const begin = (after?: string) => Foreman.use(({ events }) => events.begin({ after }))

const follow = (after: string, count: number) =>
  Foreman.use(({ events }) => Stream.runCollect(Stream.take(events.follow({ after }), count)))

const encode = (value: unknown) => btoa(JSON.stringify(value)).replace(/=+$/, "")

const decode = (cursor: string) =>
  JSON.parse(atob(cursor.replaceAll("-", "+").replaceAll("_", "/")))

const table = "feed_marks"

const marks = Effect.flatMap(Shell.Shell, ({ driver }) =>
  driver.find({ organization: "system", table, index: "key", equals: {}, limit: 100 })
)

const write = (step: Driver.Step) =>
  Effect.flatMap(Shell.Shell, ({ driver }) =>
    driver.commit({ organization: "system", reliesOn: [], steps: [step], events: [] })
  )

describe("a cursor of the feed", () => {
  it.effect("names its mark only when that is stored", () =>
    Effect.gen(function* () {
      const { events } = yield* Foreman
      const { driver } = yield* Shell.Shell
      yield* found(300)
      const named = new Set<string>()
      yield* events.follow({ after: "0" }).pipe(
        Stream.take(300),
        Stream.runForEach(({ cursor }) =>
          Effect.gen(function* () {
            const [id] = decode(cursor)
            if (typeof id !== "string") return
            named.add(id)
            const row = yield* driver.get("system", table, { id })
            assert.isDefined(row)
          })
        )
      )
      assert.isNotEmpty(named)
    }).pipe(TestForeman.asOperator, Effect.provide(TestForeman.layer()))
  )

  it.effect(
    "is taken in its first form, also where that is long, and given back in the other",
    () =>
      Effect.gen(function* () {
        const organizations = yield* found(150)
        const seen = organizations.slice(0, 149)
        const first = encode([Object.fromEntries(seen.map(({ id }) => [id, 1]))])
        assert.isAbove(first.length, 4096)
        const [item] = yield* follow(first, 1)
        assert.strictEqual(item?.event.orgId, organizations[149]?.id)
        const cursor = yield* begin(first)
        assert.isBelow(cursor.length, 4096)
        const [again] = yield* follow(cursor, 1)
        assert.strictEqual(again?.event.orgId, organizations[149]?.id)
      }).pipe(TestForeman.asOperator, Effect.provide(TestForeman.layer()))
  )

  it.effect("is shared by who stands at one place, and by who stands near it", () =>
    Effect.gen(function* () {
      const organizations = yield* found(200)
      const [one, two] = [yield* begin(), yield* begin()]
      assert.strictEqual(one, two)
      const { client } = yield* Foreman
      for (const { id, slug } of organizations.slice(0, 20)) {
        yield* client.createTeam({ orgId: id, name: "Web", slug })
      }
      const [, three] = [yield* follow(one, 40), yield* begin()]
      assert.notStrictEqual(three, one)
      assert.strictEqual(decode(three)[0], decode(one)[0])
      // Who has seen nothing yet is far from it.
      yield* follow("0", 240)
      assert.isAtMost((yield* marks).length, 4)
    }).pipe(TestForeman.asOperator, Effect.provide(TestForeman.layer()))
  )

  it.effect("whose mark is not there, or says nothing, is refused with what to do instead", () =>
    Effect.gen(function* () {
      yield* found(100)
      const cursor = yield* begin()
      const [id] = decode(cursor)
      const pairs = [[100, 1], [0, -9], [0], [0.5, 1], ["a", -1], [null, 1], {}, null]
      const cursors = pairs.map((some) => encode([id, some]))
      for (const after of [...cursors, encode([id]), encode(["x", []])]) {
        const { _tag } = yield* Effect.flip(begin(after))
        assert.strictEqual(_tag, "InvalidInput", atob(after))
      }
      yield* write({ _tag: "Set", table, key: { id }, row: { body: '[["a",-1]]' } })
      for (const change of [undefined, { _tag: "Delete", table, key: { id } } as const]) {
        if (change !== undefined) yield* write(change)
        const refusal = yield* Effect.flip(begin(cursor))
        assert(refusal._tag === "InvalidInput")
        assert.match(refusal.problems[0]?.problem ?? "", /not kept.*with 0.*from now on/)
        const ended = yield* Effect.flip(follow(cursor, 1))
        assert.strictEqual(ended._tag, "InvalidInput")
      }
    }).pipe(TestForeman.asOperator, Effect.provide(TestForeman.layer()))
  )

  it.effect(
    "of all organizations is not for who sees one, and goes on in one for who sees all",
    () =>
      Effect.gen(function* () {
        const { client, events } = yield* Foreman
        const [one, ...others] = yield* found(100)
        assert(one !== undefined)
        const cursor = yield* begin()
        const owner: Actor.Actor = { type: "user", id: "u", role: "owner", organizationId: one.id }
        const asOwner = Effect.provideService(Authorization.CurrentActor, owner)
        assert.strictEqual((yield* Effect.flip(asOwner(begin(cursor))))._tag, "InvalidInput")
        assert.deepStrictEqual(decode(yield* asOwner(begin())), [{ [one.id]: 1 }])
        for (const { id, slug } of [one, ...others.slice(0, 3)]) {
          yield* client.createTeam({ orgId: id, name: "Web", slug })
        }
        const [item] = yield* events
          .follow({ after: cursor, organizationId: one.id })
          .pipe(Stream.take(1), Stream.runCollect)
        assert.strictEqual(item?.event.type, "team.created")
        assert.deepStrictEqual(decode(item?.cursor ?? ""), [{ [one.id]: 2 }])
      }).pipe(TestForeman.asOperator, Effect.provide(TestForeman.layer()))
  )

  it.effect("that cannot be stored ends the feed as any other failure of the store", () =>
    Effect.gen(function* () {
      const driver = yield* DriverMemory.make
      yield* found(100).pipe(
        TestForeman.asOperator,
        Effect.provide(TestForeman.layer({ store: Layer.succeed(Driver.Driver, driver) }))
      )
      const readOnly = committing(driver, () => Effect.fail(broken()))
      const store = Layer.succeed(Driver.Driver, readOnly)
      const test = Effect.gen(function* () {
        const { events } = yield* Foreman
        const unavailable = yield* Effect.flip(begin())
        assert.strictEqual(unavailable._tag, "StoreUnavailable")
        let count = 0
        const ended = yield* events.follow({ after: "0" }).pipe(
          Stream.runForEach(() => Effect.sync(() => (count += 1))),
          Effect.flip
        )
        assert.strictEqual(ended._tag, "StoreUnavailable")
        // What fits without a mark was brought before.
        assert.isAbove(count, 50)
      })
      yield* Effect.provide(TestForeman.asOperator(test), TestForeman.layer({ store }))
    }).pipe(quiet)
  )

  it.effect("is kept for 30 days after its last use, and not longer", () =>
    Effect.gen(function* () {
      const { driver } = yield* Shell.Shell
      const clock = yield* StoreClock.StoreClock
      const forget = Effect.flatMap(clock.now, (now) => FeedMarks.forget(driver, now, 10))
      yield* found(100)
      const cursor = yield* begin()
      for (const _ of [1, 2]) {
        yield* TestClock.adjust("20 days")
        assert.strictEqual(yield* forget, 0)
        assert.strictEqual(yield* begin(cursor), cursor)
      }
      yield* TestClock.adjust("29 days")
      assert.strictEqual(yield* forget, 0)
      yield* TestClock.adjust("2 days")
      assert.strictEqual(yield* forget, 1)
      assert.deepStrictEqual(yield* marks, [])
      assert.strictEqual((yield* Effect.flip(begin(cursor)))._tag, "InvalidInput")
      // Who begins from now on at the same place makes it again.
      assert.strictEqual(yield* begin(), cursor)
      assert.strictEqual(yield* begin(cursor), cursor)
    }).pipe(TestForeman.asOperator, Effect.provide(TestForeman.layer()))
  )
})
