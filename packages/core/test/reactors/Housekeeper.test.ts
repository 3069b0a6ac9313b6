import { describe, expect, it } from "@effect/vitest"
import { Effect, Fiber, Layer, References, Schedule } from "effect"
import { TestClock } from "effect/testing"

import {
  Doctor,
  Driver,
  DriverMemory,
  Foreman,
  Housekeeper,
  type Identifier,
  Shell,
  StoreClock,
  Tenure
} from "@foreman/core"
import { TestForeman } from "@foreman/testkit"
import * as Ranks from "../../src/reactors/Ranks.ts"
import { broken, committing } from "../services/faults.ts"

const quiet = Effect.provideService(References.MinimumLogLevel, "None")

type Given = TestForeman.GivenTeam
type TaskId = Identifier.TaskId

/** The rank of every task that is not over, and what it is by its definition. */
const ranks = Effect.fnUntraced(function* ({ organization }: Given) {
  const { driver } = yield* Shell.Shell
  const query = { organization: organization.id, index: "key", equals: {}, limit: 10_000 }
  const tasks = yield* driver.find({ ...query, table: "tasks" })
  const edges = yield* driver.find({ ...query, table: "task_dependencies" })
  const open = tasks.filter(({ status }) => status !== "done" && status !== "cancelled")
  const known = new Map<unknown, number>()
  const isOpen = new Set(open.map(({ id }) => id))
  const longest = (id: unknown): number => {
    const found = known.get(id)
    if (found !== undefined) return found
    const waiting = edges.filter((edge) => edge["depends_on_id"] === id)
    const behind = waiting.map((edge) => edge["task_id"]).filter((one) => isOpen.has(one ?? null))
    const rank = behind.reduce<number>((most, one) => Math.max(most, longest(one) + 1), 0)
    known.set(id, rank)
    return rank
  }
  return {
    stored: open.map(({ id, rank }) => [id, rank]),
    defined: open.map(({ id }) => [id, longest(id)])
  }
})

const settled = (given: Given) =>
  Effect.gen(function* () {
    yield* Effect.repeat(ranks(given), {
      until: ({ defined, stored }) => JSON.stringify(stored) === JSON.stringify(defined),
      schedule: Schedule.max([Schedule.spaced("5 millis"), Schedule.recurs(4_000)])
    })
    const { defined, stored } = yield* ranks(given)
    expect(stored).toEqual(defined)
    return stored.map(([, rank]) => Number(rank))
  })

const chain = Effect.fnUntraced(function* (given: Given, length: number) {
  const ids: Array<TaskId> = []
  for (let n = 0; n < length; n++) {
    const last = ids.at(-1)
    const { id } = yield* TestForeman.givenTask(given, {
      dependsOn: last === undefined ? [] : [last]
    })
    ids.push(id)
  }
  return ids
})

/** The same numbers every time. */
const dice = (seed: number) => {
  let state = seed
  return (below: number) => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648
    return Math.floor((state / 2_147_483_648) * below)
  }
}

