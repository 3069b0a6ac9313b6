import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import * as fc from "fast-check"

import { Identifier, Task } from "@foreman/core"
import { Arbitraries, GivenWhenThen } from "@foreman/testkit"

const { given } = GivenWhenThen
const id = Identifier.TaskId.make(1)
const head = "a".repeat(40)
const [runId, otherRunId] = ["1", "2"].map((last) =>
  Identifier.RunId.make(`00000000-0000-7000-8000-00000000000${last}`)
)

const facts: Task.MoveFacts = {
  actorId: "someone",
  blockedBy: [],
  requireReview: false,
  isApproved: false,
  mergeJob: null
}

const asked = (from: Task.Status, to: Task.Status): Task.TaskEvent => ({
  type: "task.status_changed",
  data: { taskId: id, from, to, actorId: "someone", reason: "asked" }
})

/** The workflow as it was promised; the code has its own. */
const promised: Readonly<Record<Task.Status, ReadonlyArray<Task.Status>>> = {
  todo: ["in_progress", "cancelled"],
  in_progress: ["in_review", "todo", "cancelled"],
  in_review: ["in_approval", "in_progress", "cancelled"],
  in_approval: ["merging", "in_progress", "cancelled"],
  merging: ["done", "in_progress"],
  done: [],
  cancelled: []
}

describe("moving a task", () => {
  for (const from of Task.Status.literals) {
    for (const to of Task.Status.literals) {
      const allowed = promised[from]
      if (allowed.includes(to)) {
        it(`moves from ${from} to ${to}`, () => {
          given(Task.example({ status: from }))
            .when((task) => Task.move(task, to, facts))
            .then(asked(from, to))
        })
      } else {
        it(`refuses to move from ${from} to ${to}`, () => {
          given(Task.example({ status: from }))
            .when((task) => Task.move(task, to, facts))
            .thenRejected(new Task.IllegalMove({ taskId: id, from, to, allowed }))
        })
      }
    }
  }

  it("gives the task to the agent that takes it, before it moves", () => {
    const claimant = Identifier.AgentId.make("00000000-0000-7000-8000-0000000000a1")
    given(Task.example())
      .when((task) => Task.move(task, "in_progress", { ...facts, claimant }))
      .then(
        { type: "task.assigned", data: { taskId: id, from: null, to: claimant } },
        asked("todo", "in_progress")
      )
    const blockedBy = [{ taskId: Identifier.TaskId.make(2), status: "todo" as const }]
    given(Task.example())
      .when((task) => Task.move(task, "in_progress", { ...facts, claimant, blockedBy }))
      .thenRejected(new Task.BlockedByDependencies({ taskId: id, blockedBy }))
  })

  it("says in the contract's words what is allowed", () => {
    const refusal = new Task.IllegalMove({
      taskId: id,
      from: "todo",
      to: "in_review",
      allowed: ["in_progress", "cancelled"]
    })
    assert.strictEqual(
      refusal.message,
      "Cannot transition from 'todo' to 'in_review'. Allowed: {'cancelled', 'in_progress'}"
    )
  })

  it("says that nothing is allowed in a terminal state", () => {
    const { message } = new Task.IllegalMove({ taskId: id, from: "done", to: "todo", allowed: [] })
    assert.strictEqual(
      message,
      "Cannot transition from 'done' to 'todo'. Allowed: none (terminal state)"
    )
  })

  it("knows which statuses are final", () => {
    assert.deepStrictEqual(Task.Status.literals.filter(Task.isFinal), ["done", "cancelled"])
  })
})

describe("starting a task that waits for others", () => {
  const blockedBy = [24, 27].map((number) => ({
    taskId: Identifier.TaskId.make(number),
    status: "todo" as const
  }))

  it("refuses with what it waits for", () => {
    given(Task.example())
      .when((task) => Task.move(task, "in_progress", { ...facts, blockedBy }))
      .thenRejected(new Task.BlockedByDependencies({ taskId: id, blockedBy }))
  })

  it("says it in the contract's words", () => {
    assert.strictEqual(
      new Task.BlockedByDependencies({ taskId: id, blockedBy }).message,
      "Blocked by unresolved dependencies: task 24 (todo), task 27 (todo)"
    )
  })

  it("refuses on every way into in_progress", () => {
    for (const status of ["todo", "in_review", "in_approval", "merging"] as const) {
      given(Task.example({ status }))
        .when((task) => Task.move(task, "in_progress", { ...facts, blockedBy }))
        .thenRejected(new Task.BlockedByDependencies({ taskId: id, blockedBy }))
    }
  })

  it("checks the workflow before the dependencies", () => {
    given(Task.example({ status: "done" }))
      .when((task) => Task.move(task, "in_progress", { ...facts, blockedBy }))
      .thenRejected(
        new Task.IllegalMove({ taskId: id, from: "done", to: "in_progress", allowed: [] })
      )
  })

  it("lets a waiting task be cancelled", () => {
    given(Task.example())
      .when((task) => Task.move(task, "cancelled", { ...facts, blockedBy }))
      .then(asked("todo", "cancelled"))
  })
})

