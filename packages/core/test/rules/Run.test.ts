import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import * as fc from "fast-check"

import { Actor, Identifier, Run, Task } from "@foreman/core"
import { Arbitraries, GivenWhenThen } from "@foreman/testkit"

const { given } = GivenWhenThen
const at = "2026-01-01T00:00:00.000000Z"
const taskId = Identifier.TaskId.make(1)
const runId = Identifier.RunId.make("00000000-0000-7000-8000-000000000001")
const agentId = Identifier.AgentId.make("00000000-0000-7000-8000-0000000000a1")
const otherId = Identifier.AgentId.make("00000000-0000-7000-8000-0000000000a2")
const repositoryId = Identifier.RepositoryId.make("00000000-0000-7000-8000-0000000000c1")
const [base, head] = ["a".repeat(40), "b".repeat(40)]

const queuedData = {
  runId,
  taskId,
  agentId,
  attempt: 1,
  runner: "command",
  holder: "server",
  repositoryId,
  branch: "task-1-an-example"
}
const queued: Run.RunEvent = { type: "run.queued", data: queuedData }
const fresh = Run.evolve(undefined, queued, at)!
const run = (status: Run.RunStatus): Run.Run => ({ ...fresh, status, baseCommit: base! })

const facts = {
  runId,
  agentId,
  runner: "command",
  holder: "server",
  repositoryId,
  actorId: "foreman"
}

const how = { exitCode: 1, cause: "exit:1", answer: "no" }
const end = (outcome: Task.Outcome): Run.End => ({ ...how, outcome, headCommit: head! })

describe("queueing a run", () => {
  const dispatched: Task.TaskEvent = {
    type: "task.dispatched",
    data: { taskId, runId, attempt: 1, agentId }
  }

  it("makes the run, the assignment and the move in one decision", () => {
    given(Task.example())
      .when((task) => Run.queue(task, facts))
      .then(
        queued,
        { type: "task.assigned", data: { taskId, from: null, to: agentId } },
        {
          type: "task.status_changed",
          data: { taskId, from: "todo", to: "in_progress", actorId: "foreman", reason: "dispatch" }
        },
        dispatched
      )
  })

  it("makes no move for a task that was sent back", () => {
    given(Task.example({ status: "in_progress", isRework: true, assigneeId: agentId }))
      .when((task) => Run.queue(task, facts))
      .then(queued, dispatched)
  })

  it("leaves the assignee in place", () => {
    const decision = Run.queue(Task.example({ assigneeId: otherId }), facts)
    const types = Result.getOrThrow(decision).map(({ type }) => type)
    assert.notInclude(types, "task.assigned")
  })

  it("counts attempts upwards from 1, for every task", () => {
    fc.assert(
      fc.property(Arbitraries.task, (task) => {
        for (const event of Result.getOrThrow(Run.queue(task, facts))) {
          if (event.type !== "run.queued" && event.type !== "task.dispatched") continue
          assert.strictEqual(event.data.attempt, task.attempts + 1)
        }
      })
    )
  })
})

/** The life of a run as it was promised; the code has its own table. */
const promised: Readonly<Record<Run.RunStatus, ReadonlyArray<Run.RunStatus>>> = {
  queued: ["starting", "failed", "cancelled", "lost"],
  starting: ["running", "failed", "cancelled", "lost"],
  running: ["succeeded", "failed", "cancelled", "lost"],
  succeeded: [],
  failed: [],
  cancelled: [],
  lost: []
}

describe("the life of a run", () => {
  const start = (run: Run.Run) => Run.start(run, { workspace: "/work", baseCommit: base! })

  it("is the promised one", () => {
    assert.deepStrictEqual(Run.transitions, promised)
    assert.deepStrictEqual(Run.RunStatus.literals.filter(Run.isLive), [
      "queued",
      "starting",
      "running"
    ])
  })

  for (const status of Run.RunStatus.literals) {
    if (!Run.isLive(status)) {
      it(`refuses to go on when it is ${status}`, () => {
        for (const rule of [start, Run.begin]) {
          given(run(status)).when(rule).thenRejected(new Run.RunIsOver({ runId, status }))
        }
        given(run(status))
          .when((run) => Run.end(run, Task.example(), end("succeeded")))
          .thenRejected(new Run.RunIsOver({ runId, status }))
      })
    }
  }

  it("starts when its folder is ready, once", () => {
    given(run("queued"))
      .when(start)
      .then({
        type: "run.starting",
        data: { runId, taskId, workspace: "/work", baseCommit: base! }
      })
    given(run("starting")).when(start).thenNothing()
    given(run("running")).when(start).thenNothing()
  })

  it("runs when its agent lives, once, and not before it has a folder", () => {
    given(run("starting")).when(Run.begin).then({ type: "run.started", data: { runId, taskId } })
    given(run("running")).when(Run.begin).thenNothing()
    given(run("queued")).when(Run.begin).thenNothing()
  })

  it("ends in every way from wherever it is live, so that no end is ever missing", () => {
    for (const status of ["queued", "starting", "running"] as const) {
      for (const outcome of Task.Outcome.literals) {
        given(run(status))
          .when((run) => Run.end(run, Task.example({ status: "in_progress" }), end(outcome)))
          .then(
            { type: `run.${outcome}`, data: { runId, taskId, headCommit: head!, ...how } },
            {
              type: "task.attempt_ended",
              data: { taskId, runId, attempt: 1, outcome, baseCommit: base!, headCommit: head! }
            }
          )
      }
    }
  })
})

