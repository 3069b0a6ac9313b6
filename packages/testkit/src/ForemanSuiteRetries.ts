/**
 * What follows a failure by itself: another run after a while, a rest until a quota is lifted, and in
 * the end a dead letter that a person can arm again.
 *
 * @internal
 */
import { assert, it } from "@effect/vitest"
import { Effect } from "effect"

import {
  AgentRunner,
  AgentRunnerMemory,
  Foreman,
  Identifier,
  Shell,
  type Task,
  Workspace
} from "@foreman/core"
import { on } from "./ForemanSuiteAgents.ts"
import { assertRebuilds } from "./ForemanSuiteRebuild.ts"
import type { Backend } from "./ForemanSuiteSubject.ts"
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
  around(backend)
  ofAgents(backend)
  quotas(backend)
}

// internal --------------------------------------------------------------------

const patience = { within: "20 seconds" } as const

/** Lets the time come until which a task is held. */
const makeDue = Effect.fnUntraced(function* (
  { organization }: TestForeman.GivenTeam,
  id: Identifier.TaskId
) {
  const { driver } = yield* Shell.Shell
  const row = { held_until: 1 }
  const steps = [{ _tag: "Set", table: "tasks", key: { id }, row }] as const
  const batch = { organization: organization.id, reliesOn: [], steps, events: [] }
  assert.strictEqual((yield* driver.commit(batch))._tag, "Committed")
})

const secondsHeld = ({ heldUntil, updatedAt }: Task.Task): number => {
  assert(heldUntil !== null)
  return (Identifier.micros(heldUntil) - Identifier.micros(updatedAt)) / 1e6
}

/** Waits for the next hold, and says how the task stands then. */
const untilHeld = (taskId: Identifier.TaskId, attempts: number) =>
  untilTask(
    taskId,
    (task) => task.hold !== null && task.attempts === attempts && task.liveRunId === null,
    patience
  )

const typesOf = (organizationId: string, of: RegExp) =>
  Effect.map(TestForeman.history(organizationId), (events) =>
    events.map(({ type }) => type).filter((type) => of.test(type))
  )

const around = (backend: Backend) => {
  it.live(
    "begins again what failed around its agent, later each time, and gives up in the end",
    () => {
      let isBroken = true
      const workspace = {
        prepares: () =>
          isBroken
            ? Effect.fail(
                new Workspace.GitError({
                  operation: "clone",
                  detail: "no space left",
                  retryable: true
                })
              )
            : Effect.void
      }
      return Effect.gen(function* () {
        const { client } = yield* Foreman
        const given = yield* TestForeman.givenTeam()
        const { id: taskId } = yield* TestForeman.givenTask(given, { scopes: ["repo/x"] })
        const waits: Array<number> = []
        for (const attempts of [1, 2, 3]) {
          const held = yield* untilHeld(taskId, attempts)
          assert.deepInclude(held, { hold: "backoff", failures: attempts, status: "in_progress" })
          waits.push(secondsHeld(held))
          // Its scope and its agent are free meanwhile.
          const { items } = yield* client.listLeases({ orgId: given.organization.id })
          assert.deepStrictEqual(items, [])
          yield* makeDue(given, taskId)
        }
        const [first = 0, second = 0, third = 0] = waits
        assert.isAtLeast(first, 4)
        assert.isAbove(second, first)
        assert.isAbove(third, second)
        const dead = yield* untilHeld(taskId, 4)
        assert.deepInclude(dead, { hold: "dead_letter", heldUntil: null, lastOutcome: "failed" })
        isBroken = false
        yield* client.retryTask({ taskId })
        const done = yield* untilTask(taskId, ({ status }) => status === "in_review", patience)
        assert.deepInclude(done, { attempts: 5, failures: 0, hold: null })
        const { items: runs } = yield* client.listTaskRuns({ taskId })
        assert.deepStrictEqual(
          runs.map(({ attempt, cause, status }) => [attempt, status, cause]),
          [
            [5, "succeeded", "exit:0"],
            ...[4, 3, 2, 1].map((attempt) => [attempt, "failed", "no space left"])
          ]
        )
        const due = yield* typesOf(given.organization.id, /^task\.(requeued|released)/)
        assert.deepStrictEqual(
          due,
          Array.from({ length: 3 }, () => ["task.requeued", "task.released"]).flat()
        )
        yield* assertRebuilds(given.organization.id)
      }).pipe(on(backend, { workspace }))
    }
  )

  it.live("begins at once what a person retries before its time", () => {
    let attempts = 0
    const flaky = AgentRunnerMemory.make("flaky", ({ agent }) =>
      Effect.suspend(() => {
        attempts += 1
        return attempts === 1
          ? Effect.fail(
              new AgentRunner.RunnerError({
                runner: agent.name,
                reason: "failed",
                detail: "it did not answer",
                retryable: true
              })
            )
          : Effect.succeed({})
      })
    )
    return Effect.gen(function* () {
      const { client } = yield* Foreman
      const given = yield* TestForeman.givenTeam({ runner: "flaky" })
      const { id: taskId } = yield* TestForeman.givenTask(given)
      const { heldUntil, hold } = yield* untilHeld(taskId, 1)
      assert(hold === "backoff" && heldUntil !== null)
      yield* client.retryTask({ taskId })
      yield* untilTask(taskId, ({ status }) => status === "in_review", patience)
      const { items } = yield* client.listTaskRuns({ taskId, limit: 1 })
      assert(items[0] !== undefined)
      assert.isBelow(Identifier.micros(items[0].queuedAt), Identifier.micros(heldUntil))
    }).pipe(on(backend, { runners: [flaky] }))
  })
}

