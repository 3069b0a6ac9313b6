/**
 * What holds of leases: two live ones never meet, whoever waits for a scope gets it when it is free and
 * keeps nobody else waiting, and what a process held that is gone is given back.
 *
 * Left open on purpose: which of those who wait for one scope comes first, beyond the order of the
 * queue.
 *
 * @internal
 */
import { assert, it } from "@effect/vitest"
import { Effect } from "effect"

import { Foreman, Span, type Task } from "@foreman/core"
import { asking, on, patient, processOn, quiet } from "./ForemanSuiteAgents.ts"
import { assertRebuilds } from "./ForemanSuiteRebuild.ts"
import { type Backend, numbers, shared } from "./ForemanSuiteSubject.ts"
import * as TestForeman from "./TestForeman.ts"
import { untilTask } from "./TestForeman.ts"

// testing ---------------------------------------------------------------------

/**
 * Registers these tests.
 *
 * @category testing
 * @since 0.1.0
 */
export const register = (backend: Backend): void => {
  holding(backend)
  waiting(backend)
  queueing(backend)
}

// internal --------------------------------------------------------------------

const patience = { within: "40 seconds" } as const

const isIn = (status: Task.Status) => (task: Task.Task) => task.status === status

const heldIn = Effect.fnUntraced(function* ({ organization }: TestForeman.GivenTeam) {
  const { client } = yield* Foreman
  const { items } = yield* client.listLeases({ orgId: organization.id })
  return items.map(({ span, taskId }) => `${taskId} ${span}`)
})

/** A repository that lies on the disk of a node. */
const homedAt = ({ team }: TestForeman.GivenTeam, node: string) =>
  asking((client) =>
    Effect.map(
      client.registerRepository({
        teamId: team.id,
        name: node,
        localPath: `/repositories/${node}`,
        defaultBranch: "main",
        config: { home: node }
      }),
      ({ id }) => id
    )
  )

/** The most leases that were live at once, and whether two of them met. */
const replayed = Effect.fnUntraced(function* (organizationId: string) {
  const live = new Map<string, ReadonlyArray<Span.Span>>()
  let most = 0
  let acquired = 0
  for (const { data, type } of yield* TestForeman.history(organizationId)) {
    const runId = String(data["run_id"])
    if (type === "lease.released") assert.isTrue(live.delete(runId), `${runId} held nothing`)
    if (type !== "lease.acquired") continue
    // As: core alone writes this event, with the spans in it.
    const spans = data["spans"] as ReadonlyArray<Span.Span>
    for (const [other, held] of live) assert.isFalse(Span.meet(spans, held), `${runId} ${other}`)
    live.set(runId, spans)
    acquired += 1
    most = Math.max(most, live.size)
  }
  return { acquired, most, left: live.size }
})

const holding = (backend: Backend) => {
  it.live(
    "hold what a task names from its start to its end, and its own place if it names none",
    () =>
      Effect.gen(function* () {
        const agent = yield* patient
        const test = Effect.gen(function* () {
          const given = yield* TestForeman.givenTeam({ engineers: 4 })
          const [repository] = given.repositories
          assert(repository !== undefined)
          const src = `repo/${repository.id}/src`
          const plain = yield* TestForeman.givenTask(given)
          const alike = yield* TestForeman.givenTask(given)
          const named = yield* TestForeman.givenTask(given, {
            scopes: [`/${src}//./`, `${src}/api`]
          })
          const reading = yield* TestForeman.givenTask(given, { type: "read", scopes: [src] })
          const all = [plain, alike, named, reading]
          yield* Effect.forEach(all, ({ id }) =>
            untilTask(id, ({ liveRunId }) => liveRunId !== null)
          )
          assert.sameMembers(
            [...(yield* heldIn(given))],
            [
              `${plain.id} task/${plain.id}/`,
              `${alike.id} task/${alike.id}/`,
              `${named.id} ${src}/`
            ]
          )
          yield* agent.finish
          yield* Effect.forEach(all, ({ id }) => untilTask(id, isIn("in_review")))
          assert.deepStrictEqual(yield* heldIn(given), [])
          const { acquired, left } = yield* replayed(given.organization.id)
          assert.deepStrictEqual([acquired, left], [3, 0])
          yield* assertRebuilds(given.organization.id)
        })
        yield* on(backend, { behaviour: agent.behaviour })(test)
      })
  )
}

