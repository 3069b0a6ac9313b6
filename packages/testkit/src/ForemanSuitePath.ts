/**
 * The whole path: a plan of tasks goes through agents, reviews and landings to done.
 *
 * @internal
 */
import { assert, it } from "@effect/vitest"
import { Effect } from "effect"

import {
  type AgentRunnerMemory,
  Foreman,
  type Identifier,
  type Task,
  WorkspaceMemory
} from "@foreman/core"
import { on, recording } from "./ForemanSuiteAgents.ts"
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
  planning(backend)
  rejecting(backend)
  landing(backend)
  delivering(backend)
}

// internal --------------------------------------------------------------------

const isIn = (status: Task.Status) => (task: Task.Task) => task.status === status

/** Approves what comes in for review until all of these are done. */
const approveAll = (tasks: ReadonlyArray<Task.Task>) =>
  Effect.forEach(
    tasks,
    Effect.fnUntraced(function* ({ id: taskId }) {
      const { client } = yield* Foreman
      yield* untilTask(taskId, isIn("in_review"), patience)
      yield* client.approveTask({ taskId })
      return yield* untilTask(taskId, isIn("done"), patience)
    }),
    { concurrency: "unbounded" }
  )

const patience = { within: "20 seconds" } as const

const planning = (backend: Backend) => {
  it.live("carries a diamond of tasks through two agents to landed commits", () => {
    let live = 0
    let most = 0
    const order: Array<number> = []
    const behaviour: AgentRunnerMemory.Behaviour = Effect.fnUntraced(function* ({
      prompt,
      taskId
    }) {
      live += 1
      most = Math.max(most, live)
      order.push(taskId)
      yield* Effect.sleep("10 millis")
      live -= 1
      return { output: prompt }
    })
    return Effect.gen(function* () {
      const { client } = yield* Foreman
      const given = yield* TestForeman.givenTeam({ engineers: 2 })
      const plan = (title: string, ...dependsOn: ReadonlyArray<Identifier.TaskId>) =>
        TestForeman.givenTask(given, { title, dependsOn })
      const top = yield* plan("top")
      const left = yield* plan("left", top.id)
      const right = yield* plan("right", top.id)
      const bottom = yield* plan("bottom", left.id, right.id)
      yield* approveAll([top, left, right, bottom])

      assert.strictEqual(order[0], top.id)
      assert.sameMembers(order.slice(1, 3), [left.id, right.id])
      assert.strictEqual(order[3], bottom.id)
      assert.strictEqual(order.length, 4)
      assert.isAtMost(most, 2)
      const landings = yield* (yield* WorkspaceMemory.Landings).list
      assert.sameMembers(
        landings.map(({ input }) => input.taskId),
        order
      )
      const events = yield* TestForeman.history(given.organization.id)
      const steps = events.filter(({ streamId }) => streamId === `task:${bottom.id}`)
      assert.deepStrictEqual(
        steps.map(({ data, type }) => (type === moved ? `-> ${String(data["to"])}` : type)),
        path
      )
      for (const { metadata, type } of events) {
        assert.isString(metadata["actor_id"], type)
        assert.isString(metadata["command_id"], type)
        assert.isString(metadata["correlation_id"], type)
      }
      const { items: runs } = yield* client.listTaskRuns({ taskId: bottom.id })
      const agents = new Set(given.engineers.map(({ id }) => id))
      assert.isTrue(
        runs.every(({ agentId, status }) => agents.has(agentId) && status === "succeeded")
      )
      const { rows } = yield* assertRebuilds(given.organization.id)
      assert.deepInclude(rows, { runs: 4, reviews: 4, merge_jobs: 4, artifacts: 8 })
    }).pipe(on(backend, { behaviour }))
  })
}

const moved = "task.status_changed"

const path = [
  "task.created",
  "task.assigned",
  "-> in_progress",
  "task.dispatched",
  "task.attempt_ended",
  "-> in_review",
  "review.created",
  "review.verdict",
  "-> in_approval",
  "-> merging",
  "merge.queued",
  "merge.started",
  "merge.completed",
  "-> done"
]

