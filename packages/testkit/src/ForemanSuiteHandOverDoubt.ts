/**
 * Hand-overs to offers of which their own dispatcher is not sure: the answer of the commit that made
 * them was lost.
 *
 * @internal
 */
import { assert, it } from "@effect/vitest"
import { Context, Effect, Layer } from "effect"

import { Attempts, Driver, Offers, Shell, Tokens } from "@foreman/core"
import { asking, processOn, quiet, recording } from "./ForemanSuiteAgents.ts"
import { isDone, offered, untilOffered } from "./ForemanSuiteHandOverGiven.ts"
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
  it.live("begin at once where the offer stands after all", () =>
    Effect.gen(function* () {
      const { behaviour, specs } = recording()
      const { given, here, there } = yield* beside(backend, behaviour, forgetful)
      const [offer] = yield* there(untilOffered(given.organization.id, 1))
      const { id: taskId } = yield* here(TestForeman.givenTask(given))
      const task = yield* there(untilTask(taskId, isDone))
      assert.deepInclude(task, { attempts: 1, failures: 0 })
      assert.strictEqual(task.lastRunId, offer?.["run_id"])
      assert.strictEqual(specs.length, 1)
      yield* here(assertRebuilds(given.organization.id))
    }).pipe(quiet)
  )

  it.live("are given back where the token of the run is not known", () =>
    Effect.gen(function* () {
      const { behaviour, specs } = recording()
      const { given, here, there } = yield* beside(backend, behaviour)
      const { id: organization } = given.organization
      yield* there(untilOffered(organization, 1))
      const strange = yield* there(replaced(organization))
      const { id: taskId } = yield* here(TestForeman.givenTask(given))
      const task = yield* there(untilTask(taskId, isDone))
      const { items } = yield* here(asking((client) => client.listTaskRuns({ taskId })))
      assert.deepStrictEqual(
        items.map(({ cause, id, status }) => [id === strange, status, cause]).toSorted(),
        [
          [false, "succeeded", "exit:0"],
          [true, "cancelled", "shutdown"]
        ]
      )
      assert.deepInclude(task, { attempts: 2, failures: 0 })
      assert.strictEqual(specs.length, 1)
    }).pipe(quiet)
  )
}

// internal --------------------------------------------------------------------

type Store = Layer.Layer<Driver.Driver>

/** A process that dispatches, with a store of its own making, and one that does not. */
const beside = Effect.fnUntraced(function* (
  backend: Backend,
  behaviour: NonNullable<TestForeman.Options["behaviour"]>,
  made: (store: Store) => Store = (store) => store
) {
  const store = yield* shared(backend)
  const there = yield* processOn(made(store), { behaviour, reactors: {} })
  const here = yield* processOn(store, {})
  return { given: yield* here(TestForeman.givenTeam()), here, there }
})

const failure = { operation: "commit", retryable: true, ambiguous: true }

const makesOffers = ({ steps }: Driver.Batch) =>
  steps.some((step) => step._tag === "Insert" && step.table === "offers")

/** A store that loses the answers of commits until its first offers stand. */
const forgetful = (store: Store): Store =>
  Layer.effect(
    Driver.Driver,
    Effect.map(Layer.build(store), (context) => {
      const driver = Context.get(context, Driver.Driver)
      let hasLost = false
      const commit: typeof driver.commit = Effect.fnUntraced(function* (batch) {
        const answer = yield* driver.commit(batch)
        if (hasLost || !makesOffers(batch)) return answer
        hasLost = true
        const cause = new Error("The answer is lost")
        return yield* new Driver.StoreError({ ...failure, cause })
      })
      return { ...driver, commit }
    })
  )

/** Puts an offer under the same tenure into the place of the one that stands. */
const replaced = Effect.fnUntraced(function* (organization: string) {
  const [row] = yield* offered(organization)
  assert(row !== undefined)
  const runId = yield* Attempts.nextRunId
  const tokenHash = yield* Tokens.hashOf(Tokens.random("run"))
  const made = { _tag: "Insert", table: "offers" } as const
  const steps = [
    Offers.withdrawn(String(row["run_id"])),
    { ...made, row: { ...row, run_id: runId, token_hash: tokenHash } }
  ]
  const batch = { organization, reliesOn: [], steps, events: [] }
  const answer = yield* Shell.Shell.use(({ read }) => read((driver) => driver.commit(batch)))
  assert.strictEqual(answer._tag, "Committed")
  return runId
})
