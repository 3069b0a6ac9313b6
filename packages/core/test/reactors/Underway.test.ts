import { assert, describe, expect, it } from "@effect/vitest"
import { Effect, Fiber, Layer } from "effect"

import {
  AgentRunner,
  ArtifactStore,
  Attempts,
  Driver,
  DriverMemory,
  Identifier,
  Lease,
  Policies,
  Reactors,
  Shell,
  StoreClock,
  Tenure,
  Tokens,
  type Work,
  Workspace
} from "@foreman/core"
import { TestForeman } from "@foreman/testkit"
import type { Adrift } from "../../src/reactors/Adrift.ts"
import * as Pulse from "../../src/reactors/Pulse.ts"
import * as Reaper from "../../src/reactors/Reaper.ts"
import * as Recovery from "../../src/reactors/Recovery.ts"
import * as Underway from "../../src/reactors/Underway.ts"
import { broken, committing } from "../services/faults.ts"
import { collecting } from "../services/lines.ts"
import { pass, runsOf } from "./outages.ts"

const benchOf = Effect.gen(function* () {
  const bench: Work.Bench = {
    shell: yield* Shell.Shell,
    clock: yield* StoreClock.StoreClock,
    runners: yield* AgentRunner.AgentRunners,
    workspace: yield* Workspace.Workspace,
    artifacts: yield* ArtifactStore.ArtifactStore,
    limits: Reactors.defaults,
    terms: Lease.defaults,
    apiUrl: () => undefined,
    policies: yield* Policies.Policies
  }
  return bench
})

/** What is carried out under a tenure, with tasks that are queued as runs when they are asked for. */
const given = Effect.gen(function* () {
  const bench = yield* benchOf
  const team = yield* TestForeman.givenTeam({ engineers: 3 })
  const organization = team.organization.id
  const wanted = { organization, name: "dispatcher", holder: "a", ttlMillis: 60_000 }
  const tenure = yield* Tenure.acquire(bench.shell, bench.clock, wanted)
  assert(tenure !== undefined)
  const adrift: Adrift = new Map()
  let ended = 0
  const over = Effect.sync(() => void (ended += 1))
  const underway = Underway.make(bench, tenure, adrift, over)
  const engineers = [...team.engineers]
  const queued = Effect.gen(function* () {
    const agent = engineers.pop()
    assert(agent !== undefined)
    const { id: taskId } = yield* TestForeman.givenTask(team)
    const runId = yield* Attempts.nextRunId
    const issued = yield* Tokens.issue(runId, (yield* bench.clock.now) + 60_000_000)
    const { policies, terms } = bench
    const candidate = { taskId, agentId: agent.id, runId, issued, policies, terms }
    const attempt = yield* Attempts.queue(bench.shell, tenure, candidate)
    return { attempt, token: issued.token }
  })
  return { adrift, bench, ended: () => ended, queued, tenure, underway }
})

/** A store that refuses to record the loss of the runs of a task, if of any. */
const refusing = Effect.gen(function* () {
  const driver = yield* DriverMemory.make
  const refused = { taskId: 0, isForGood: true, count: 0 }
  const store = committing(driver, (_, commit, { events }) => {
    const isLoss = events.some(({ type }) => type === "run.lost")
    const isOf = events.some(({ stream }) => stream === `task:${refused.taskId}`)
    if (!isLoss || !isOf) return commit
    refused.count += 1
    return Effect.fail(broken({ retryable: !refused.isForGood }))
  })
  return { refused, layer: TestForeman.layer({ store: Layer.succeed(Driver.Driver, store) }) }
})

const isLeft = ({ words }: { readonly words: string }) => /cannot be recorded: it stays/.test(words)

describe("a dispatcher that has ended its runs", () => {
  const behaviour = () => Effect.die("an agent was begun")
  const alone = TestForeman.layer({ behaviour })

  it.effect("begins none that comes later, and leaves it to the next tenure", () =>
    Effect.gen(function* () {
      const { adrift, ended, queued, underway } = yield* given
      const late = yield* queued
      yield* underway.stopAll("shutdown", 0)
      yield* underway.carry(late)
      expect(adrift.get(late.attempt.run.id)).toEqual({ run: late.attempt.run, found: undefined })
      expect([underway.ids(), underway.present(), ended()]).toEqual([[], [], 1])
      expect(yield* runsOf(late.attempt.task.id)).toEqual([["queued", null]])
    }).pipe(Effect.provide(alone))
  )

  it.effect("counts none of them as lost, which have not failed", () =>
    Effect.gen(function* () {
      const { adrift, queued, underway } = yield* given
      const { attempt } = yield* queued
      adrift.set(attempt.run.id, { run: attempt.run, found: undefined })
      yield* underway.stopAll("shutdown", 0)
      yield* underway.settle
      expect([...adrift.keys()]).toEqual([attempt.run.id])
      expect(yield* runsOf(attempt.task.id)).toEqual([["queued", null]])
    }).pipe(Effect.provide(alone))
  )
})