const rejecting = (backend: Backend) => {
  it.live("sends a rejected task back to its agent with what the reviewer said", () => {
    const { behaviour, specs } = recording()
    return Effect.gen(function* () {
      const { client } = yield* Foreman
      const given = yield* TestForeman.givenTeam({ engineers: 2 })
      const { id: taskId } = yield* TestForeman.givenTask(given, { title: "Tidy" })
      yield* untilTask(taskId, isIn("in_review"))
      yield* client.rejectTask({ taskId, summary: "Use tabs" })
      const again = yield* untilTask(
        taskId,
        ({ attempts, status }) => attempts === 2 && status === "in_review"
      )
      assert.deepStrictEqual(
        specs.map(({ prompt }) => prompt.includes("Use tabs")),
        [false, true]
      )
      assert.strictEqual(specs[0]?.agent.id, specs[1]?.agent.id)
      assert.deepInclude(again, { rejections: 1, isRework: false, hold: null })
      const { items: reviews } = yield* client.listReviews({ taskId })
      assert.deepStrictEqual(
        reviews.map(({ attempt, verdict }) => [attempt, verdict]),
        [
          [2, null],
          [1, "reject"]
        ]
      )
      yield* assertRebuilds(given.organization.id)
    }).pipe(on(backend, { behaviour }))
  })

  it.live("holds a task that was rejected three times until somebody edits it", () => {
    const { behaviour, specs } = recording()
    return Effect.gen(function* () {
      const { client } = yield* Foreman
      const given = yield* TestForeman.givenTeam()
      const { id: taskId } = yield* TestForeman.givenTask(given)
      for (const attempt of [1, 2, 3]) {
        yield* untilTask(taskId, (task) => task.attempts === attempt && task.status === "in_review")
        yield* client.rejectTask({ taskId })
      }
      // Nobody said why, but the agent is told that it came back.
      const prompts = specs.map(({ prompt }) => prompt.includes("did not say why"))
      assert.deepStrictEqual(prompts, [false, true, true])
      const held = yield* client.getTask({ taskId })
      assert.deepInclude(held, { hold: "rejected", status: "in_progress", isRework: true })
      // Another task is done before it, so it was passed over.
      const other = yield* TestForeman.givenTask(given)
      yield* untilTask(other.id, isIn("in_review"))
      assert.strictEqual((yield* client.getTask({ taskId })).attempts, 3)
      yield* client.updateTask({ taskId, description: "Once more, slowly" })
      const released = yield* untilTask(taskId, ({ attempts }) => attempts === 4)
      assert.deepInclude(released, { hold: null, rejections: 0 })
      yield* untilTask(taskId, isIn("in_review"))
      assert.include(specs.at(-1)?.prompt, "Once more, slowly")
    }).pipe(on(backend, { behaviour }))
  })
}