const ofAgents = (backend: Backend) => {
  it.live("begins again what an agent failed at, as often as its team says", () => {
    const behaviour: AgentRunnerMemory.Behaviour = () => Effect.succeed({ exitCode: 3 })
    return Effect.gen(function* () {
      const { client } = yield* Foreman
      const given = yield* TestForeman.givenTeam({ settings: { retries: 1 } })
      const settings = yield* client.getTeamSettings({ teamId: given.team.id })
      assert.strictEqual(settings.settings.retries, 1)
      const { id: taskId } = yield* TestForeman.givenTask(given)
      assert.strictEqual((yield* untilHeld(taskId, 1)).hold, "backoff")
      yield* makeDue(given, taskId)
      assert.strictEqual((yield* untilHeld(taskId, 2)).hold, "dead_letter")
      // Whoever looks at it and edits it begins the count anew.
      yield* client.updateTask({ taskId, title: "Once more" })
      assert.deepInclude(yield* client.getTask({ taskId }), { hold: null, failures: 0 })
      yield* client.retryTask({ taskId })
      assert.strictEqual((yield* untilHeld(taskId, 3)).hold, "backoff")
      yield* assertRebuilds(given.organization.id)
    }).pipe(on(backend, { behaviour }))
  })
}

const quotas = (backend: Backend) => {
  it.live("lets a task rest until what its runner may use is lifted", () => {
    const farAway = new Date(Date.UTC(2099, 0, 1)).toISOString()
    let attempts = 0
    const limited: AgentRunner.AgentRunner = {
      ...AgentRunnerMemory.make("limited", () => Effect.succeed({})),
      run: (spec, started) =>
        Effect.map(
          AgentRunnerMemory.make("limited", () => Effect.succeed({})).run(spec, started),
          (result) => {
            attempts += 1
            return attempts > 1
              ? result
              : { ...result, outcome: "failed" as const, cause: `quota:${farAway}` }
          }
        )
    }
    return Effect.gen(function* () {
      const given = yield* TestForeman.givenTeam({ runner: "limited" })
      const { id: taskId } = yield* TestForeman.givenTask(given)
      const held = yield* untilHeld(taskId, 1)
      assert.strictEqual(held.hold, "quota")
      // No runner keeps a task for longer than a week.
      assert.closeTo(secondsHeld(held), 7 * 24 * 3600, 60)
      yield* makeDue(given, taskId)
      yield* untilTask(taskId, ({ status }) => status === "in_review", patience)
      yield* assertRebuilds(given.organization.id)
    }).pipe(on(backend, { runners: [limited] }))
  })
}
