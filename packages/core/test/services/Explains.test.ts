import { describe, expect, it } from "@effect/vitest"
import { Effect } from "effect"

import { type Driver, Foreman, type Identifier } from "@foreman/core"
import { TestForeman } from "@foreman/testkit"
import * as ExplainSign from "../../src/services/ExplainSign.ts"
import { given, givenWith, pass } from "../reactors/outages.ts"
import { broken } from "./faults.ts"
import { collecting } from "./lines.ts"

const explained = (taskId: Identifier.TaskId) =>
  Foreman.use(({ client }) => client.explainTask({ taskId })).pipe(TestForeman.asOperator)

describe("the explanation of a task whose server is gone", () => {
  it.effect("says of its run when that was last heard of, and nothing of one that is there", () => {
    const { on } = collecting()
    return Effect.gen(function* () {
      const { driver, leave, look, taskId, team } = yield* given
      const words = Effect.map(look(explained(taskId)), (explanation) => explanation.words)
      const running = `Task ${taskId} is running.`
      for (let seconds = 0; seconds < 20; seconds++) {
        yield* pass(1)
        expect(yield* words).toBe(running)
      }
      leave()
      const query = { table: "heartbeats", index: "key", equals: {}, limit: 2 }
      const rows = yield* driver.find({ organization: team.organization.id, ...query })
      expect(rows).toHaveLength(1)
      const heard = Number(rows[0]?.["until"]) / 1e6 - 30
      // Its heartbeat is not late yet.
      yield* pass(3)
      expect(yield* words).toBe(running)
      yield* pass(12)
      const silent = (seconds: number) =>
        `Task ${taskId} is running as far as is known: ` +
        `no sign of life from its node for ${Math.floor(seconds)} s; `
      expect(yield* words).toBe(`${silent(35 - heard)}it is given up after 30 s.`)
      yield* pass(25)
      expect(yield* words).toBe(`${silent(60 - heard)}the next server that looks gives it up.`)
    }).pipe(on)
  })

  it.effect("says nothing of a heartbeat that is late while its server dispatches", () => {
    const { on } = collecting()
    return Effect.gen(function* () {
      const isRenewal = ({ steps }: Driver.Batch) =>
        steps.some((step) => step._tag === "Apply" && step.name === "renew_runs")
      const { driver, look, taskId, team } = yield* givenWith({
        refuses: (_, batch) => (isRenewal(batch) ? broken() : undefined)
      })
      yield* pass(20)
      const { run, words } = yield* look(explained(taskId))
      expect(words).toBe(`Task ${taskId} is running.`)
      // Another one that dispatches is not the one that carries it out.
      if (run === null) return yield* Effect.die("no run")
      const signOf = (holder: string) =>
        ExplainSign.of(driver, team.organization.id, { id: run.runId, holder }, 20_000_000)
      expect((yield* signOf("the same"))?.isAttended).toBe(true)
      expect((yield* signOf("another"))?.isAttended).toBe(false)
      expect(yield* signOf("the same")).toMatchObject({ until: 15_000_000 })
    }).pipe(on)
  })
})
