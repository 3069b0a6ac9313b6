import { describe, it } from "@effect/vitest"

import { Identifier, type MergeJob, Review, Task } from "@foreman/core"
import { GivenWhenThen } from "@foreman/testkit"

const { given } = GivenWhenThen
const taskId = Identifier.TaskId.make(1)
const reviewId = Identifier.ReviewId.make(7)
const agentId = Identifier.AgentId.make("00000000-0000-7000-8000-0000000000a1")
const runId = Identifier.RunId.make("00000000-0000-7000-8000-000000000001")
const reviewer = "00000000-0000-7000-8000-0000000000b1"
const [base, head] = ["a", "b"].map((digit) => digit.repeat(40))

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

const moved = (
  from: Task.Status,
  to: Task.Status,
  reason: Task.Reason,
  actorId: string = reviewer
): Task.TaskEvent => ({ type: "task.status_changed", data: { taskId, from, to, actorId, reason } })

describe("what follows from a successful run", () => {
  const opening = {
    reviewId,
    attempt: 2,
    delivery: "review",
    requireReview: false,
    actorId: "foreman",
    queued
  } as const
  const arrived = moved("in_progress", "in_review", "run_succeeded", "foreman")
  const opened: Review.ReviewEvent = {
    type: "review.created",
    data: {
      reviewId,
      taskId,
      attempt: 2,
      reviewerId: null,
      reviewerType: "user",
      headCommit: head!
    }
  }
  const landing = [
    moved("in_review", "in_approval", "run_succeeded", "foreman"),
    moved("in_approval", "merging", "run_succeeded", "foreman")
  ]

  it("is a review of its commit", () => {
    given({ ...inReview, status: "in_progress" as const })
      .when((task) => Review.open(task, opening))
      .then(arrived, opened)
  })

  it("is a review only, when the run moved its task there by itself", () => {
    given(inReview)
      .when((task) => Review.open(task, opening))
      .then(opened)
  })

  it("is the landing under direct delivery", () => {
    const direct = { ...opening, delivery: "direct" } as const
    given({ ...inReview, status: "in_progress" as const })
      .when((task) => Review.open(task, direct))
      .then(arrived, ...landing, queued)
    given(inReview)
      .when((task) => Review.open(task, direct))
      .then(...landing, queued)
  })

  it("is done under direct delivery when nothing was changed", () => {
    given({ ...inReview, status: "in_progress" as const, baseCommit: null, headCommit: null })
      .when((task) => Review.open(task, { ...opening, delivery: "direct", queued: null }))
      .then(arrived, ...landing, moved("merging", "done", "run_succeeded", "foreman"))
  })

  it("is a review all the same where the team requires one", () => {
    given({ ...inReview, status: "in_progress" as const })
      .when((task) => Review.open(task, { ...opening, delivery: "direct", requireReview: true }))
      .then(arrived, opened)
  })

  it("is nothing for a task that was cancelled, given back or moved on", () => {
    for (const status of ["todo", "in_approval", "merging", "done", "cancelled"] as const) {
      for (const delivery of ["review", "direct"] as const) {
        given({ ...inReview, status })
          .when((task) => Review.open(task, { ...opening, delivery }))
          .thenNothing()
      }
    }
  })
})
