import { describe, expect, it } from "@effect/vitest"
import { Context, Deferred, Effect, Layer, References } from "effect"
import { TestClock } from "effect/testing"

import {
  type AgentRunnerMemory,
  Driver,
  DriverMemory,
  Foreman,
  type Task,
  WorkspaceMemory
} from "@foreman/core"
import { TestForeman } from "@foreman/testkit"
import { settled } from "../settling.ts"

const quiet = Effect.provideService(References.MinimumLogLevel, "None")

const isIn = (status: Task.Status) => (task: Task.Task) => task.status === status

/** A process on a store, whose disk has a name. */
const nodeOn = Effect.fnUntraced(function* (driver: Driver.Driver, node?: string) {
  const works: Array<number> = []
  const behaviour: AgentRunnerMemory.Behaviour = ({ taskId }) =>
    Effect.sync(() => {
      works.push(taskId)
      return {}
    })
  const services = yield* Layer.build(
    Layer.fresh(
      TestForeman.layer({
        store: Layer.succeed(Driver.Driver, driver),
        behaviour,
        reactors: { holder: node ?? "anywhere", node }
      })
    )
  )
  const landed = Effect.map(Context.get(services, WorkspaceMemory.Landings).list, (landings) =>
    landings.map(({ input }) => input.taskId)
  )
  return { landed, services, works }
})

/** A team whose only repository lies on the disk of that name, or nobody has used it. */
const givenHome = Effect.fnUntraced(function* (home?: string) {
  const { client } = yield* Foreman
  const settings = { delivery: "direct" } as const
  const given = yield* TestForeman.givenTeam({ engineers: 2, repositories: 0, settings })
  const repository = yield* TestForeman.asOperator(
    client.registerRepository({
      teamId: given.team.id,
      name: "repo",
      localPath: "/repositories/repo",
      defaultBranch: "main",
      config: home === undefined ? {} : { home }
    })
  )
  return { ...given, repository }
})

/** Somebody dispatches for an organisation already. That is no event, so it is asked for again. */
const untilHeld = (driver: Driver.Driver, organization: string) =>
  driver
    .get(organization, "singletons", { name: "dispatcher" })
    .pipe(
      Effect.delay("5 millis"),
      Effect.repeat({ until: (row) => row !== undefined }),
      Effect.timeout("20 seconds")
    )

/** So many seconds, one by one: what waits for the machine would miss its leases in one leap. */
const pass = (seconds: number) =>
  Effect.repeat(Effect.andThen(TestClock.adjust("1 second"), settled), { times: seconds - 1 })

