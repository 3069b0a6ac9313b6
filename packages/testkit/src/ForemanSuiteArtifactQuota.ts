/**
 * How much all runs of an organization keep together, through however many processes they keep it.
 *
 * @internal
 */
import { assert, it } from "@effect/vitest"
import { Effect } from "effect"

import { ArtifactLimits, Foreman, type Run } from "@foreman/core"
import { patient, processOn, quiet } from "./ForemanSuiteAgents.ts"
import { assertRebuilds } from "./ForemanSuiteRebuild.ts"
import { type Backend, numbers, race, shared } from "./ForemanSuiteSubject.ts"
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
  it.live(
    "keeps no more than its organization may, whoever adds at once through two processes",
    () =>
      Effect.gen(function* () {
        const agent = yield* patient
        const store = yield* shared(backend)
        const left = () => ({ "a.md": "x".repeat(300) })
        const here = yield* processOn(store, { behaviour: agent.behaviour, left, reactors: {} })
        const there = yield* processOn(store, {})
        const given = yield* here(TestForeman.givenTeam({ engineers: 4 }))
        const runs = yield* Effect.forEach(numbers(4), () =>
          here(
            Effect.gen(function* () {
              const { client } = yield* Foreman
              const { id: taskId } = yield* TestForeman.givenTask(given)
              yield* untilTask(taskId, ({ liveRunId }) => liveRunId !== null)
              const { items } = yield* TestForeman.asOperator(client.listTaskRuns({ taskId }))
              assert(items[0] !== undefined)
              return items[0]
            })
          )
        )
        const add = (run: Run.Run) =>
          Foreman.use(({ client }) =>
            client.addArtifact({ name: "b", content: "x".repeat(400) })
          ).pipe(TestForeman.asRun(run))
        const { lost, won } = yield* race(
          runs.map((run, index) => (index % 2 === 0 ? here(add(run)) : there(add(run))))
        )
        assert.strictEqual(won.length, 2)
        const full = { _tag: "ArtifactLimit", limit: "organization_bytes", most: 1_199 }
        for (const refusal of lost) assert.deepInclude<object>(refusal, full)
        // There is room for the file of one of them.
        yield* agent.finish
        for (const { taskId } of runs) {
          yield* here(untilTask(taskId, ({ status }) => status === "in_review"))
        }
        const items = yield* here(
          Foreman.use(({ client }) =>
            Effect.forEach(runs, ({ id }) => client.listRunArtifacts({ runId: id }))
          ).pipe(TestForeman.asOperator)
        )
        const names = items.flatMap((page) => page.items.map(({ name }) => name))
        const count = (wanted: string) => names.filter((name) => name === wanted).length
        assert.deepStrictEqual(["b", "a.md", "output.log"].map(count), [2, 1, 4])
        yield* here(assertRebuilds(given.organization.id))
      }).pipe(Effect.provideService(ArtifactLimits.ArtifactLimits, limits), quiet)
  )
}

// internal --------------------------------------------------------------------

const limits = { ...ArtifactLimits.defaults, organizationBytes: 1_199 }