describe("the end of a run", () => {
  const types = (decision: ReturnType<typeof Run.end>) =>
    Result.getOrThrow(decision).map(({ type }) => type)

  it("holds the task when nothing can be started for it", () => {
    const decision = Run.end(run("queued"), Task.example(), end("failed"), {
      hold: "runner_unusable",
      until: null,
      isAgain: false
    })
    assert.deepStrictEqual(Result.getOrThrow(decision).at(-1), {
      type: "task.held",
      data: { taskId, reason: "runner_unusable" }
    })
  })

  it("takes a task back that the failed or lost run moved on by itself", () => {
    for (const status of ["in_review", "in_approval"] as const) {
      for (const outcome of ["failed", "lost"] as const) {
        const decision = Run.end(run("running"), Task.example({ status }), end(outcome))
        assert.deepStrictEqual(Result.getOrThrow(decision).at(-1), {
          type: "task.status_changed",
          data: {
            taskId,
            from: status,
            to: "in_progress",
            actorId: Actor.system.id,
            reason: "run_failed"
          }
        })
      }
    }
  })

  it("moves no other task: a success goes on, a cancelled one is moved by who cancelled it", () => {
    const quiet = (outcome: Task.Outcome) => [`run.${outcome}`, "task.attempt_ended"]
    for (const outcome of Task.Outcome.literals) {
      for (const status of ["todo", "in_progress", "cancelled"] as const) {
        const decision = Run.end(run("running"), Task.example({ status }), end(outcome))
        assert.deepStrictEqual(types(decision), quiet(outcome))
      }
    }
    for (const outcome of ["succeeded", "cancelled"] as const) {
      const decision = Run.end(run("running"), Task.example({ status: "in_review" }), end(outcome))
      assert.deepStrictEqual(types(decision), quiet(outcome))
    }
  })

  it("gives a task whose run failed to whoever retries it", () => {
    const task = Task.example({ status: "in_review", attempts: 1, liveRunId: runId })
    const after = Result.getOrThrow(Run.end(run("running"), task, end("lost"))).reduce<Task.Task>(
      (task, event) =>
        event.type.startsWith("task.") ? Task.evolve(task, event as Task.TaskEvent, at)! : task,
      task
    )
    assert.isTrue(Result.isSuccess(Task.retry(after, { actorId: "someone" })))
  })
})

describe("a run, event by event", () => {
  const over = Run.evolve(
    run("running"),
    { type: "run.failed", data: { runId, taskId, headCommit: head!, ...how } },
    at
  )

  it("begins queued, with what it was queued with", () => {
    const { runId: _, ...data } = queuedData
    assert.deepInclude(fresh, { ...data, id: runId, status: "queued", queuedAt: at })
    assert.isTrue(Run.Run.make(fresh) !== undefined)
  })

  it("keeps its folder, its base and its times", () => {
    const starting: Run.RunEvent = {
      type: "run.starting",
      data: { runId, taskId, workspace: "/work", baseCommit: base! }
    }
    const ready = Run.evolve(fresh, starting, at)
    assert.deepInclude(ready, { status: "starting", workspace: "/work", baseCommit: base! })
    const started = Run.evolve(ready, { type: "run.started", data: { runId, taskId } }, at)
    assert.deepInclude(started, { status: "running", startedAt: at })
    assert.deepInclude(over, { status: "failed", endedAt: at, cause: "exit:1", headCommit: head! })
  })

  it("keeps its output also after its end", () => {
    const artifactId = Identifier.ArtifactId.make("00000000-0000-7000-8000-0000000000d1")
    const kept = Run.evolve(
      over,
      {
        type: "artifact.created",
        data: {
          artifactId,
          runId,
          taskId,
          kind: "log",
          name: "output.log",
          contentType: "text/plain",
          size: 1,
          digest: "0".repeat(64)
        }
      },
      at
    )
    assert.deepInclude(kept, { status: "failed", outputId: artifactId })
  })

  it("is nothing before it is queued", () => {
    assert.isUndefined(Run.evolve(undefined, { type: "run.started", data: { runId, taskId } }, at))
  })

  it("refuses in words that name it", () => {
    assert.strictEqual(new Run.RunNotFound({ runId: "x" }).message, "Run not found")
    assert.strictEqual(
      new Run.RunIsOver({ runId, status: "lost" }).message,
      `Run ${runId} is over: lost`
    )
    assert.strictEqual(new Run.OutputNotFound({ runId }).message, `Run ${runId} has kept no output`)
  })
})
