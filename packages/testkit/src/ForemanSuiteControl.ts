/**
 * What stops work: one run at any of its stages, wherever it is carried out; one agent; all dispatch of
 * an organisation.
 *
 * @internal
 */
import { assert, it } from "@effect/vitest"
import { Deferred, Effect, Stream } from "effect"

import { type AgentRunner, Foreman, Identifier, type Task } from "@foreman/core"
import { asking, on, patient, processOn, quiet, recording, stuck } from "./ForemanSuiteAgents.ts"
import { assertRebuilds } from "./ForemanSuiteRebuild.ts"
import { type Backend, nobody, shared } from "./ForemanSuiteSubject.ts"
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
  stopping(backend)
  stages(backend)
  pausing(backend)
}

// internal --------------------------------------------------------------------

const isIn = (status: Task.Status) => (task: Task.Task) => task.status === status

const runOf = Effect.fnUntraced(function* ({ liveRunId }: Task.Task) {
  assert(liveRunId !== null)
  return liveRunId
})

const typesOf = (organizationId: string, of: RegExp) =>
  Effect.map(TestForeman.history(organizationId), (events) =>
    events.map(({ type }) => type).filter((type) => of.test(type))
  )

const stopping = (backend: Backend) => {
  it.live("stops a run through another process, keeps what it wrote, and gives all back", () => {
    const begun = Deferred.makeUnsafe<void>()
    return Effect.gen(function* () {
      const store = yield* shared(backend)
      const here = yield* processOn(store, { runners: [stuck(begun)], reactors: {} })
      const there = yield* processOn(store, { runners: [stuck(begun)] })
      const given = yield* there(TestForeman.givenTeam({ runner: "stuck" }))
      const { id: taskId } = yield* there(TestForeman.givenTask(given))
      yield* Deferred.await(begun)
      const task = yield* there(untilTask(taskId, ({ liveRunId }) => liveRunId !== null))
      const runId = yield* runOf(task)
      const run = yield* there(asking((client) => client.stopTaskRun({ runId })))
      assert.deepInclude(run, { status: "cancelled", cause: "stopped" })
      const again = yield* Effect.flip(there(asking((client) => client.stopTaskRun({ runId }))))
      assert.strictEqual(again._tag, "RunIsOver")
      // Its task waits for a person, its agent and its scope are free.
      const after = yield* there(asking((client) => client.getTask({ taskId })))
      assert.deepInclude(after, {
        status: "in_progress",
        liveRunId: null,
        lastOutcome: "cancelled",
        hold: null,
        isRework: false
      })
      const kept = yield* here(
        TestForeman.until(
          Effect.map(
            asking((client) => client.getTaskRun({ runId })),
            (seen) => (seen.outputId === null ? undefined : seen)
          ),
          { what: "the output of the stopped run" }
        )
      )
      assert.strictEqual(kept.status, "cancelled")
      const types = yield* here(typesOf(given.organization.id, /^(run\.(can|succ|fail)|lease)/))
      assert.deepStrictEqual(types, ["lease.acquired", "run.cancelled", "lease.released"])
      const next = yield* there(TestForeman.givenTask(given))
      yield* there(untilTask(next.id, ({ liveRunId }) => liveRunId !== null))
      yield* here(assertRebuilds(given.organization.id))
    }).pipe(quiet)
  })

  it.live("knows no run that is not there", () =>
    Effect.gen(function* () {
      const { client } = yield* Foreman
      const runId = Identifier.RunId.make(nobody)
      assert.strictEqual((yield* Effect.flip(client.stopTaskRun({ runId })))._tag, "RunNotFound")
    }).pipe(on(backend))
  )
}

/** A runner that stands still before its agent lives, and counts how often one was begun. */
const slow = (reached: Deferred.Deferred<void>) => {
  const ended = Deferred.makeUnsafe<void>()
  const runner: AgentRunner.AgentRunner = {
    name: "slow",
    check: () => Effect.andThen(Deferred.succeed(reached, undefined), Effect.void),
    run: ({ stop }) =>
      Effect.onExit(
        Effect.map(stop ?? Effect.never, (cause) => failedBy(cause)),
        () => Deferred.succeed(ended, undefined)
      )
  }
  return { runner, ended: Deferred.await(ended) }
}

const failedBy = (cause: string): AgentRunner.RunResult => ({
  outcome: "failed",
  exitCode: null,
  cause,
  answer: "",
  output: Stream.empty
})

