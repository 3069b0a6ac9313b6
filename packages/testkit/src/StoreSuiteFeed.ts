/**
 * What followers of a store's feed are promised: every event, once, in order, whoever writes.
 *
 * @since 0.1.0
 */
import { expect, it as test, layer } from "@effect/vitest"
import { Effect, Exit, Fiber, Scope, Stream } from "effect"

import { Chain, type Driver, Feed } from "@foreman/core"
import * as Given from "./StoreSuiteSubject.ts"
import { commit, event, Subject } from "./StoreSuiteSubject.ts"

// testing ---------------------------------------------------------------------

/**
 * Registers these tests.
 *
 * @category testing
 * @since 0.1.0
 */
export const register = (backend: Given.Backend): void => {
  layer(Given.layerOf(backend), { excludeTestServices: true })((it) => {
    one(it)
    waking(it)
    all(it)
  })
  processes(backend)
}

// internal --------------------------------------------------------------------

const collect = (count: number, stream: Stream.Stream<Driver.StoredEvent, Driver.StoreError>) =>
  Stream.runCollect(Stream.take(stream, count))

/** `writers` at once, each with so many commits of one event after the other. */
const write = (driver: Driver.Driver, organization: string, writers: number, commits: number) =>
  Effect.forEach(
    Array.from({ length: writers }, (_, index) => index),
    (writer) =>
      Effect.forEach(Array.from({ length: commits }), () =>
        driver.commit(Given.batch(organization, { events: [event(`task:${writer}`)] }))
      ),
    { concurrency: "unbounded", discard: true }
  )

const expectGapless = Effect.fnUntraced(function* (
  events: ReadonlyArray<Driver.StoredEvent>,
  count: number
) {
  expect(events.map(({ position }) => position)).toEqual(
    Array.from({ length: count }, (_, index) => index + 1)
  )
  expect(yield* Effect.promise(() => Chain.firstBroken(events))).toBeUndefined()
})

const one = (it: Given.It) => {
  it.effect("sees each position once, in order, with 16 writers", () =>
    Effect.gen(function* () {
      const { driver } = yield* Subject
      const acme = yield* Given.organization
      const following = { organization: acme, after: 0 }
      const followers = yield* Effect.forEach(
        [
          Feed.follow(driver, { ...following, pageSize: 37 }),
          Feed.follow(driver, { ...following, rest: "2 millis" }),
          Feed.follow(driver, { ...following, poll: "5 millis", pageSize: 500 }),
          Feed.follow({ ...driver, changes: Stream.empty }, { ...following, poll: "5 millis" })
        ],
        (stream) => Effect.forkChild(collect(400, stream))
      )
      yield* write(driver, acme, 16, 25)
      for (const follower of followers) yield* expectGapless(yield* Fiber.join(follower), 400)
    })
  )

  it.effect("begins after its cursor and follows one organisation only", () =>
    Effect.gen(function* () {
      const { driver } = yield* Subject
      const [acme, other] = [yield* Given.organization, yield* Given.organization]
      yield* write(driver, acme, 1, 5)
      yield* write(driver, other, 1, 5)
      const stream = Feed.follow(driver, { organization: acme, after: 2, pageSize: 2 })
      const events = yield* collect(3, stream)
      expect(events.map(({ organization, position }) => [organization, position])).toEqual([
        [acme, 3],
        [acme, 4],
        [acme, 5]
      ])
      // The same value followed twice begins twice at the same place.
      expect(yield* collect(3, stream)).toEqual(events)
    })
  )
}

const waking = (it: Given.It) => {
  it.effect("is woken by a hint long before it would look by itself", () =>
    Effect.gen(function* () {
      const { driver } = yield* Subject
      const acme = yield* Given.organization
      const stream = Feed.follow(driver, { organization: acme, after: 0, poll: "1 hour" })
      const follower = yield* Effect.forkChild(collect(3, stream))
      // A hint may be lost before the follower listens, so something is written until it has all.
      const writer = commit(Given.batch(acme, { events: [event("a")] })).pipe(
        Effect.andThen(Effect.sleep("5 millis")),
        Effect.forever
      )
      const events = yield* Effect.raceFirst(Fiber.join(follower), writer)
      expect(events.map(({ position }) => position)).toEqual([1, 2, 3])
    })
  )

  it.effect("that is slow makes nobody wait and misses nothing", () =>
    Effect.gen(function* () {
      const { driver } = yield* Subject
      const acme = yield* Given.organization
      const slow = Feed.follow(driver, { organization: acme, after: 0, pageSize: 7 }).pipe(
        Stream.tap(({ position }) => (position % 10 === 0 ? Effect.sleep("1 millis") : Effect.void))
      )
      const follower = yield* Effect.forkChild(collect(200, slow))
      yield* write(driver, acme, 4, 50)
      yield* expectGapless(yield* Fiber.join(follower), 200)
    })
  )
}