const landing = (backend: Backend) => {
  it.live("sends a task whose landing conflicts back to its agent with what it met", () => {
    const { behaviour, specs } = recording()
    let isBlocked = true
    const workspace = { conflicts: () => (isBlocked ? ["src/a.txt"] : []) }
    return Effect.gen(function* () {
      const { client } = yield* Foreman
      const given = yield* TestForeman.givenTeam()
      const { id: taskId } = yield* TestForeman.givenTask(given)
      yield* untilTask(taskId, isIn("in_review"))
      yield* client.approveTask({ taskId })
      yield* untilTask(taskId, ({ attempts, status }) => attempts === 2 && status === "in_review")
      assert.include(specs[1]?.prompt, "src/a.txt")
      isBlocked = false
      // The next time it comes back for another reason, and is told that one.
      yield* client.rejectTask({ taskId, summary: "Use tabs" })
      yield* untilTask(taskId, ({ attempts, status }) => attempts === 3 && status === "in_review")
      assert.include(specs[2]?.prompt, "Use tabs")
      assert.notInclude(specs[2]?.prompt, "src/a.txt")
      yield* client.approveTask({ taskId })
      yield* untilTask(taskId, isIn("done"))
      const { mergeJobs } = yield* client.getMergeStatus({ taskId })
      assert.deepStrictEqual(
        mergeJobs.map(({ status }) => status),
        ["success", "failed"]
      )
      const landings = yield* (yield* WorkspaceMemory.Landings).list
      assert.strictEqual(landings.length, 1)
      yield* assertRebuilds(given.organization.id)
    }).pipe(on(backend, { behaviour, workspace }))
  })

  it.live("leaves an approved task where it is when the team merges by hand", () =>
    Effect.gen(function* () {
      const { client } = yield* Foreman
      const given = yield* TestForeman.givenTeam({ settings: { autoMerge: false } })
      const { id: taskId } = yield* TestForeman.givenTask(given)
      yield* untilTask(taskId, isIn("in_review"))
      yield* client.approveTask({ taskId })
      assert.strictEqual((yield* client.getTask({ taskId })).status, "in_approval")
      yield* client.changeTaskStatus({ taskId, status: "merging" })
      yield* untilTask(taskId, isIn("done"))
      const landings = yield* (yield* WorkspaceMemory.Landings).list
      assert.strictEqual(landings.length, 1)
    }).pipe(on(backend))
  )

  it.live("merges nothing without a review of the present commit where one is required", () => {
    const { behaviour } = recording()
    return Effect.gen(function* () {
      const { client } = yield* Foreman
      const settings = { requireReview: true, autoMerge: false, delivery: "direct" } as const
      const given = yield* TestForeman.givenTeam({ settings })
      const { id: taskId } = yield* TestForeman.givenTask(given)
      const move = (status: Task.Status) => client.changeTaskStatus({ taskId, status })
      yield* untilTask(taskId, isIn("in_review"))
      yield* move("in_approval")
      assert.strictEqual((yield* Effect.flip(move("merging")))._tag, "ReviewRequired")
      yield* client.approveTask({ taskId })
      yield* move("merging")
      yield* untilTask(taskId, isIn("done"))
    }).pipe(on(backend, { behaviour }))
  })
}

const delivering = (backend: Backend) => {
  it.live("delivers directly: what has changed lands, and what has not is done", () => {
    const workspace = { changes: ({ taskId }: { readonly taskId: number }) => taskId % 2 === 0 }
    return Effect.gen(function* () {
      const given = yield* TestForeman.givenTeam({ settings: { delivery: "direct" } })
      const tasks = yield* Effect.forEach([1, 2], () => TestForeman.givenTask(given))
      yield* Effect.forEach(tasks, ({ id }) => untilTask(id, isIn("done")))
      const landings = yield* (yield* WorkspaceMemory.Landings).list
      assert.deepStrictEqual(
        landings.map(({ input }) => input.taskId),
        tasks.map(({ id }) => id).filter((id) => id % 2 === 0)
      )
      const events = yield* TestForeman.history(given.organization.id)
      for (const { id } of tasks) {
        const moves = events.filter(
          ({ streamId, type }) => streamId === `task:${id}` && type === moved
        )
        assert.deepStrictEqual(
          moves.map(({ data }) => data["to"]),
          ["in_progress", "in_review", "in_approval", "merging", "done"],
          "one event for each step"
        )
      }
      assert.isFalse(events.some(({ type }) => type === "review.created"))
      yield* assertRebuilds(given.organization.id)
    }).pipe(on(backend, { workspace }))
  })

  it.live("lands nothing of a task that reads, which holds no scope, and keeps its answer", () => {
    const { behaviour } = recording()
    return Effect.gen(function* () {
      const { client } = yield* Foreman
      const given = yield* TestForeman.givenTeam({ settings: { delivery: "direct" } })
      const { id: taskId } = yield* TestForeman.givenTask(given, { type: "read" })
      yield* untilTask(taskId, isIn("done"))
      const landings = yield* (yield* WorkspaceMemory.Landings).list
      assert.deepStrictEqual(landings, [])
      const { items } = yield* client.listArtifacts({ taskId, kind: "assistant_summary" })
      assert.strictEqual(items.length, 1)
    }).pipe(on(backend, { behaviour }))
  })
}
