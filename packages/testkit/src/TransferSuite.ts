/**
 * That a store with all that was lived through in it can be carried into another one: history, rows,
 * receipts and tokens are the same there, and work goes on.
 *
 * @since 0.1.0
 */
import { describe, expect, it } from "@effect/vitest"
import { Context, Effect, Layer, Stream } from "effect"
import type { Scope } from "effect"

import {
  type AgentRunnerMemory,
  ArtifactStore,
  ArtifactStoreMemory,
  Doctor,
  Driver,
  Export,
  Foreman,
  Import,
  Rebuild,
  type Run
} from "@foreman/core"
import type { Backend } from "./StoreSuiteSubject.ts"
import * as TestForeman from "./TestForeman.ts"

// testing ---------------------------------------------------------------------

/**
 * Runs these promises for a pair of stores, there and back again.
 *
 * **Example** (From memory to memory)
 *
 * ```ts
 * import { DriverMemory } from "@foreman/core"
 * import { TransferSuite } from "@foreman/testkit"
 *
 * const memory = { layer: () => DriverMemory.layer }
 *
 * TransferSuite.run("memory to memory", memory, memory)
 * ```
 *
 * @category testing
 * @since 0.1.0
 */
export const run = (name: string, from: Backend, into: Backend): void => {
  describe(`a move from ${name}`, () => {
    it.live("and back holds the same, line for line, and nothing is wrong with it", () =>
      Effect.gen(function* () {
        const source = yield* open(from)
        const { held, lines } = yield* Effect.provide(lived, placed(source))
        const there = yield* open(into)
        const imported = yield* read(there, lines)
        expect(imported).toMatchObject({ organizations: 2, artifacts: 4, missing: 0 })
        expect(imported.events).toBeGreaterThan(50)
        expect(yield* looked(there)).toEqual(held)
        // Nobody is there who would hold anything, and the next who does has a higher token.
        const tenures = yield* tenuresOf(there)
        expect(tenures.length).toBeGreaterThan(0)
        for (const { token, until } of tenures) {
          expect(Number(token)).toBeGreaterThan(0)
          expect(until).toBe(0)
        }
        const back = yield* open(from)
        yield* read(back, (yield* exported(there)).lines)
        expect(within((yield* exported(back)).lines)).toEqual(within(lines))
        expect(yield* looked(back)).toEqual(held)
      }).pipe(Effect.scoped)
    )

    it.live("goes on there: what was under way is begun again, and what was done is known", () =>
      Effect.gen(function* () {
        const { story, lines } = yield* Effect.provide(lived, placed(yield* open(from)))
        const there = yield* open(into)
        yield* read(there, lines)
        yield* Effect.provide(goesOn(story), placed(there, {}))
        const { findings } = yield* Doctor.check(there.driver)
        expect(findings.flatMap(({ samples }) => samples)).toEqual([])
      }).pipe(Effect.scoped)
    )

    it.live("is the same while others write into the store that is read", () =>
      Effect.gen(function* () {
        const source = yield* open(from)
        yield* Effect.gen(function* () {
          const given = yield* TestForeman.givenTeam()
          const write = (count: number) =>
            Effect.forEach(
              Array.from({ length: count }),
              () => TestForeman.givenTask(given, { assigneeId: given.manager.id }),
              { concurrency: 8 }
            )
          yield* write(100)
          const [{ lines }] = yield* Effect.all([exported(source), write(100)], {
            concurrency: "unbounded"
          })
          const there = yield* open(into)
          const { events } = yield* read(there, lines)
          expect(events).toBeGreaterThanOrEqual(100)
          const { findings } = yield* Doctor.check(there.driver)
          expect(findings.flatMap(({ samples }) => samples)).toEqual([])
        }).pipe(TestForeman.asOperator, Effect.provide(placed(source)))
      }).pipe(Effect.scoped)
    )
  })
}

// internal --------------------------------------------------------------------

interface Opened {
  readonly driver: Driver.Driver
  readonly artifacts: ArtifactStore.ArtifactStore
}

/** A new store, and a place for its artifacts. */
const open = Effect.fnUntraced(function* (
  backend: Backend
): Effect.fn.Return<Opened, Driver.StoreError, Scope.Scope> {
  const location = yield* backend.location ?? Effect.succeed("")
  const layer = Layer.merge(backend.layer(location), ArtifactStoreMemory.layer)
  const context = yield* Layer.build(Layer.fresh(layer))
  return {
    driver: Context.get(context, Driver.Driver),
    artifacts: Context.get(context, ArtifactStore.ArtifactStore)
  }
})

const placed = ({ artifacts, driver }: Opened, options: TestForeman.Options = { behaviour }) =>
  TestForeman.layer({
    store: Layer.succeed(Driver.Driver, driver),
    artifacts: Layer.succeed(ArtifactStore.ArtifactStore, artifacts),
    reactors: { holder: `moved-${(count += 1)}` },
    ...options
  })

let count = 0

const exported = Effect.fnUntraced(function* ({ artifacts, driver }: Opened) {
  const chunks: Array<Uint8Array> = []
  const out = (bytes: Uint8Array) => Effect.sync(() => void chunks.push(bytes))
  const summary = yield* Export.write(driver, { out, artifacts })
  return { summary, lines: Buffer.concat(chunks).toString().split("\n") }
})

