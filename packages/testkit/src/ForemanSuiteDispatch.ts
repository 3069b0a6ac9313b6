/**
 * Many dispatches of one task, and of one agent, at once: each is decided where it is written.
 *
 * @internal
 */
import { assert } from "@effect/vitest"
import { Effect } from "effect"
import { SecureRandom } from "effect/crypto"

import { Foreman, Identifier, Shell, StoreClock, Tokens } from "@foreman/core"
import * as Attempts from "@foreman/core/services/Attempts"
import * as Tenure from "@foreman/core/services/Tenure"
import { numbers, race } from "./ForemanSuiteSubject.ts"
import type { It } from "./ForemanSuiteSubject.ts"
import * as TestForeman from "./TestForeman.ts"

// testing ---------------------------------------------------------------------

/**
 * Registers these tests.
 *
 * @category testing
 * @since 0.1.0
 */
export const register = (it: It): void => {
  it.effect("begins a task once of 50 times, in the name of one of 50 agents", () =>
    Effect.gen(function* () {
      const given = yield* TestForeman.givenTeam({ engineers: 50 })
      const { id: taskId } = yield* TestForeman.givenTask(given)
      const queue = yield* dispatcherOf(given)
      const wishes = given.engineers.map(({ id }) => queue(taskId, id))
      const { lost, won } = yield* race(wishes)
      assert.strictEqual(won.length, 1)
      assert.deepStrictEqual(new Set(lost.map(reasonOf)), new Set(["not_ready"]))
      assert.deepStrictEqual(yield* countsOf(given.organization.id), [1, 1, 1])
    })
  )

  it.effect("gives an agent one of 50 tasks", () =>
    Effect.gen(function* () {
      const given = yield* TestForeman.givenTeam()
      const [engineer] = given.engineers
      assert(engineer !== undefined)
      const tasks = yield* Effect.forEach(numbers(50), () => TestForeman.givenTask(given))
      const queue = yield* dispatcherOf(given)
      const { lost, won } = yield* race(tasks.map(({ id }) => queue(id, engineer.id)))
      assert.strictEqual(won.length, 1)
      assert.deepStrictEqual(new Set(lost.map(reasonOf)), new Set(["agent_busy"]))
      assert.deepStrictEqual(yield* countsOf(given.organization.id), [1, 1, 1])
    })
  )

  it.effect("begins nothing for a dispatcher that is one no more", () =>
    Effect.gen(function* () {
      const given = yield* TestForeman.givenTeam()
      const [engineer] = given.engineers
      assert(engineer !== undefined)
      const { id: taskId } = yield* TestForeman.givenTask(given)
      const former = yield* dispatcherOf(given)
      const present = yield* dispatcherOf(given)
      assert.strictEqual(
        reasonOf(yield* Effect.flip(former(taskId, engineer.id))),
        "not_dispatcher"
      )
      assert.deepStrictEqual(yield* countsOf(given.organization.id), [0, 0, 0])
      assert.strictEqual((yield* present(taskId, engineer.id)).task.id, taskId)
    })
  )

  it.effect("begins a task as it is now, not as the dispatcher has read it", () =>
    Effect.gen(function* () {
      const given = yield* TestForeman.givenTeam()
      const { client } = yield* Foreman
      const [engineer] = given.engineers
      assert(engineer !== undefined)
      const edited = yield* TestForeman.givenTask(given)
      const cancelled = yield* TestForeman.givenTask(given)
      const known = yield* knownOf(given.organization.id)
      yield* TestForeman.asOperator(
        Effect.andThen(
          client.updateTask({ taskId: edited.id, title: "Another one" }),
          client.changeTaskStatus({ taskId: cancelled.id, status: "cancelled" })
        )
      )
      const queue = yield* dispatcherOf(given)
      const late = yield* Effect.flip(queue(cancelled.id, engineer.id, known(cancelled.id)))
      assert.strictEqual(reasonOf(late), "not_ready")
      const { task } = yield* queue(edited.id, engineer.id, known(edited.id))
      assert.strictEqual(task.title, "Another one")
      assert.deepStrictEqual(yield* countsOf(given.organization.id), [1, 1, 2])
    })
  )
}

// internal --------------------------------------------------------------------

/** What the dispatcher of an organisation does to begin a task. */
const dispatcherOf = Effect.fnUntraced(function* ({ organization }: TestForeman.GivenTeam) {
  const shell = yield* Shell.Shell
  const clock = yield* StoreClock.StoreClock
  const wanted = { organization: organization.id, name: "dispatcher", holder: "test" }
  const tenure = yield* Tenure.acquire(shell, clock, { ...wanted, ttlMillis: 60_000 })
  assert(tenure !== undefined)
  return Effect.fnUntraced(function* (
    taskId: Identifier.TaskId,
    agentId: Identifier.AgentId,
    known?: Attempts.Known
  ) {
    const runId = Identifier.RunId.make(SecureRandom.uuidV7Unsafe())
    const issued = yield* Tokens.issue(runId, Number.MAX_SAFE_INTEGER)
    return yield* Attempts.queue(shell, tenure, {
      taskId,
      agentId,
      runId,
      issued,
      ...(known === undefined ? {} : { known })
    })
  })
})

/** What a dispatcher reads of tasks that are ready, and of the first idle agent. */
const knownOf = Effect.fnUntraced(function* (organization: string) {
  const { driver } = yield* Shell.Shell
  const ready = yield* driver.ask(organization, "startable", { limit: 20 })
  const [agent] = yield* driver.ask(organization, "idle_agents", { after: "", limit: 1 })
  return (taskId: Identifier.TaskId): Attempts.Known => {
    const task = ready.find(({ id }) => id === taskId)
    assert(task !== undefined && agent !== undefined)
    return { task, agent, version: Number(task["version"]), teamRepositories: [] }
  }
})

const reasonOf = (error: { readonly _tag: string; readonly reason?: string }): string =>
  error.reason ?? error._tag

/** How often a run was queued, a task dispatched, and a task moved. */
const countsOf = (organizationId: string) =>
  Effect.map(TestForeman.history(organizationId), (events) =>
    ["run.queued", "task.dispatched", "task.status_changed"].map(
      (wanted) => events.filter(({ type }) => type === wanted).length
    )
  )
