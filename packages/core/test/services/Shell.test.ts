import { describe, expect, it } from "@effect/vitest"
import { Effect, Layer, References } from "effect"

import { Driver, DriverMemory, Foreman, type Identifier } from "@foreman/core"
import { TestForeman } from "@foreman/testkit"

import { broken, committing } from "./faults.ts"

/** Runs a test on a team whose store fails from then on, and counts the commits. */
const failing = <A, E, R>(
  way: Parameters<typeof committing>[1],
  test: (given: TestForeman.GivenTeam, tries: () => number) => Effect.Effect<A, E, R>
) =>
  Effect.gen(function* () {
    const driver = yield* DriverMemory.make
    let isFailing = false
    let tries = 0
    const store = committing(driver, (_, commit, batch) => {
      if (!isFailing) return commit
      tries += 1
      return way(tries, commit, batch)
    })
    return yield* Effect.gen(function* () {
      const given = yield* TestForeman.givenTeam()
      isFailing = true
      return yield* test(given, () => tries)
    }).pipe(
      TestForeman.asOperator,
      Effect.provide(TestForeman.layer({ store: Layer.succeed(Driver.Driver, store) }))
    )
  }).pipe(Effect.provideService(References.MinimumLogLevel, "None"))

const create = ({ team }: TestForeman.GivenTeam) =>
  Foreman.use(({ client }) => client.createTask(TestForeman.wanted(team.id)))

describe("a command", () => {
  it.live("is done once although the store's answer was lost", () =>
    failing(
      (tries, commit) =>
        tries === 1 ? Effect.andThen(commit, Effect.fail(broken({ ambiguous: true }))) : commit,
      (given, tries) =>
        Effect.gen(function* () {
          const task = yield* create(given)
          expect(tries()).toBe(2)
          const { client } = yield* Foreman
          const { items } = yield* client.listTasks({ teamId: given.team.id })
          expect(items).toEqual([task])
        })
    )
  )

  it.live("is answered alike when it was sent through another process too, and came second", () =>
    Effect.gen(function* () {
      const driver = yield* DriverMemory.make
      const move = (taskId: Identifier.TaskId) =>
        Foreman.use(({ client }) =>
          client.changeTaskStatus({ taskId, status: "in_progress" }, { idempotencyKey: "once" })
        ).pipe(TestForeman.asOperator)
      const there = yield* Layer.build(
        TestForeman.layer({ store: Layer.succeed(Driver.Driver, driver) })
      )
      let other: Effect.Effect<unknown> = Effect.void
      // It comes between the look for a receipt and the look at the task.
      const versions: Driver.Driver["versions"] = (...input) =>
        Effect.suspend(() => {
          const first = other
          other = Effect.void
          return Effect.andThen(first, driver.versions(...input))
        })
      yield* Effect.gen(function* () {
        const given = yield* TestForeman.givenTeam()
        const { id } = yield* TestForeman.givenTask(given)
        other = Effect.orDie(Effect.provideContext(move(id), there))
        expect(yield* move(id)).toMatchObject({ id, status: "in_progress" })
        const events = yield* TestForeman.history(given.organization.id)
        expect(events.filter(({ type }) => type === "task.status_changed")).toHaveLength(1)
        // Another wish is refused as ever.
        const { client } = yield* Foreman
        const again = client.changeTaskStatus({ taskId: id, status: "in_progress" })
        expect(yield* Effect.flip(TestForeman.asOperator(again))).toMatchObject({
          _tag: "IllegalMove"
        })
      }).pipe(
        Effect.provide(
          Layer.fresh(
            TestForeman.layer({ store: Layer.succeed(Driver.Driver, { ...driver, versions }) })
          )
        )
      )
    })
  )

  it.live("is tried again when the store fails for a moment", () =>
    failing(
      (tries, commit) => (tries < 4 ? Effect.fail(broken({ retryable: true })) : commit),
      (given, tries) =>
        Effect.gen(function* () {
          yield* create(given)
          expect(tries()).toBe(4)
        })
    )
  )

  it.live(
    "ends as unavailable when the store goes on failing, a bounded number of tries later",
    () =>
      failing(
        () => Effect.fail(broken({ retryable: true })),
        (given, tries) =>
          Effect.gen(function* () {
            const refusal = yield* Effect.flip(create(given))
            expect(refusal).toMatchObject({ _tag: "StoreUnavailable", retryable: true })
            expect(tries()).toBe(7)
          })
      )
  )

  it.live("ends as unavailable at once when trying again would not help", () =>
    failing(
      () => Effect.fail(broken()),
      (given, tries) =>
        Effect.gen(function* () {
          const refusal = yield* Effect.flip(create(given))
          expect(refusal).toMatchObject({ _tag: "StoreUnavailable", retryable: false })
          expect(tries()).toBe(1)
        })
    )
  )

  it.live("ends as busy, never as a refusal, when others are always faster", () =>
    failing(
      (_, __, { reliesOn }) => Effect.succeed({ _tag: "Conflict", actual: reliesOn }),
      (given, tries) =>
        Effect.gen(function* () {
          expect(yield* Effect.flip(create(given))).toMatchObject({ _tag: "Busy", retryable: true })
          expect(tries()).toBe(12)
        })
    )
  )

  it.live("decides anew when somebody else was faster", () =>
    Effect.gen(function* () {
      const driver = yield* DriverMemory.make
      const store = Layer.succeed(Driver.Driver, driver)
      const other = yield* Layer.build(Layer.fresh(TestForeman.layer({ store })))
      let rival: Effect.Effect<unknown> = Effect.void
      const slow = committing(driver, (_, commit) => {
        const first = rival
        rival = Effect.void
        return Effect.andThen(first, commit)
      })
      yield* Effect.gen(function* () {
        const { client } = yield* Foreman
        const given = yield* TestForeman.givenTeam()
        const { id: taskId } = yield* TestForeman.givenTask(given)
        const start = client.changeTaskStatus({ taskId, status: "in_progress" })
        rival = Foreman.use(({ client }) =>
          client.changeTaskStatus({ taskId, status: "cancelled" })
        ).pipe(TestForeman.asOperator, Effect.provideContext(other), Effect.orDie)
        expect(yield* Effect.flip(start)).toMatchObject({ _tag: "IllegalMove", from: "cancelled" })
      }).pipe(
        TestForeman.asOperator,
        Effect.provide(TestForeman.layer({ store: Layer.succeed(Driver.Driver, slow) }))
      )
    })
  )
})

