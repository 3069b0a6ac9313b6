import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"

import { Identifier, Lease, Run, Retry, Span, Task } from "@foreman/core"
import { GivenWhenThen } from "@foreman/testkit"

const { given } = GivenWhenThen
const taskId = Identifier.TaskId.make(1)
const [runId, otherId] = ["1", "2"].map((digit) =>
  Identifier.RunId.make(`00000000-0000-7000-8000-00000000000${digit}`)
) as [Identifier.RunId, Identifier.RunId]
const span = (text: string) => Result.getOrThrow(Span.parse(text))
const [src, api, test] = ["repo/1/src", "repo/1/src/api", "repo/1/test"].map(span) as [
  Span.Span,
  Span.Span,
  Span.Span
]
const wanted: Lease.Lease = { runId, taskId, token: 1, spans: [src] }
const acquired: Lease.LeaseEvent = { type: "lease.acquired", data: { ...wanted, spans: [src] } }

describe("a lease", () => {
  it("is taken when nobody holds what meets it", () => {
    const held = [{ span: test, runId: otherId, taskId }]
    given(wanted)
      .when((lease) => Lease.acquire(lease, held))
      .then(acquired)
  })

  it("is refused while another run holds what meets it, with whom and what", () => {
    const held = [{ span: api, runId: otherId, taskId: Identifier.TaskId.make(9) }]
    given(wanted)
      .when((lease) => Lease.acquire(lease, held))
      .thenRejected(new Lease.LeaseHeld(held[0]!))
    assert.include(new Lease.LeaseHeld(held[0]!).message, api)
  })

  it("is not taken twice by the run that has it, and not at all by one that wants nothing", () => {
    const own = [{ span: src, runId, taskId }]
    assert.deepStrictEqual(Result.getOrThrow(Lease.acquire(wanted, own)), [])
    assert.deepStrictEqual(Result.getOrThrow(Lease.acquire({ ...wanted, spans: [] }, [])), [])
  })

  it("is given back once it was had", () => {
    assert.deepStrictEqual(Lease.release(wanted, "succeeded"), [
      { type: "lease.released", data: { ...wanted, spans: [src], cause: "succeeded" } }
    ])
    assert.deepStrictEqual(Lease.release({ ...wanted, spans: [] }, "succeeded"), [])
  })

  it("lasts until its time is up, and begins with the shorter one", () => {
    const terms = { leaseMillis: 30, startMillis: 10 }
    assert.strictEqual(Lease.begins(1000, terms), 11_000)
    assert.strictEqual(Lease.renewed(1000, terms), 31_000)
    assert.isFalse(Lease.isDue(11_000, 10_999))
    assert.isTrue(Lease.isDue(11_000, 11_000))
    assert.isBelow(Lease.defaults.startMillis, Lease.defaults.leaseMillis)
  })
})

describe("a run with a lease", () => {
  const facts = {
    runId,
    agentId: Identifier.AgentId.make("00000000-0000-7000-8000-0000000000a1"),
    runner: "command",
    holder: "server",
    repositoryId: null,
    actorId: "foreman",
    spans: [src]
  }
  const at = "2026-01-01T00:00:00.000000Z"
  const types = (events: ReadonlyArray<{ readonly type: string }>) => events.map(({ type }) => type)

  it("has it from the moment it is queued to its end, in the same decisions", () => {
    const task = Task.example()
    const queued = Result.getOrThrow(Run.queue(task, facts))
    assert.deepStrictEqual(types(queued).slice(0, 2), ["run.queued", "lease.acquired"])
    const run = queued
      .filter(({ type }) => /^(run|lease)/.test(type))
      .reduce<Run.Run | undefined>(
        (state, event) => Run.evolve(state, event as Run.RunEvent | Lease.LeaseEvent, at),
        undefined
      )!
    assert.deepStrictEqual(run.spans, [src])
    for (const outcome of ["succeeded", "failed", "cancelled", "lost"] as const) {
      const how = { exitCode: null, cause: outcome, answer: null, headCommit: null }
      const ended = Result.getOrThrow(Run.end(run, task, { outcome, ...how }))
      const released = ended.filter(({ type }) => type === "lease.released")
      assert.deepStrictEqual<ReadonlyArray<object>>(released, Lease.release(wanted, outcome))
    }
  })

  it("is refused while another one holds its scope", () => {
    const held = [{ span: src, runId: otherId, taskId }]
    const refused = Run.queue(Task.example(), { ...facts, held })
    assert.isTrue(Result.isFailure(refused) && refused.failure instanceof Lease.LeaseHeld)
  })

  it("that somebody stopped leaves its task where it was, and gives back what it moved on", () => {
    const queued = Result.getOrThrow(Run.queue(Task.example(), facts))
    const run = Run.evolve(undefined, queued[0] as Run.RunEvent, at)!
    const how = { exitCode: null, cause: Run.stopped, answer: null, headCommit: null }
    const end = (status: Task.Status) =>
      types(
        Result.getOrThrow(Run.end(run, Task.example({ status }), { outcome: "cancelled", ...how }))
      )
    assert.deepStrictEqual(end("in_progress"), ["run.cancelled", "task.attempt_ended"])
    assert.include(end("in_review"), "task.status_changed")
  })
})

