import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"

import { Identifier, Run, Task } from "@foreman/core"

const at = "2026-01-01T00:00:00.000000Z"
const taskId = Identifier.TaskId.make(1)
const runId = Identifier.RunId.make("00000000-0000-7000-8000-000000000001")
const agentId = Identifier.AgentId.make("00000000-0000-7000-8000-0000000000a1")

describe("a claim", () => {
  const team = { teamId: Task.example().teamId }
  const mayTake = (given: Partial<Task.Task>, to: Task.Status = "in_progress") =>
    Task.isClaimable(Task.example(given), to, team)

  it("is for what the agent's own team is to do and nobody has", () => {
    assert.isTrue(mayTake({}))
    assert.isFalse(mayTake({ assigneeId: agentId }))
    assert.isFalse(mayTake({ hold: "rejected" }))
    const teamId = Identifier.TeamId.make("00000000-0000-7000-8000-0000000000e9")
    assert.isFalse(Task.isClaimable(Task.example(), "in_progress", { teamId }))
  })

  it("is a start and nothing else", () => {
    for (const status of Task.Status.literals) {
      assert.strictEqual(mayTake({ status }), status === "todo")
      assert.strictEqual(mayTake({}, status), status === "in_progress")
    }
  })
})

describe("the end of a run that Foreman stopped for its own end", () => {
  const queued = {
    runId,
    taskId,
    agentId,
    attempt: 1,
    runner: "command",
    holder: "server",
    repositoryId: null,
    branch: "task-1-an-example"
  }
  const running: Run.Run = {
    ...Run.evolve(undefined, { type: "run.queued", data: queued }, at)!,
    status: "running"
  }
  const how = { exitCode: null, answer: null, headCommit: null } as const
  const end = (task: Task.Task) =>
    Result.getOrThrow(Run.end(running, task, { ...how, outcome: "cancelled", cause: Run.shutdown }))
  const requeued: Task.TaskEvent = {
    type: "task.requeued",
    data: { taskId, runId, reason: "shutdown" }
  }

  it("queues the task again, and counts no failure", () => {
    const task = Task.example({ status: "in_progress", attempts: 1, liveRunId: runId })
    const events = end(task)
    assert.deepStrictEqual(
      events.map(({ type }) => type),
      ["run.cancelled", "task.attempt_ended", "task.requeued"]
    )
    assert.deepStrictEqual(events.at(-1), requeued)
    const after = events.reduce<Task.Task>(
      (task, event) =>
        // As: by their type they are events of tasks.
        event.type.startsWith("task.") ? Task.evolve(task, event as Task.TaskEvent, at)! : task,
      task
    )
    assert.deepInclude(after, { status: "in_progress", rejections: 0, hold: null })
    assert.isTrue(Task.isReady(after, { openDependencies: 0 }))
    assert.isTrue(Result.isFailure(Task.retry(after, { actorId: "someone" })))
  })

  it("takes back what the run had moved on by itself", () => {
    for (const status of ["in_review", "in_approval"] as const) {
      const [back, last] = end(Task.example({ status })).slice(-2)
      assert.deepInclude(back?.data, { from: status, to: "in_progress", reason: "run_stopped" })
      assert.deepStrictEqual(last, requeued)
    }
  })

  it("leaves a task alone that is not in hand any more", () => {
    for (const status of ["todo", "merging", "cancelled", "done"] as const) {
      const types = end(Task.example({ status })).map(({ type }) => type)
      assert.deepStrictEqual(types, ["run.cancelled", "task.attempt_ended"])
    }
  })
})
