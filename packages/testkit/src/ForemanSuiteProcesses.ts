/**
 * What holds when a process stands still or shares its store with another one.
 *
 * Left open on purpose: how long a takeover takes beyond the lapse of a tenure.
 *
 * @internal
 */
import { assert, it } from "@effect/vitest"
import { Deferred, Effect, Exit, Scope } from "effect"

import type { Identifier, Task } from "@foreman/core"
import { asking, freezable, patient, processOn, quiet, recording } from "./ForemanSuiteAgents.ts"
import { assertRebuilds } from "./ForemanSuiteRebuild.ts"
import { type Backend, numbers, race, shared } from "./ForemanSuiteSubject.ts"
import * as TestForeman from "./TestForeman.ts"
import { untilEvent, untilTask } from "./TestForeman.ts"

// testing ---------------------------------------------------------------------

/**
 * Registers these tests.
 *
 * @category testing
 * @since 0.1.0
 */
export const register = (backend: Backend): void => {
  sharing(backend)
  limiting(backend)
  takingOver(backend)
}

// internal --------------------------------------------------------------------

const isIn = (status: Task.Status) => (task: Task.Task) => task.status === status

/** How often each attempt was queued, by task and attempt. */
const queuedOf = Effect.fnUntraced(function* (organizationId: string) {
  const events = yield* TestForeman.history(organizationId)
  return events
    .filter(({ type }) => type === "run.queued")
    .map(({ data }) => `${String(data["task_id"])}/${String(data["attempt"])}`)
})

const sharing = (backend: Backend) => {
  it.live("begins each task once, however many dispatch", () =>
    Effect.gen(function* () {
      const store = yield* shared(backend)
      const { behaviour, specs } = recording()
      const processes = yield* Effect.forEach(numbers(3), (n) =>
        processOn(store, { behaviour, reactors: { holder: `process-${n}` } })
      )
      const [one, two, three] = processes
      assert(one !== undefined && two !== undefined && three !== undefined)
      const given = yield* one(
        TestForeman.givenTeam({ engineers: 3, settings: { delivery: "direct" } })
      )
      const plan = (n: number) =>
        (processes[n % 3] ?? one)(TestForeman.givenTask(given, { title: `T${n}` }))
      const tasks = yield* Effect.forEach(numbers(12), plan, { concurrency: "unbounded" })
      yield* Effect.forEach(tasks, ({ id }) => two(untilTask(id, isIn("done"), patience)))
      const queued = yield* three(queuedOf(given.organization.id))
      assert.sameMembers(
        queued,
        tasks.map(({ id }) => `${id}/1`)
      )
      assert.sameMembers(
        specs.map(({ taskId }) => taskId),
        tasks.map(({ id }) => id)
      )
      yield* one(assertRebuilds(given.organization.id))
    }).pipe(quiet)
  )

  it.live("lets one of 50 starts through two processes begin a task, and keeps nobody off", () =>
    Effect.gen(function* () {
      const store = yield* shared(backend)
      const [here, there] = [yield* processOn(store, {}), yield* processOn(store, {})]
      const given = yield* here(TestForeman.givenTeam())
      const { id: taskId } = yield* here(TestForeman.givenTask(given))
      const start = asking((client) => client.changeTaskStatus({ taskId, status: "in_progress" }))
      const { lost, won } = yield* race(
        numbers(50).map((n) => (n % 2 === 0 ? here(start) : there(start)))
      )
      assert.strictEqual(won.length, 1)
      assert.deepStrictEqual(new Set(lost.map(({ _tag }) => _tag)), new Set(["IllegalMove"]))
      const events = yield* here(TestForeman.history(given.organization.id))
      assert.strictEqual(events.filter(({ type }) => type === "task.status_changed").length, 1)
    }).pipe(quiet)
  )

  it.live("stops a run when its task is cancelled through another process", () =>
    Effect.gen(function* () {
      const store = yield* shared(backend)
      const agent = yield* patient
      const here = yield* processOn(store, { behaviour: agent.behaviour, reactors: {} })
      const there = yield* processOn(store, {})
      const given = yield* there(TestForeman.givenTeam())
      const { id: taskId } = yield* there(TestForeman.givenTask(given))
      yield* agent.begun
      yield* there(asking((client) => client.changeTaskStatus({ taskId, status: "cancelled" })))
      yield* agent.interrupted
      const { items } = yield* here(asking((client) => client.listTaskRuns({ taskId })))
      assert.deepStrictEqual(
        items.map(({ status }) => status),
        ["cancelled"]
      )
    }).pipe(quiet)
  )
}

