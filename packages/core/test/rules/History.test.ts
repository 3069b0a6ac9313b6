/**
 * What holds of a task whatever happens to it: invariants over played histories.
 */
import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"

import { MergeJob, Review, Run, Task } from "@foreman/core"
import { Arbitraries } from "@foreman/testkit"

type Check = (step: Arbitraries.Step, history: Arbitraries.History) => void

/** Plays histories and looks at every step of each. */
const always = (check: Check, options: fc.Parameters<[Arbitraries.History]> = { numRuns: 30 }) =>
  fc.assert(
    fc.property(Arbitraries.history, (history) => {
      for (const step of history.steps) check(step, history)
    }),
    options
  )

const movesOf = ({ events }: Arbitraries.Step) =>
  events.flatMap((event) => (event.type === "task.status_changed" ? [event.data] : []))

describe("whatever happens to a task", () => {
  it("moves along the workflow, each move from where the one before ended", () => {
    always((step) => {
      let status = step.before.task.status
      for (const { from, to } of movesOf(step)) {
        assert.strictEqual(from, status)
        assert.include(Task.transitions[from], to)
        status = to
      }
      assert.strictEqual(step.after.task.status, status)
    })
  })

  it("never moves again once it is final", () => {
    always((step) => {
      if (Task.isFinal(step.before.task.status)) assert.deepStrictEqual(movesOf(step), [])
    })
  })

  it("is completed exactly when it is done", () => {
    always(({ after: { task } }) => {
      assert.strictEqual(task.completedAt !== null, task.status === "done")
    })
  })

  it("only raises its attempts, by one with each run", () => {
    always(({ after, before, wish }) => {
      const raise = after.task.attempts - before.task.attempts
      assert.strictEqual(raise, wish === "dispatch" ? 1 : 0)
      if (wish === "dispatch") assert.strictEqual(after.run?.attempt, after.task.attempts)
    })
  })

  it("has a live run exactly while that run is live", () => {
    always(({ after: { run, task } }) => {
      const live = run !== undefined && Run.isLive(run.status) ? run.id : null
      assert.strictEqual(task.liveRunId, live)
    })
  })

  it("is moved by nobody but its live run, or to be cancelled", () => {
    always((step) => {
      if (step.before.task.liveRunId === null || step.by !== "person") return
      for (const { to } of movesOf(step)) assert.strictEqual(to, "cancelled")
    })
  })

  it("is queued as rework only in progress and without a live run", () => {
    always(({ after: { task } }) => {
      if (!task.isRework) return
      assert.strictEqual(task.status, "in_progress")
      assert.isNull(task.liveRunId)
    })
  })

  it("is not held any more once it is final", () => {
    always(({ after: { task } }) => {
      if (Task.isFinal(task.status)) assert.isNull(task.hold)
    })
  })

  it("is held with the third time in a row that it was sent back, and not before", () => {
    always(({ after: { task }, before }) => {
      if (task.rejections <= before.task.rejections) return
      if (task.rejections < 3) assert.strictEqual(task.hold, before.task.hold)
      else assert.include(["rejected", "landing_failed"], task.hold)
    })
  })
})

describe("what a task has changed", () => {
  it("is landed by one job while it merges, and not otherwise", () => {
    always(({ after: { hasRepository, job, task } }) => {
      const isOpen = job !== undefined && MergeJob.isOpen(job)
      const isLanding = task.status === "merging" && hasRepository && task.headCommit !== null
      assert.strictEqual(isOpen, isLanding)
    })
  })

  it("is never lost: a task with commits is done when they have landed", () => {
    always(({ after: { job, task } }) => {
      if (task.status !== "done" || task.headCommit === null) return
      assert.strictEqual(job?.status, "success")
      assert.strictEqual(job?.headCommit, task.headCommit)
    })
  })

  it("merges only with the review that the team requires, by someone else", () => {
    always((step) => {
      const { review, settings, task } = step.after
      if (!settings.requireReview || !movesOf(step).some(({ to }) => to === "merging")) return
      assert.isTrue(review !== undefined && Review.approves(review, task))
    })
  })

  it("is judged by nobody who made it", () => {
    always(({ before: { task }, events }) => {
      for (const event of events) {
        if (event.type !== "review.verdict") continue
        assert.notInclude([task.assigneeId, task.lastAgentId], event.data.reviewerId)
      }
    })
  })

  it("is judged once per review", () => {
    always(({ before, events }) => {
      if (events.some(({ type }) => type === "review.verdict")) {
        assert.isNull(before.review?.verdict)
      }
    })
  })
})

describe("a history", () => {
  it("gives things that their schemas take", () => {
    always(
      ({ after: { job, review, run, task } }) => {
        assert.deepStrictEqual({ ...Task.Task.make(task) }, { ...task })
        if (run !== undefined) Run.Run.make(run)
        if (review !== undefined) Review.Review.make(review)
        if (job !== undefined) MergeJob.MergeJob.make(job)
      },
      { numRuns: 15 }
    )
  })

  it("reaches every status, outcome and end of a landing", () => {
    const seen = new Set<string>()
    always(
      ({ after: { job, run, task }, wish }) => {
        seen.add(task.status).add(wish).add(`job ${job?.status}`).add(`run ${run?.status}`)
        if (task.hold !== null) seen.add(`held ${task.hold}`)
      },
      { numRuns: 150, seed: 1 }
    )
    const wanted = [
      ...Task.Status.literals,
      ...MergeJob.MergeJobStatus.literals.map((status) => `job ${status}`),
      ...Run.RunStatus.literals.map((status) => `run ${status}`),
      "held rejected",
      "end as cancelled",
      "retry"
    ]
    assert.deepStrictEqual(
      wanted.filter((name) => !seen.has(name)),
      []
    )
  })
})
