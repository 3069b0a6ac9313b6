import { assert, describe, it } from "@effect/vitest"
import * as Explain from "../../src/rules/Explain.ts"
import { TaskId } from "../../src/rules/Identifier.ts"
import type { Hold } from "../../src/rules/Task.ts"
import { ada, codesOf, factsOf, run, runId } from "./explained.ts"

const heldUntil = "2026-01-01T00:01:00.000000Z"

/** A task whose run has ended, and that waits for its next one. */
const waiting = (given: Partial<Explain.Facts> = {}, hold: Hold = "backoff") =>
  factsOf(
    { status: "in_progress", isRework: true, lastOutcome: "failed", hold, heldUntil },
    { lastRun: { ...run, status: "lost", cause: "lost" }, trial: null, queue: null, ...given }
  )

const away = { lane: { name: "dispatcher@south", dispatcher: null } }

describe("the explanation of a task that is tried again at a time", () => {
  it.each([
    ["failed", "failed"],
    ["lost", "was lost"]
  ] as const)("promises that where nothing else is in its way: %s", (status, said) => {
    const { reasons, words } = Explain.explain(waiting({ lastRun: { ...run, status } }))
    assert.strictEqual(
      words,
      `Task 42 is not running: its latest run ${said}; the next is not begun before ${heldUntil}`
    )
    assert.lengthOf(reasons, 1)
    assert.strictEqual(reasons[0]?.todo, "Nothing: it is tried again then; a retry does so at once")
  })

  it.each(["backoff", "quota"] as const)("says first that its home is away: %s", (hold) => {
    const { reasons, words } = Explain.explain(waiting(away, hold))
    assert.deepStrictEqual(
      reasons.map(({ code }) => code),
      ["nobody_dispatches", hold]
    )
    assert.strictEqual(
      words,
      "Task 42 is not running: " +
        "its repository lies on the node south, where no server dispatches"
    )
    assert.deepStrictEqual(reasons[1]?.facts, { until: heldUntil })
    // At that time nothing begins, and no retry helps.
    assert.strictEqual(
      reasons[1]?.todo,
      "Nothing: this ends by itself then; what else is in its way does not"
    )
  })

  it.each([
    [{ isDispatchPaused: true }, "dispatch_paused"],
    [{ workers: [] }, "no_agent"],
    [{ workers: [{ ...ada, isPaused: true }] }, "agents_paused"],
    [{ lane: { name: "dispatcher", dispatcher: null } }, "nobody_dispatches"]
  ] as const)("says before that what does not pass by itself: %j", (given, code) => {
    assert.deepStrictEqual(codesOf(waiting(given)), [code, "backoff"])
  })

  it("leaves out what is only so until then", () => {
    const busy = { ...ada, run: { runId, taskId: TaskId.make(7) } }
    const passing = { workers: [busy], hasAgent: false, heldBy: busy.run, mostRuns: 0 }
    assert.deepStrictEqual(codesOf(waiting(passing)), ["backoff"])
  })

  it("says once that its home is away when it is held for that", () => {
    assert.deepStrictEqual(codesOf(waiting(away, "home_away")), ["home_away"])
  })
})

describe("the explanation of a task that is held since its run ended", () => {
  const heldFor = (hold: Hold, lastRun: Partial<Explain.Facts["lastRun"]>) =>
    Explain.explain(
      factsOf(
        { status: "in_progress", lastOutcome: "failed", failures: 4, hold },
        { lastRun: { ...run, ...lastRun }, trial: null, queue: null }
      )
    )

  it("says once how its last run ended, and once what to do about it", () => {
    const { reasons, words } = heldFor("dead_letter", { status: "lost", cause: "lost" })
    const said =
      "4 runs of it failed in a row, and no more are tried: " +
      "run 2 was lost with the process that carried it out"
    assert.deepStrictEqual(reasons, [
      {
        code: "dead_letter",
        words: said,
        facts: { run_id: runId, run_status: "lost", cause: "lost" },
        todo: "Look at the output of its last run, then retry it"
      }
    ])
    assert.strictEqual(words, `Task 42 is not running: ${said}`)
  })

  it.each(["runner_unusable", "repository_unusable"] as const)("says once why: %s", (hold) => {
    const { reasons } = heldFor(hold, { status: "failed", cause: "there is no such thing" })
    assert.deepStrictEqual(
      reasons.map(({ code }) => code),
      [hold]
    )
    assert.include(reasons[0]?.words, ": there is no such thing")
  })

  it("tells of its run as well where it was put aside for another reason", () => {
    const { reasons } = heldFor("paused", { status: "failed", cause: "exit:1" })
    assert.deepStrictEqual(
      reasons.map(({ code }) => code),
      ["run_failed", "paused"]
    )
  })
})

describe("the explanation of a task for which nobody dispatches", () => {
  const todoAt = (name: string) =>
    Explain.explain(factsOf({}, { lane: { name, dispatcher: null } })).reasons[0]?.todo

  it("says to start a server, and what keeps one from dispatching", () => {
    const off = "its dispatching is turned off by FOREMAN_DISPATCH=off"
    assert.strictEqual(todoAt("dispatcher"), `Start one (foreman serve); if one runs, ${off}`)
    assert.strictEqual(
      todoAt("dispatcher@south"),
      `Start the server of the node south; if it runs, ${off}`
    )
  })

  it("blames no server where all are paused who could have it, but a node that is away", () => {
    const workers = [{ ...ada, isPaused: true }]
    const at = (name: string) => codesOf(factsOf({}, { workers, lane: { name, dispatcher: null } }))
    assert.deepStrictEqual(at("dispatcher"), ["agents_paused"])
    assert.deepStrictEqual(at("dispatcher@south"), ["agents_paused", "nobody_dispatches"])
  })
})
