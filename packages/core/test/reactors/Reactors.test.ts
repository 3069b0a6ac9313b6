import { describe, expect, it } from "@effect/vitest"
import { Context, Deferred, Effect, Exit, Fiber, Layer, References, Scope } from "effect"
import { TestClock } from "effect/testing"

import {
  type AgentRunner,
  type AgentRunnerMemory,
  Driver,
  DriverMemory,
  Foreman,
  Reactors,
  type Task,
  Workspace
} from "@foreman/core"
import { TestForeman } from "@foreman/testkit"
import { broken, committing } from "../services/faults.ts"
import { settled } from "../settling.ts"

const isIn = (status: Task.Status) => (task: Task.Task) => task.status === status

const quiet = Effect.provideService(References.MinimumLogLevel, "None")

/** An agent that ends when it may. */
const patient = Effect.gen(function* () {
  const finish = yield* Deferred.make<void>()
  const behaviour: AgentRunnerMemory.Behaviour = () => Effect.as(Deferred.await(finish), {})
  return { behaviour, finish: Deferred.succeed(finish, undefined) }
})

const writes = ({ steps }: Driver.Batch, table: string) =>
  steps.some((step) => "table" in step && step.table === table && step._tag === "Set")

describe("a dispatcher", () => {
  it.live("goes on after a defect, since nobody else would do its work", () =>
    Effect.gen(function* () {
      const driver = yield* DriverMemory.make
      let defects = 0
      const store: Driver.Driver = {
        ...driver,
        ask: (organization, name, parameters) =>
          Effect.suspend(() => {
            if (name !== "startable" || defects > 0)
              return driver.ask(organization, name, parameters)
            defects += 1
            return Effect.die(new Error("a bug"))
          })
      }
      yield* Effect.gen(function* () {
        const given = yield* TestForeman.givenTeam()
        const { id } = yield* TestForeman.givenTask(given)
        yield* TestForeman.untilTask(id, isIn("in_review"))
        expect(defects).toBe(1)
      }).pipe(
        Effect.provide(
          TestForeman.layer({ store: Layer.succeed(Driver.Driver, store), reactors: {} })
        )
      )
    }).pipe(quiet)
  )

  it.effect("goes on with its runs when the store fails for a moment", () =>
    Effect.gen(function* () {
      const driver = yield* DriverMemory.make
      const agent = yield* patient
      let isFailing = false
      let failures = 0
      const store = committing(driver, (_, commit, batch) => {
        if (!isFailing || !writes(batch, "singletons")) return commit
        failures += 1
        return Effect.fail(broken())
      })
      const test = Effect.gen(function* () {
        const given = yield* TestForeman.givenTeam()
        const { id: taskId } = yield* TestForeman.givenTask(given)
        yield* TestForeman.untilTask(taskId, ({ liveRunId }) => liveRunId !== null)
        isFailing = true
        yield* Effect.andThen(TestClock.adjust("100 millis"), settled).pipe(
          Effect.repeat({ until: () => failures === 2 })
        )
        isFailing = false
        yield* agent.finish
        const task = yield* TestForeman.untilTask(taskId, ({ liveRunId }) => liveRunId === null)
        expect(task).toMatchObject({ attempts: 1, lastOutcome: "succeeded" })
      })
      const options = {
        store: Layer.succeed(Driver.Driver, store),
        behaviour: agent.behaviour,
        reactors: { ttlMillis: 2000 }
      }
      yield* Effect.provide(test, TestForeman.layer(options))
    }).pipe(quiet)
  )

  it.live("goes on with its runs when the feed cannot be read for a moment", () =>
    Effect.gen(function* () {
      const driver = yield* DriverMemory.make
      const failed = yield* Deferred.make<void>()
      const agent = yield* patient
      let failures = 0
      const readAll: Driver.Driver["readAll"] = (...input) =>
        Effect.suspend(() => {
          if (failures === 0) return driver.readAll(...input)
          failures -= 1
          const note = failures === 0 ? Deferred.succeed(failed, undefined) : Effect.void
          return Effect.andThen(note, Effect.fail(broken()))
        })
      const store = Layer.succeed(Driver.Driver, { ...driver, readAll })
      // Who waits reads from the store itself, so only the reactors meet the failure.
      const outside = yield* Layer.build(
        TestForeman.layer({ store: Layer.succeed(Driver.Driver, driver) })
      )
      yield* Layer.build(TestForeman.layer({ store, behaviour: agent.behaviour, reactors: {} }))
      yield* Effect.gen(function* () {
        const { client } = yield* Foreman
        const given = yield* TestForeman.givenTeam({ engineers: 2 })
        const { id: taskId } = yield* TestForeman.givenTask(given)
        yield* TestForeman.untilTask(taskId, ({ liveRunId }) => liveRunId !== null)
        // The dispatcher's read and the housekeeper's; each waits a second before its next.
        failures = 2
        const update = client.updateTask({ taskId, title: "Something to read" })
        yield* TestForeman.asOperator(update)
        yield* Deferred.await(failed)
        // Another task is begun after the failure, and the first one is still worked at.
        const other = yield* TestForeman.givenTask(given)
        yield* TestForeman.untilTask(other.id, ({ attempts }) => attempts === 1)
        const task = yield* TestForeman.asOperator(client.getTask({ taskId }))
        expect(task).toMatchObject({ lastOutcome: null, attempts: 1 })
        yield* agent.finish
        yield* TestForeman.untilTask(taskId, isIn("in_review"))
      }).pipe(Effect.provideContext(outside))
    }).pipe(quiet)
  )

  it.live("records how a run ended although the store fails for a moment", () =>
    Effect.gen(function* () {
      const driver = yield* DriverMemory.make
      const agent = yield* patient
      let failures = 0
      const store = committing(driver, (_, commit, { events }) =>
        events.some(({ type }) => type === "run.succeeded") && failures++ < 2
          ? Effect.fail(broken())
          : commit
      )
      const test = Effect.gen(function* () {
        const given = yield* TestForeman.givenTeam()
        const { id: taskId } = yield* TestForeman.givenTask(given)
        yield* agent.finish
        const task = yield* TestForeman.untilTask(taskId, isIn("in_review"))
        expect(task).toMatchObject({ attempts: 1, lastOutcome: "succeeded" })
        expect(failures).toBe(3)
      })
      const store_ = Layer.succeed(Driver.Driver, store)
      const options = { store: store_, behaviour: agent.behaviour, reactors: {} }
      yield* Effect.provide(test, TestForeman.layer(options))
    }).pipe(quiet)
  )

  it.live("records a run as lost whose end it could not record, and goes on", () =>
    Effect.gen(function* () {
      const driver = yield* DriverMemory.make
      const agent = yield* patient
      let defects = 0
      const store = committing(driver, (_, commit, { events }) =>
        events.some(({ type }) => type === "run.succeeded") && defects++ < 2
          ? Effect.die(new Error("a bug"))
          : commit
      )
      const test = Effect.gen(function* () {
        const given = yield* TestForeman.givenTeam()
        const { id: taskId } = yield* TestForeman.givenTask(given)
        yield* agent.finish
        const lost = yield* TestForeman.untilTask(taskId, (task) => task.lastOutcome !== null)
        expect(lost).toMatchObject({ attempts: 1, lastOutcome: "lost", liveRunId: null })
        // Its agent is free for the next one.
        const { id } = yield* TestForeman.givenTask(given)
        yield* TestForeman.untilTask(id, isIn("in_review"))
      })
      const store_ = Layer.succeed(Driver.Driver, store)
      const options = { store: store_, behaviour: agent.behaviour, reactors: {} }
      yield* Effect.provide(test, TestForeman.layer(options))
    }).pipe(quiet)
  )

  it.live("records the end of a run although the store cannot be read for a moment", () =>
    Effect.gen(function* () {
      const driver = yield* DriverMemory.make
      const agent = yield* patient
      let isAway = false
      let refused = 0
      const versions: Driver.Driver["versions"] = (organization, streams) =>
        Effect.suspend(() => {
          const isEnd = streams.some((stream) => stream.startsWith("task:"))
          if (!isAway || !isEnd || refused++ > 2) return driver.versions(organization, streams)
          return Effect.fail(broken({ retryable: true }))
        })
      const test = Effect.gen(function* () {
        const given = yield* TestForeman.givenTeam()
        const { id: taskId } = yield* TestForeman.givenTask(given)
        yield* TestForeman.untilTask(taskId, ({ liveRunId }) => liveRunId !== null)
        isAway = true
        yield* agent.finish
        const task = yield* TestForeman.untilTask(taskId, isIn("in_review"))
        expect(task).toMatchObject({ attempts: 1, lastOutcome: "succeeded" })
        expect(refused).toBeGreaterThan(2)
      })
      const store = Layer.succeed(Driver.Driver, { ...driver, versions })
      const options = { store, behaviour: agent.behaviour, reactors: {} }
      yield* Effect.provide(test, TestForeman.layer(options))
    }).pipe(quiet)
  )

  it.live("passes over a task that it has to hold, in the same breath", () =>
    Effect.gen(function* () {
      const given = yield* TestForeman.givenTeam({ repositories: 2 })
      const [place] = given.repositories
      if (place === undefined) return yield* Effect.die("no repository")
      const unclear = yield* Effect.forEach([1, 2, 3], () =>
        TestForeman.givenTask(given, { priority: "critical" })
      )
      const clear = yield* TestForeman.givenTask(given, { repoIds: [place.id] })
      yield* TestForeman.untilTask(clear.id, isIn("in_review"))
      for (const { id } of unclear) {
        yield* TestForeman.untilTask(id, ({ hold }) => hold === "repository_needed")
      }
    }).pipe(Effect.provide(TestForeman.layer({ reactors: {} })))
  )
})