const stages = (backend: Backend) => {
  it.live("stops a run before its agent lives, which then never begins", () => {
    const reached = Deferred.makeUnsafe<void>()
    const { ended, runner } = slow(reached)
    return Effect.gen(function* () {
      const { client } = yield* Foreman
      const given = yield* TestForeman.givenTeam({ runner: "slow" })
      const { id: taskId } = yield* TestForeman.givenTask(given)
      yield* Deferred.await(reached)
      const task = yield* untilTask(taskId, ({ liveRunId }) => liveRunId !== null)
      const runId = yield* runOf(task)
      yield* client.stopTaskRun({ runId })
      yield* ended
      const types = yield* typesOf(given.organization.id, /^run\.(started|can|fail|lost)/)
      assert.deepStrictEqual(types, ["run.cancelled"])
      yield* client.retryTask({ taskId })
      const again = yield* untilTask(taskId, ({ attempts }) => attempts === 2)
      assert.notStrictEqual(again.liveRunId, runId)
      yield* client.changeTaskStatus({ taskId, status: "cancelled" })
    }).pipe(on(backend, { runners: [runner] }))
  })

  it.live("stops a run that is queued while its folder is made", () => {
    const preparing = Deferred.makeUnsafe<void>()
    const interrupted = Deferred.makeUnsafe<void>()
    const workspace = {
      prepares: () =>
        Effect.onInterrupt(
          Effect.andThen(Deferred.succeed(preparing, undefined), Effect.never),
          () => Deferred.succeed(interrupted, undefined)
        )
    }
    return Effect.gen(function* () {
      const { client } = yield* Foreman
      const given = yield* TestForeman.givenTeam()
      const { id: taskId } = yield* TestForeman.givenTask(given)
      yield* Deferred.await(preparing)
      const runId = yield* runOf(yield* client.getTask({ taskId }))
      const run = yield* client.getTaskRun({ runId })
      assert.strictEqual(run.status, "queued")
      yield* client.stopTaskRun({ runId })
      yield* Deferred.await(interrupted)
      assert.strictEqual((yield* client.getTaskRun({ runId })).status, "cancelled")
    }).pipe(on(backend, { workspace }))
  })
}

const pausing = (backend: Backend) => {
  it.live("starts nothing for an agent that is paused, and goes on when it is resumed", () => {
    const { behaviour, specs } = recording()
    return Effect.gen(function* () {
      const { client } = yield* Foreman
      const given = yield* TestForeman.givenTeam({ engineers: 2 })
      const [one, two] = given.engineers
      assert(one !== undefined && two !== undefined)
      const agentId = one.id
      assert.strictEqual((yield* client.pauseAgent({ agentId })).status, "paused")
      assert.strictEqual((yield* client.pauseAgent({ agentId })).status, "paused")
      const waits = yield* TestForeman.givenTask(given, { assigneeId: agentId, priority: "high" })
      const goes = yield* TestForeman.givenTask(given)
      yield* untilTask(goes.id, isIn("in_review"))
      assert.strictEqual((yield* client.getTask({ taskId: waits.id })).attempts, 0)
      assert.deepStrictEqual(
        specs.map(({ agent }) => agent.id),
        [two.id]
      )
      assert.strictEqual((yield* client.resumeAgent({ agentId })).status, "idle")
      yield* untilTask(waits.id, isIn("in_review"))
      const types = yield* typesOf(given.organization.id, /^agent\.(paused|resumed)/)
      assert.deepStrictEqual(types, ["agent.paused", "agent.resumed"])
      yield* assertRebuilds(given.organization.id)
    }).pipe(on(backend, { behaviour }))
  })

  it.live("starts nothing in an organization that is paused, and ends nothing either", () =>
    Effect.gen(function* () {
      const agent = yield* patient
      const test = Effect.gen(function* () {
        const { client } = yield* Foreman
        const given = yield* TestForeman.givenTeam({ engineers: 2 })
        const orgId = given.organization.id
        const first = yield* TestForeman.givenTask(given)
        yield* agent.begun
        assert.isTrue((yield* client.pauseDispatch({ orgId })).isPaused)
        const second = yield* TestForeman.givenTask(given)
        // Another organization goes on; by then this one would have begun.
        const other = yield* TestForeman.givenTeam()
        const free = yield* TestForeman.givenTask(other)
        yield* untilTask(free.id, ({ liveRunId }) => liveRunId !== null)
        assert.strictEqual((yield* client.getTask({ taskId: second.id })).attempts, 0)
        const { items } = yield* client.listOrganizations({})
        assert.deepStrictEqual(
          items.filter(({ isPaused }) => isPaused).map(({ id }) => id),
          [orgId]
        )
        const { liveRunId } = yield* client.getTask({ taskId: first.id })
        assert.isNotNull(liveRunId)
        assert.isFalse((yield* client.resumeDispatch({ orgId })).isPaused)
        yield* untilTask(second.id, ({ liveRunId }) => liveRunId !== null)
        yield* agent.finish
        yield* untilTask(first.id, isIn("in_review"))
        yield* assertRebuilds(orgId)
      })
      yield* on(backend, { behaviour: agent.behaviour })(test)
    })
  )

  it.live("is for who may do it: no engineer stops, no agent pauses an organization", () =>
    Effect.gen(function* () {
      const { client } = yield* Foreman
      const given = yield* TestForeman.givenTeam({ runner: null })
      const [engineer] = given.engineers
      assert(engineer !== undefined)
      const runId = Identifier.RunId.make(nobody)
      const orgId = given.organization.id
      const denied: ReadonlyArray<Effect.Effect<unknown, { readonly _tag: string }, Foreman>> = [
        TestForeman.asAgent(engineer)(client.stopTaskRun({ runId })),
        TestForeman.asAgent(engineer)(client.pauseAgent({ agentId: engineer.id })),
        TestForeman.asAgent(given.manager)(client.pauseDispatch({ orgId })),
        TestForeman.asAgent(given.manager)(client.resumeDispatch({ orgId }))
      ]
      for (const wish of denied) {
        assert.strictEqual((yield* Effect.flip(wish))._tag, "PermissionDenied")
      }
      const paused = client.pauseAgent({ agentId: engineer.id })
      assert.strictEqual((yield* TestForeman.asAgent(given.manager)(paused)).status, "paused")
    }).pipe(on(backend))
  )
}
