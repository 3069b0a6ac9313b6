/**
 * Agents for the tests of the reactors: they say when they have begun, wait until they may end, and
 * have written something when they are stopped. And the processes in which they are started.
 *
 * @internal
 */
import { Context, Deferred, Effect, Latch, Layer, References, type Scope, Stream } from "effect"

import {
  type AgentRunner,
  type AgentRunnerMemory,
  type Authorization,
  Driver,
  Foreman
} from "@foreman/core"
import { type Backend, layerOf } from "./ForemanSuiteSubject.ts"
import * as TestForeman from "./TestForeman.ts"

// models ----------------------------------------------------------------------

/**
 * An agent that begins, and ends when it may.
 *
 * @category testing
 * @since 0.1.0
 */
export interface Patient {
  readonly behaviour: AgentRunnerMemory.Behaviour
  /** Waits for the first one to begin. */
  readonly begun: Effect.Effect<AgentRunner.RunSpec>
  /** Lets all of them end, now and later. */
  readonly finish: Effect.Effect<void>
  /** Waits until one was ended from outside. */
  readonly interrupted: Effect.Effect<void>
}

// testing ---------------------------------------------------------------------

/**
 * Makes such an agent.
 *
 * @category testing
 * @since 0.1.0
 */
export const patient: Effect.Effect<Patient> = Effect.gen(function* () {
  const begun = yield* Deferred.make<AgentRunner.RunSpec>()
  const finish = yield* Deferred.make<void>()
  const interrupted = yield* Deferred.make<void>()
  return {
    behaviour: (spec) =>
      Deferred.succeed(begun, spec).pipe(
        Effect.andThen(Deferred.await(finish)),
        Effect.as({ output: "finished" }),
        Effect.onInterrupt(() => Deferred.succeed(interrupted, undefined))
      ),
    begun: Deferred.await(begun),
    finish: Effect.asVoid(Deferred.succeed(finish, undefined)),
    interrupted: Deferred.await(interrupted)
  }
})

/**
 * What an agent was asked each time, in order.
 *
 * @category testing
 * @since 0.1.0
 */
export const recording = (): {
  readonly specs: ReadonlyArray<AgentRunner.RunSpec>
  readonly behaviour: AgentRunnerMemory.Behaviour
} => {
  const specs: Array<AgentRunner.RunSpec> = []
  return {
    specs,
    behaviour: (spec) =>
      Effect.sync(() => {
        specs.push(spec)
        return { output: `attempt ${spec.attempt}` }
      })
  }
}

/**
 * A runner whose agents write half of what they would, and the rest never.
 *
 * @category testing
 * @since 0.1.0
 */
export const stuck = (begun: Deferred.Deferred<void>): AgentRunner.AgentRunner => ({
  name: "stuck",
  check: () => Effect.void,
  run: Effect.fnUntraced(function* ({ stop }, started) {
    yield* started
    yield* Deferred.succeed(begun, undefined)
    const cause = yield* stop ?? Effect.never
    const output = Stream.succeed(new TextEncoder().encode("half of it"))
    return { outcome: "failed", exitCode: null, cause, answer: "half of it", output } as const
  })
})

/**
 * Runs a test on a Foreman of its own, as the operator. The reactors work unless the options say
 * otherwise.
 *
 * @category testing
 * @since 0.1.0
 */
export const on =
  (backend: Backend, options: Omit<TestForeman.Options, "store"> = {}) =>
  <A, E>(
    test: Effect.Effect<A, E, Authorization.CurrentActor | Scope.Scope | TestForeman.Services>
  ): Effect.Effect<A, E, Scope.Scope> =>
    Effect.provide(
      TestForeman.asOperator(test),
      Layer.fresh(layerOf(backend, { reactors: {}, ...options }))
      // What goes wrong on purpose is asserted, not read.
    ).pipe(Effect.provideService(References.MinimumLogLevel, "None"))

/**
 * A Foreman that ends with the scope, and an effect's way to it: one of several on one store.
 *
 * @category testing
 * @since 0.1.0
 */
export const processOn = Effect.fnUntraced(function* (
  store: Layer.Layer<Driver.Driver>,
  options: Omit<TestForeman.Options, "store">
) {
  const context = yield* Layer.build(Layer.fresh(TestForeman.layer({ ...options, store })))
  return <A, E>(effect: Effect.Effect<A, E, TestForeman.Services>) =>
    Effect.provideContext(effect, context)
})

/**
 * Asks as the operator.
 *
 * @category testing
 * @since 0.1.0
 */
export const asking = <A, E, R>(
  ask: (client: Foreman["Service"]["client"]) => Effect.Effect<A, E, R>
) => TestForeman.asOperator(Foreman.use(({ client }) => ask(client)))

/**
 * Keeps the log silent: what goes wrong on purpose is asserted, not read.
 *
 * @category testing
 * @since 0.1.0
 */
export const quiet: <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R> =
  Effect.provideService(References.MinimumLogLevel, "None")

/**
 * A store that stands still while its latch is closed, as all of a frozen process does.
 *
 * @category testing
 * @since 0.1.0
 */
export const freezable = Effect.fnUntraced(function* (store: Layer.Layer<Driver.Driver>) {
  const driver = Context.get(yield* Layer.build(store), Driver.Driver)
  const latch = yield* Latch.make(true)
  const wait = latch.whenOpen
  const layer = Layer.succeed(Driver.Driver, {
    ...driver,
    allocate: (...input) => wait(driver.allocate(...input)),
    commit: (batch) => wait(driver.commit(batch)),
    versions: (...input) => wait(driver.versions(...input)),
    readStream: (...input) => wait(driver.readStream(...input)),
    readAll: (...input) => wait(driver.readAll(...input)),
    receipt: (...input) => wait(driver.receipt(...input)),
    get: (...input) => wait(driver.get(...input)),
    find: (query) => wait(driver.find(query)),
    ask: (...input) => wait(driver.ask(...input)),
    changes: Stream.mapEffect(driver.changes, (hint) => wait(Effect.succeed(hint)))
  })
  return { layer, latch }
})