const read = ({ artifacts, driver }: Opened, lines: ReadonlyArray<string>) =>
  Import.read(driver, Stream.make(Buffer.from(lines.join("\n"))), { artifacts })

/** All but the header, which has a time of its own, and the trailer, which is over it. */
const within = (lines: ReadonlyArray<string>) =>
  lines.slice(1).filter((line) => !line.startsWith('{"kind":"trailer"'))

/** What stands in a store, past its own words for it. */
const looked = Effect.fnUntraced(function* ({ driver }: Opened) {
  const { events, findings, organizations } = yield* Doctor.check(driver)
  const heads = yield* driver.ask("system", "heads", { after: "", limit: 100 })
  const parts = yield* Effect.forEach(
    heads,
    Effect.fnUntraced(function* ({ organization }) {
      const { rows, total } = yield* Rebuild.compare(driver, String(organization))
      const ready = yield* driver.ask(String(organization), "ready", { limit: 100 })
      return { organization, rows, total, ready }
    })
  )
  return { events, organizations, samples: findings.flatMap(({ samples }) => samples), parts }
})

const tenuresOf = ({ driver }: Opened) => {
  const query = { organization: "system", table: "singletons", index: "key", equals: {} }
  return driver.find({ ...query, limit: 100 })
}

/** An agent that is asked to take long does not come to an end. */
const behaviour: AgentRunnerMemory.Behaviour = ({ prompt }) =>
  prompt.includes("Take long") ? Effect.never : Effect.succeed({ output: `Done: ${prompt}` })

/** Two organisations with something of everything in them, exported while a run is live. */
const lived = Effect.gen(function* () {
  const { client, invoke } = yield* Foreman
  const other = yield* TestForeman.givenTeam()
  yield* TestForeman.givenTask(other, { title: "Elsewhere", assigneeId: other.manager.id })
  const given = yield* TestForeman.givenTeam({ engineers: 2 })
  const first = yield* TestForeman.givenTask(given, {
    title: 'First \u{1F600} \u2028 "quoted"',
    metadata: { b: [], a: { d: 1.5, c: null } },
    tags: ["x"]
  })
  yield* TestForeman.untilTask(first.id, ({ status }) => status === "in_review")
  yield* client.rejectTask({ taskId: first.id, summary: "Once more" })
  yield* TestForeman.untilTask(
    first.id,
    ({ attempts, status }) => attempts === 2 && status === "in_review"
  )
  yield* client.approveTask({ taskId: first.id })
  yield* TestForeman.untilTask(first.id, ({ status }) => status === "done")
  const long = yield* TestForeman.givenTask(given, { title: "Take long" })
  const waiting = yield* TestForeman.givenTask(given, { dependsOn: [first.id, long.id] })
  const last = yield* TestForeman.givenTask(given, { dependsOn: [waiting.id] })
  const dropped = yield* TestForeman.givenTask(given, { assigneeId: given.manager.id })
  yield* client.changeTaskStatus({ taskId: dropped.id, status: "cancelled" })
  const asked = {
    teamId: given.team.id,
    agentId: given.manager.id,
    kind: "question",
    question: "Which colour?",
    options: ["Red", "Blue"],
    wait: false
  } as const
  const { id: requestId } = yield* client.askHuman(asked)
  yield* client.respondToRequest({ requestId, response: "Red" })
  yield* client.askHuman(asked)
  const key = { idempotencyKey: "renamed" }
  yield* invoke("update_task", { task_id: last.id, title: "Last" }, key)
  // From then on nothing happens by itself.
  yield* TestForeman.untilEvent(
    ({ data, type }) => type === "run.started" && data["task_id"] === long.id
  )
  const organization = given.organization.id
  const driver = yield* Driver.Driver
  const artifacts = yield* ArtifactStore.ArtifactStore
  const { lines } = yield* exported({ driver, artifacts })
  const held = yield* looked({ driver, artifacts })
  return {
    held,
    lines,
    story: { organization, longId: long.id, lastId: last.id, firstId: first.id }
  }
}).pipe(TestForeman.asOperator)

type Story = Effect.Success<typeof lived>["story"]

const goesOn = Effect.fnUntraced(function* ({ firstId, lastId, longId, organization }: Story) {
  const { client, invoke } = yield* Foreman
  yield* TestForeman.untilTask(longId, ({ lastOutcome }) => lastOutcome === "lost", patience)
  yield* client.changeTaskStatus({ taskId: longId, status: "todo" })
  const task = yield* TestForeman.untilTask(
    longId,
    ({ status }) => status === "in_review",
    patience
  )
  const runs = yield* client.listTaskRuns({ taskId: task.id })
  const [one, two] = runs.items.toSorted((a: Run.Run, b: Run.Run) => a.attempt - b.attempt)
  expect([one?.status, two?.status]).toEqual(["lost", "succeeded"])
  const before = yield* TestForeman.history(organization)
  const key = { idempotencyKey: "renamed" }
  yield* invoke("update_task", { task_id: lastId, title: "Last" }, key)
  const after = yield* TestForeman.history(organization)
  expect(after.filter(({ type }) => type === "task.updated")).toHaveLength(
    before.filter(({ type }) => type === "task.updated").length
  )
  const next = yield* client.createTask(TestForeman.wanted(task.teamId))
  expect(next.id).toBeGreaterThan(Math.max(firstId, lastId, longId))
}, TestForeman.asOperator)

const patience = { within: "20 seconds" } as const
