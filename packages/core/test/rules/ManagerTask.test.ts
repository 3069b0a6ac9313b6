/**
 * How a manager sees a task: states from facts, and actions that are to be had when they can be done.
 */
import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import * as fc from "fast-check"

import { ManagerTask, Projection, Run, Task } from "@foreman/core"
import { Arbitraries } from "@foreman/testkit"

const { boardOf, disabled, matrix, stateOf } = ManagerTask

/** Every combination of the facts that decide over the board. */
const facts: fc.Arbitrary<ManagerTask.Facts> = fc.record({
  approvalStatus: fc.constantFrom(null, ...Task.ApprovalStatus.literals),
  isRework: fc.boolean(),
  lastOutcome: fc.constantFrom(null, ...Task.Outcome.literals),
  liveRunId: fc.option(Arbitraries.id.run),
  status: Arbitraries.status.task
})

/** What stands at the end of each step of a played history. */
const always = (check: (standing: Arbitraries.Standing) => void) =>
  fc.assert(
    fc.property(Arbitraries.history, ({ first, steps }) => {
      for (const standing of [first, ...steps.map(({ after }) => after)]) check(standing)
    }),
    { numRuns: 40 }
  )

const stateIn = ({ run, task }: Arbitraries.Standing): ManagerTask.State =>
  stateOf(boardOf(task), run?.status ?? null)

const nothing = { openDependencies: 0, hasRun: false, hasApproval: false }

describe("a manager's state of a task", () => {
  it("is one of eight, whatever is known", () => {
    fc.assert(
      fc.property(facts, fc.constantFrom(null, ...Run.RunStatus.literals), (task, run) => {
        assert.include(ManagerTask.State.literals, stateOf(boardOf(task), run))
      })
    )
  })

  it("matches the column that the store keeps for the board", () => {
    always((standing) => {
      const { board } = Projection.tasks.toRow(standing.task)
      const state = stateIn(standing)
      const column = state === "leased" || state === "running" ? "in_progress" : state
      assert.strictEqual(board, column)
      assert.strictEqual(ManagerTask.columns.filter((one) => one.board === board).length, 1)
    })
  })

  it("is the first that holds", () => {
    const live = Task.example({ liveRunId: "00000000-0000-7000-8000-0000000000aa" as never })
    const states: ReadonlyArray<readonly [Partial<Task.Task>, Run.RunStatus | null, string]> = [
      [{}, null, "ready"],
      [{ status: "cancelled", approvalStatus: "pending" }, "running", "canceled"],
      [{ approvalStatus: "pending" }, null, "waiting_approval"],
      [{ status: "in_progress", liveRunId: live.liveRunId }, "running", "running"],
      [{ status: "in_progress", liveRunId: live.liveRunId }, "queued", "leased"],
      [{ status: "in_progress", liveRunId: live.liveRunId }, "starting", "leased"],
      [{ approvalStatus: "approved" }, null, "approved_pending_dispatch"],
      [{ approvalStatus: "used", status: "in_review" }, "succeeded", "completed"],
      [{ approvalStatus: "rejected" }, null, "ready"],
      [{ status: "in_progress", lastOutcome: "failed" }, "failed", "failed"],
      [{ status: "in_progress", lastOutcome: "lost" }, "lost", "failed"],
      [{ status: "in_progress", lastOutcome: "cancelled" }, "cancelled", "failed"],
      [{ status: "in_progress", lastOutcome: "failed", isRework: true }, "failed", "ready"],
      [{ status: "in_progress", isRework: true }, "succeeded", "ready"],
      [{ status: "in_progress" }, null, "running"],
      [{ status: "in_approval" }, "succeeded", "completed"],
      [{ status: "merging" }, "succeeded", "completed"],
      [{ status: "done" }, "succeeded", "completed"]
    ]
    for (const [task, run, expected] of states) {
      assert.strictEqual(stateOf(boardOf(Task.example(task)), run), expected, JSON.stringify(task))
    }
  })
})

describe("a manager's action", () => {
  it("is to be had only where the task's own rule takes it", () => {
    always((standing) => {
      const { job, task } = standing
      const state = stateIn(standing)
      if (disabled(state, "retry", nothing) === null) {
        assert.isTrue(Result.isSuccess(Task.retry(task, { actorId: "manager" })), "retry")
      }
      if (disabled(state, "cancel", nothing) === null) {
        const moved = Task.move(task, "cancelled", {
          actorId: "manager",
          blockedBy: [],
          requireReview: false,
          isApproved: false,
          mergeJob: job === undefined ? null : { isRunning: job.status === "running" }
        })
        assert.isTrue(Result.isSuccess(moved), "cancel")
      }
      const isDispatched = disabled(state, "dispatch", nothing) === null && state === "ready"
      if (isDispatched && task.hold !== null) {
        assert.isTrue(Result.isSuccess(Task.retry(task, { actorId: "manager" })), "dispatch")
      }
      if (isDispatched && task.hold === null) {
        assert.isTrue(Task.isReady(task, { openDependencies: 0 }), "dispatch")
      }
    })
  })

  it("is never to be had for what is over", () => {
    for (const action of ManagerTask.Action.literals) {
      assert.isNotNull(matrix.canceled[action])
      assert.isNotNull(matrix.completed[action])
    }
  })

  it("retries what has failed alone", () => {
    for (const state of ManagerTask.State.literals) {
      assert.strictEqual(matrix[state].retry === null, state === "failed")
    }
  })

  it("does not start what waits for others", () => {
    const around = { ...nothing, openDependencies: 1 }
    assert.strictEqual(disabled("ready", "dispatch", around), "Waiting for other tasks")
    assert.strictEqual(disabled("running", "dispatch", around), "Already running")
  })

  it("leads to pages that are there", () => {
    assert.strictEqual(disabled("ready", "open_latest_run", nothing), "No latest run")
    assert.strictEqual(disabled("ready", "open_approval_workbench", nothing), "No approval history")
    const all = { openDependencies: 0, hasRun: true, hasApproval: true }
    assert.isNull(disabled("canceled", "open_latest_run", all))
    assert.isNull(disabled("canceled", "open_approval_workbench", all))
  })
})

describe("a manager's text", () => {
  it("comes back whole, and its title is one line", () => {
    const line = fc.string({ maxLength: 700, unit: "binary" })
    fc.assert(
      fc.property(fc.array(line, { minLength: 1, maxLength: 4 }), (lines) => {
        const text = lines.join("\n")
        if (text.trim() === "") return
        const words = ManagerTask.wordsOf(text)
        assert.strictEqual(ManagerTask.summaryOf(words), text.trim())
        assert.notMatch(words.title, /[\r\n]/)
        assert.isAtMost(words.title.length, 500)
        assert.isAbove(words.title.length, 0)
      })
    )
  })

  it("is the title of a task that somebody else has described", () => {
    const task = { title: "Fix login", description: "It refuses umlauts." }
    assert.strictEqual(ManagerTask.summaryOf(task), "Fix login")
  })
})
