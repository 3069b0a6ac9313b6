/**
 * Tasks that are handed over as they become ready: to an agent that has offered to begin, in the
 * commit of whoever makes the task ready.
 *
 * @internal
 */
import { assert, it } from "@effect/vitest"
import { Effect } from "effect"

import type { Answers } from "@foreman/core"
import { asking, patient, processOn, quiet, recording } from "./ForemanSuiteAgents.ts"
import { isDone, untilOffered } from "./ForemanSuiteHandOverGiven.ts"
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
  taking(backend)
  leaving(backend)
  lacking(backend)
}

// internal --------------------------------------------------------------------

const ofTask = (events: ReadonlyArray<Answers.RecordedEvent>, taskId: number) =>
  events.filter(({ data }) => data["task_id"] === taskId)

/** The events of the commit that created a task. */
const createdWith = (events: ReadonlyArray<Answers.RecordedEvent>, taskId: number) => {
  const own = ofTask(events, taskId)
  const [created] = own
  return own.filter(({ metadata }) => metadata["command_id"] === created?.metadata["command_id"])
}

const begins = [
  "task.created",
  "run.queued",
  "lease.acquired",
  "task.assigned",
  "task.status_changed",
  "task.dispatched"
]

const taking = (backend: Backend) => {
  it.live("begins in the commit that creates the task, whichever process that is", () =>
    Effect.gen(function* () {
      const store = yield* shared(backend)
      const { behaviour, specs } = recording()
      yield* processOn(store, { behaviour, reactors: {} })
      const here = yield* processOn(store, {})
      const given = yield* here(TestForeman.givenTeam())
      const { id: organization } = given.organization
      yield* here(untilOffered(organization, 1))
      const created = yield* here(TestForeman.givenTask(given))
      // Whoever creates it is told of the task as that command has left it.
      assert.deepInclude(created, { status: "todo", liveRunId: null, assigneeId: null })
      yield* here(untilTask(created.id, isDone))
      const together = createdWith(yield* here(TestForeman.history(organization)), created.id)
      assert.deepStrictEqual(
        together.map(({ type }) => type),
        begins
      )
      assert.deepStrictEqual(
        together.map(({ metadata }) => metadata["actor_type"]),
        ["operator", "system", "system", "system", "system", "system"]
      )
      assert.deepStrictEqual(
        specs.map(({ taskId }) => taskId),
        [created.id]
      )
      // Who is free again offers that again.
      yield* here(untilOffered(organization, 1))
      yield* here(assertRebuilds(organization))
    }).pipe(quiet)
  )

  it.live("gives each agent one task at a time, however many are created at once", () =>
    Effect.gen(function* () {
      const store = yield* shared(backend)
      const { behaviour, specs } = recording()
      const there = yield* processOn(store, { behaviour, reactors: {} })
      const here = yield* processOn(store, {})
      const given = yield* there(TestForeman.givenTeam({ engineers: 3 }))
      const { id: organization } = given.organization
      yield* there(untilOffered(organization, 3))
      const create = Effect.replicateEffect(TestForeman.givenTask(given), 10, {
        concurrency: "unbounded"
      })
      const both = yield* Effect.all([here(create), there(create)], { concurrency: "unbounded" })
      const ids = both.flat().map(({ id }) => id)
      yield* Effect.forEach(ids, (id) => there(untilTask(id, isDone)))
      const begun = specs.map(({ taskId }) => Number(taskId))
      assert.deepStrictEqual(
        begun.toSorted((left, right) => left - right),
        ids.map(Number).toSorted((left, right) => left - right)
      )
      yield* there(assertRebuilds(organization))
    }).pipe(quiet)
  )
}

const leaving = (backend: Backend) => {
  it.live("waits while dispatch is paused, whatever was offered before", () =>
    Effect.gen(function* () {
      const store = yield* shared(backend)
      const { behaviour } = recording()
      const there = yield* processOn(store, { behaviour, reactors: {} })
      const here = yield* processOn(store, {})
      const given = yield* here(TestForeman.givenTeam({ engineers: 2 }))
      const { id: orgId } = given.organization
      yield* here(untilOffered(orgId, 2))
      // From here on this process knows what is offered.
      const first = yield* here(TestForeman.givenTask(given))
      yield* here(untilTask(first.id, isDone))
      yield* there(asking((client) => client.pauseDispatch({ orgId })))
      const { id: taskId } = yield* here(TestForeman.givenTask(given))
      const together = createdWith(yield* here(TestForeman.history(orgId)), taskId)
      assert.deepStrictEqual(
        together.map(({ type }) => type),
        ["task.created"]
      )
      yield* here(asking((client) => client.resumeDispatch({ orgId })))
      yield* here(untilTask(taskId, isDone))
    }).pipe(quiet)
  )

  it.live("asks first where the policy wants a person", () =>
    Effect.gen(function* () {
      const store = yield* shared(backend)
      const { behaviour, specs } = recording()
      const all = yield* processOn(store, { behaviour, reactors: {} })
      const settings = { approvalPolicy: "strict" } as const
      const given = yield* all(TestForeman.givenTeam({ settings }))
      yield* all(untilOffered(given.organization.id, 1))
      const risky = { title: "git push --force" }
      const { id } = yield* all(TestForeman.givenTask(given, risky))
      const task = yield* all(untilTask(id, ({ hold }) => hold === "approval"))
      assert.deepInclude(task, { status: "todo", liveRunId: null, approvalStatus: "pending" })
      assert.deepStrictEqual(specs, [])
    }).pipe(quiet)
  )
}

const lacking = (backend: Backend) => {
  it.live("offers nothing where there is no room, in whichever organization it was taken", () =>
    Effect.gen(function* () {
      const store = yield* shared(backend)
      const agent = yield* patient
      const all = yield* processOn(store, {
        behaviour: agent.behaviour,
        reactors: { maxConcurrent: 1 }
      })
      const one = yield* all(TestForeman.givenTeam())
      const other = yield* all(TestForeman.givenTeam())
      yield* all(untilOffered(one.organization.id, 1))
      yield* all(untilOffered(other.organization.id, 1))
      yield* all(TestForeman.givenTask(one))
      yield* agent.begun
      yield* all(untilOffered(other.organization.id, 0))
      const { id: taskId } = yield* all(TestForeman.givenTask(other))
      const waiting = yield* all(asking((client) => client.getTask({ taskId })))
      assert.deepInclude(waiting, { status: "todo", liveRunId: null })
      yield* agent.finish
      yield* all(untilTask(taskId, isDone))
    }).pipe(quiet)
  )

  it.live("goes to the lane of the task's repository, where a process has several", () =>
    Effect.gen(function* () {
      const store = yield* shared(backend)
      const { behaviour } = recording()
      const all = yield* processOn(store, { behaviour, reactors: { node: "disk" } })
      const given = yield* all(TestForeman.givenTeam())
      const { id: organization } = given.organization
      // The first one to have used a repository is its home.
      const first = yield* all(TestForeman.givenTask(given))
      yield* all(untilTask(first.id, isDone))
      for (let turn = 0; turn < 3; turn += 1) {
        yield* all(untilOffered(organization, 2))
        // Who has not looked yet knows of no offer that is over.
        const here = yield* processOn(store, {})
        const { id } = yield* here(TestForeman.givenTask(given))
        const events = yield* all(
          untilTask(id, isDone).pipe(Effect.andThen(TestForeman.history(organization)))
        )
        const types = createdWith(events, id).map(({ type }) => type)
        assert.deepStrictEqual(types, begins)
      }
    }).pipe(quiet)
  )
}
