/**
 * A process that is killed between any two steps of an approved dispatch: the next one goes on, with
 * no second approval and no second agent.
 *
 * @internal
 */
import { assert, it } from "@effect/vitest"
import { Context, Deferred, Effect, Fiber, Layer } from "effect"

import { Driver, Foreman, type Identifier, type Task } from "@foreman/core"
import { processOn, quiet, recording } from "./ForemanSuiteAgents.ts"
import { risky, strictTeam } from "./ForemanSuiteApprovalsGiven.ts"
import { assertRebuilds } from "./ForemanSuiteRebuild.ts"
import { type Backend, shared } from "./ForemanSuiteSubject.ts"
import * as TestForeman from "./TestForeman.ts"

// testing ---------------------------------------------------------------------

/**
 * Registers these tests.
 *
 * @category testing
 * @since 0.1.0
 */
export const register = (backend: Backend): void => {
  for (const step of ["approval.requested", "approval.approved", "run.queued"] as const) {
    for (const moment of ["before", "after"] as const) {
      it.live(`is stranded by no end of the process ${moment} ${step} is written`, () =>
        quiet(campaign(backend, { step, moment }))
      )
    }
  }
}

// internal --------------------------------------------------------------------

interface Kill {
  /** The event with whose commit the process ends. */
  readonly step: string
  readonly moment: "before" | "after"
}

const campaign = Effect.fnUntraced(function* (backend: Backend, kill: Kill) {
  const store = Context.get(yield* Layer.build(yield* shared(backend)), Driver.Driver)
  const agents = recording()
  const mortal = yield* mortalOf(store, kill)
  const processOf = (driver: Driver.Driver, holder: string) =>
    processOn(Layer.succeed(Driver.Driver, driver), {
      behaviour: agents.behaviour,
      reactors: { holder }
    })
  const settled = yield* processOn(Layer.succeed(Driver.Driver, store), {})
  const given = yield* settled(
    strictTeam({ repositories: 0, settings: { delivery: "direct", retries: 0 } })
  )

  const first = yield* processOf(mortal.driver, "first")
  yield* Effect.addFinalizer(() => mortal.leave)
  const fiber = yield* Effect.forkChild(first(story(given)))
  yield* Effect.timeout(mortal.died, "20 seconds")
  yield* Fiber.interrupt(fiber)
  yield* lapse(store, given.organization.id)

  const second = yield* processOf(store, "second")
  const taskId = yield* second(story(given))
  yield* settled(
    Effect.gen(function* () {
      const { client } = yield* Foreman
      const { items } = yield* TestForeman.asOperator(client.listApprovals({ taskId }))
      assert.deepStrictEqual(
        items.map(({ status }) => status),
        ["used"]
      )
      const events = yield* TestForeman.history(given.organization.id)
      const count = (wanted: string) => events.filter(({ type }) => type === wanted).length
      assert.strictEqual(count("approval.approved"), 1)
      assert.strictEqual(count("run.succeeded"), 1)
      assert.strictEqual(agents.specs.length, 1)
      yield* assertRebuilds(given.organization.id)
    })
  )
}, Effect.scoped)

/** Lets the tenure of who is gone end at once, instead of after its time. */
const lapse = Effect.fnUntraced(function* (driver: Driver.Driver, organization: string) {
  const steps = [
    { _tag: "Set", table: "singletons", key: { name: "dispatcher" }, row: { until: 0 } }
  ] as const
  const answer = yield* driver.commit({ organization, reliesOn: [], steps, events: [] })
  assert.strictEqual(answer._tag, "Committed")
})

/** What people do, from the wish to the end; each of it as often as nobody has heard an answer. */
const story = Effect.fnUntraced(function* (given: TestForeman.GivenTeam) {
  const { client } = yield* Foreman
  const wish = TestForeman.wanted(given.team.id, { title: risky })
  const key = (name: string) => ({ idempotencyKey: `${name}-${given.organization.slug}` })
  const create = TestForeman.asOperator(client.createTask(wish, key("create")))
  const { id: taskId } = yield* create
  const asked = yield* until(taskId, ({ approvalStatus }) => approvalStatus !== null)
  const approvalId = asked.approvalId
  assert(approvalId !== null)
  yield* TestForeman.asOperator(client.approveApproval({ approvalId }, key("approve")))
  const ended = yield* until(
    taskId,
    ({ lastOutcome, status }) => status === "done" || lastOutcome === "lost"
  )
  if (ended.status === "done") return taskId
  // Its run ended with the process, before its agent began: what was approved may begin again.
  yield* TestForeman.asOperator(client.retryTask({ taskId }))
  yield* until(taskId, ({ status }) => status === "done")
  return taskId
}, Effect.orDie)

const until = (taskId: Identifier.TaskId, is: (task: Task.Task) => boolean) =>
  TestForeman.untilTask(taskId, is, { within: "20 seconds" })

/** A way to the store that ends for good with the commit of an event. */
const mortalOf = Effect.fnUntraced(function* (driver: Driver.Driver, { moment, step }: Kill) {
  let isAlive = true
  const died = yield* Deferred.make<void>()
  const left = yield* Deferred.make<void>()
  // What nobody can interrupt hangs as well, until the test is over.
  const hang = Effect.andThen(Deferred.await(left), refused)
  const through = <A>(call: Effect.Effect<A, Driver.StoreError>) =>
    Effect.suspend(() => (isAlive ? call : hang))
  const die = Effect.suspend(() => {
    isAlive = false
    return Effect.andThen(Deferred.succeed(died, undefined), hang)
  })
  const commit: Driver.Driver["commit"] = (batch) => {
    const isLast = batch.events.some(({ type }) => type === step)
    if (!isLast || !isAlive) return through(driver.commit(batch))
    return moment === "before" ? die : Effect.andThen(driver.commit(batch), die)
  }
  return {
    driver: {
      ...driver,
      commit,
      allocate: (...input: Parameters<typeof driver.allocate>) =>
        through(driver.allocate(...input)),
      versions: (...input: Parameters<typeof driver.versions>) =>
        through(driver.versions(...input)),
      readStream: (...input: Parameters<typeof driver.readStream>) =>
        through(driver.readStream(...input)),
      readAll: (...input: Parameters<typeof driver.readAll>) => through(driver.readAll(...input)),
      receipt: (...input: Parameters<typeof driver.receipt>) => through(driver.receipt(...input)),
      get: (...input: Parameters<typeof driver.get>) => through(driver.get(...input)),
      find: (query: Parameters<typeof driver.find>[0]) => through(driver.find(query)),
      ask: (...input: Parameters<typeof driver.ask>) => through(driver.ask(...input))
    },
    died: Deferred.await(died),
    /** Lets what is left of the process end. */
    leave: Deferred.succeed(left, undefined)
  }
})

const refused = Effect.fail(
  new Driver.StoreError({
    operation: "any",
    cause: new Error("The process is gone"),
    retryable: false,
    ambiguous: false
  })
)
