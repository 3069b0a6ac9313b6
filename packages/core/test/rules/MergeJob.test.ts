import { assert, describe, it } from "@effect/vitest"

import { Identifier, MergeJob, Task } from "@foreman/core"
import { GivenWhenThen } from "@foreman/testkit"

const { given } = GivenWhenThen
const at = "2026-01-01T00:00:00.000000Z"
const taskId = Identifier.TaskId.make(1)
const mergeJobId = Identifier.MergeJobId.make(3)
const repoId = Identifier.RepositoryId.make("00000000-0000-7000-8000-0000000000c1")
const [base, head, landed] = ["a", "b", "c"].map((digit) => digit.repeat(40))

const merging = Task.example({ status: "merging", baseCommit: base!, headCommit: head! })
const repository = { id: repoId, defaultBranch: "main" }
const queueing = { mergeJobId, repository, strategy: "rebase" } as const
const queued = MergeJob.queue(merging, queueing)!
const job = (status: MergeJob.MergeJobStatus): MergeJob.MergeJob => ({
  ...MergeJob.evolve(undefined, queued, at)!,
  status
})

const moved = (to: Task.Status, reason: Task.Reason): Task.TaskEvent => ({
  type: "task.status_changed",
  data: { taskId, from: "merging", to, actorId: "foreman", reason }
})
const completing = { mergeCommit: landed!, landedOn: "main", actorId: "foreman" }
const failing = { error: "conflict in a.txt", actorId: "foreman" }
const completed: MergeJob.MergeJobEvent = {
  type: "merge.completed",
  data: { mergeJobId, taskId, strategy: "rebase", mergeCommit: landed!, landedOn: "main" }
}
const failed: MergeJob.MergeJobEvent = {
  type: "merge.failed",
  data: { mergeJobId, taskId, error: "conflict in a.txt" }
}

describe("queueing a landing", () => {
  it("names the commits and the branch of the repository", () => {
    assert.deepStrictEqual(queued, {
      type: "merge.queued",
      data: {
        mergeJobId,
        taskId,
        repoId,
        strategy: "rebase",
        branch: merging.branch,
        targetBranch: "main",
        baseCommit: base!,
        headCommit: head!
      }
    })
  })

  it("queues nothing without commits or without a repository", () => {
    assert.isNull(MergeJob.queue({ ...merging, headCommit: null }, queueing))
    assert.isNull(MergeJob.queue({ ...merging, baseCommit: null }, queueing))
    assert.isNull(MergeJob.queue(merging, { ...queueing, repository: null }))
  })
})

describe("landing", () => {
  it("begins once", () => {
    given(job("queued"))
      .when(MergeJob.start)
      .then({ type: "merge.started", data: { mergeJobId, taskId } })
    for (const status of ["running", "success", "failed"] as const) {
      given(job(status)).when(MergeJob.start).thenNothing()
    }
  })

  it("makes its task done", () => {
    given(job("running"))
      .when((job) => MergeJob.complete(job, merging, completing))
      .then(completed, moved("done", "landed"))
  })

  it("sends its task back when it cannot land", () => {
    given(job("running"))
      .when((job) => MergeJob.fail(job, merging, failing))
      .then(failed, moved("in_progress", "landing_failed"))
  })

  it("holds its task with the third time in a row", () => {
    const held: Task.TaskEvent = { type: "task.held", data: { taskId, reason: "landing_failed" } }
    given(job("running"))
      .when((job) => MergeJob.fail(job, { ...merging, rejections: 1 }, failing))
      .then(failed, moved("in_progress", "landing_failed"))
    given(job("running"))
      .when((job) => MergeJob.fail(job, { ...merging, rejections: 2 }, failing))
      .then(failed, moved("in_progress", "landing_failed"), held)
  })

  it("is recorded and moves nothing when its task is elsewhere", () => {
    for (const status of Task.Status.literals.filter((status) => status !== "merging")) {
      const task = { ...merging, status }
      given(job("running"))
        .when((job) => MergeJob.complete(job, task, completing))
        .then(completed)
      given(job("running"))
        .when((job) => MergeJob.fail(job, task, failing))
        .then(failed)
    }
  })

  it("ends once: what is over stays as it is", () => {
    for (const status of ["success", "failed"] as const) {
      assert.isFalse(MergeJob.isOpen(job(status)))
      given(job(status))
        .when((job) => MergeJob.complete(job, merging, completing))
        .thenNothing()
      given(job(status))
        .when((job) => MergeJob.fail(job, merging, failing))
        .thenNothing()
    }
  })
})

describe("a merge job, event by event", () => {
  it("is queued, runs, and ends with a commit or an error", () => {
    const fresh = MergeJob.evolve(undefined, queued, at)
    assert.deepInclude(fresh, { id: mergeJobId, status: "queued", createdAt: at, startedAt: null })
    assert.isTrue(MergeJob.MergeJob.make(fresh!) !== undefined)
    const started: MergeJob.MergeJobEvent = { type: "merge.started", data: { mergeJobId, taskId } }
    const running = MergeJob.evolve(fresh, started, at)
    assert.deepInclude(running, { status: "running", startedAt: at })
    assert.deepInclude(MergeJob.evolve(running, completed, at), {
      status: "success",
      mergeCommit: landed!,
      landedOn: "main",
      completedAt: at
    })
    assert.deepInclude(MergeJob.evolve(running, failed, at), {
      status: "failed",
      error: "conflict in a.txt",
      completedAt: at
    })
    assert.isUndefined(MergeJob.evolve(undefined, started, at))
  })
})
