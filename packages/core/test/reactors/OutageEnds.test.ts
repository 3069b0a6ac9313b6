import { describe, expect, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"

import { Foreman, type Identifier } from "@foreman/core"
import { TestForeman } from "@foreman/testkit"
import * as Recovery from "../../src/reactors/Recovery.ts"
import { broken, hanging } from "../services/faults.ts"
import { collecting } from "../services/lines.ts"
import { settled } from "../settling.ts"
import { givenWith, pass, runsOf, setTime } from "./outages.ts"

const hire = (teamId: Identifier.TeamId) =>
  Foreman.use(({ client }) =>
    client.createAgent({
      teamId,
      name: "second",
      role: "engineer",
      model: "any",
      config: { runner: "memory" }
    })
  ).pipe(TestForeman.asOperator)

const isOver = (type: string) => type === "run.succeeded"

describe("a store that says nothing for longer than a lease lasts", () => {
  it.effect("costs a run its agent before the lease ends, whatever is waited for", () => {
    const { on, told } = collecting()
    return Effect.gen(function* () {
      // One of them is idle, and its offer stands: it is looked whether that was taken.
      const { agent, comeBack, driver, leave, look, taskId, team } = yield* givenWith({
        engineers: 2,
        leaves: hanging
      })
      yield* pass(4)
      const row = yield* driver.get(team.organization.id, "singletons", { name: "dispatcher" })
      const until = Number(row?.["until"]) / 1000
      leave()
      yield* setTime(until - 1_001)
      expect(yield* agent.haveStopped).toBe(0)
      yield* setTime(until - 999)
      expect(yield* agent.haveStopped).toBe(1)
      yield* pass(10)
      comeBack()
      yield* pass(10)
      expect(told().map(({ words }) => words)).toEqual([
        "The store does not answer: it has said nothing for 5 s. What was acknowledged stands, " +
          "commands are refused as retryable, and agents are stopped, because this server's leases " +
          "could not be renewed: their tasks begin again when the store is back, unless another " +
          "server has taken over. It is tried again by itself.",
        expect.stringMatching(/^The store answers again\. It was away for 1\d s\.$/),
        "1 run was stopped with the lease: its task begins again"
      ])
      expect(yield* agent.begun).toBe(2)
      expect((yield* look(runsOf(taskId))).at(-1)).toEqual(["cancelled", "shutdown"])
    }).pipe(on)
  })

  it.effect("keeps no agent from being stopped when its server ends", () => {
    const { on } = collecting()
    return Effect.gen(function* () {
      const { agent, comeBack, end, leave } = yield* givenWith({ engineers: 2, leaves: hanging })
      yield* pass(4)
      leave()
      yield* pass(1)
      const ending = yield* Effect.forkChild(end)
      yield* pass(2)
      expect(yield* agent.haveStopped).toBe(1)
      comeBack()
      yield* pass(10)
      yield* Fiber.join(ending)
    }).pipe(on)
  })

  it.effect("costs it no later where another run is being queued, which never begins", () => {
    const { on } = collecting()
    return Effect.gen(function* () {
      let isLast = false
      let hung = 0
      const { agent, comeBack, driver, leave, look, taskId, team } = yield* givenWith({
        leaves: hanging,
        refuses: (types) => {
          if (!isLast || !types.includes("run.queued")) return undefined
          hung += 1
          return void leave()
        }
      })
      const { id } = yield* look(TestForeman.givenTask(team))
      isLast = true
      yield* look(hire(team.team.id))
      yield* pass(1)
      const row = yield* driver.get(team.organization.id, "singletons", { name: "dispatcher" })
      yield* setTime(Number(row?.["until"]) / 1000 - 999)
      expect([hung, yield* agent.haveStopped]).toEqual([1, 1])
      isLast = false
      yield* pass(3)
      comeBack()
      yield* pass(10)
      expect((yield* look(runsOf(taskId))).at(-1)).toEqual(["cancelled", "shutdown"])
      expect((yield* look(runsOf(id))).at(-1)).toEqual(["cancelled", "shutdown"])
      expect(yield* agent.haveBegun).toBe(2)
    }).pipe(on)
  })
})

describe("a server that ends while its store says nothing", () => {
  it.effect("has its agents end at once, whatever is waited for", () => {
    const { on } = collecting()
    return Effect.gen(function* () {
      let isLast = false
      let hung = 0
      const { agent, comeBack, end, leave, look, team } = yield* givenWith({
        leaves: hanging,
        refuses: (types) => {
          if (!isLast || !types.includes("run.queued")) return undefined
          hung += 1
          return void leave()
        }
      })
      const other = yield* look(TestForeman.givenTeam())
      yield* look(TestForeman.givenTask(other))
      yield* pass(1)
      expect(yield* agent.begun).toBe(1)
      yield* look(TestForeman.givenTask(team))
      isLast = true
      yield* look(hire(team.team.id))
      yield* pass(1)
      const ending = yield* Effect.forkChild(end)
      yield* TestClock.adjust("1 millis")
      yield* settled
      // Those of both organizations: one does not wait for the other.
      expect([hung, yield* agent.haveStopped]).toEqual([1, 2])
      comeBack()
      yield* pass(20)
      yield* Fiber.join(ending)
      // What was on its way into the store then is begun by nobody.
      expect(yield* agent.haveBegun).toBe(0)
    }).pipe(on)
  })
})

describe("the end of a run that could not be recorded", () => {
  it.effect("is recorded in the same tenure as what it was", () => {
    const { lines, on } = collecting()
    return Effect.gen(function* () {
      let isRefused = true
      const { agent, look, taskId } = yield* givenWith({
        refuses: (types) =>
          isRefused && types.some(isOver) ? broken({ retryable: true }) : undefined
      })
      yield* agent.finish
      const given = ({ words }: { readonly words: string }) =>
        /^The end of run \S+ is not rec/.test(words)
      while (!lines.some(given)) yield* TestClock.adjust("100 millis")
      isRefused = false
      yield* pass(3)
      expect(yield* look(runsOf(taskId))).toEqual([["succeeded", "exit:0"]])
    }).pipe(on)
  })

  it.effect("is that of a lost run where the store never takes it, and others go on", () => {
    const { on, told } = collecting()
    return Effect.gen(function* () {
      let refused = 0
      let isAway = true
      let isLost = false
      const { agent, comeBack, leave, look, taskId, team } = yield* givenWith({
        engineers: 2,
        refuses: (types) => {
          isLost ||= types.includes("run.lost")
          if (isAway || isLost || !types.some(isOver)) return undefined
          refused += 1
          return broken({ cause: new Error("invalid byte sequence") })
        }
      })
      leave()
      yield* agent.finish
      yield* pass(20)
      isAway = false
      comeBack()
      yield* pass(90)
      expect(refused).toBeGreaterThan(0)
      expect(yield* look(runsOf(taskId))).toEqual([
        ["succeeded", "exit:0"],
        ["lost", "lost"]
      ])
      expect(told().map(({ words }) => words)).not.toContainEqual(expect.stringMatching(/^1 run /))
      const { id } = yield* look(TestForeman.givenTask(team))
      yield* look(TestForeman.untilTask(id, ({ lastOutcome }) => lastOutcome === "succeeded"))
    }).pipe(on)
  })

  it.effect("keeps no other from being recorded when it cannot be", () => {
    const { on } = collecting()
    return Effect.gen(function* () {
      let first = 0
      const { agent, comeBack, leave, look, taskId, team } = yield* givenWith({
        engineers: 2,
        refuses: (types, { events }) =>
          types.some((type) => isOver(type) || type === "run.lost") &&
          events.some(({ stream }) => stream === `task:${first}`)
            ? broken()
            : undefined
      })
      const { id } = yield* look(TestForeman.givenTask(team))
      yield* agent.begun
      leave()
      yield* agent.finish
      yield* pass(20)
      first = taskId
      comeBack()
      yield* pass(10)
      expect(yield* look(runsOf(taskId))).toEqual([["running", null]])
      expect(yield* look(runsOf(id))).toEqual([["succeeded", "exit:0"]])
    }).pipe(on)
  })

  it.effect("is told with those of others of its kind", () => {
    const { on, told } = collecting()
    return Effect.gen(function* () {
      yield* Recovery.tell({ lost: 2, stopped: 0, ended: 1 })
      yield* Recovery.tell({ lost: 0, stopped: 3, ended: 2 })
      expect(told().map(({ words }) => words)).toEqual([
        "2 runs of a former process are lost",
        "1 run had ended before, and its end is recorded",
        "3 runs were stopped with the lease: their tasks begin again",
        "2 runs had ended before, and their ends are recorded"
      ])
    }).pipe(on)
  })
})
