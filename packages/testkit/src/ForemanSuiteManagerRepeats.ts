/**
 * That a manager's command is carried out once, however often it is sent, by whom, and what it would do.
 *
 * @internal
 */
import { assert, it } from "@effect/vitest"
import { Effect } from "effect"

import { AgentRunnerMemory, Foreman, Manager } from "@foreman/core"
import { processOn, quiet } from "./ForemanSuiteAgents.ts"
import { command, counted, onLocal } from "./ForemanSuiteManagerGiven.ts"
import { type Backend, call, numbers, shared } from "./ForemanSuiteSubject.ts"
import * as TestForeman from "./TestForeman.ts"

// testing ---------------------------------------------------------------------

/**
 * Registers these tests.
 *
 * @category testing
 * @since 0.1.0
 */
export const register = (backend: Backend): void => {
  repeating(backend)
  rehearsing(backend)
}

// internal --------------------------------------------------------------------

const repeating = (backend: Backend) => {
  it.live("makes one task of a command that is sent again under its key", () =>
    Effect.gen(function* () {
      const wish = { kind: "create_task", summary: "Once" }
      const sent = Effect.forEach(numbers(3), () => command(wish, "key"), {
        concurrency: "unbounded"
      })
      const answers = [...(yield* sent), ...(yield* sent)]
      assert.strictEqual(new Set(answers.map(({ task_id }) => task_id)).size, 1)
      assert.deepInclude(yield* counted, { "task.created": 1 })
      const task_id = answers[0]?.task_id
      const others = [
        { ...wish, summary: "Twice" },
        { kind: "create_project", name: "Once" },
        { kind: "create_module", name: "Once" },
        { kind: "dispatch_task", task_id }
      ]
      for (const other of others) {
        const refusal = yield* Effect.flip(command(other, "key"))
        assert.deepInclude(refusal, { code: "IdempotencyKeyReused", status: 409 })
        assert.deepStrictEqual(refusal.facts, { idempotency_key: "key" })
      }
      yield* command({ kind: "dispatch_task", task_id }, "second")
      const reused = yield* Effect.flip(command(wish, "second"))
      assert.strictEqual(reused.code, "IdempotencyKeyReused")
    }).pipe(onLocal(backend))
  )

  it.live("makes its team, its project and one task for processes that begin at once", () =>
    Effect.gen(function* () {
      const store = yield* shared(backend)
      const runners = [AgentRunnerMemory.make("local", () => Effect.succeed({}))]
      const open = Effect.provideService(processOn(store, { runners }), Manager.ManagerConfig, {
        waitMillis: 1
      })
      const processes = [yield* open, yield* open, yield* open]
      const wish = TestForeman.asOperator(
        command({ kind: "create_task", summary: "Together" }, "key")
      )
      const answers = yield* Effect.forEach(processes, (inside) => inside(wish), {
        concurrency: "unbounded"
      })
      assert.strictEqual(new Set(answers.map(({ task_id }) => task_id)).size, 1)
      const [first] = processes
      assert(first !== undefined)
      assert.deepInclude(yield* first(counted), {
        "organization.created": 1,
        "team.created": 1,
        "agent.created": 2,
        "project.created": 1,
        "module.created": 1,
        "task.created": 1
      })
    }).pipe(quiet)
  )

  it.live("answers an action again that is repeated under its key, and refuses it without", () => {
    const codes = [1, 0]
    const behaviour = () => Effect.sync(() => ({ exitCode: codes.shift() ?? 0 }))
    return Effect.gen(function* () {
      const { facts } = yield* Effect.flip(command({ kind: "create_task", summary: "Again" }))
      const task_id = String(facts["task_id"])
      const retry = (key?: string) => call("retry_manager_task", { task_id }, key)
      assert.deepInclude(yield* retry("key"), { task_state: "ready" })
      yield* command({ kind: "dispatch_task", task_id })
      assert.deepInclude(yield* retry("key"), { task_id })
      assert.strictEqual((yield* Effect.flip(retry())).code, "TaskActionConflict")
      assert.strictEqual((yield* Effect.flip(retry("other"))).code, "TaskActionConflict")
      assert.deepInclude(yield* counted, { "run.queued": 2 })
    }).pipe(onLocal(backend, behaviour))
  })

  it.live("takes a key for one dispatch, though nothing keeps its task back", () =>
    Effect.gen(function* () {
      const one = yield* command({ kind: "create_task", summary: "One" })
      const two = yield* command({ kind: "create_task", summary: "Two" })
      const dispatch = (task_id: string) => call("dispatch_manager_task", { task_id }, "key")
      const first = yield* dispatch(one.task_id)
      assert.deepStrictEqual(yield* dispatch(one.task_id), first)
      const other = yield* Effect.flip(dispatch(two.task_id))
      assert.strictEqual(other.code, "IdempotencyKeyReused")
    }).pipe(onLocal(backend, undefined, { isIdle: true, waitMillis: 1 }))
  )

  it.live("makes one project and one module of commands that are sent again under their keys", () =>
    Effect.gen(function* () {
      const wishes = [
        { kind: "create_project", name: "Shop", repo_root: "/src/shop" },
        { kind: "create_module", name: "Cart" }
      ]
      for (const wish of wishes) {
        const first = yield* command(wish, wish.kind)
        assert.deepStrictEqual(yield* command(wish, wish.kind), first)
      }
      const made = { "project.created": 2, "module.created": 2, "repo.registered": 1 }
      assert.deepInclude(yield* counted, made)
    }).pipe(onLocal(backend))
  )
}

const rehearsing = (backend: Backend) => {
  it.live("shows what a command would do, and does nothing", () =>
    Effect.gen(function* () {
      const { dryRun } = yield* Foreman
      const wish = { kind: "create_task", summary: "Maybe" }
      const first = yield* dryRun.managerCommand(wish)
      assert.deepStrictEqual(
        [first.more, first.events.map(({ type }) => type)],
        [true, ["organization.created"]]
      )
      assert.deepStrictEqual(yield* counted, {})
      yield* command(wish)
      const before = yield* counted
      const second = yield* dryRun.managerCommand(wish)
      assert.deepStrictEqual(
        [second.more, second.events.map(({ type }) => type)],
        [true, ["task.created"]]
      )
      assert.deepStrictEqual(yield* counted, before)
    }).pipe(onLocal(backend))
  )

  it.live("acts as the agent manager of the local team", () =>
    Effect.gen(function* () {
      yield* command({ kind: "create_project", project_id: "shop", name: "Shop" })
      yield* command({ kind: "create_task", summary: "Sell", project_id: "demo" })
      const { client } = yield* Foreman
      const [organization] = (yield* client.listOrganizations({})).items
      const events = yield* TestForeman.history(organization?.id ?? "")
      const made = events.filter(
        ({ data, type }) => type === "task.created" || data["project_id"] === "shop"
      )
      const actors = new Set(made.map(({ metadata }) => metadata["actor_type"]))
      assert.deepStrictEqual([made.length, actors], [2, new Set(["agent"])])
    }).pipe(onLocal(backend))
  )
}