describe("an end", () => {
  it.effect("waits seven seconds for an agent that does not stop, and then interrupts it", () =>
    Effect.gen(function* () {
      const begun = yield* Deferred.make<void>()
      const interrupted = yield* Deferred.make<void>()
      const deaf: AgentRunner.AgentRunner = {
        name: "deaf",
        check: () => Effect.void,
        run: (_, started) =>
          started.pipe(
            Effect.andThen(Deferred.succeed(begun, undefined)),
            Effect.andThen(Effect.never),
            Effect.onInterrupt(() => Deferred.succeed(interrupted, undefined))
          )
      }
      const driver = yield* DriverMemory.make
      const store = Layer.succeed(Driver.Driver, driver)
      const scope = yield* Scope.make()
      const here = yield* Layer.build(
        TestForeman.layer({ store, runners: [deaf], reactors: {} })
      ).pipe(Effect.provideService(Scope.Scope, scope))
      const given = yield* Effect.provideContext(TestForeman.givenTeam({ runner: "deaf" }), here)
      const { id: taskId } = yield* Effect.provideContext(TestForeman.givenTask(given), here)
      yield* Deferred.await(begun)
      const ending = yield* Effect.forkChild(Scope.close(scope, Exit.void))
      yield* TestClock.adjust("6 seconds")
      expect(ending.pollUnsafe()).toBeUndefined()
      expect(yield* Deferred.isDone(interrupted)).toBe(false)
      // Nobody else may take over before it has ended.
      const row = yield* driver.get(given.organization.id, "singletons", { name: "dispatcher" })
      expect(Number(row?.["until"])).toBeGreaterThan(7_000_000)
      yield* TestClock.adjust("1 second")
      yield* Fiber.join(ending)
      expect(yield* Deferred.isDone(interrupted)).toBe(true)

      // Whoever comes next finds that run, and says that it is lost.
      const next = TestForeman.layer({ store, reactors: { holder: "next" } })
      const task = yield* TestForeman.untilTask(
        taskId,
        ({ lastOutcome }) => lastOutcome !== null
      ).pipe(Effect.provide(Layer.fresh(next)))
      expect(task).toMatchObject({ lastOutcome: "lost", liveRunId: null })
    }).pipe(quiet)
  )
})

describe("a task that is done", () => {
  it.live("leaves no folder behind", () =>
    Effect.gen(function* () {
      const here = yield* Effect.context<TestForeman.Services>()
      const discarded = yield* Deferred.make<number>()
      const workspace: Workspace.Workspace = {
        ...Context.get(here, Workspace.Workspace),
        discard: ({ taskId }) => Effect.asVoid(Deferred.succeed(discarded, taskId))
      }
      yield* Layer.build(
        Reactors.layer({ ...Reactors.defaults, holder: "test" }).pipe(
          Layer.provide(Layer.succeedContext(Context.add(here, Workspace.Workspace, workspace)))
        )
      )
      const given = yield* TestForeman.givenTeam({ settings: { delivery: "direct" } })
      const { id } = yield* TestForeman.givenTask(given)
      expect(yield* Deferred.await(discarded)).toBe(id)
    }).pipe(Effect.provide(TestForeman.layer()))
  )
})
