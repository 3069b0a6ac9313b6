/**
 * How hand-overs end: with the process that offered them, and with the time of what it gave.
 *
 * @internal
 */
import { assert, it } from "@effect/vitest"
import { Effect, Exit, Scope } from "effect"

import { Driver, Identifier } from "@foreman/core"
import { asking, patient, processOn, quiet, recording } from "./ForemanSuiteAgents.ts"
import { isDone, offered, offerOf, untilOffered } from "./ForemanSuiteHandOverGiven.ts"
import { assertRebuilds } from "./ForemanSuiteRebuild.ts"
import { type Backend, shared } from "./ForemanSuiteSubject.ts"
import * as TestForeman from "./TestForeman.ts"
import { untilTask } from "./TestForeman.ts"

// testing ---------------------------------------------------------------------

/**
 * Registers these tests.
 *
 * @category testing
 * @since 0.1.0
 */
export const register = (backend: Backend): void => {
  it.live("takes its offers back when it ends", () =>
    Effect.gen(function* () {
      const store = yield* shared(backend)
      const scope = yield* Scope.make()
      const there = yield* processOn(store, { reactors: {} }).pipe(
        Effect.provideService(Scope.Scope, scope)
      )
      const here = yield* processOn(store, {})
      const given = yield* here(TestForeman.givenTeam())
      yield* there(untilOffered(given.organization.id, 1))
      yield* Scope.close(scope, Exit.void)
      assert.deepStrictEqual(yield* here(offered(given.organization.id)), [])
      const { id: taskId } = yield* here(TestForeman.givenTask(given))
      const task = yield* here(asking((client) => client.getTask({ taskId })))
      assert.deepInclude(task, { status: "todo", liveRunId: null })
    }).pipe(quiet)
  )

  it.live("stops what it was handed when it is told to end, and that goes on elsewhere", () =>
    Effect.gen(function* () {
      const store = yield* shared(backend)
      const agent = yield* patient
      const scope = yield* Scope.make()
      const there = yield* processOn(store, {
        behaviour: agent.behaviour,
        reactors: { holder: "first" }
      }).pipe(Effect.provideService(Scope.Scope, scope))
      const here = yield* processOn(store, {})
      const given = yield* here(TestForeman.givenTeam())
      yield* there(untilOffered(given.organization.id, 1))
      const { id: taskId } = yield* here(TestForeman.givenTask(given))
      yield* agent.begun
      yield* Scope.close(scope, Exit.void)
      const { items } = yield* here(asking((client) => client.listTaskRuns({ taskId })))
      assert.deepStrictEqual(
        items.map(({ cause, status }) => [status, cause]),
        [["cancelled", "shutdown"]]
      )
      const { behaviour } = recording()
      const next = yield* processOn(store, { behaviour, reactors: { holder: "next" } })
      yield* next(untilTask(taskId, isDone))
    }).pipe(quiet)
  )

  it.live("queues anew what was handed to a process that has died", () =>
    Effect.gen(function* () {
      const store = yield* shared(backend)
      const here = yield* processOn(store, {})
      const given = yield* here(TestForeman.givenTeam())
      const { id: organization } = given.organization
      yield* here(offerOf(given, 60_000))
      const { id: taskId } = yield* here(TestForeman.givenTask(given))
      const queued = yield* here(asking((client) => client.getTask({ taskId })))
      assert.strictEqual(queued.status, "in_progress")
      // Its tenure is over as soon as another one of its name comes.
      const next = yield* processOn(store, { reactors: { holder: "dead" } })
      const task = yield* next(untilTask(taskId, isDone))
      assert.deepInclude(task, { attempts: 2, failures: 0 })
      yield* next(assertRebuilds(organization))
    }).pipe(quiet)
  )

  it.live("takes no offer of a process whose tenure is over", () =>
    Effect.gen(function* () {
      const store = yield* shared(backend)
      const here = yield* processOn(store, {})
      const given = yield* here(TestForeman.givenTeam())
      yield* here(offerOf(given, 0))
      const { id: taskId } = yield* here(TestForeman.givenTask(given))
      const task = yield* here(asking((client) => client.getTask({ taskId })))
      assert.deepInclude(task, { status: "todo", liveRunId: null })
    }).pipe(quiet)
  )

  it.live("gives the run's token its time from then on", () =>
    Effect.gen(function* () {
      const store = yield* shared(backend)
      const here = yield* processOn(store, {})
      const given = yield* here(TestForeman.givenTeam())
      yield* here(offerOf(given, 60_000))
      const { createdAt, id } = yield* here(TestForeman.givenTask(given))
      const { liveRunId } = yield* here(asking((client) => client.getTask({ taskId: id })))
      const query = { organization: given.organization.id, table: "tokens", index: "key" }
      const rows = yield* here(
        Driver.Driver.use((driver) => driver.find({ ...query, equals: {}, limit: 9 }))
      )
      const token = rows.find(({ subject }) => subject === liveRunId)
      assert.strictEqual(Number(token?.["expires_at"]), Identifier.micros(createdAt) + 60_000_000)
    }).pipe(quiet)
  )
}
