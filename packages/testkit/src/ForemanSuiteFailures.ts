/**
 * What happens when an attempt does not succeed, and what is never begun: nothing is lost, and a
 * person sees why.
 *
 * @internal
 */
import { assert, it } from "@effect/vitest"
import { Deferred, Effect } from "effect"

import { AgentRunnerMemory, Foreman, type Identifier, type Task } from "@foreman/core"
import { on, patient, processOn, quiet, recording, stuck } from "./ForemanSuiteAgents.ts"
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
  failing(backend)
  cancelling(backend)
  holding(backend)
  waiting(backend)
}

// internal --------------------------------------------------------------------

const isIn = (status: Task.Status) => (task: Task.Task) => task.status === status

const latestRun = Effect.fnUntraced(function* (taskId: Identifier.TaskId) {
  const { client } = yield* Foreman
  const { items } = yield* client.listTaskRuns({ taskId, limit: 1 })
  const [run] = items
  return run ?? (yield* Effect.die(`Task ${taskId} has no run`))
})

const outputOf = Effect.fnUntraced(function* (runId: Identifier.RunId) {
  const { client } = yield* Foreman
  const { text } = yield* client.getTaskRunOutput({ runId, offset: 0, length: 1000 })
  return text
})

const failing = (backend: Backend) => {
  const cases: ReadonlyArray<readonly [string, AgentRunnerMemory.Behaviour, string, string]> = [
    [
      "that fails",
      ({ attempt }) => Effect.succeed({ exitCode: attempt === 1 ? 3 : 0, output: "Oh no\n" }),
      "exit:3",
      "Oh no\n"
    ],
    [
      "whose runner dies",
      ({ attempt }) => (attempt === 1 ? Effect.die(new Error("bug")) : Effect.succeed({})),
      "foreman failed; its log says why",
      ""
    ]
  ]
  for (const [title, behaviour, cause, output] of cases) {
    it.live(`shows a run ${title}, keeps what there is of it, and begins again when told`, () =>
      Effect.gen(function* () {
        const { client } = yield* Foreman
        const given = yield* TestForeman.givenTeam()
        const { id: taskId } = yield* TestForeman.givenTask(given)
        const failed = yield* untilTask(taskId, ({ lastOutcome }) => lastOutcome === "failed")
        assert.deepInclude(failed, { status: "in_progress", liveRunId: null, hold: null })
        const run = yield* latestRun(taskId)
        assert.deepInclude(run, { status: "failed", cause, attempt: 1 })
        assert.isNotNull(run.endedAt)
        if (output !== "") assert.strictEqual(yield* outputOf(run.id), output)
        // It does not begin by itself: another task is done meanwhile.
        const other = yield* TestForeman.givenTask(given, { priority: "low" })
        yield* untilTask(other.id, ({ attempts }) => attempts === 1)
        assert.strictEqual((yield* client.getTask({ taskId })).attempts, 1)
        yield* client.retryTask({ taskId })
        yield* untilTask(taskId, isIn("in_review"))
        assert.deepInclude(yield* latestRun(taskId), { status: "succeeded", attempt: 2 })
        yield* assertRebuilds(given.organization.id)
      }).pipe(on(backend, { behaviour }))
    )
  }

  it.live("ends a run that takes too long, by its agent's own limit", () =>
    Effect.gen(function* () {
      const { client } = yield* Foreman
      const given = yield* TestForeman.givenTeam({ engineers: 0 })
      const teamId = given.team.id
      const config = { runner: "memory", timeout_seconds: 0.05 }
      const agent = { teamId, name: "slow", role: "engineer", model: "m", config } as const
      yield* client.createAgent(agent)
      const { id: taskId } = yield* TestForeman.givenTask(given)
      yield* untilTask(taskId, ({ lastOutcome }) => lastOutcome === "failed")
      assert.deepInclude(yield* latestRun(taskId), { cause: "timeout", exitCode: null })
    }).pipe(on(backend, { behaviour: () => Effect.never }))
  )
}

