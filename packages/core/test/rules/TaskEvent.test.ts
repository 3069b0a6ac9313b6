import { assert, describe, it } from "@effect/vitest"

import { Identifier, Task } from "@foreman/core"

const [at, later] = ["2026-01-01T00:00:00.000000Z", "2026-01-02T00:00:00.000000Z"]
const id = Identifier.TaskId.make(1)
const runId = Identifier.RunId.make("00000000-0000-7000-8000-000000000001")
const agentId = Identifier.AgentId.make("00000000-0000-7000-8000-0000000000a1")
const commit = "a".repeat(40)

const after = (given: Partial<Task.Task>, ...events: ReadonlyArray<Task.TaskEvent>): Task.Task =>
  events.reduce<Task.Task>((task, event) => Task.evolve(task, event, later!)!, Task.example(given))

const moved = (from: Task.Status, to: Task.Status, reason: Task.Reason): Task.TaskEvent => ({
  type: "task.status_changed",
  data: { taskId: id, from, to, actorId: "someone", reason }
})

const dispatched: Task.TaskEvent = {
  type: "task.dispatched",
  data: { taskId: id, runId, attempt: 1, agentId }
}

const ended = (outcome: Task.Outcome, headCommit: string | null = commit): Task.TaskEvent => ({
  type: "task.attempt_ended",
  data: { taskId: id, runId, attempt: 1, outcome, baseCommit: commit, headCommit }
})

describe("a created task", () => {
  const { branch, dependsOn, description, metadata, priority, repoIds, tags, teamId, title } =
    Task.example()
  const wanted = {
    branch,
    dependsOn,
    description,
    metadata,
    priority,
    repoIds,
    tags,
    teamId,
    title
  }
  const data = { ...wanted, taskId: id, driId: null, assigneeId: agentId }

  it("is to do, untried and unheld, at the time of its creation", () => {
    assert.deepStrictEqual(
      Task.evolve(undefined, { type: "task.created", data }, at!),
      Task.example({ assigneeId: agentId, createdAt: at!, updatedAt: at! })
    )
  })

  it("is what its schema says", () => {
    const task = Task.evolve(undefined, { type: "task.created", data }, at!)
    assert.isTrue(Task.Task.make(task!) !== undefined)
  })

  it("is nothing before its creation", () => {
    assert.isUndefined(Task.evolve(undefined, moved("todo", "in_progress", "asked"), at!))
  })
})

describe("what happens to a task", () => {
  it("changes only what an edit names", () => {
    const task = after({}, { type: "task.updated", data: { taskId: id, title: "New" } })
    assert.deepStrictEqual(task, Task.example({ title: "New", updatedAt: later! }))
  })

  it("notes the time of done, and of nothing else", () => {
    assert.strictEqual(
      after({ status: "merging" }, moved("merging", "done", "landed")).completedAt,
      later
    )
    assert.isNull(after({}, moved("todo", "cancelled", "asked")).completedAt)
  })

  it("belongs to a run from its dispatch to the end of the attempt", () => {
    const running = after({}, moved("todo", "in_progress", "dispatch"), dispatched)
    assert.strictEqual(running.liveRunId, runId)
    assert.strictEqual(running.lastAgentId, agentId)
    assert.strictEqual(running.attempts, 1)
    const over = after(running, ended("failed"))
    assert.isNull(over.liveRunId)
    assert.strictEqual(over.lastRunId, runId)
    assert.strictEqual(over.lastOutcome, "failed")
  })

  it("takes over commits of a success only", () => {
    assert.strictEqual(after({}, dispatched, ended("succeeded")).headCommit, commit)
    for (const outcome of ["failed", "lost", "cancelled"] as const) {
      assert.isNull(after({}, dispatched, ended(outcome)).headCommit)
    }
  })

  it("is rework after a rejection or a failed landing, until its next move or dispatch", () => {
    for (const reason of ["changes_requested", "landing_failed"] as const) {
      const back = after({ status: "in_review" }, moved("in_review", "in_progress", reason))
      assert.isTrue(back.isRework)
      assert.isFalse(after(back, dispatched).isRework)
      assert.isFalse(after(back, moved("in_progress", "todo", "asked")).isRework)
    }
    const byHand = after({ status: "in_review" }, moved("in_review", "in_progress", "asked"))
    assert.isFalse(byHand.isRework)
  })

  it("adds and removes a dependency", () => {
    const [two, three] = [Identifier.TaskId.make(2), Identifier.TaskId.make(3)]
    const dependency = { taskId: id, dependsOnId: three }
    const more = after({ dependsOn: [two] }, { type: "task.dependency_added", data: dependency })
    assert.deepStrictEqual(more.dependsOn, [two, three])
    const less = after(more, { type: "task.dependency_removed", data: dependency })
    assert.deepStrictEqual(less.dependsOn, [two])
  })
})

describe("a held task", () => {
  const held = after({}, { type: "task.held", data: { taskId: id, reason: "repository_needed" } })

  it("says why", () => {
    assert.strictEqual(held.hold, "repository_needed")
  })

  it("is free again after an edit, a release, a dispatch or a retry", () => {
    for (const event of [
      { type: "task.updated", data: { taskId: id, title: "New" } },
      { type: "task.released", data: { taskId: id } },
      dispatched,
      moved("in_progress", "todo", "retry")
    ] satisfies ReadonlyArray<Task.TaskEvent>) {
      assert.isNull(after(held, event).hold)
    }
  })

  it("stays held when it is moved by hand or assigned", () => {
    const moves = [moved("todo", "in_progress", "asked"), moved("in_progress", "todo", "asked")]
    assert.strictEqual(after(held, ...moves).hold, "repository_needed")
    const assigned = { taskId: id, from: null, to: agentId }
    assert.isNotNull(after(held, { type: "task.assigned", data: assigned }).hold)
  })

  it("is not held any more once it is final", () => {
    assert.isNull(after(held, moved("todo", "cancelled", "asked")).hold)
    assert.isNull(after({ ...held, status: "merging" }, moved("merging", "done", "asked")).hold)
  })
})

describe("how often a task was sent back", () => {
  const reject = moved("in_review", "in_progress", "changes_requested")

  it("counts rejections and failed landings", () => {
    const twice = after(
      { status: "in_review" },
      reject,
      moved("merging", "in_progress", "landing_failed")
    )
    assert.strictEqual(twice.rejections, 2)
  })

  it("is not forgotten when the task is moved by hand, as an agent does with its own", () => {
    const task = after({ status: "in_review" }, reject, moved("in_progress", "in_review", "asked"))
    assert.strictEqual(task.rejections, 1)
  })

  it("counts anew when somebody has looked at the held task", () => {
    const held: ReadonlyArray<Task.TaskEvent> = [
      reject,
      { type: "task.held", data: { taskId: id, reason: "rejected" } }
    ]
    const released: Task.TaskEvent = { type: "task.released", data: { taskId: id } }
    const edited: Task.TaskEvent = { type: "task.updated", data: { taskId: id, title: "Clearer" } }
    for (const look of [released, edited]) {
      assert.strictEqual(after({ status: "in_review", rejections: 2 }, ...held, look).rejections, 0)
    }
    assert.strictEqual(after({ status: "in_review" }, reject, edited).rejections, 1)
  })
})

describe("the stream of a task", () => {
  it("is named by its number", () => {
    assert.strictEqual(Task.streamOf({ taskId: Identifier.TaskId.make(7) }), "task:7")
  })
})
