import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import * as fc from "fast-check"

import { Identifier, type MergeJob, Review, Task } from "@foreman/core"
import { Arbitraries, GivenWhenThen } from "@foreman/testkit"

const { given } = GivenWhenThen
const at = "2026-01-01T00:00:00.000000Z"
const taskId = Identifier.TaskId.make(1)
const reviewId = Identifier.ReviewId.make(7)
const agentId = Identifier.AgentId.make("00000000-0000-7000-8000-0000000000a1")
const otherId = Identifier.AgentId.make("00000000-0000-7000-8000-0000000000a2")
const runId = Identifier.RunId.make("00000000-0000-7000-8000-000000000001")
const reviewer = "00000000-0000-7000-8000-0000000000b1"
const [base, head, newer] = ["a", "b", "c"].map((digit) => digit.repeat(40))

const inReview = Task.example({
  status: "in_review",
  assigneeId: agentId,
  attempts: 1,
  lastRunId: runId,
  lastAgentId: agentId,
  lastOutcome: "succeeded",
  baseCommit: base!,
  headCommit: head!
})

const openReview: Review.Review = {
  id: reviewId,
  taskId,
  attempt: 1,
  reviewerId: null,
  reviewerType: "user",
  verdict: null,
  summary: null,
  headCommit: head!,
  createdAt: at,
  resolvedAt: null
}

const queued: MergeJob.MergeJobEvent = {
  type: "merge.queued",
  data: {
    mergeJobId: Identifier.MergeJobId.make(3),
    taskId,
    repoId: Identifier.RepositoryId.make("00000000-0000-7000-8000-0000000000c1"),
    strategy: "rebase",
    branch: "task-1",
    targetBranch: "main",
    baseCommit: base!,
    headCommit: head!
  }
}

const wish = (verdict: Review.Verdict, reviewerId: string = reviewer) => ({
  verdict,
  summary: "seen",
  reviewerId
})
const facts = { autoMerge: true, queued }

const judged = (verdict: Review.Verdict): Review.ReviewEvent => ({
  type: "review.verdict",
  data: { reviewId, taskId, verdict, summary: "seen", reviewerId: reviewer }
})

const moved = (
  from: Task.Status,
  to: Task.Status,
  reason: Task.Reason,
  actorId: string = reviewer
): Task.TaskEvent => ({ type: "task.status_changed", data: { taskId, from, to, actorId, reason } })

describe("requesting a review", () => {
  it("binds it to the present commit, in every status", () => {
    for (const status of Task.Status.literals) {
      const wanted = { reviewId, attempt: 2, reviewerId: null, reviewerType: "agent" } as const
      given({ ...inReview, status })
        .when((task) => Review.request(task, wanted))
        .then({ type: "review.created", data: { ...wanted, taskId, headCommit: head! } })
    }
  })
})

describe("an approving verdict", () => {
  it("takes the task to its landing in one decision", () => {
    given(inReview)
      .when((task) => Review.decide(openReview, task, wish("approve"), facts))
      .then(
        judged("approve"),
        moved("in_review", "in_approval", "approved"),
        moved("in_approval", "merging", "approved"),
        queued
      )
  })

  it("takes a task without commits to done", () => {
    given({ ...inReview, baseCommit: null, headCommit: null })
      .when((task) => {
        const review = { ...openReview, headCommit: null }
        return Review.decide(review, task, wish("approve"), { ...facts, queued: null })
      })
      .then(
        judged("approve"),
        moved("in_review", "in_approval", "approved"),
        moved("in_approval", "merging", "approved"),
        moved("merging", "done", "approved")
      )
  })

  it("stops in in_approval where the team merges by hand", () => {
    given(inReview)
      .when((task) =>
        Review.decide(openReview, task, wish("approve"), { autoMerge: false, queued })
      )
      .then(judged("approve"), moved("in_review", "in_approval", "approved"))
  })

  it("never calls done a task whose commits no job can land", () => {
    given(inReview)
      .when((task) => Review.decide(openReview, task, wish("approve"), { ...facts, queued: null }))
      .then(judged("approve"), moved("in_review", "in_approval", "approved"))
  })
})