describe("ranks", () => {
  it.live("are right after any changes of a graph", () =>
    Effect.gen(function* () {
      const { client } = yield* Foreman
      const given = yield* TestForeman.givenTeam({ engineers: 0 })
      const roll = dice(20_261_121)
      const ids: Array<TaskId> = []
      const any = () => ids[roll(ids.length)] ?? ids[0]
      for (let step = 0; step < 400; step++) {
        const [taskId, dependsOnId] = [any(), any()]
        if (taskId === undefined || dependsOnId === undefined || ids.length < 60) {
          const dependsOn = [...new Set(ids.length < 4 ? [] : [any(), any()])]
          const known = dependsOn.filter((id) => id !== undefined)
          const task = yield* Effect.option(
            client.createTask(TestForeman.wanted(given.team.id, { dependsOn: known }))
          )
          if (task._tag === "Some") ids.push(task.value.id)
        } else if (step % 29 === 0) {
          yield* Effect.ignore(client.changeTaskStatus({ taskId, status: "cancelled" }))
        } else if (step % 2 === 0) {
          yield* Effect.ignore(client.addDependency({ taskId, dependsOnId }))
        } else {
          const { dependsOn } = yield* client.getTask({ taskId })
          const [first] = dependsOn
          if (first === undefined) continue
          yield* Effect.ignore(client.removeDependency({ taskId, dependsOnId: first }))
        }
        if (step % 100 === 99) yield* settled(given)
      }
      expect(Math.max(...(yield* settled(given)))).toBeGreaterThan(4)
      const { driver } = yield* Shell.Shell
      expect(yield* Doctor.check(driver)).toMatchObject({ violations: 0 })
    }).pipe(TestForeman.asOperator, Effect.provide(TestForeman.layer({ reactors: {} })))
  )

  it.effect("of a long chain take few steps, each of a few hundred tasks", () =>
    Effect.gen(function* () {
      const driver = yield* DriverMemory.make
      const sizes: Array<number> = []
      const counting = committing(driver, (_, commit, { steps }) => {
        const ranked = steps.filter((step) => step._tag === "Apply" && step.name === "rank_task")
        if (ranked.length > 0) sizes.push(ranked.length)
        return commit
      })
      yield* Effect.gen(function* () {
        const shell = yield* Shell.Shell
        const given = yield* TestForeman.givenTeam({ engineers: 0 })
        const ids = yield* chain(given, 1500)
        const organization = given.organization.id
        const place = { shell, organization, fence: [] }
        yield* Ranks.settle(place, ids, false)
        const { defined, stored } = yield* ranks(given)
        expect(stored).toEqual(defined)
        expect(sizes.length).toBeLessThan(10)
        expect(Math.max(...sizes)).toBeLessThanOrEqual(512)
        // What is right already is not followed any further.
        sizes.length = 0
        yield* Ranks.settle(place, ids.slice(-2, -1), false)
        expect(sizes).toEqual([32])
      }).pipe(Effect.provide(TestForeman.layer({ store: Layer.succeed(Driver.Driver, counting) })))
    })
  )

  it.live("are finished by whoever comes next when the store fails in the middle", () =>
    Effect.gen(function* () {
      const driver = yield* DriverMemory.make
      const failing = { at: 0, rounds: 0 }
      const store = committing(driver, (_, commit, { steps }) => {
        if (!steps.some((step) => step._tag === "Apply" && step.name === "rank_task")) return commit
        failing.rounds += 1
        return failing.rounds === failing.at ? Effect.fail(broken()) : commit
      })
      yield* Effect.gen(function* () {
        const shell = yield* Shell.Shell
        const given = yield* TestForeman.givenTeam({ engineers: 0 })
        const ids = yield* chain(given, 200)
        const place = { shell, organization: given.organization.id, fence: [] }
        const settle = (isThorough: boolean) => Ranks.settle(place, ids.slice(-2, -1), isThorough)
        // The first step is written, the second is not: what it looked at first is right already.
        failing.at = 2
        expect((yield* Effect.flip(settle(false)))._tag).toBe("StoreUnavailable")
        const { defined, stored } = yield* ranks(given)
        expect(stored).not.toEqual(defined)
        yield* settle(true)
        expect(yield* ranks(given)).toEqual({ defined, stored: defined })
        // A change at the end of the chain is handed on to its beginning, down as well as up.
        const { client } = yield* Foreman
        const [last] = ids.slice(-1)
        if (last === undefined) return yield* Effect.die("no chain")
        yield* TestForeman.asOperator(
          client.changeTaskStatus({ taskId: last, status: "cancelled" })
        )
        yield* settle(false)
        const after = yield* ranks(given)
        expect(after.stored).toEqual(after.defined)
        expect(after.stored[0]).toEqual([ids[0], 198])
      }).pipe(Effect.provide(TestForeman.layer({ store: Layer.succeed(Driver.Driver, store) })))
    }).pipe(quiet)
  )

  it.live("go on after the store could not be written for a moment", () =>
    Effect.gen(function* () {
      const driver = yield* DriverMemory.make
      let failures = 0
      const store = committing(driver, (_, commit, { steps }) =>
        steps.some((step) => step._tag === "Apply" && step.name === "rank_task") && ++failures < 2
          ? Effect.fail(broken())
          : commit
      )
      const test = Effect.gen(function* () {
        const given = yield* TestForeman.givenTeam({ engineers: 0 })
        yield* chain(given, 5)
        expect(yield* settled(given)).toEqual([4, 3, 2, 1, 0])
        expect(failures).toBeGreaterThan(1)
      })
      const options = { store: Layer.succeed(Driver.Driver, store), reactors: {} }
      yield* Effect.provide(test, TestForeman.layer(options))
    }).pipe(quiet)
  )
})

