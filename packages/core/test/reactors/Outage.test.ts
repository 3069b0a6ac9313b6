import { describe, expect, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Scope } from "effect"

import { TestForeman } from "@foreman/testkit"
import { collecting } from "../services/lines.ts"
import { given, pass, processOn, runsOf, setTime, taskOf } from "./outages.ts"

describe("a store that is away for longer than a lease lasts", () => {
  it.effect("costs a run its agent before the lease ends, and its task no failure", () => {
    const { on } = collecting()
    return Effect.gen(function* () {
      const { agent, comeBack, driver, leave, look, taskId, team } = yield* given
      const row = driver.get(team.organization.id, "singletons", { name: "dispatcher" })
      leave()
      const until = Number((yield* row)?.["until"]) / 1000
      yield* setTime(until - 1_001)
      expect(yield* agent.haveStopped).toBe(0)
      // From its very end on another process may begin the same task.
      yield* setTime(until - 1)
      expect(yield* agent.haveStopped).toBe(1)
      yield* pass(30)
      expect(yield* agent.haveBegun).toBe(0)
      comeBack()
      yield* pass(3)
      expect(yield* agent.begun).toBe(2)
      expect(yield* look(runsOf(taskId))).toEqual([
        ["running", null],
        ["cancelled", "shutdown"]
      ])
      const task = yield* look(taskOf(taskId))
      expect(task).toMatchObject({ attempts: 2, failures: 0, hold: null, status: "in_progress" })
      yield* agent.finish
      const done = yield* look(TestForeman.untilTask(taskId, ({ liveRunId }) => liveRunId === null))
      expect(done).toMatchObject({ attempts: 2, lastOutcome: "succeeded", status: "in_review" })
    }).pipe(on)
  })

  it.effect("costs nothing of a run whose agent came to its end meanwhile", () => {
    const { on } = collecting()
    return Effect.gen(function* () {
      const { agent, comeBack, leave, look, taskId } = yield* given
      leave()
      yield* agent.finish
      yield* pass(30)
      comeBack()
      yield* pass(3)
      expect(yield* look(runsOf(taskId))).toEqual([["succeeded", "exit:0"]])
      const task = yield* look(taskOf(taskId))
      expect(task).toMatchObject({ attempts: 1, failures: 0, status: "in_review" })
      expect(yield* agent.haveBegun).toBe(0)
    }).pipe(on)
  })

  it.effect("is told when it goes, when it costs the leases and when it is back, once each", () => {
    const { on, told } = collecting()
    return Effect.gen(function* () {
      const { comeBack, leave } = yield* given
      yield* pass(5)
      expect(told()).toEqual([])
      leave()
      yield* pass(90)
      comeBack()
      yield* pass(5)
      expect(told().map(({ hasCause, level }) => [level, hasCause])).toEqual(
        Array.from({ length: 5 }, () => ["Warn", false])
      )
      expect(told().map(({ words }) => words)).toEqual([
        expect.stringMatching(/^The store does not answer: connect ECONNREFUSED 127/),
        "This server could not renew its leases in time, because the store does not answer: " +
          "whatever runs here is stopped as they end.",
        expect.stringMatching(/^The store has not answered for 60 s: connect ECONNREFUSED 127/),
        expect.stringMatching(/^The store answers again\. It was away for (89|90|91) s\.$/),
        "1 run was stopped with the lease: its task begins again"
      ])
    }).pipe(on)
  })
})

describe("a run that was cut off from its store", () => {
  it.effect("stays lost when another process has taken over, whatever became of it", () => {
    const { on } = collecting()
    return Effect.gen(function* () {
      const { agent, comeBack, driver, leave, look, taskId, team } = yield* given
      leave()
      // Its agent comes to an end, of which nobody else hears.
      yield* agent.finish
      const other = yield* Effect.acquireRelease(Scope.make(), Scope.close)
      yield* processOn(driver, { reactors: { holder: "another" } }).pipe(
        Effect.provideService(Scope.Scope, other)
      )
      const lost = look(TestForeman.untilEvent(({ type }) => type === "run.lost"))
      yield* pass(8)
      yield* lost
      // It has the tenure again, after the other one.
      yield* Scope.close(other, Exit.void)
      comeBack()
      yield* pass(20)
      const runs = yield* look(runsOf(taskId))
      expect(runs.at(-1)).toEqual(["lost", "lost"])
      expect(runs).toHaveLength(2)
      const events = yield* look(TestForeman.history(team.organization.id))
      const ends = events.filter(({ type }) => /^run\.(lost|succ|fail|canc)/.test(type))
      expect(ends.map(({ type }) => type)).toEqual(["run.lost", "run.succeeded"])
    }).pipe(on)
  })

  it.effect("is lost for a process that began later, also under the same name", () => {
    const { on, told } = collecting()
    return Effect.gen(function* () {
      const { driver, end, leave, look, options, taskId } = yield* given
      leave()
      // As killed: it can write nothing of its end.
      const ending = yield* Effect.forkChild(end)
      yield* pass(9)
      yield* Fiber.join(ending)
      yield* processOn(driver, options)
      yield* look(TestForeman.untilTask(taskId, ({ lastOutcome }) => lastOutcome !== null))
      expect(yield* look(runsOf(taskId))).toEqual([["lost", "lost"]])
      expect(told().map(({ words }) => words)).toContain("1 run of a former process is lost")
    }).pipe(on)
  })
})