describe("a verdict against the change", () => {
  it("makes rework of the task", () => {
    for (const verdict of ["request_changes", "reject"] as const) {
      given(inReview)
        .when((task) => Review.decide(openReview, task, wish(verdict), facts))
        .then(judged(verdict), moved("in_review", "in_progress", "changes_requested"))
    }
  })

  it("holds the task with the third in a row", () => {
    const held: Task.TaskEvent = { type: "task.held", data: { taskId, reason: "rejected" } }
    const back = moved("in_review", "in_progress", "changes_requested")
    given({ ...inReview, rejections: 1 })
      .when((task) => Review.decide(openReview, task, wish("reject"), facts))
      .then(judged("reject"), back)
    given({ ...inReview, rejections: 2 })
      .when((task) => Review.decide(openReview, task, wish("reject"), facts))
      .then(judged("reject"), back, held)
  })
})

describe("a verdict that moves nothing", () => {
  const isOnlyRecorded = (task: Task.Task, review = openReview) => {
    for (const verdict of Review.Verdict.literals) {
      given(task)
        .when((task) => Review.decide(review, task, wish(verdict), facts))
        .then(judged(verdict))
    }
  }

  it("is one on a task that is not in review", () => {
    for (const status of Task.Status.literals.filter((status) => status !== "in_review")) {
      isOnlyRecorded({ ...inReview, status })
    }
  })

  it("is one on a commit that is not the task's any more", () => {
    isOnlyRecorded({ ...inReview, headCommit: newer! })
    isOnlyRecorded(inReview, { ...openReview, headCommit: null })
  })

  it("is one on a task that its live run moved to review by itself", () => {
    isOnlyRecorded({ ...inReview, liveRunId: runId })
  })
})

describe("who may judge", () => {
  it("refuses the assignee and the agent of the latest run", () => {
    const task = { ...inReview, assigneeId: otherId }
    for (const reviewerId of [agentId, otherId]) {
      given(task)
        .when((task) => Review.decide(openReview, task, wish("approve", reviewerId), facts))
        .thenRejected(new Review.JudgesOwnWork({ taskId, reviewerId }))
    }
  })

  it("refuses a second verdict and says which one stands", () => {
    const refusal = new Review.AlreadyDecided({ reviewId, verdict: "approve" })
    given(inReview)
      .when((task) =>
        Review.decide({ ...openReview, verdict: "approve" }, task, wish("reject"), facts)
      )
      .thenRejected(refusal)
    assert.strictEqual(refusal.message, "Review already has verdict: approve")
  })

  it("lets nobody judge own work, whatever the task and the review", () => {
    fc.assert(
      fc.property(
        Arbitraries.task,
        Arbitraries.review,
        Arbitraries.verdict,
        (task, review, verdict) => {
          for (const reviewerId of [task.assigneeId, task.lastAgentId]) {
            if (reviewerId === null) continue
            const decision = Review.decide(review, task, wish(verdict, reviewerId), facts)
            assert.isTrue(Result.isFailure(decision))
            assert.isFalse(Review.approves({ ...review, verdict: "approve", reviewerId }, task))
          }
        }
      )
    )
  })

  it("says in its refusals what is missing", () => {
    assert.strictEqual(
      new Review.ReviewNotFound({ taskId }).message,
      "No review found for this task"
    )
    assert.include(new Review.JudgesOwnWork({ taskId, reviewerId: "x" }).message, "cannot judge")
  })
})

describe("an approval", () => {
  const approval = { verdict: "approve" as const, headCommit: head!, reviewerId: reviewer }

  it("counts for the commit that it judged", () => {
    assert.isTrue(Review.approves(approval, inReview))
    assert.isFalse(Review.approves(approval, { ...inReview, headCommit: newer! }))
  })

  it("counts neither undecided, nor against, nor from nobody", () => {
    for (const verdict of [null, "request_changes", "reject"] as const) {
      assert.isFalse(Review.approves({ ...approval, verdict }, inReview))
    }
    assert.isFalse(Review.approves({ ...approval, reviewerId: null }, inReview))
  })

  it("does not count any more once its author is given the task", () => {
    const assigneeId = Identifier.AgentId.make(reviewer)
    assert.isFalse(Review.approves(approval, { ...inReview, assigneeId }))
  })
})

describe("a review, event by event", () => {
  const { attempt, headCommit, reviewerType } = openReview
  const data = { reviewId, taskId, attempt, reviewerId: null, reviewerType, headCommit }

  it("opens and is decided once, by whoever decides", () => {
    const open = Review.evolve(undefined, { type: "review.created", data }, at)
    assert.deepStrictEqual(open, openReview)
    assert.deepStrictEqual(Review.evolve(open, judged("approve"), at), {
      ...openReview,
      verdict: "approve",
      summary: "seen",
      reviewerId: reviewer,
      resolvedAt: at
    })
    assert.isUndefined(Review.evolve(undefined, judged("approve"), at))
  })
})
