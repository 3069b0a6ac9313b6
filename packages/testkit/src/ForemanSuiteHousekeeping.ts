/**
 * What is kept in order by itself: the ready queue prefers what most depends on, and keys are known
 * for seven days.
 *
 * Left open on purpose: how long a rank takes to follow an event.
 *
 * @internal
 */
import { assert, it } from "@effect/vitest"
import { Clock, Effect, Schedule } from "effect"

import { Foreman, Identifier, Shell, type Task } from "@foreman/core"
import { asking, processOn } from "./ForemanSuiteAgents.ts"
import { type Backend, numbers, shared } from "./ForemanSuiteSubject.ts"
import * as TestForeman from "./TestForeman.ts"

// testing ---------------------------------------------------------------------

/**
 * Registers these tests.
 *
 * @category testing
 * @since 0.1.0
 */
export const register = (backend: Backend): void => {
  ranking(backend)
  catchingUp(backend)
  expiring(backend)
}

// internal --------------------------------------------------------------------

type Given = TestForeman.GivenTeam

/** Looks until the sight is this one. No event says that a rank has changed or that a key is gone. */
const comesToBe = Effect.fnUntraced(function* <A, E, R>(look: Effect.Effect<A, E, R>, wanted: A) {
  yield* Effect.repeat(look, {
    until: (sight) => JSON.stringify(sight) === JSON.stringify(wanted),
    schedule: Schedule.max([Schedule.spaced("5 millis"), Schedule.recurs(4_000)])
  })
  assert.deepStrictEqual(yield* look, wanted)
})

const readyIn = Effect.fnUntraced(function* ({ organization }: Given) {
  const { driver } = yield* Shell.Shell
  const rows = yield* driver.ask(organization.id, "ready", { limit: 20 })
  return rows.map((row) => [Number(row["id"]), Number(row["rank"])] as const)
})

/** Tasks that each wait for the one before, the first of them for the given one. */
const chain = Effect.fnUntraced(function* (given: Given, first: Task.Task, length: number) {
  const tasks: Array<Task.Task> = []
  for (const _ of numbers(length)) {
    const { id } = tasks.at(-1) ?? first
    tasks.push(yield* TestForeman.givenTask(given, { dependsOn: [id] }))
  }
  return tasks
})

/** A team of nobody whom anything could be given to. */
const quietTeam = TestForeman.givenTeam({ engineers: 0 })

const ranking = (backend: Backend) => {
  it.live(
    "prefers of two equals the one with the longer chain behind it, as the chains change",
    () =>
      Effect.gen(function* () {
        const here = yield* processOn(yield* shared(backend), { reactors: {} })
        const given = yield* here(quietTeam)
        const old = yield* here(TestForeman.givenTask(given))
        const young = yield* here(TestForeman.givenTask(given))
        const urgent = yield* here(TestForeman.givenTask(given, { priority: "critical" }))
        const [one, two, , , five] = yield* here(chain(given, young, 5))
        assert(one !== undefined && two !== undefined && five !== undefined)
        const ready = (...wanted: ReadonlyArray<readonly [number, number]>) =>
          here(comesToBe(readyIn(given), wanted))
        yield* ready([urgent.id, 0], [young.id, 5], [old.id, 0])

        // What is cut off is ready itself, and what it waited for is nobody's hurry any more.
        yield* here(
          asking((client) => client.removeDependency({ taskId: one.id, dependsOnId: young.id }))
        )
        yield* ready([urgent.id, 0], [one.id, 4], [old.id, 0], [young.id, 0])

        // A shorter chain behind another one: the longest counts.
        yield* here(
          asking((client) => client.addDependency({ taskId: two.id, dependsOnId: old.id }))
        )
        yield* ready([urgent.id, 0], [old.id, 4], [one.id, 4], [young.id, 0])

        yield* here(
          asking((client) => client.changeTaskStatus({ taskId: five.id, status: "cancelled" }))
        )
        yield* ready([urgent.id, 0], [old.id, 3], [one.id, 3], [young.id, 0])
      })
  )
}

