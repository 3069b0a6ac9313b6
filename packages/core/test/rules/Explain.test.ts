import { assert, describe, it } from "@effect/vitest"
import * as Explain from "../../src/rules/Explain.ts"
import { ApprovalId, HumanRequestId, TaskId } from "../../src/rules/Identifier.ts"
import type { Run } from "../../src/rules/Run.ts"
import * as Task from "../../src/rules/Task.ts"
import { ada, codesOf, dispatcher, factsOf, id, run, runId } from "./explained.ts"

describe("an explanation", () => {
  it("says that a task is next when nothing is in its way", () => {
    const { reasons, state, words } = Explain.explain(factsOf())
    assert.deepStrictEqual([state, reasons], ["next", []])
    assert.strictEqual(words, "Task 42 is next: the dispatcher starts it as soon as it has room.")
  })

  it("says what only a person can change before what passes by itself", () => {
    const busy = { ...ada, run: { runId, taskId: TaskId.make(7) } }
    const facts = factsOf(
      {},
      {
        openDependencies: 2,
        dependencies: [
          { id: TaskId.make(3), status: "in_review" },
          { id: TaskId.make(4), status: "cancelled" }
        ],
        isDispatchPaused: true,
        workers: [busy],
        hasAgent: false,
        heldBy: busy.run,
        mostRuns: 4,
        lane: { name: "dispatcher", dispatcher: { ...dispatcher, liveRuns: 4 } }
      }
    )
    assert.deepStrictEqual(codesOf(facts), [
      "dependency_cancelled",
      "dependency_open",
      "dispatch_paused",
      "scope_taken",
      "agents_busy",
      "no_room"
    ])
    const { reasons, words } = Explain.explain(facts)
    assert.strictEqual(
      words,
      "Task 42 is not running: it waits for task 4, which was cancelled and will never be done"
    )
    assert.deepStrictEqual(reasons[0]?.facts, { task_id: 4, status: "cancelled" })
    assert.strictEqual(reasons[0]?.todo, "Remove the dependency on task 4")
    assert.strictEqual(reasons[1]?.words, "It starts when task 3 (in_review) is done")
  })

  it.each(Task.Hold.literals)("has words for a task that is held for %s, and a way out", (hold) => {
    const until = "2026-01-01T00:01:00.000000Z"
    const facts = factsOf({ hold, heldUntil: hold === "backoff" ? until : null, failures: 4 })
    const { reasons, state } = Explain.explain(facts)
    assert.lengthOf(reasons, 1)
    assert.strictEqual(state, "waiting")
    assert.isNotEmpty(reasons[0]?.words)
    assert.isNotEmpty(reasons[0]?.todo)
    if (hold === "backoff") assert.include(reasons[0]?.words, until)
  })

  it("says what was wrong when it came to be held, and how to bring the local runner back", () => {
    const lastRun = { ...run, status: "failed", cause: "there is no runner local here" } as const
    const reasonFor = (runner: string, hold: Task.Hold = "runner_unusable") =>
      Explain.explain(factsOf({ hold }, { lastRun: { ...lastRun, runner } })).reasons[0]
    assert.include(reasonFor("local")?.words, ": there is no runner local here")
    assert.include(reasonFor("local")?.todo, "FOREMAN_RUNNER")
    assert.include(reasonFor("codex")?.todo, "config.runner")
    assert.include(reasonFor("codex", "repository_unusable")?.words, ": there is no runner local")
  })

  it("names the approval that a task waits for, and why a person is asked", () => {
    const approvalId = ApprovalId.make(id)
    const approval = {
      id: approvalId,
      risk: "high",
      rule: "strict.git_push",
      reason: "git push requires approval",
      expiresAt: null,
      rejectionReason: null
      // As: an explanation reads no more of an approval.
    } as Explain.Facts["approval"]
    const [reason] = Explain.explain(
      factsOf({ hold: "approval", approvalId }, { approval })
    ).reasons
    assert.deepInclude(reason?.facts, { approval_id: approvalId, rule: "strict.git_push" })
    assert.include(reason?.words, "git push requires approval")
    assert.include(reason?.todo, approvalId)
  })

  it.each([
    [{ workers: [] }, "no_agent"],
    [{ workers: [{ ...ada, runner: null }] }, "agents_without_runner"],
    [
      {
        workers: [
          { ...ada, isPaused: true },
          { ...ada, runner: null }
        ]
      },
      "agents_paused"
    ],
    [{ lane: { name: "dispatcher@b", dispatcher: null } }, "nobody_dispatches"],
    [{ hasAgent: false, queue: { before: 3, isMore: false } }, "behind"],
    [{ rival: TaskId.make(3) }, "scope_wanted"],
    [{ trial: { _tag: "Holds", hold: "repository_needed" } }, "repository_needed"],
    [{ trial: { _tag: "Asks", risk: "high", rule: "r", reason: "why" } }, "approval_needed"],
    [{ trial: { _tag: "Forbidden", risk: "high", rule: "r", reason: "why" } }, "forbidden"]
  ] as const)("finds in %j the reason %s", (given: Partial<Explain.Facts>, code) => {
    assert.deepStrictEqual(codesOf(factsOf({}, given)), [code])
  })

  it.each([
    [[], "assignee_unknown"],
    [[{ ...ada, isPaused: true }], "assignee_paused"],
    [[{ ...ada, runner: null }], "assignee_without_runner"]
  ] as const)("tells of an assignee %j the reason %s", (workers, code) => {
    assert.deepStrictEqual(codesOf(factsOf({ assigneeId: ada.id }, { workers })), [code])
  })

  it("tells of a run how it stands, and what it asks", () => {
    const task = { status: "in_progress", liveRunId: runId } as const
    const running = Explain.explain(factsOf(task, { run, trial: null, queue: null }))
    assert.deepStrictEqual([running.state, running.reasons], ["running", []])
    assert.deepInclude(running.run, { runId, attempt: 2, status: "running" })
    const questions = [HumanRequestId.make(9)]
    const asking = Explain.explain(factsOf(task, { run, questions }))
    assert.deepStrictEqual(asking.reasons[0]?.facts, { request_ids: [9] })
    assert.strictEqual(
      asking.words,
      "Task 42 is running; its run waits for a person's answer to a question"
    )
  })

  it("says since when nothing is heard of a run whose node is gone, until it is given up", () => {
    const task = { status: "in_progress", liveRunId: runId } as const
    // It was queued at 0:00, and said to live at 0:20 for the last time.
    const until = Date.parse("2026-01-01T00:00:50Z") * 1000
    const at = (second: number, given: Partial<Explain.Facts> = {}, isAttended = false) => {
      const sign = { until, now: until + (second - 50) * 1e6, isAttended }
      return Explain.explain(factsOf(task, { run, sign, ...given }))
    }
    assert.strictEqual(at(30).words, "Task 42 is running.")
    assert.strictEqual(
      at(32).words,
      "Task 42 is running as far as is known: no sign of life from its node for 12 s; " +
        "it is given up after 30 s."
    )
    assert.strictEqual(
      at(32).run?.words,
      "Run 2 is running; the last sign of life from its node was at 2026-01-01T00:00:20.000000Z"
    )
    assert.deepStrictEqual([at(32).state, at(32).reasons], ["running", []])
    assert.include(at(32, { questions: [9] }).words, "for 12 s; it is given up")
    assert.include(at(49.9).words, "for 29 s; it is given up after 30 s.")
    assert.include(at(50).words, "for 30 s; the next server that looks gives it up.")
    // Whoever dispatches looks after its own runs.
    assert.strictEqual(at(60, {}, true).words, "Task 42 is running.")
  })

  it("takes runs to live for as long as the reactors do", () => {
    const task = { status: "in_progress", liveRunId: runId } as const
    const terms = { leaseMillis: 3_000, startMillis: 1_000 }
    const until = Date.parse("2026-01-01T00:00:50Z") * 1000
    const sign = { until, now: until - 1e6, isAttended: false }
    const silent = "no sign of life from its node for 2 s; it is given up after 3 s."
    assert.include(Explain.explain(factsOf(task, { run, sign, terms })).words, silent)
  })

  it("counts from the queue for a run of which nothing was heard since", () => {
    const task = { status: "in_progress", liveRunId: runId } as const
    const until = Date.parse("2026-01-01T00:00:15Z") * 1000
    const sign = { until, now: until - 3e6, isAttended: false }
    const { words } = Explain.explain(factsOf(task, { run: { ...run, status: "queued" }, sign }))
    const silent = "no sign of life from its node for 12 s; it is given up after 15 s."
    assert.strictEqual(words, `Task 42 is being started as far as is known: ${silent}`)
  })

  it("tells how the last run ended, and what to do about it", () => {
    const lastRun: Run = { ...run, status: "failed", cause: "exit:1" }
    const task = { status: "in_progress", lastOutcome: "failed", lastRunId: runId } as const
    const { reasons, ...explanation } = Explain.explain(factsOf(task, { lastRun }))
    assert.strictEqual(reasons[0]?.code, "run_failed")
    assert.strictEqual(explanation.lastRun?.words, "Run 2 failed (exit:1)")
    assert.strictEqual(explanation.words, "Task 42 is not running: run 2 failed (exit:1)")
  })

  it.each([
    ["in_review", { review: { id: 5, attempt: 1 } }, "in_review"],
    ["in_review", {}, "in_review"],
    ["in_approval", {}, "in_approval"],
    ["merging", { mergeJob: { id: 5, status: "running" } }, "merging"],
    ["in_progress", {}, "started_by_hand"]
  ] as const)("says of a task in %s what it waits for: %j", (status, given, code) => {
    assert.deepStrictEqual(codesOf(factsOf({ status }, given)), [code])
  })

  it("counts as the rules do: runs, failures, reviews, and how often it was sent back", () => {
    const reworked = { attempts: 2, failures: 0, rejections: 1 }
    const wordsOf = (task: Partial<Task.Task>, given: Partial<Explain.Facts> = {}) =>
      Explain.explain(factsOf({ ...reworked, ...task }, given)).reasons[0]?.words
    // The second run of a task that its first review sent back: none has failed.
    const inReview = { review: { id: 5, attempt: 1 } }
    assert.strictEqual(
      wordsOf({ status: "in_review" }, inReview),
      "Review 1 of it waits for a verdict"
    )
    assert.strictEqual(
      wordsOf({ hold: "dead_letter", attempts: 6, failures: 4 }),
      "4 runs of it failed in a row, and no more are tried"
    )
    // Two landings and one review are three times as well.
    assert.strictEqual(
      wordsOf({ hold: "rejected", rejections: 3 }),
      "It was sent back 3 times, the last time by a review"
    )
    assert.strictEqual(
      wordsOf({ hold: "landing_failed", rejections: 3 }),
      "It was sent back 3 times, the last time because its change could not land"
    )
  })

  it("names the operations and commands that decide its review, which approvals do not", () => {
    const todoOf = (given: Partial<Explain.Facts>) =>
      Explain.explain(factsOf({ status: "in_review" }, given)).reasons[0]?.todo ?? ""
    const open = todoOf({ review: { id: 5, attempt: 1 } })
    for (const name of ["approve", "reject"]) {
      assert.include(open, `${name}_task`)
      assert.include(open, `foreman review ${name} 42`)
    }
    assert.include(todoOf({}), "(request_review, foreman review request 42)")
  })

  it.each(["done", "cancelled"] as const)(
    "has nothing more to say of a task that is %s",
    (status) => {
      const { reasons, state, words } = Explain.explain(factsOf({ status }))
      assert.deepStrictEqual([state, reasons, words], ["over", [], `Task 42 is ${status}.`])
    }
  )
})