describe("a repository with a home", () => {
  it.live("has its runs and its landings there, and the rest is done by who dispatches", () =>
    Effect.gen(function* () {
      const driver = yield* DriverMemory.make
      const north = yield* nodeOn(driver, "north")
      yield* Effect.gen(function* () {
        const given = yield* givenHome("south")
        const other = yield* TestForeman.givenTeam({ repositories: 0 })
        yield* untilHeld(driver, given.organization.id)
        const south = yield* nodeOn(driver, "south")
        const homed = yield* TestForeman.givenTask(given)
        const free = yield* TestForeman.givenTask(other)
        yield* TestForeman.untilTask(homed.id, isIn("done"), { within: "20 seconds" })
        yield* TestForeman.untilTask(free.id, isIn("in_review"))
        expect([north.works, south.works]).toEqual([[free.id], [homed.id]])
        expect([yield* north.landed, yield* south.landed]).toEqual([[], [homed.id]])
      }).pipe(Effect.provideContext(north.services))
    }).pipe(quiet)
  )

  it.live("got it when it was first used, once", () =>
    Effect.gen(function* () {
      const driver = yield* DriverMemory.make
      const { landed, services } = yield* nodeOn(driver, "north")
      yield* Effect.gen(function* () {
        const { client } = yield* Foreman
        const given = yield* givenHome()
        const tasks = yield* Effect.forEach([1, 2, 3], () => TestForeman.givenTask(given))
        const ids = tasks.map(({ id }) => id)
        yield* Effect.forEach(ids, (id) =>
          TestForeman.untilTask(id, isIn("done"), { within: "20 seconds" })
        )
        const { repositories } = yield* TestForeman.asOperator(
          client.getTeam({ teamId: given.team.id })
        )
        expect(repositories[0]?.config).toEqual({ home: "north" })
        const events = yield* TestForeman.history(given.organization.id)
        const homed = events.filter(({ type }) => type === "repo.homed")
        expect(homed.map(({ data }) => data["node"])).toEqual(["north"])
        expect(new Set(yield* landed)).toEqual(new Set(ids))
      }).pipe(Effect.provideContext(services))
    }).pipe(quiet)
  )

  it.live("has none where nodes have no disks of their own", () =>
    Effect.gen(function* () {
      const driver = yield* DriverMemory.make
      const { services } = yield* nodeOn(driver)
      yield* Effect.gen(function* () {
        const given = yield* givenHome()
        const { id } = yield* TestForeman.givenTask(given)
        yield* TestForeman.untilTask(id, isIn("done"))
        const events = yield* TestForeman.history(given.organization.id)
        expect(events.some(({ type }) => type === "repo.homed")).toBe(false)
      }).pipe(Effect.provideContext(services))
    }).pipe(quiet)
  )

  it.effect("has its tasks held while its node is away, and given back when it comes", () =>
    Effect.gen(function* () {
      const driver = yield* DriverMemory.make
      const north = yield* nodeOn(driver, "north")
      yield* Effect.gen(function* () {
        const { client } = yield* Foreman
        const given = yield* givenHome("south")
        const { id: taskId } = yield* TestForeman.givenTask(given)
        const task = TestForeman.asOperator(client.getTask({ taskId }))
        yield* TestClock.adjust("50 seconds")
        expect(yield* task).toMatchObject({ status: "todo", hold: null, attempts: 0 })
        yield* TestClock.adjust("40 seconds")
        expect(yield* task).toMatchObject({ status: "todo", hold: "home_away", attempts: 0 })

        const south = yield* nodeOn(driver, "south")
        yield* pass(10)
        expect(yield* task).toMatchObject({ status: "done", hold: null, attempts: 1 })
        expect([north.works, south.works]).toEqual([[], [taskId]])
      }).pipe(Effect.provideContext(north.services))
    }).pipe(quiet)
  )

  it.live("does not keep the tasks behind its own waiting", () =>
    Effect.gen(function* () {
      const driver = yield* DriverMemory.make
      const { services, works } = yield* nodeOn(driver, "north")
      yield* Effect.gen(function* () {
        const { client } = yield* Foreman
        const given = yield* givenHome("south")
        const here = yield* TestForeman.asOperator(
          client.registerRepository({
            teamId: given.team.id,
            name: "here",
            localPath: "/repositories/here",
            defaultBranch: "main",
            config: {}
          })
        )
        const repoIds = [given.repository.id]
        yield* Effect.forEach(Array.from({ length: 60 }), () =>
          TestForeman.givenTask(given, { repoIds, priority: "critical" })
        )
        const { id } = yield* TestForeman.givenTask(given, { repoIds: [here.id], priority: "low" })
        yield* TestForeman.untilTask(id, isIn("done"), { within: "20 seconds" })
        expect(works).toEqual([id])
      }).pipe(Effect.provideContext(services))
    }).pipe(quiet)
  )

  it.live("leaves the runs of its node alone when somebody else takes over the rest", () =>
    Effect.gen(function* () {
      const driver = yield* DriverMemory.make
      const begun = yield* Deferred.make<void>()
      const finish = yield* Deferred.make<void>()
      const south = yield* Layer.build(
        TestForeman.layer({
          store: Layer.succeed(Driver.Driver, driver),
          behaviour: () =>
            Deferred.succeed(begun, undefined).pipe(
              Effect.andThen(Deferred.await(finish)),
              Effect.as({})
            ),
          reactors: { holder: "south", node: "south" }
        })
      )
      yield* Effect.gen(function* () {
        const given = yield* givenHome("south")
        const { id } = yield* TestForeman.givenTask(given)
        yield* Deferred.await(begun)
        // Whoever did the rest is gone; another one takes it over and looks for what was left.
        const steps = [
          {
            _tag: "Set",
            table: "singletons",
            key: { name: "dispatcher" },
            row: { until: 0, token: 100 }
          }
        ] as const
        const organization = given.organization.id
        yield* Effect.orDie(driver.commit({ organization, reliesOn: [], steps, events: [] }))
        const north = yield* nodeOn(driver, "north")
        const other = yield* TestForeman.givenTeam({ repositories: 0 })
        const free = yield* TestForeman.givenTask(other)
        yield* TestForeman.untilTask(free.id, isIn("in_review"))
        yield* Deferred.succeed(finish, undefined)
        const task = yield* TestForeman.untilTask(id, isIn("done"), { within: "20 seconds" })
        expect(task).toMatchObject({ attempts: 1, lastOutcome: "succeeded" })
        expect(north.works).not.toContain(id)
      }).pipe(Effect.provideContext(south))
    }).pipe(quiet)
  )
})