const catchingUp = (backend: Backend) => {
  it.live("ranks what was planned, cut and cancelled while nobody kept house", () =>
    Effect.gen(function* () {
      const store = yield* shared(backend)
      const here = yield* processOn(store, {})
      const given = yield* here(quietTeam)
      const [old, young] = [
        yield* here(TestForeman.givenTask(given)),
        yield* here(TestForeman.givenTask(given))
      ]
      // Longer than what one step looks at.
      const tasks = yield* here(chain(given, young, 80))
      const [first, second] = tasks
      assert(first !== undefined && second !== undefined)
      assert.deepStrictEqual(yield* here(readyIn(given)), [
        [old.id, 0],
        [young.id, 0]
      ])
      const keepHouse = <A, E>(until: Effect.Effect<A, E>) =>
        Effect.scoped(Effect.andThen(processOn(store, { reactors: {} }), until))
      const ready = (...wanted: ReadonlyArray<readonly [number, number]>) =>
        here(comesToBe(readyIn(given), wanted))
      yield* keepHouse(ready([young.id, 80], [old.id, 0]))

      yield* here(
        asking((client) => client.removeDependency({ taskId: second.id, dependsOnId: first.id }))
      )
      yield* here(
        asking((client) =>
          client.changeTaskStatus({ taskId: tasks.at(-1)?.id ?? young.id, status: "cancelled" })
        )
      )
      yield* keepHouse(ready([second.id, 77], [young.id, 1], [old.id, 0]))
    })
  )
}

const dayMillis = 24 * 3600 * 1000

/** Does something as if it were so many days ago. */
const daysAgo =
  (days: number) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    Clock.clockWith((clock) => {
      const millis = () => clock.currentTimeMillisUnsafe() - days * dayMillis
      const nanos = () => clock.currentTimeNanosUnsafe() - BigInt(days * dayMillis) * 1_000_000n
      const earlier: Clock.Clock = {
        currentTimeMillisUnsafe: millis,
        currentTimeMillis: Effect.sync(millis),
        currentTimeNanosUnsafe: nanos,
        currentTimeNanos: Effect.sync(nanos),
        monotonicTimeNanosUnsafe: () => clock.monotonicTimeNanosUnsafe(),
        monotonicTimeNanos: clock.monotonicTimeNanos,
        sleep: (duration) => clock.sleep(duration)
      }
      return Effect.provideService(effect, Clock.Clock, earlier)
    })

const expiring = (backend: Backend) => {
  it.live("knows a key for seven days and not for eight, also where no agent is started", () =>
    Effect.gen(function* () {
      const store = yield* shared(backend)
      const here = yield* processOn(store, {})
      const found = (slug: Identifier.Slug) =>
        asking((client) =>
          client.createOrganization({ name: "Keyed", slug }, { idempotencyKey: `found-${slug}` })
        )
      const [oldSlug, newSlug] = ["keyed-old", "keyed-new"].map((slug) =>
        Identifier.Slug.make(slug)
      )
      assert(oldSlug !== undefined && newSlug !== undefined)
      yield* here(found(oldSlug).pipe(daysAgo(8)))
      const given = yield* here(quietTeam.pipe(daysAgo(8)))
      const create = (idempotencyKey: string) =>
        here(
          Foreman.use(({ client }) =>
            client.createTask(TestForeman.wanted(given.team.id), { idempotencyKey })
          ).pipe(TestForeman.asOperator)
        )
      const old = yield* create("old").pipe(daysAgo(8))
      const young = yield* create("young").pipe(daysAgo(6))
      const made = yield* here(found(newSlug).pipe(daysAgo(6)))
      assert.strictEqual((yield* create("old").pipe(daysAgo(6))).id, old.id)

      yield* processOn(store, { reactors: {} })
      const left = Effect.gen(function* () {
        const { driver } = yield* Shell.Shell
        const parameters = { before: Number.MAX_SAFE_INTEGER, limit: 100 }
        const [own, system] = [
          yield* driver.ask(given.organization.id, "old_receipts", parameters),
          yield* driver.ask("system", "old_receipts", parameters)
        ]
        return [own.length, system.length]
      })
      yield* here(comesToBe(left, [1, 1]))
      assert.strictEqual((yield* create("young")).id, young.id)
      assert.notStrictEqual((yield* create("old")).id, old.id)
      assert.deepStrictEqual(yield* here(found(newSlug)), made)
      // The slug is taken by the first one, which its key no longer says.
      assert.strictEqual((yield* Effect.flip(here(found(oldSlug))))._tag, "SlugTaken")
    })
  )
}
