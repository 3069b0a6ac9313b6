import { describe, expect, it } from "@effect/vitest"
import { Effect, Layer, Scope } from "effect"

import { type Driver, DriverMemory, Explains, Foreman, type Identifier, Lease } from "@foreman/core"
import { TestForeman } from "@foreman/testkit"
import * as ExplainSign from "../../src/services/ExplainSign.ts"
import { given, givenWith, pass, processOn } from "../reactors/outages.ts"
import { broken, leaving } from "./faults.ts"
import { collecting } from "./lines.ts"

const explained = (taskId: Identifier.TaskId) =>
  Foreman.use(({ client }) => client.explainTask({ taskId })).pipe(TestForeman.asOperator)

const registered = (teamId: Identifier.TeamId, name: string, config: { readonly home?: string }) =>
  Foreman.use(({ client }) =>
    client.registerRepository({
      teamId,
      name,
      localPath: `/repositories/${name}`,
      defaultBranch: "main",
      config
    })
  ).pipe(TestForeman.asOperator)

/** A task at work on the node of its repository, and another node that only looks on. */
const givenNodes = Effect.fnUntraced(function* (terms = Lease.defaults) {
  const driver = yield* DriverMemory.make
  const { leave, store } = leaving(driver)
  const scope = yield* Effect.acquireRelease(Scope.make(), Scope.close)
  const reactorsOf = (node: string) => ({ reactors: { holder: node, node, terms } })
  const behaviour = () => Effect.never
  const south = processOn(store, { ...reactorsOf("south"), behaviour })
  yield* Effect.provideService(south, Scope.Scope, scope)
  const told = Layer.succeed(Explains.Terms, terms)
  const look = yield* processOn(driver, reactorsOf("north")).pipe(Effect.provide(told))
  const team = yield* look(TestForeman.givenTeam({ repositories: 0 }))
  yield* look(registered(team.team.id, "repo", { home: "south" }))
  const { id: taskId } = yield* look(TestForeman.givenTask(team))
  return { explanation: look(explained(taskId)), leave, taskId }
})

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

  it.effect("says of one that is tried again at a time that its home is away", () => {
    const { on } = collecting()
    return Effect.gen(function* () {
      const { explanation, leave } = yield* givenNodes()
      yield* pass(10)
      expect((yield* explanation).state).toBe("running")
      leave()
      const seen: Array<string> = []
      for (let second = 0; second < 100; second++) {
        yield* pass(1)
        const { reasons, state } = yield* explanation
        const codes = [state, ...reasons.map(({ code }) => code)].join(" ")
        if (codes !== seen.at(-1)) seen.push(codes)
      }
      expect(seen).toEqual([
        "running",
        "waiting nobody_dispatches backoff",
        "waiting nobody_dispatches",
        "waiting home_away"
      ])
    }).pipe(on)
  })

  it.effect("takes runs to live for as long as it is told that the reactors do", () => {
    const { on } = collecting()
    return Effect.gen(function* () {
      const { explanation, leave, taskId } = yield* givenNodes({
        leaseMillis: 90_000,
        startMillis: 45_000
      })
      yield* pass(30)
      leave()
      yield* pass(20)
      const running = `Task ${taskId} is running`
      expect((yield* explanation).words).toBe(`${running}.`)
      yield* pass(20)
      const silent = /as far as is known: no sign of life from its node for 4\d s; /
      expect((yield* explanation).words).toMatch(silent)
      expect((yield* explanation).words).toContain("it is given up after 90 s.")
    }).pipe(on)
  })
})

describe("the explanation of a task of a team with several repositories", () => {
  it.effect("blames no node while nobody knows which of them it needs", () =>
    Effect.gen(function* () {
      const { team, ...given } = yield* TestForeman.givenTeam({ repositories: 0 })
      yield* registered(team.id, "first", { home: "south" })
      const { id: taskId } = yield* TestForeman.givenTask({ team, ...given })
      expect((yield* explained(taskId)).words).toContain("on the node south")
      yield* registered(team.id, "second", {})
      expect((yield* explained(taskId)).words).toContain("no server dispatches in its organization")
    }).pipe(Effect.provide(TestForeman.layer()))
  )
})
