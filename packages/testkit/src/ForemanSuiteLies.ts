/**
 * Runners that do not tell the truth of themselves: nothing that they say counts for more than it may.
 *
 * @internal
 */
import { assert, it } from "@effect/vitest"
import { Deferred, Effect, Stream } from "effect"

import { type AgentRunner, Shell, type Task } from "@foreman/core"
import { on } from "./ForemanSuiteAgents.ts"
import { assertRebuilds } from "./ForemanSuiteRebuild.ts"
import type { Backend } from "./ForemanSuiteSubject.ts"
import * as TestForeman from "./TestForeman.ts"
import { untilEvent, untilTask } from "./TestForeman.ts"

// testing ---------------------------------------------------------------------

/**
 * Registers these tests.
 *
 * @category testing
 * @since 0.1.0
 */
export const register = (backend: Backend): void => {
  lying(backend)
}

// internal --------------------------------------------------------------------

const isIn = (status: Task.Status) => (task: Task.Task) => task.status === status

const typesOf = (organizationId: string, of: RegExp) =>
  Effect.map(TestForeman.history(organizationId), (events) =>
    events.map(({ type }) => type).filter((type) => of.test(type))
  )

const lying = (backend: Backend) => {
  it.live("takes no word of a runner for more than it may say", () => {
    const alive = { count: 0, atEnd: -1 }
    const late = Deferred.makeUnsafe<AgentRunner.RunSpec>()
    const liar: AgentRunner.AgentRunner = {
      name: "liar",
      check: () => Effect.void,
      run: Effect.fnUntraced(function* (spec, started) {
        yield* started
        yield* started
        alive.count += 1
        // Its process lives on until somebody ends it.
        yield* Effect.addFinalizer(() => Effect.sync(() => void (alive.count -= 1)))
        yield* Deferred.succeed(late, spec)
        return {
          outcome: "succeeded",
          exitCode: 0,
          cause: "exit:0",
          answer: "done",
          output: Stream.empty
        } as const
      })
    }
    const workspace = {
      changes: () => {
        alive.atEnd = alive.count
        return true
      }
    }
    return Effect.gen(function* () {
      const { driver } = yield* Shell.Shell
      const given = yield* TestForeman.givenTeam({ runner: "liar" })
      const { id: taskId } = yield* TestForeman.givenTask(given)
      yield* untilTask(taskId, isIn("in_review"))
      // What it left was taken in when nothing of it lived any more.
      assert.deepStrictEqual(alive, { count: 0, atEnd: 0 })
      const types = yield* typesOf(given.organization.id, /^run\.(started|succ)/)
      assert.deepStrictEqual(types, ["run.started", "run.succeeded"])
      const before = yield* driver.versions(given.organization.id, [`task:${taskId}`])
      const { permission, usage } = yield* Deferred.await(late)
      const used = { cachedInputTokens: 0, inputTokens: 1, outputTokens: 1, reasoningTokens: 0 }
      const leavesSandbox = false
      const asked = {
        _tag: "Command",
        command: "ls",
        cwd: "/",
        reason: null,
        leavesSandbox
      } as const
      assert(usage !== undefined && permission !== undefined)
      yield* usage(used)
      yield* permission(asked)
      assert.deepStrictEqual(
        yield* driver.versions(given.organization.id, [`task:${taskId}`]),
        before
      )
      const said = yield* typesOf(given.organization.id, /^run\.(usage|permission)/)
      assert.deepStrictEqual(said, [])
      yield* untilEvent(({ type }) => type === "lease.released", {
        what: "its lease is given back"
      })
      yield* assertRebuilds(given.organization.id)
    }).pipe(on(backend, { runners: [liar], workspace }))
  })
}
