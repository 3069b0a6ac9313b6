/**
 * What holds when a process is told to end: its agents end with it, and their work goes on later.
 *
 * @internal
 */
import { assert, it } from "@effect/vitest"
import { Deferred, Effect, Exit, Layer, Scope } from "effect"

import { ArtifactStoreMemory } from "@foreman/core"
import { asking, patient, processOn, quiet, recording, stuck } from "./ForemanSuiteAgents.ts"
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
  it.live("lets the next start take up again what it stopped", () =>
    Effect.gen(function* () {
      const store = yield* shared(backend)
      const agent = yield* patient
      const scope = yield* Scope.make()
      const first = yield* processOn(store, {
        behaviour: agent.behaviour,
        reactors: { holder: "first" }
      }).pipe(Effect.provideService(Scope.Scope, scope))
      const given = yield* first(TestForeman.givenTeam())
      const { id: taskId } = yield* first(TestForeman.givenTask(given))
      const { runId } = yield* agent.begun
      yield* Scope.close(scope, Exit.void)

      const { behaviour, specs } = recording()
      const between = yield* processOn(store, {})
      const queued = yield* between(asking((client) => client.getTask({ taskId })))
      assert.deepInclude(queued, { status: "in_progress", isRework: true, liveRunId: null })
      const next = yield* processOn(store, { behaviour, reactors: { holder: "next" } })
      yield* next(untilTask(taskId, ({ status }) => status === "in_review"))
      assert.deepStrictEqual(
        specs.map(({ attempt }) => attempt),
        [2]
      )
      const events = yield* next(TestForeman.history(given.organization.id))
      const requeued = events.filter(({ type }) => type === "task.requeued")
      assert.deepStrictEqual(
        requeued.map(({ data, metadata }) => [data, metadata["actor_type"]]),
        [[{ task_id: taskId, run_id: runId, reason: "shutdown" }, "system"]]
      )
      // The second dispatch made no move: it was in progress all the time.
      const moves = events.filter(({ type }) => type === "task.status_changed")
      assert.deepStrictEqual(
        moves.map(({ data }) => data["to"]),
        ["in_progress", "in_review"]
      )
      yield* next(assertRebuilds(given.organization.id))
    }).pipe(quiet)
  )

  it.live("ends its runs, says so, and keeps what they wrote", () =>
    Effect.gen(function* () {
      const store = yield* shared(backend)
      const kept = yield* Layer.build(Layer.fresh(ArtifactStoreMemory.layer))
      const artifacts = Layer.succeedContext(kept)
      const begun = yield* Deferred.make<void>()
      const scope = yield* Scope.make()
      const first = yield* processOn(store, {
        artifacts,
        runners: [stuck(begun)],
        reactors: { holder: "first" }
      }).pipe(Effect.provideService(Scope.Scope, scope))
      const given = yield* first(TestForeman.givenTeam({ runner: "stuck" }))
      const { id: taskId } = yield* first(TestForeman.givenTask(given))
      yield* Deferred.await(begun)
      yield* Scope.close(scope, Exit.void)

      const later = yield* processOn(store, { artifacts })
      const { items } = yield* later(asking((client) => client.listTaskRuns({ taskId })))
      const [run] = items
      assert.deepInclude(run, { status: "cancelled", cause: "shutdown" })
      assert(run !== undefined)
      const part = { runId: run.id, offset: 0, length: 100 }
      const output = yield* later(asking((client) => client.getTaskRunOutput(part)))
      assert.strictEqual(output.text, "half of it")
      // Its tenure was given back, and its task begins again without being told.
      const { behaviour } = recording()
      const heir = yield* processOn(store, {
        behaviour,
        runners: [],
        reactors: { holder: "heir", ttlMillis: 60_000 }
      })
      const held = yield* heir(untilTask(taskId, ({ hold }) => hold === "runner_unusable"))
      assert.strictEqual(held.attempts, 2)
      yield* heir(assertRebuilds(given.organization.id))
    }).pipe(quiet)
  )
}
