/**
 * The promise of every command over a store that fails: afterwards there is the state before or the
 * state after and nothing between, and its repetition under the same key has one effect.
 *
 * @since 0.1.0
 */
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Exit, Fiber, Layer } from "effect"

import { catalogue, Driver, Events, Manager } from "@foreman/core"
import * as FailingStore from "./FailingStore.ts"
import type { Prepare } from "./FailingStoreGiven.ts"
import { scenarios } from "./FailingStoreScenarios.ts"
import { processOn, quiet } from "./ForemanSuiteAgents.ts"
import { assertRebuilds } from "./ForemanSuiteRebuild.ts"
import { type Backend, shared } from "./ForemanSuiteSubject.ts"
import * as TestForeman from "./TestForeman.ts"

// models ----------------------------------------------------------------------

/**
 * Which faults are planted.
 *
 * @category configuration
 * @since 0.1.0
 */
export interface Options {
  /** All unless said. */
  readonly manners?: ReadonlyArray<Manner>
}

// testing ---------------------------------------------------------------------

/**
 * Runs every command of the catalogue against every fault, at each of its calls of the store.
 *
 * **Example** (Testing the commands over a store)
 *
 * ```ts
 * import { DriverMemory } from "@foreman/core"
 * import { FailingStoreSuite } from "@foreman/testkit"
 *
 * FailingStoreSuite.run("memory", { layer: () => DriverMemory.layer })
 * ```
 *
 * @category testing
 * @since 0.1.0
 */
export const run = (name: string, backend: Backend, options: Options = {}): void => {
  const { manners = FailingStore.manners } = options
  describe(`Foreman over ${name} that fails`, () => {
    it("is asked for every command of the catalogue", () => {
      const commands = Object.values(catalogue).filter(({ kind }) => kind === "command")
      assert.deepStrictEqual(
        Object.keys(scenarios).toSorted(),
        commands.map(({ name }) => name).toSorted()
      )
    })
    for (const [command, prepare] of Object.entries(scenarios)) {
      it.live(`does ${command} wholly or not at all, and once when it is repeated`, () =>
        quiet(campaign(backend, prepare, manners))
      )
    }
  })
}

// internal --------------------------------------------------------------------

type Manner = Omit<FailingStore.Fault, "call">

/** No command asks a store so often; one that does is caught in a loop. */
const mostCalls = 60

const campaign = Effect.fnUntraced(function* (
  backend: Backend,
  prepare: Prepare,
  manners: ReadonlyArray<Manner>
) {
  const sound = yield* Layer.build(yield* shared(backend))
  const store = yield* FailingStore.make(Context.get(sound, Driver.Driver))
  const inside = yield* processOn(Layer.succeed(Driver.Driver, store.driver), {}).pipe(
    // Nobody works here, so nobody is waited for.
    Effect.provideService(Manager.ManagerConfig, { waitMillis: 1 })
  )
  const effects = yield* inside(withoutFault(store, prepare))
  for (const manner of manners) {
    let isReached = true
    for (let call = 1; isReached; call++) {
      assert.isBelow(call, mostCalls)
      isReached = yield* inside(withFault(store, prepare, { ...manner, call }, effects))
    }
  }
})

/** How many events the command has when all goes well. */
const withoutFault = Effect.fnUntraced(function* (
  store: FailingStore.FailingStore,
  prepare: Prepare
) {
  const given = yield* TestForeman.givenTeam()
  const command = yield* prepare(given)
  const before = yield* eventsIn(store)
  yield* Effect.orDie(command(keyOf(given)))
  const effects = (yield* eventsIn(store)) - before
  assert.isAbove(effects, 0)
  return effects
})

/** Whether the command came as far as the fault. */
const withFault = Effect.fnUntraced(function* (
  store: FailingStore.FailingStore,
  prepare: Prepare,
  fault: FailingStore.Fault,
  effects: number
) {
  const place = JSON.stringify(fault)
  const given = yield* TestForeman.givenTeam()
  const command = yield* Effect.map(prepare(given), (make) => make(keyOf(given)))
  const before = yield* eventsIn(store)
  const happened = Effect.map(eventsIn(store), (events) => events - before)

  yield* store.plant(fault)
  const fiber = yield* Effect.forkChild(command)
  const watch = yield* Effect.forkChild(Effect.andThen(store.hung, Fiber.interrupt(fiber)))
  const exit = yield* Fiber.await(fiber)
  yield* Fiber.interrupt(watch)
  const calls = yield* store.calls
  yield* store.plant()

  const first = yield* happened
  if (Exit.isSuccess(exit)) assert.strictEqual(first, effects, `acknowledged: ${place}`)
  else assert.include([0, effects], first, `neither before nor after: ${place}`)
  // Whoever was interrupted may still have a commit on its way: the repetition waits for it.
  const answer = yield* Effect.orDie(command)
  assert.strictEqual(yield* happened, effects, `repeated: ${place}`)
  assert.deepStrictEqual(yield* Effect.orDie(command), answer, `answered again: ${place}`)
  assert.strictEqual(yield* happened, effects, `repeated twice: ${place}`)
  yield* assertRebuilds(given.organization.id)
  return calls >= fault.call
})

/** Receipts of organisations lie together, so every case has a key of its own. */
const keyOf = ({ organization }: TestForeman.GivenTeam): string => `once-${organization.slug}`

const eventsIn = ({ driver }: FailingStore.FailingStore) =>
  Effect.map(Effect.orDie(Events.headsOf(driver)), (heads) =>
    Object.values(heads).reduce((sum, position) => sum + position, 0)
  )