describe("a task with a live run", () => {
  const task = Task.example({
    status: "in_progress",
    attempts: 1,
    liveRunId: runId!,
    lastRunId: runId!
  })

  it("refuses every move by anyone else", () => {
    for (const to of ["in_review", "todo"] as const) {
      given(task)
        .when((task) => Task.move(task, to, facts))
        .thenRejected(new Task.RunIsLive({ taskId: id, runId: runId! }))
    }
  })

  it("refuses a move by a run of before", () => {
    given(task)
      .when((task) => Task.move(task, "in_review", { ...facts, actingRunId: otherRunId }))
      .thenRejected(new Task.RunIsLive({ taskId: id, runId: runId! }))
  })

  it("lets the run itself move it to its review", () => {
    given(task)
      .when((task) => Task.move(task, "in_review", { ...facts, actingRunId: runId }))
      .then(asked("in_progress", "in_review"))
  })

  it("lets anyone cancel it", () => {
    given(task)
      .when((task) => Task.move(task, "cancelled", facts))
      .then(asked("in_progress", "cancelled"))
  })

  it("does not let the run deliver what is not known before its end", () => {
    for (const [status, to] of [
      ["in_approval", "merging"],
      ["merging", "done"]
    ] as const) {
      given({ ...task, status })
        .when((task) => Task.move(task, to, { ...facts, actingRunId: runId, isApproved: true }))
        .thenRejected(new Task.RunIsLive({ taskId: id, runId: runId! }))
    }
  })
})

describe("moving to merging", () => {
  const task = Task.example({ status: "in_approval", headCommit: head, baseCommit: head })

  it("refuses without the review that the team requires", () => {
    given(task)
      .when((task) => Task.move(task, "merging", { ...facts, requireReview: true }))
      .thenRejected(new Task.ReviewRequired({ taskId: id, headCommit: head }))
  })

  it("goes on with the review, or where none is required", () => {
    for (const more of [{ requireReview: true, isApproved: true }, { requireReview: false }]) {
      given(task)
        .when((task) => Task.move(task, "merging", { ...facts, ...more }))
        .then(asked("in_approval", "merging"))
    }
  })

  it("asks for a review only there", () => {
    given(Task.example({ status: "in_review" }))
      .when((task) => Task.move(task, "in_approval", { ...facts, requireReview: true }))
      .then(asked("in_review", "in_approval"))
  })
})

describe("leaving merging by hand", () => {
  const task = Task.example({ status: "merging", headCommit: head, baseCommit: head })

  it("refuses to call done what has not landed", () => {
    for (const mergeJob of [null, { isRunning: false }]) {
      given(task)
        .when((task) => Task.move(task, "done", { ...facts, mergeJob }))
        .thenRejected(new Task.NotLanded({ taskId: id, headCommit: head }))
    }
  })

  it("lets a task without commits be done", () => {
    given(Task.example({ status: "merging" }))
      .when((task) => Task.move(task, "done", facts))
      .then(asked("merging", "done"))
  })

  it("refuses both ways out while it is being landed", () => {
    for (const to of ["done", "in_progress"] as const) {
      given(task)
        .when((task) => Task.move(task, to, { ...facts, mergeJob: { isRunning: true } }))
        .thenRejected(new Task.LandingInProgress({ taskId: id }))
    }
  })

  it("takes it back while its landing only waits", () => {
    given(task)
      .when((task) => Task.move(task, "in_progress", { ...facts, mergeJob: { isRunning: false } }))
      .then(asked("merging", "in_progress"))
  })
})

describe("every task", () => {
  const wishes = fc.array(fc.tuple(Arbitraries.status.task, fc.boolean()), { maxLength: 20 })

  it("never moves again once it is final", () => {
    fc.assert(
      fc.property(Arbitraries.task, wishes, (first, wishes) => {
        let task = first
        for (const [to, requireReview] of wishes) {
          const decision = Task.move(task, to, { ...facts, requireReview, isApproved: true })
          if (Result.isFailure(decision)) continue
          assert.isFalse(Task.isFinal(task.status))
          for (const event of decision.success) task = Task.evolve(task, event, task.updatedAt)!
        }
      })
    )
  })

  it("is moved only along the promised workflow", () => {
    fc.assert(
      fc.property(Arbitraries.task, Arbitraries.status.task, (task, to) => {
        const decision = Task.move(task, to, { ...facts, actingRunId: task.liveRunId ?? undefined })
        assert.isTrue(Result.isFailure(decision) || promised[task.status].includes(to))
      })
    )
  })

  it("is moved by nobody else while a run is live, but to be cancelled", () => {
    fc.assert(
      fc.property(Arbitraries.task, Arbitraries.status.task, (task, to) => {
        if (task.liveRunId === null) return
        const decision = Task.move(task, to, { ...facts, isApproved: true })
        assert.isTrue(Result.isFailure(decision) || to === "cancelled")
      })
    )
  })

  it("has the statuses of its refusals declared for HTTP", () => {
    assert.strictEqual(new Task.TaskNotFound({ taskId: 1 }).message, "Task not found")
  })
})