const cancelling = (backend: Backend) => {
  it.live("stops the run of a cancelled task and keeps what it wrote", () => {
    const begun = Deferred.makeUnsafe<void>()
    return Effect.gen(function* () {
      const { client } = yield* Foreman
      const given = yield* TestForeman.givenTeam({ runner: "stuck" })
      const { id: taskId } = yield* TestForeman.givenTask(given)
      yield* Deferred.await(begun)
      const cancelled = yield* client.changeTaskStatus({ taskId, status: "cancelled" })
      assert.deepInclude(cancelled, { status: "cancelled", liveRunId: null })
      const run = yield* TestForeman.until(
        Effect.map(latestRun(taskId), (run) => (run.outputId === null ? undefined : run)),
        { what: "the output of the stopped run" }
      )
      assert.deepInclude(run, { status: "cancelled", cause: "cancelled" })
      assert.strictEqual(yield* outputOf(run.id), "half of it")
      const events = yield* TestForeman.history(given.organization.id)
      assert.strictEqual(events.filter(({ type }) => type === "run.cancelled").length, 1)
      // Its agent is free again.
      const next = yield* TestForeman.givenTask(given)
      yield* untilTask(next.id, ({ liveRunId }) => liveRunId !== null)
      yield* assertRebuilds(given.organization.id)
    }).pipe(on(backend, { runners: [stuck(begun)] }))
  })
}

const holding = (backend: Backend) => {
  it.live("holds a task whose repository cannot be used, until somebody edits it", () => {
    let isBroken = true
    const workspace = { unusable: () => (isBroken ? "it is not a git repository" : undefined) }
    return Effect.gen(function* () {
      const { client } = yield* Foreman
      const given = yield* TestForeman.givenTeam()
      const { id: taskId } = yield* TestForeman.givenTask(given)
      yield* untilTask(taskId, ({ hold }) => hold === "repository_unusable")
      const run = yield* latestRun(taskId)
      assert.strictEqual(run?.status, "failed")
      // Which one that is, is what whoever mends it has to know.
      assert.match(
        run?.cause ?? "",
        /^The repository \/.*cannot be used: it is not a git repository$/
      )
      isBroken = false
      const edited = yield* client.updateTask({ taskId, title: "With a repository now" })
      assert.isNull(edited.hold)
      yield* client.retryTask({ taskId })
      yield* untilTask(taskId, isIn("in_review"))
    }).pipe(on(backend, { workspace }))
  })

  it.live(
    "holds a task that may mean several repositories, and begins one that names its own",
    () => {
      const { behaviour, specs } = recording()
      return Effect.gen(function* () {
        const { client } = yield* Foreman
        const given = yield* TestForeman.givenTeam({ repositories: 2 })
        const [, second] = given.repositories
        assert(second !== undefined)
        const unclear = yield* TestForeman.givenTask(given, { priority: "critical" })
        const clear = yield* TestForeman.givenTask(given, { repoIds: [second.id] })
        yield* untilTask(clear.id, isIn("in_review"))
        const held = yield* untilTask(unclear.id, ({ hold }) => hold === "repository_needed")
        assert.deepInclude(held, { status: "todo", attempts: 0 })
        assert.strictEqual((yield* latestRun(clear.id)).repositoryId, second.id)
        assert.strictEqual(specs.length, 1)
        yield* client.updateTask({ taskId: unclear.id, repoIds: [second.id] })
        yield* untilTask(unclear.id, isIn("in_review"))
      }).pipe(on(backend, { behaviour }))
    }
  )

  it.live("holds a task whose agent names a runner that is not here", () =>
    Effect.gen(function* () {
      const store = yield* shared(backend)
      const teapot = AgentRunnerMemory.make("teapot", () => Effect.succeed({}))
      const there = yield* processOn(store, { runners: [teapot] })
      const given = yield* there(TestForeman.givenTeam({ runner: "teapot" }))
      const { id: taskId } = yield* there(TestForeman.givenTask(given))
      const here = yield* processOn(store, { reactors: {} })
      yield* here(untilTask(taskId, ({ hold }) => hold === "runner_unusable"))
      assert.deepInclude(yield* here(TestForeman.asOperator(latestRun(taskId))), {
        status: "failed",
        cause: "there is no runner teapot here"
      })
    }).pipe(quiet)
  )

  it.live("gives an empty folder to the runs of a team without repositories", () => {
    const { behaviour, specs } = recording()
    return Effect.gen(function* () {
      const { client } = yield* Foreman
      const given = yield* TestForeman.givenTeam({ repositories: 0 })
      const { id: taskId } = yield* TestForeman.givenTask(given)
      yield* untilTask(taskId, isIn("in_review"))
      assert.include(specs[0]?.prompt, "empty")
      yield* client.approveTask({ taskId })
      yield* untilTask(taskId, isIn("done"))
    }).pipe(on(backend, { behaviour }))
  })
}