const waiting = (backend: Backend) => {
  it.live("keep a task waiting in the queue until they are given back, and nobody behind it", () =>
    Effect.gen(function* () {
      const agent = yield* patient
      const test = Effect.gen(function* () {
        const { client } = yield* Foreman
        const given = yield* TestForeman.givenTeam({ engineers: 3, repositories: 0 })
        const first = yield* TestForeman.givenTask(given, { scopes: ["repo/1/src"] })
        yield* untilTask(first.id, ({ liveRunId }) => liveRunId !== null)
        const second = yield* TestForeman.givenTask(given, {
          scopes: ["repo/1/", "repo/2/"],
          priority: "critical"
        })
        const beside = yield* TestForeman.givenTask(given, { scopes: ["repo/1/test"] })
        const behind = yield* TestForeman.givenTask(given, { priority: "low" })
        yield* untilTask(beside.id, ({ liveRunId }) => liveRunId !== null)
        yield* untilTask(behind.id, ({ liveRunId }) => liveRunId !== null)
        const left = yield* client.getTask({ taskId: second.id })
        assert.deepInclude(left, { status: "todo", hold: null, attempts: 0 })
        // What stops the holders lets the one that waits begin: both of them have to go.
        for (const { id } of [first, beside]) {
          const { liveRunId } = yield* client.getTask({ taskId: id })
          assert(liveRunId !== null)
          yield* client.stopTaskRun({ runId: liveRunId })
        }
        yield* untilTask(second.id, ({ liveRunId }) => liveRunId !== null)
        assert.strictEqual((yield* replayed(given.organization.id)).most, 3)
        yield* assertRebuilds(given.organization.id)
        yield* agent.finish
      })
      yield* on(backend, { behaviour: agent.behaviour })(test)
    })
  )

  it.live("let more tasks wait than a dispatcher reads at once, and still nobody behind them", () =>
    Effect.gen(function* () {
      const agent = yield* patient
      const test = Effect.gen(function* () {
        const given = yield* TestForeman.givenTeam({ engineers: 3, repositories: 0 })
        const scopes = ["module:gone"]
        const first = yield* TestForeman.givenTask(given, { scopes })
        yield* untilTask(first.id, ({ liveRunId }) => liveRunId !== null)
        yield* Effect.forEach(
          numbers(45),
          () => TestForeman.givenTask(given, { scopes, priority: "high" }),
          { concurrency: "unbounded" }
        )
        const behind = yield* TestForeman.givenTask(given, { priority: "low" })
        yield* untilTask(behind.id, ({ liveRunId }) => liveRunId !== null)
        yield* agent.finish
      })
      yield* on(backend, { behaviour: agent.behaviour })(test)
    })
  )
}

const queueing = (backend: Backend) => {
  it.live(
    "give 100 tasks of one scope to their runs one after the other, in two processes",
    () =>
      Effect.gen(function* () {
        const store = yield* shared(backend)
        let live = 0
        let most = 0
        let begun = 0
        const behaviour = Effect.fnUntraced(function* () {
          live += 1
          begun += 1
          most = Math.max(most, live)
          yield* Effect.yieldNow
          live -= 1
          return {}
        })
        const processes = yield* Effect.forEach(["one", "two"], (node) =>
          processOn(store, { behaviour, reactors: { holder: node, node, maxConcurrent: 8 } })
        )
        const [one] = processes
        assert(one !== undefined)
        const given = yield* one(
          TestForeman.givenTeam({ engineers: 4, settings: { delivery: "direct" } })
        )
        const plan = TestForeman.givenTask(given, { scopes: ["repo:demo"] })
        const tasks = yield* one(Effect.forEach(numbers(100), () => plan, { concurrency: 20 }))
        yield* Effect.forEach(tasks, ({ id }) => one(untilTask(id, isIn("done"), patience)))
        const { acquired, left, most: mostHeld } = yield* one(replayed(given.organization.id))
        assert.deepStrictEqual([begun, acquired, mostHeld, left, most], [100, 100, 1, 0, 1])
        yield* one(assertRebuilds(given.organization.id))
      }).pipe(quiet),
    60_000
  )

  it.live("never meet, however many nodes start what overlaps at the same time", () =>
    Effect.gen(function* () {
      const store = yield* shared(backend)
      const behaviour = () => Effect.as(Effect.yieldNow, {})
      const nodes = yield* Effect.forEach(["a", "b"], (node) =>
        processOn(store, { behaviour, reactors: { holder: node, node } })
      )
      const [a, b] = nodes
      assert(a !== undefined && b !== undefined)
      const given = yield* a(TestForeman.givenTeam({ engineers: 6, repositories: 0 }))
      const homes = yield* Effect.forEach(["a", "b"], (node) => a(homedAt(given, node)))
      const scopes = ["repo/x/", "repo/x/src", "repo/x/src/api", "repo/x/test"]
      const plan = (n: number) =>
        TestForeman.givenTask(given, {
          scopes: [scopes[n % scopes.length] ?? ""],
          repoIds: homes.slice(n % 2, (n % 2) + 1)
        })
      const tasks = yield* Effect.forEach(numbers(24), (n) => (n % 2 === 0 ? a : b)(plan(n)), {
        concurrency: "unbounded"
      })
      yield* Effect.forEach(tasks, ({ id }) => b(untilTask(id, isIn("in_review"), patience)))
      const { acquired, left } = yield* a(replayed(given.organization.id))
      assert.deepStrictEqual([acquired, left], [24, 0])
      const holders = (yield* a(TestForeman.history(given.organization.id)))
        .filter(({ type }) => type === "run.queued")
        .map(({ data }) => data["holder"])
      assert.sameMembers([...new Set(holders)], ["dispatcher@a a", "dispatcher@b b"])
      const runs = yield* a(asking((client) => client.listLeases({ orgId: given.organization.id })))
      assert.deepStrictEqual(runs.items, [])
    }).pipe(quiet)
  )
}
