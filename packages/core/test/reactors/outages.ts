/**
 * Processes whose store goes away, for the tests of what becomes of their runs.
 */
import { assert } from "@effect/vitest"
import { Deferred, Effect, Exit, Layer, Queue, Scope } from "effect"
import { TestClock } from "effect/testing"

import {
  type AgentRunnerMemory,
  Driver,
  DriverMemory,
  Foreman,
  type Identifier
} from "@foreman/core"
import { TestForeman } from "@foreman/testkit"
import { committing, leaving } from "../services/faults.ts"

/** Agents that end when they may, and say when they begin and when they are stopped. */
const agents = Effect.gen(function* () {
  const begun = yield* Queue.unbounded<number>()
  const stopped = yield* Queue.unbounded<number>()
  const finish = yield* Deferred.make<void>()
  const behaviour: AgentRunnerMemory.Behaviour = ({ attempt }) =>
    Queue.offer(begun, attempt).pipe(
      Effect.andThen(Deferred.await(finish)),
      Effect.as({ output: `attempt ${attempt}` }),
      Effect.onInterrupt(() => Queue.offer(stopped, attempt))
    )
  return {
    behaviour,
    begun: Queue.take(begun),
    finish: Deferred.succeed(finish, undefined),
    haveBegun: Queue.size(begun),
    haveStopped: Queue.size(stopped)
  }
})

/** A process of its own on a store, until its scope ends. */
export const processOn = Effect.fnUntraced(function* (
  store: Driver.Driver,
  options: Omit<TestForeman.Options, "store"> = {}
) {
  const layer = TestForeman.layer({ ...options, store: Layer.succeed(Driver.Driver, store) })
  const context = yield* Layer.build(Layer.fresh(layer))
  return <A, E>(effect: Effect.Effect<A, E, TestForeman.Services>) =>
    Effect.provideContext(effect, context)
})

/** What a test has otherwise than most. */
export interface Otherwise {
  readonly engineers?: number
  readonly leaves?: typeof leaving
  /** What the store says to some commits; undefined where it takes them. */
  readonly refuses?: (
    types: ReadonlyArray<string>,
    batch: Driver.Batch
  ) => Driver.StoreError | undefined
}

/** A process that carries out a task, on a store that may leave it, and one that only looks on. */
export const givenWith = Effect.fnUntraced(function* ({
  engineers = 1,
  leaves = leaving,
  refuses = () => undefined
}: Otherwise) {
  const driver = yield* DriverMemory.make
  const { comeBack, leave, store: coming } = leaves(driver)
  const store = committing(coming, (_, commit, batch) => {
    const types = batch.events.map(({ type }) => type)
    const refusal = refuses(types, batch)
    return refusal === undefined ? commit : Effect.fail(refusal)
  })
  const agent = yield* agents
  const scope = yield* Effect.acquireRelease(Scope.make(), Scope.close)
  const options = { behaviour: agent.behaviour, reactors: { holder: "the same" } }
  yield* processOn(store, options).pipe(Effect.provideService(Scope.Scope, scope))
  const look = yield* processOn(driver)
  const team = yield* look(TestForeman.givenTeam({ engineers }))
  const { id: taskId } = yield* look(TestForeman.givenTask(team))
  assert.strictEqual(yield* agent.begun, 1)
  const end = Scope.close(scope, Exit.void)
  return { agent, comeBack, driver, end, leave, look, options, taskId, team }
})

/** The same, as most tests have it. */
export const given = givenWith({})

/** Hashes and the like are made in real time: what waits for them comes before the next second. */
const settled = Effect.promise(
  () =>
    new Promise((resolve) => {
      setTimeout(resolve, 3)
    })
)

/** Lets so many seconds pass, one after the other. */
export const pass = (seconds: number) =>
  Effect.replicateEffect(Effect.andThen(settled, TestClock.adjust("1 second")), seconds)

/** A task as it stands. */
export const taskOf = (taskId: Identifier.TaskId) =>
  Foreman.use(({ client }) => client.getTask({ taskId })).pipe(TestForeman.asOperator)

/** How the runs of a task ended, the last one first. */
export const runsOf = (taskId: Identifier.TaskId) =>
  Foreman.use(({ client }) => client.listTaskRuns({ taskId })).pipe(
    TestForeman.asOperator,
    Effect.map(({ items }) => items.map(({ cause, status }) => [status, cause]))
  )