describe("a query", () => {
  it.live("is tried again, and ends as unavailable when the store goes on failing", () =>
    Effect.gen(function* () {
      const driver = yield* DriverMemory.make
      let tries = 0
      let failures = 3
      const find: Driver.Driver["find"] = (query) =>
        Effect.suspend(() => {
          tries += 1
          return tries <= failures ? Effect.fail(broken({ retryable: true })) : driver.find(query)
        })
      yield* Effect.gen(function* () {
        const { client } = yield* Foreman
        const given = yield* TestForeman.givenTeam({ engineers: 0, repositories: 0 })
        tries = 0
        expect((yield* client.listTasks({ teamId: given.team.id })).items).toEqual([])
        expect(tries).toBe(4)
        failures = Infinity
        const refusal = yield* Effect.flip(client.listTasks({ teamId: given.team.id }))
        expect(refusal).toMatchObject({ _tag: "StoreUnavailable", retryable: true })
        expect(tries).toBe(9)
      }).pipe(
        TestForeman.asOperator,
        Effect.provide(
          TestForeman.layer({ store: Layer.succeed(Driver.Driver, { ...driver, find }) })
        )
      )
    }).pipe(Effect.provideService(References.MinimumLogLevel, "None"))
  )

  it.live("says in its health what is wrong with the store", () =>
    Effect.gen(function* () {
      const driver = yield* DriverMemory.make
      const ask: Driver.Driver["ask"] = () => Effect.fail(broken())
      const store = Layer.succeed(Driver.Driver, { ...driver, ask })
      const health = yield* Foreman.use(({ client }) => client.ping({})).pipe(
        TestForeman.asOperator,
        Effect.provide(TestForeman.layer({ store }))
      )
      expect(health).toMatchObject({
        status: "degraded",
        postgres: "error: The store failed at commit",
        redis: "error: The store failed at commit",
        notifications: "error: The store failed at commit",
        store: "memory"
      })
    })
  )
})