describe("a run that is adrift", () => {
  it.effect("is there no more when the store refuses its loss for good, which is told once", () =>
    Effect.gen(function* () {
      const { on, told } = collecting()
      const { layer, refused } = yield* refusing
      yield* Effect.gen(function* () {
        const { adrift, queued, underway } = yield* given
        const [first, second] = [(yield* queued).attempt, (yield* queued).attempt]
        for (const { run } of [first, second]) adrift.set(run.id, { run, found: undefined })
        refused.taskId = first.task.id
        yield* underway.settle
        expect(adrift.size).toBe(0)
        expect(yield* runsOf(first.task.id)).toEqual([["queued", null]])
        expect(yield* runsOf(second.task.id)).toEqual([["lost", "lost"]])
        yield* underway.settle
        expect(refused.count).toBe(1)
        const lines = told().filter(isLeft)
        expect(lines).toHaveLength(1)
        expect(lines[0]?.words).toContain(first.run.id)
        expect(lines[0]?.hasCause).toBe(false)
      }).pipe(Effect.provide(layer), on)
    })
  )

  it.effect("is there no more when the store does not know it, and others are lost", () => {
    const { on, told } = collecting()
    return Effect.gen(function* () {
      const { adrift, queued, underway } = yield* given
      const { attempt } = yield* queued
      const id = Identifier.RunId.make("01900000-0000-7000-8000-000000000001")
      adrift.set(id, { run: { ...attempt.run, id }, found: undefined })
      adrift.set(attempt.run.id, { run: attempt.run, found: undefined })
      yield* underway.settle
      expect(adrift.size).toBe(0)
      expect(yield* runsOf(attempt.task.id)).toEqual([["lost", "lost"]])
      expect(told().filter(isLeft)).toHaveLength(1)
    }).pipe(Effect.provide(TestForeman.layer()), on)
  })

  it.effect("stays so while its loss is refused for now", () =>
    Effect.gen(function* () {
      const { on, told } = collecting()
      const { layer, refused } = yield* refusing
      refused.isForGood = false
      yield* Effect.gen(function* () {
        const { adrift, queued, underway } = yield* given
        const { attempt } = yield* queued
        adrift.set(attempt.run.id, { run: attempt.run, found: undefined })
        refused.taskId = attempt.task.id
        const refusal = yield* Effect.forkChild(Effect.flip(underway.settle))
        yield* pass(60)
        yield* Fiber.join(refusal)
        expect(adrift.size).toBe(1)
        refused.taskId = 0
        yield* underway.settle
        expect(adrift.size).toBe(0)
        expect(yield* runsOf(attempt.task.id)).toEqual([["lost", "lost"]])
        expect(told().filter(isLeft)).toEqual([])
      }).pipe(Effect.provide(layer), on)
    })
  )
})

describe("a run of a former process whose loss is refused for good", () => {
  it.effect("keeps nobody from taking over, and is told", () =>
    Effect.gen(function* () {
      const { on, told } = collecting()
      const { layer, refused } = yield* refusing
      yield* Effect.gen(function* () {
        const { bench, queued, tenure } = yield* given
        const [first, second] = [(yield* queued).attempt, (yield* queued).attempt]
        const place = { workspace: "/there", baseCommit: null, node: undefined }
        for (const { run } of [first, second]) {
          yield* Attempts.start(bench.shell, tenure, run, place)
        }
        refused.taskId = first.task.id
        const recovered = yield* Recovery.recover(bench, tenure, new Map())
        expect(recovered).toEqual({ lost: 1, stopped: 0, ended: 0 })
        expect(yield* runsOf(first.task.id)).toEqual([["starting", null]])
        expect(yield* runsOf(second.task.id)).toEqual([["lost", "lost"]])
        expect(told().filter(isLeft)).toHaveLength(1)
      }).pipe(Effect.provide(layer), on)
    })
  )
})

describe("a run that nobody carries out and whose loss is refused for good", () => {
  type Given = Effect.Success<typeof given>

  /** Both look again every few seconds. The one holds the tenure, the other finds it over. */
  const looks = {
    "its own dispatcher": ({ bench, tenure }: Given) =>
      Pulse.beat(bench, tenure, { runs: () => [] }),
    "whoever looks after the store": ({ bench, tenure }: Given) =>
      Reaper.reapIn({ ...bench, knows: () => false }, tenure.organization).pipe(
        Effect.andThen(Effect.sleep("8 seconds")),
        Effect.forever
      )
  }
  for (const [who, look] of Object.entries(looks)) {
    it.effect(`is told once by ${who}, keeps no other, and is lost when that is taken`, () =>
      Effect.gen(function* () {
        const { on, told } = collecting()
        const { layer, refused } = yield* refusing
        yield* Effect.gen(function* () {
          const here = yield* given
          const [first, second] = [(yield* here.queued).attempt, (yield* here.queued).attempt]
          refused.taskId = first.task.id
          yield* Effect.forkScoped(look(here))
          yield* pass(90)
          expect(refused.count).toBeGreaterThan(1)
          expect(yield* runsOf(first.task.id)).toEqual([["queued", null]])
          expect(yield* runsOf(second.task.id)).toEqual([["lost", "lost"]])
          const lines = () => told().filter(({ words }) => words.includes(first.run.id))
          expect(lines().map(isLeft)).toEqual([true])
          refused.taskId = 0
          yield* pass(10)
          expect(yield* runsOf(first.task.id)).toEqual([["lost", "lost"]])
          expect(lines().at(-1)?.words).toMatch(/: it is lost$/)
        }).pipe(Effect.provide(layer), on)
      })
    )
  }
})
