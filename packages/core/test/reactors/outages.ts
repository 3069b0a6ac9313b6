/**
 * Processes whose store goes away, for the tests of what becomes of their runs.
 */
import { assert } from "@effect/vitest"
import { Context, Deferred, Effect, Exit, Layer, Queue, Scope } from "effect"
import { TestClock } from "effect/testing"

import {
  type AgentRunnerMemory,
  type ArtifactIntakeMemory,
  ArtifactStore,
  ArtifactStoreMemory,
  Driver,
  DriverMemory,
  Foreman,
  type Identifier
} from "@foreman/core"
import { TestForeman } from "@foreman/testkit"
import { committing, keptIn, leaving } from "../services/faults.ts"
import { settled } from "../settling.ts"

const used = (outputTokens: number) => ({
  inputTokens: 0,
  cachedInputTokens: 0,
  outputTokens,
  reasoningTokens: 0
})

/**
 * Agents that end when they may, and say when they begin and when they are stopped. They have used 10
 * tokens when they begin, and 20 at their end.
 */
const agents = Effect.gen(function* () {
  const begun = yield* Queue.unbounded<number>()
  const stopped = yield* Queue.unbounded<number>()
  const finish = yield* Deferred.make<void>()
  const behaviour: AgentRunnerMemory.Behaviour = ({ attempt, usage = () => Effect.void }) =>
    Queue.offer(begun, attempt).pipe(
      Effect.andThen(usage(used(10))),
      Effect.andThen(Deferred.await(finish)),
      Effect.andThen(usage(used(20))),
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
  /** What agents leave in their folders, which they have then. */
  readonly leavings?: ArtifactIntakeMemory.Leavings
  /** Where bytes lie, made of the place in the store itself. */
  readonly bytes?: (artifacts: ArtifactStore.ArtifactStore) => ArtifactStore.ArtifactStore
  /** What the store says to some commits; undefined where it takes them. */
  readonly refuses?: (
    types: ReadonlyArray<string>,
    batch: Driver.Batch
  ) => Driver.StoreError | undefined
}

/** A process that carries out a task, on a store that may leave it, and one that only looks on. */
export const givenWith = Effect.fnUntraced(function* ({
  bytes = (artifacts) => artifacts,
  engineers = 1,
  leaves = leaving,
  leavings,
  refuses = () => undefined
}: Otherwise) {
  const driver = yield* DriverMemory.make
  const left = leaves(driver)
  const { comeBack, leave, store: coming } = left
  const memory = yield* Layer.build(Layer.fresh(ArtifactStoreMemory.layer))
  const artifacts = Context.get(memory, ArtifactStore.ArtifactStore)
  const store = committing(coming, (_, commit, batch) => {
    const types = batch.events.map(({ type }) => type)
    const refusal = refuses(types, batch)
    return refusal === undefined ? commit : Effect.fail(refusal)
  })
  const agent = yield* agents
  const scope = yield* Effect.acquireRelease(Scope.make(), Scope.close)
  const options = {
    behaviour: agent.behaviour,
    artifacts: Layer.succeed(ArtifactStore.ArtifactStore, bytes(keptIn(left, artifacts))),
    ...(leavings === undefined ? {} : { left: () => leavings }),
    reactors: { holder: "the same" }
  }
  yield* processOn(store, options).pipe(Effect.provideService(Scope.Scope, scope))
  const look = yield* processOn(driver, {
    artifacts: Layer.succeed(ArtifactStore.ArtifactStore, artifacts)
  })
  const team = yield* look(TestForeman.givenTeam({ engineers }))
  const { id: taskId } = yield* look(TestForeman.givenTask(team))
  assert.strictEqual(yield* agent.begun, 1)
  const end = Scope.close(scope, Exit.void)
  return { agent, comeBack, driver, end, leave, look, options, taskId, team }
})

/** The same, as most tests have it. */
export const given = givenWith({})

/** Lets it be such an instant, and all be done that is due by then. */
export const setTime = (millis: number) => Effect.andThen(TestClock.setTime(millis), settled)

/** Lets so many seconds pass, one after the other: what waits for a hash has it before the next. */
export const pass = (seconds: number) =>
  Effect.andThen(
    settled,
    Effect.replicateEffect(Effect.andThen(TestClock.adjust("1 second"), settled), seconds)
  )

/** A task as it stands. */
export const taskOf = (taskId: Identifier.TaskId) =>
  Foreman.use(({ client }) => client.getTask({ taskId })).pipe(TestForeman.asOperator)

/** How the runs of a task ended, the last one first. */
export const runsOf = (taskId: Identifier.TaskId) =>
  Foreman.use(({ client }) => client.listTaskRuns({ taskId })).pipe(
    TestForeman.asOperator,
    Effect.map(({ items }) => items.map(({ cause, status }) => [status, cause]))
  )

/** What is kept of the runs of a task, by its names, and what its answer is. */
export const keptOf = (taskId: Identifier.TaskId) =>
  Foreman.use(({ client }) => client.listArtifacts({ taskId })).pipe(
    TestForeman.asOperator,
    Effect.map(({ items }) => items.map(({ name, size }) => [name, size]).toSorted())
  )

/** How many tokens the runs of an organization have used, as is recorded. */
export const usedIn = ({ organization }: TestForeman.GivenTeam) =>
  Effect.map(TestForeman.history(organization.id), (events) =>
    events
      .filter(({ type }) => type === "run.usage_reported")
      .map(({ data }) => data["output_tokens"])
  )