describe("a housekeeper", () => {
  it.live("that stood still ranks nothing once another one has begun to", () =>
    Effect.gen(function* () {
      const shell = yield* Shell.Shell
      const clock = yield* StoreClock.StoreClock
      const given = yield* TestForeman.givenTeam({ engineers: 0 })
      const organization = given.organization.id
      yield* chain(given, 3)
      const hold = Effect.fnUntraced(function* (holder: string) {
        const wanted = { organization: "system", name: "housekeeper", holder, ttlMillis: 0 }
        return (yield* Tenure.acquire(shell, clock, wanted)) ?? (yield* Effect.die("not free"))
      })
      const [first, second] = [yield* hold("first"), yield* hold("second")]
      const cursor = shell.driver.get(organization, "cursors", { name: "ranks" })
      const ranking = yield* Effect.forkChild(Ranks.follow(shell, first))
      yield* settled(given)
      expect(yield* cursor).toMatchObject({ token: first.token })

      const next = yield* Effect.forkChild(Ranks.follow(shell, second))
      yield* Effect.repeat(cursor, {
        until: (row) => row?.["token"] === second.token,
        schedule: Schedule.max([Schedule.spaced("5 millis"), Schedule.recurs(4_000)])
      })
      yield* chain(given, 2)
      // It notices at its next step, and ends by itself; nobody begins under its tenure any more.
      yield* Fiber.join(ranking)
      yield* Ranks.follow(shell, first)
      expect(yield* settled(given)).toEqual([2, 1, 0, 1, 0])
      expect(yield* cursor).toMatchObject({ token: second.token })
      yield* Fiber.interrupt(next)
    }).pipe(Effect.provide(TestForeman.layer()), quiet)
  )
})

describe("receipts", () => {
  it.effect("are forgotten after seven days in small batches, and the doctor minds it not", () =>
    Effect.gen(function* () {
      const driver = yield* DriverMemory.make
      const batches: Array<unknown> = []
      const counting = committing(driver, (_, commit, { steps }) => {
        for (const step of steps) if (step._tag === "Apply") batches.push(step)
        return commit
      })
      yield* Effect.gen(function* () {
        const shell = yield* Shell.Shell
        const clock = yield* StoreClock.StoreClock
        const given = yield* TestForeman.givenTeam()
        const { id: organization } = given.organization
        for (let n = 0; n < 1100; n++) {
          const receipt = { key: `k${n}`, digest: "", answer: "{}" }
          yield* driver.commit({ organization, reliesOn: [], steps: [], events: [], receipt })
        }
        const kept = Effect.map(
          driver.ask(organization, "old_receipts", {
            before: Number.MAX_SAFE_INTEGER,
            limit: 10_000
          }),
          (rows) => rows.length
        )
        const all = yield* kept
        yield* TestClock.adjust("7 days")
        yield* Housekeeper.sweep(shell, clock)
        expect(yield* kept).toBe(all)
        expect(batches).toEqual([])
        yield* TestForeman.givenTask(given)
        yield* TestClock.adjust("1 minute")
        yield* Housekeeper.sweep(shell, clock)
        expect(yield* kept).toBe(1)
        // The organisation's three batches, and the one in which it was made.
        expect(batches.filter((step) => JSON.stringify(step).includes("expire"))).toHaveLength(4)
        expect(yield* Doctor.check(driver)).toMatchObject({ violations: 0 })
      }).pipe(Effect.provide(TestForeman.layer({ store: Layer.succeed(Driver.Driver, counting) })))
    })
  )

  it.effect("are missed by the doctor for as long as they are to be kept", () =>
    Effect.gen(function* () {
      const driver = yield* DriverMemory.make
      const store = Layer.succeed(Driver.Driver, driver)
      yield* TestForeman.givenTeam().pipe(Effect.provide(TestForeman.layer({ store })))
      const without: Driver.Driver = { ...driver, receipt: () => Effect.as(Effect.void, undefined) }
      const missed = Effect.map(
        Doctor.check(without, { invariants: ["I-17"] }),
        ({ violations }) => violations
      )
      yield* TestClock.adjust("5 days")
      expect(yield* missed).toBeGreaterThan(0)
      yield* TestClock.adjust("3 days")
      expect(yield* missed).toBe(0)
    })
  )
})
