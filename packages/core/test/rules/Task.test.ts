import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import * as fc from "fast-check"

import { Identifier, Repository, Task } from "@foreman/core"
import { Arbitraries, GivenWhenThen } from "@foreman/testkit"

const { given } = GivenWhenThen
const id = Identifier.TaskId.make(1)
const runId = Identifier.RunId.make("00000000-0000-7000-8000-000000000001")
const agentId = Identifier.AgentId.make("00000000-0000-7000-8000-0000000000a1")

describe("planning a task", () => {
  const { branch: _, ...example } = Task.example()
  const wanted: Task.Wanted = { ...example, assigneeId: agentId, title: "Fix login bug" }

  it("creates it with its branch, and each dependency once", () => {
    const [two, three] = [Identifier.TaskId.make(2), Identifier.TaskId.make(3)]
    const decision = Task.create({ ...wanted, dependsOn: [two, three, two] }, { taskId: id })
    const [event] = Result.getOrThrow(decision)
    assert.strictEqual(event?.type, "task.created")
    if (event?.type !== "task.created") return
    assert.deepStrictEqual(event.data.dependsOn, [two, three])
    assert.strictEqual(event.data.branch, "task-1-fix-login-bug")
  })

  it("edits in every status, a final one included", () => {
    for (const status of Task.Status.literals) {
      given(Task.example({ status }))
        .when((task) => Task.update(task, { title: "New", tags: ["x"] }))
        .then({ type: "task.updated", data: { taskId: id, title: "New", tags: ["x"] } })
    }
  })

  it("records nothing when nothing is named", () => {
    given(Task.example())
      .when((task) => Task.update(task, {}))
      .thenNothing()
  })

  it("records an edit to the present value", () => {
    given(Task.example({ title: "Same" }))
      .when((task) => Task.update(task, { title: "Same" }))
      .then({ type: "task.updated", data: { taskId: id, title: "Same" } })
  })

  it("assigns in every status, also to the present assignee", () => {
    for (const status of Task.Status.literals) {
      given(Task.example({ status, assigneeId: agentId }))
        .when((task) => Task.assign(task, agentId))
        .then({ type: "task.assigned", data: { taskId: id, from: agentId, to: agentId } })
    }
  })
})

describe("retrying a task", () => {
  const failed = { status: "in_progress", attempts: 1, lastOutcome: "failed" } as const
  const actor = { actorId: "someone" }
  const back: Task.TaskEvent = {
    type: "task.status_changed",
    data: { taskId: id, from: "in_progress", to: "todo", actorId: "someone", reason: "retry" }
  }
  const released: Task.TaskEvent = { type: "task.released", data: { taskId: id } }
  const refuses = (given: Partial<Task.Task>) =>
    GivenWhenThen.given(Task.example(given))
      .when((task) => Task.retry(task, actor))
      .thenRejected(new Task.NotHeldNorFailed({ taskId: id, status: given.status ?? "todo" }))

  it("takes a failed, lost or cancelled attempt back to todo", () => {
    for (const lastOutcome of ["failed", "lost", "cancelled"] as const) {
      given(Task.example({ ...failed, lastOutcome }))
        .when((task) => Task.retry(task, actor))
        .then(back)
    }
  })

  it("lets go of a held task where it stands", () => {
    for (const status of ["todo", "in_progress"] as const) {
      given(Task.example({ status, hold: "repository_needed" }))
        .when((task) => Task.retry(task, actor))
        .then(released)
    }
  })

  it("queues a task again that failed and is held", () => {
    const task = Task.example({ ...failed, hold: "runner_unusable" })
    const after = given(task).when((task) => Task.retry(task, actor))
    after.then(back)
    const queued = Task.evolve(task, back, task.updatedAt)!
    assert.isTrue(Task.isReady(queued, { openDependencies: 0 }))
  })

  it("leaves rework in the queue and only lets go of its hold", () => {
    given(Task.example({ ...failed, isRework: true, hold: "rejected" }))
      .when((task) => Task.retry(task, actor))
      .then(released)
  })

  it("refuses what neither failed nor is held", () => {
    refuses({ status: "todo" })
    refuses({ status: "in_progress", attempts: 1, lastOutcome: "succeeded" })
    refuses({ ...failed, liveRunId: runId })
    refuses({ ...failed, isRework: true })
    refuses({ ...failed, status: "in_review" })
    refuses({ status: "done" })
    refuses({ status: "cancelled", hold: "rejected" })
  })
})

describe("the ready queue", () => {
  const isReady = (given: Partial<Task.Task>, openDependencies = 0) =>
    Task.isReady(Task.example(given), { openDependencies })

  it("takes what is to do and waits for nothing", () => {
    assert.isTrue(isReady({ status: "todo" }))
    assert.isFalse(isReady({ status: "todo" }, 1))
  })

  it("takes what was sent back, and not what someone has in hand", () => {
    assert.isTrue(isReady({ status: "in_progress", isRework: true }))
    assert.isFalse(isReady({ status: "in_progress" }))
  })

  it("passes over what is held or has a live run", () => {
    for (const hold of Task.Hold.literals) {
      assert.isFalse(isReady({ status: "todo", hold }))
      assert.isFalse(isReady({ status: "in_progress", isRework: true, hold }))
    }
    assert.isFalse(isReady({ status: "todo", liveRunId: runId }))
    assert.isFalse(isReady({ status: "in_progress", isRework: true, liveRunId: runId }))
  })

  it("passes over every other status", () => {
    for (const status of ["in_review", "in_approval", "merging", "done", "cancelled"] as const) {
      assert.isFalse(isReady({ status }))
    }
  })

  it("orders critical, high, medium, low", () => {
    const order = Task.Priority.literals.toSorted(
      (left, right) => Task.urgencyOf[right] - Task.urgencyOf[left]
    )
    assert.deepStrictEqual(order, ["critical", "high", "medium", "low"])
  })

  it("gives each word back for its urgency, and for what is between it and the next", () => {
    for (const word of Task.Priority.literals) {
      assert.strictEqual(Task.priorityOf(Task.urgencyOf[word]), word)
    }
    assert.deepStrictEqual([1_000_000, 99, 49, 9].map(Task.priorityOf), [
      "critical",
      "high",
      "medium",
      "low"
    ])
  })
})

describe("the branch of a task", () => {
  it("keeps what is plain of the title", () => {
    for (const [title, branch] of [
      ["Fix login bug: é & ünïcode -- v2 (really)", "task-24-fix-login-bug-e-unicode-v2-really"],
      ["!!!", "task-24"],
      ["", "task-24"],
      ["- x -", "task-24-x"],
      ["../../etc/passwd", "task-24-etcpasswd"],
      ["$(rm -rf /)", "task-24-rm-rf"],
      ["日本語", "task-24"],
      ["a\tb\nc", "task-24-a-b-c"]
    ] as const) {
      assert.strictEqual(Task.branchOf(24, title), branch)
    }
  })

  it("stays short when characters decompose into many", () => {
    const branch = Task.branchOf(1, "㎯".repeat(50))
    assert.isAtMost(branch.length, "task-1-".length + 50)
  })

  it("is always one that git accepts", () => {
    fc.assert(
      fc.property(Arbitraries.id.task, Arbitraries.title, (taskId, title) => {
        const branch = Task.branchOf(taskId, title)
        assert.match(branch, /^task-\d+(-[a-z0-9]+)*$/)
        assert.isTrue(Repository.isBranchName(branch))
        assert.isAtMost(branch.length, 100)
      })
    )
  })
})