const waiting = (backend: Backend) => {
  it.live("never begins a task of an agent that connects by itself", () => {
    const { behaviour, specs } = recording()
    return Effect.gen(function* () {
      const { client } = yield* Foreman
      const given = yield* TestForeman.givenTeam({ runner: null })
      const [own] = given.engineers
      assert(own !== undefined)
      const config = { runner: "memory" }
      const role = "engineer" as const
      const one = { teamId: given.team.id, name: "other", role, model: "m", config }
      yield* client.createAgent(one)
      const assigned = yield* TestForeman.givenTask(given, {
        assigneeId: own.id,
        priority: "critical"
      })
      const managed = yield* TestForeman.givenTask(given, { assigneeId: given.manager.id })
      const free = yield* TestForeman.givenTask(given, { priority: "low" })
      yield* untilTask(free.id, isIn("in_review"))
      assert.deepStrictEqual(
        specs.map(({ taskId }) => taskId),
        [free.id]
      )
      for (const { id: taskId } of [assigned, managed]) {
        assert.deepInclude(yield* client.getTask({ taskId }), { status: "todo", attempts: 0 })
      }
      const start = client.changeTaskStatus({ taskId: assigned.id, status: "in_progress" })
      assert.strictEqual((yield* TestForeman.asAgent(own)(start)).status, "in_progress")
    }).pipe(on(backend, { behaviour }))
  })

  it.live("lets a task wait for its busy agent, and passes over it for another", () =>
    Effect.gen(function* () {
      const one = yield* patient
      const test = Effect.gen(function* () {
        const { client } = yield* Foreman
        const given = yield* TestForeman.givenTeam({ engineers: 2 })
        const [busy] = given.engineers
        assert(busy !== undefined)
        const first = yield* TestForeman.givenTask(given, { assigneeId: busy.id })
        yield* untilTask(first.id, ({ liveRunId }) => liveRunId !== null)
        const second = yield* TestForeman.givenTask(given, {
          assigneeId: busy.id,
          priority: "critical"
        })
        const other = yield* TestForeman.givenTask(given, { priority: "low" })
        yield* untilTask(other.id, ({ liveRunId }) => liveRunId !== null)
        assert.strictEqual((yield* client.getTask({ taskId: second.id })).status, "todo")
        const { items } = yield* client.listAgents({ teamId: given.team.id })
        assert.strictEqual(items.find(({ id }) => id === busy.id)?.status, "working")
        yield* one.finish
        yield* untilTask(second.id, isIn("in_review"))
        assert.strictEqual((yield* latestRun(second.id)).agentId, busy.id)
      })
      yield* on(backend, { behaviour: one.behaviour })(test)
    })
  )

  it.live("gives the most urgent of the ready tasks to an idle agent", () => {
    const { behaviour, specs } = recording()
    return Effect.gen(function* () {
      const { client } = yield* Foreman
      const given = yield* TestForeman.givenTeam({ engineers: 0 })
      const low = yield* TestForeman.givenTask(given, { priority: "low" })
      const high = yield* TestForeman.givenTask(given, { priority: "high" })
      const older = yield* TestForeman.givenTask(given)
      const newer = yield* TestForeman.givenTask(given)
      const critical = yield* TestForeman.givenTask(given, { priority: "critical" })
      const held = yield* TestForeman.givenTask(given, { dependsOn: [low.id] })
      yield* client.createAgent({
        teamId: given.team.id,
        name: "one",
        role: "engineer",
        model: "m",
        config: { runner: "memory" }
      })
      const order = [critical, high, older, newer, low]
      yield* Effect.forEach(order, ({ id }) => untilTask(id, isIn("in_review")))
      assert.deepStrictEqual(
        specs.map(({ taskId }) => taskId),
        order.map(({ id }) => id)
      )
      assert.strictEqual((yield* client.getTask({ taskId: held.id })).status, "todo")
    }).pipe(on(backend, { behaviour }))
  })
}