const patience = { within: "20 seconds" } as const

const limiting = (backend: Backend) => {
  it.live("has no more runs at once than it may, in all organizations together", () =>
    Effect.gen(function* () {
      const store = yield* shared(backend)
      let live = 0
      let most = 0
      const full = yield* Deferred.make<void>()
      const created = yield* Deferred.make<void>()
      const here = yield* processOn(store, {
        behaviour: Effect.fnUntraced(function* () {
          live += 1
          most = Math.max(most, live)
          if (live === 2) yield* Deferred.succeed(full, undefined)
          yield* Deferred.await(created)
          yield* Effect.sleep("5 millis")
          live -= 1
          return {}
        }),
        reactors: { maxConcurrent: 2 }
      })
      yield* here(
        Effect.gen(function* () {
          const teams = yield* Effect.forEach(numbers(3), () =>
            TestForeman.givenTeam({ engineers: 3 })
          )
          const tasks = yield* Effect.forEach([...teams, ...teams, ...teams], (team) =>
            TestForeman.givenTask(team)
          )
          yield* Deferred.await(full)
          yield* Deferred.succeed(created, undefined)
          yield* Effect.forEach(tasks, ({ id }) => untilTask(id, isIn("in_review"), patience))
        })
      )
      assert.strictEqual(most, 2)
    }).pipe(quiet)
  )
}

const takingOver = (backend: Backend) => {
  it.live("stands by while another one dispatches, and takes over when that one is silent", () =>
    Effect.gen(function* () {
      const store = yield* shared(backend)
      const frozen = yield* freezable(store)
      const agent = yield* patient
      const { behaviour, specs } = recording()
      // A machine that stands still for three seconds costs nobody the tenure.
      const ttlMillis = 8_000
      // Whatever happens, the first one must be able to end.
      const scope = yield* Effect.acquireRelease(Scope.make(), (scope, exit) =>
        Effect.andThen(frozen.latch.open, Scope.close(scope, exit))
      )
      const first = yield* processOn(frozen.layer, {
        behaviour: agent.behaviour,
        reactors: { holder: "first", ttlMillis }
      }).pipe(Effect.provideService(Scope.Scope, scope))
      const given = yield* first(TestForeman.givenTeam({ engineers: 2 }))
      const { id: taskId } = yield* first(TestForeman.givenTask(given))
      yield* agent.begun
      const second = yield* processOn(store, {
        behaviour,
        reactors: { holder: "second", ttlMillis }
      })
      // The second one leaves this to the first, which has an idle agent.
      const other = yield* second(TestForeman.givenTask(given))
      yield* second(untilTask(other.id, ({ liveRunId }) => liveRunId !== null))
      assert.strictEqual(specs.length, 0)

      yield* frozen.latch.close
      const lost = yield* second(untilLost(taskId))
      assert.deepInclude(lost.data, { cause: "lost" })
      const failed = yield* second(asking((client) => client.getTask({ taskId })))
      assert.deepInclude(failed, { lastOutcome: "lost", liveRunId: null })
      yield* second(asking((client) => client.retryTask({ taskId })))
      yield* second(untilTask(taskId, isIn("in_review"), patience))
      // What the first one had not begun, this one may have begun as well.
      assert.deepStrictEqual(
        specs.filter((spec) => spec.taskId === taskId).map(({ attempt }) => attempt),
        [2]
      )

      // The first one awakes: it ends its agents, and nothing that it says counts.
      yield* frozen.latch.open
      yield* agent.interrupted
      yield* Scope.close(scope, Exit.void)
      const ends = (yield* second(TestForeman.history(given.organization.id))).filter(
        ({ data, type }) => data["task_id"] === taskId && endings.has(type)
      )
      assert.deepStrictEqual(
        ends.map(({ type }) => type),
        ["run.lost", "run.succeeded"]
      )
      yield* second(assertRebuilds(given.organization.id))
    }).pipe(quiet)
  )
}

const endings = new Set(["run.lost", "run.succeeded", "run.failed", "run.cancelled"])

const untilLost = (taskId: Identifier.TaskId) =>
  untilEvent(({ data, type }) => type === "run.lost" && data["task_id"] === taskId, {
    what: "the run of the frozen process is lost",
    within: "20 seconds"
  })