describe("what follows a failure", () => {
  const now = 1_000_000_000_000_000
  const task = { id: 3, failures: 0 }
  const after = (fault: Retry.Fault, failures: number, retries = 0, cause = "x") =>
    Retry.after({ ...task, failures }, { cause, fault }, { now, retries })

  it("is nothing for an agent's failure unless the team says so, then as often as it says", () => {
    assert.isNull(after("agent", 0))
    assert.isNull(after("agent", 5))
    const holds = [0, 1, 2, 3].map((failures) => after("agent", failures, 2)?.hold)
    assert.deepStrictEqual(holds, ["backoff", "backoff", "dead_letter", "dead_letter"])
  })

  it("is another run a few times in any case for what fails around the agent", () => {
    const holds = [0, 1, 2, 3].map((failures) => after("infrastructure", failures)?.hold)
    assert.deepStrictEqual(holds, ["backoff", "backoff", "backoff", "dead_letter"])
    assert.strictEqual(after("infrastructure", 3, 5)?.hold, "backoff")
  })

  it("waits twice as long each time, up to a bound, and not alike for all", () => {
    const waits = Array.from({ length: 14 }, (_, failures) => Retry.waitMicros({ id: 3, failures }))
    for (const [index, wait] of waits.entries()) {
      const base = Math.min(600, 5 * 2 ** index) * 1e6
      assert.isAtLeast(wait, base)
      assert.isAtMost(wait, base * 1.25)
    }
    const others = new Set(
      Array.from({ length: 20 }, (_, id) => Retry.waitMicros({ id, failures: 0 }))
    )
    assert.isAbove(others.size, 10)
  })

  it("waits for a quota until it is lifted, within bounds that no runner moves", () => {
    const until = (cause: string) => {
      const { hold, until } = after("quota", 0, 0, cause)!
      assert.strictEqual(hold, "quota")
      return (Identifier.micros(until!) - now) / 1e6
    }
    const inSeconds = (seconds: number) =>
      `quota:${new Date(now / 1000 + seconds * 1000).toISOString()}`
    assert.strictEqual(until(inSeconds(3600)), 3600)
    assert.strictEqual(until(inSeconds(-3600)), 60)
    assert.strictEqual(until("quota:9999-12-31T23:59:59Z"), 7 * 24 * 3600)
    for (const cause of ["quota", "quota:soon", "quota:", "quota:+275760-09-13T00:00:00Z"]) {
      assert.strictEqual(until(cause), 300, cause)
    }
    assert.strictEqual(after("quota", 10, 0, "quota")?.hold, "dead_letter")
  })

  it("lies where the run's end says, if nobody knows better", () => {
    const fault = (cause: string, outcome: Task.Outcome = "failed") =>
      Retry.faultOf({ cause, outcome })
    assert.strictEqual(fault("exit:1"), "agent")
    assert.strictEqual(fault("timeout"), "agent")
    assert.strictEqual(fault("unreachable"), "infrastructure")
    assert.strictEqual(fault("lost", "lost"), "infrastructure")
    assert.strictEqual(fault("quota"), "quota")
    assert.strictEqual(fault("quotas"), "agent")
  })

  const at = (seconds: number) => Identifier.timestamp(now + seconds * 1e6)

  it("is queued again for later, and what is due is released without counting anew", () => {
    const failed = Task.example({
      status: "in_progress",
      failures: 1,
      rejections: 2,
      isRework: true
    })
    const held = Task.evolve(failed, Task.held(failed, "backoff", at(5)), at(0))!
    assert.isFalse(Task.isReady(held, { openDependencies: 0 }))
    assert.isFalse(Task.isDue(held, now + 4_999_999))
    assert.isTrue(Task.isDue(held, now + 5_000_000))
    const taskId = held.id
    const due = Task.evolve(
      held,
      { type: "task.released", data: { taskId, reason: "due" } },
      at(5)
    )!
    assert.deepInclude(due, { failures: 1, rejections: 2, hold: null, heldUntil: null })
    assert.isTrue(Task.isReady(due, { openDependencies: 0 }))
    const looked = Task.evolve(held, { type: "task.released", data: { taskId } }, at(5))!
    assert.deepInclude(looked, { failures: 0, rejections: 0, hold: null })
  })

  it("is a dead letter that a person arms again: everything is counted anew", () => {
    const failed = Task.example({ status: "in_progress", failures: 3, lastOutcome: "failed" })
    const dead = Task.evolve(failed, Task.held(failed, "dead_letter"), at(0))!
    assert.isFalse(Task.isDue(dead, Number.MAX_SAFE_INTEGER))
    const armed = Result.getOrThrow(Task.retry(dead, { actorId: "operator" })).reduce<Task.Task>(
      (state, event) => Task.evolve(state, event, at(1))!,
      dead
    )
    assert.deepInclude(armed, { status: "todo", hold: null, failures: 0 })
  })
})