const all = (it: Given.It) => {
  it.effect("of all organisations sees each event once, also of those that appear later", () =>
    Effect.gen(function* () {
      const { driver } = yield* Subject
      const names = yield* Effect.forEach([0, 1, 2, 3], () => Given.organization)
      const [first = "", second = "", third = "", later = ""] = names
      yield* write(driver, first, 1, 9)
      yield* write(driver, second, 1, 3)
      const others = yield* driver.ask("", "heads", { after: "", limit: 10_000 })
      const known = others.map(({ organization, position }) => [organization, position])
      const after = { ...Object.fromEntries(known), [first]: 4, [second]: 0 }
      const stream = Feed.followAll(driver, { after, poll: "20 millis", pageSize: 2 })
      const follower = yield* Effect.forkChild(collect(5 + 3 + 20 + 20, stream))
      yield* Effect.all([write(driver, third, 4, 5), write(driver, later, 4, 5)], {
        concurrency: "unbounded"
      })
      const events = yield* Fiber.join(follower)
      const seen = (name: string) =>
        events.flatMap(({ organization, position }) => (organization === name ? [position] : []))
      const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1)
      expect(seen(first)).toEqual([5, 6, 7, 8, 9])
      expect(seen(second)).toEqual([1, 2, 3])
      expect(seen(third)).toEqual(upTo(20))
      expect(seen(later)).toEqual(upTo(20))
    })
  )

  it.effect("of all organisations is not kept from the quiet ones by a busy one", () =>
    Effect.gen(function* () {
      const { driver } = yield* Subject
      const [busy, quiet] = [yield* Given.organization, yield* Given.organization]
      yield* write(driver, busy, 4, 50)
      yield* write(driver, quiet, 1, 1)
      const following = { after: {}, organizations: [busy, quiet], pageSize: 10 }
      const events = yield* collect(201, Feed.followAll(driver, following))
      expect(events.findIndex(({ organization }) => organization === quiet)).toBeLessThan(30)
    })
  )
}

const processes = (backend: Given.Backend) => {
  test("sees what two connections write at the same time", async ({ skip }) => {
    const scope = Scope.makeUnsafe()
    const body = Effect.gen(function* () {
      const { driver, openSecond } = yield* Subject
      if (!driver.capabilities.manyProcesses) return false
      const second = yield* openSecond
      const acme = yield* Given.organization
      const followers = yield* Effect.forEach([driver, second], (one) =>
        Effect.forkChild(
          collect(400, Feed.follow(one, { organization: acme, after: 0, poll: "100 millis" }))
        )
      )
      yield* Effect.all([write(driver, acme, 8, 25), write(second, acme, 8, 25)], {
        concurrency: "unbounded"
      })
      for (const follower of followers) yield* expectGapless(yield* Fiber.join(follower), 400)
      return true
    })
    const subject = Effect.provide(body, Given.layerOf(backend))
    const isRun = await Effect.runPromise(Effect.provideService(subject, Scope.Scope, scope))
    await Effect.runPromise(Scope.close(scope, Exit.void))
    if (!isRun) skip("the store is in one process only")
  })

  test("hears of what another connection writes before it would look", async ({ skip }) => {
    const scope = Scope.makeUnsafe()
    const body = Effect.gen(function* () {
      const { driver, openSecond } = yield* Subject
      if (!driver.capabilities.manyProcesses) return false
      const second = yield* openSecond
      const acme = yield* Given.organization
      const stream = Feed.follow(driver, { organization: acme, after: 0, poll: "1 hour" })
      const follower = yield* Effect.forkChild(collect(3, stream))
      const writer = write(second, acme, 1, 1).pipe(
        Effect.andThen(Effect.sleep("5 millis")),
        Effect.forever
      )
      const events = yield* Effect.raceFirst(Fiber.join(follower), writer)
      expect(events.map(({ position }) => position)).toEqual([1, 2, 3])
      return true
    })
    const subject = Effect.provide(body, Given.layerOf(backend))
    const isRun = await Effect.runPromise(Effect.provideService(subject, Scope.Scope, scope))
    await Effect.runPromise(Scope.close(scope, Exit.void))
    if (!isRun) skip("the store is in one process only")
  })
}
