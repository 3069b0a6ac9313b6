/**
 * How much runs and organisations keep, for how long, and what a run's agent keeps by itself.
 *
 * @internal
 */
import { assert, it } from "@effect/vitest"
import { Effect, Stream } from "effect"

import {
  ArtifactLimits,
  type ArtifactIntakeMemory,
  ArtifactStore,
  Foreman,
  Identifier,
  type Refusal,
  Shell,
  StoreClock
} from "@foreman/core"
import { removeOld } from "@foreman/core/services/ArtifactRetention"
import { on, patient } from "./ForemanSuiteAgents.ts"
import * as Quota from "./ForemanSuiteArtifactQuota.ts"
import { assertRebuilds } from "./ForemanSuiteRebuild.ts"
import { as, type Backend, call, numbers, refuses, standing } from "./ForemanSuiteSubject.ts"
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
  adding(backend)
  limiting(backend)
  Quota.register(backend)
  expiring(backend)
}

// internal --------------------------------------------------------------------

/** A task with a live run, whose agent is asked for as the actor. */
const givenLive = Effect.fnUntraced(function* (begun: Effect.Success<typeof patient>["begun"]) {
  const { access } = yield* Foreman
  const given = yield* TestForeman.givenTeam()
  const { id: taskId } = yield* TestForeman.givenTask(given)
  const { environment } = yield* begun
  const actor = yield* access.authenticate(environment["FOREMAN_RUN_TOKEN"] ?? "")
  const runId = Identifier.RunId.make(environment["FOREMAN_RUN_ID"] ?? "")
  return { ...given, taskId, runId, actor, environment }
})

const report = { name: "report.md", content: "# Done" }

const adding = (backend: Backend) => {
  it.live("keeps a text of its agent under a name that leads nowhere, once", () =>
    Effect.gen(function* () {
      const agent = yield* patient
      const test = Effect.gen(function* () {
        const { client } = yield* Foreman
        const { actor, environment, organization, runId, taskId } = yield* givenLive(agent.begun)
        assert.strictEqual(environment["FOREMAN_RUN_ARTIFACTS"], `/left/${runId}`)
        const asRun = as(actor)
        const made = yield* asRun(client.addArtifact(report, { idempotencyKey: "k" }))
        assert.deepInclude(made, { runId, taskId, kind: "report", size: 6 })
        assert.strictEqual(made.path, `runs/${runId}/report.md`)
        const again = yield* asRun(client.addArtifact(report, { idempotencyKey: "k" }))
        assert.deepStrictEqual(again, made)

        const refusals = [
          [report, { code: "ArtifactExists", status: 409 }],
          [
            { ...report, kind: "assistant_summary" },
            { code: "KindReserved", status: 409 }
          ],
          [
            { ...report, kind: "Report" },
            { code: "InvalidInput", status: 422 }
          ],
          ...["../x", "/x", "a//b", "x\u202e", "a\\b", "", "a/../b", "x".repeat(401)].map(
            (name) =>
              [
                { ...report, name },
                { code: "InvalidInput", status: 422 }
              ] as const
          )
        ] satisfies ReadonlyArray<readonly [object, Partial<Refusal.Refusal>]>
        for (const [input, expected] of refusals) {
          yield* asRun(refuses([organization.id], "add_artifact", input, expected))
        }
        const needsRun = { code: "RunNeeded", status: 409 }
        yield* refuses([organization.id], "add_artifact", report, needsRun)

        const dry = yield* asRun(call("add_artifact", { ...report, name: "b.md" }))
        assert.isObject(dry)
        yield* agent.finish
        yield* untilTask(taskId, ({ status }) => status === "in_review")
        // What the agent left under a name that it had given already gets another one.
        const { items } = yield* client.listRunArtifacts({ runId })
        assert.sameMembers(
          items.map(({ name }) => name),
          ["report.md", "b.md", "report-2.md", "output.log", "assistant_summary.txt"]
        )
        const late = yield* Effect.flip(asRun(client.addArtifact({ ...report, name: "late" })))
        assert.strictEqual(late._tag, "RunTokenStale")
        yield* assertRebuilds(organization.id)
      })
      const left = () => ({ "report.md": "by the folder" })
      yield* on(backend, { behaviour: agent.behaviour, left })(test)
    })
  )
}

const limited = (limits: Partial<ArtifactLimits.Limits>) =>
  Effect.provideService(ArtifactLimits.ArtifactLimits, { ...ArtifactLimits.defaults, ...limits })

const limiting = (backend: Backend) => {
  it.live("keeps as much as it may, in number and in bytes, and says what it did not keep", () =>
    Effect.gen(function* () {
      const agent = yield* patient
      const test = Effect.gen(function* () {
        const { client } = yield* Foreman
        const { actor, organization, runId, taskId } = yield* givenLive(agent.begun)
        yield* as(actor)(client.addArtifact({ name: "first", content: "12345" }))
        const large = { name: "large", content: "123456" }
        const full = { code: "ArtifactLimit", status: 413 }
        const refusal = yield* as(actor)(refuses([organization.id], "add_artifact", large, full))
        assert.deepStrictEqual(refusal.facts, { limit: "run_bytes", most: 10 })
        yield* agent.finish
        yield* untilTask(taskId, ({ status }) => status === "in_review")
        const { items } = yield* client.listRunArtifacts({ runId })
        const kept = items.map(({ name, size }) => [name, size])
        assert.deepInclude(kept, ["b", 2])
        assert.notInclude(
          kept.map(([name]) => name),
          "c"
        )
        const log = items.find(({ kind }) => kind === "import_log")
        assert.strictEqual(log?.summary, "Not taken in:\ntoo_large: a\ntoo_many: c")
      })
      const left = (): ArtifactIntakeMemory.Leavings => ({ a: "123456", b: "12", c: "1" })
      const options = { behaviour: agent.behaviour, left }
      yield* on(backend, options)(test).pipe(limited({ runFiles: 2, runBytes: 10 }))
    })
  )

  it.live("keeps its answer and its log where its organization may keep no more", () =>
    Effect.gen(function* () {
      const { client } = yield* Foreman
      const given = yield* TestForeman.givenTeam()
      const { id: taskId } = yield* TestForeman.givenTask(given)
      yield* untilTask(taskId, ({ status }) => status === "in_review")
      const { items } = yield* client.listArtifacts({ taskId })
      const names = items.map(({ name }) => name)
      assert.sameMembers(names, ["assistant_summary.txt", "import.log", "output.log", "small"])
      const log = items.find(({ kind }) => kind === "import_log")
      assert.strictEqual(log?.summary, "Not taken in:\nno_room: large")
      const { driver } = yield* Shell.Shell
      const row = yield* driver.get(given.organization.id, "organizations", {})
      const sum = items.reduce((bytes, { size }) => bytes + size, 0)
      assert.strictEqual(row?.["artifact_bytes"], sum)
    }).pipe(
      on(backend, {
        behaviour: () => Effect.succeed({ output: "done" }),
        left: () => ({ large: "x".repeat(95), small: "12" })
      }),
      limited({ organizationBytes: 100 })
    )
  )
}

/** More of the same than are looked at at once. */
const many = Object.fromEntries(numbers(50).map((n) => [`${n}.txt`, "same"]))

const expiring = (backend: Backend) => {
  it.live("loses its bytes when they were kept long enough, and is known all the same", () =>
    Effect.gen(function* () {
      const { artifacts, client } = yield* Foreman
      const given = yield* TestForeman.givenTeam()
      const { id: taskId } = yield* TestForeman.givenTask(given)
      yield* untilTask(taskId, ({ status }) => status === "in_review")
      const { items } = yield* client.listArtifacts({ taskId })
      const [one] = items
      assert(one !== undefined)
      const store = yield* ArtifactStore.ArtifactStore
      const means = {
        shell: yield* Shell.Shell,
        clock: yield* StoreClock.StoreClock,
        artifacts: store
      }
      const has = (digest: string) => store.has(given.organization.id, digest)
      const before = yield* standing([given.organization.id])
      // Young ones stay, and so does what somebody has put a moment ago.
      assert.strictEqual(yield* removeOld(means, { days: 1, idleMillis: 0 }), 0)
      assert.strictEqual(yield* removeOld(means, { days: 0 }), 0)
      assert.deepStrictEqual(yield* standing([given.organization.id]), before)

      assert.strictEqual(yield* removeOld(means, { days: 0, idleMillis: 0 }), items.length)
      assert.strictEqual(yield* removeOld(means, { days: 0, idleMillis: 0 }), 0)
      const { items: after } = yield* client.listArtifacts({ taskId })
      assert.deepStrictEqual(
        after,
        items.map((artifact) => ({ ...artifact, isRemoved: true }))
      )
      for (const { digest } of items) assert.isFalse(yield* has(digest))
      const gone = yield* Effect.flip(artifacts.open(one.id))
      assert.deepInclude(gone, { _tag: "ArtifactGone", reason: "retention" })
      const shown = yield* client.getArtifact({ artifactId: one.id })
      assert.deepInclude(shown, { preview: null, isRemoved: true })
      const runId = one.runId
      const output = client.getTaskRunOutput({ runId, offset: 0, length: 9 })
      assert.strictEqual((yield* Effect.flip(output))._tag, "OutputNotFound")
      const row = yield* means.shell.driver.get(given.organization.id, "organizations", {})
      assert.strictEqual(row?.["artifact_bytes"], 0)
      yield* assertRebuilds(given.organization.id)
    }).pipe(on(backend, { left: () => ({ "a.md": "a", "b.md": "b" }) }))
  )

  it.live("keeps the bytes that a younger one has too, and says what is missing", () =>
    Effect.gen(function* () {
      const { artifacts, client } = yield* Foreman
      const given = yield* TestForeman.givenTeam()
      const organization = given.organization.id
      const { id: taskId } = yield* TestForeman.givenTask(given)
      yield* untilTask(taskId, ({ status }) => status === "in_review")
      const clock = yield* StoreClock.StoreClock
      const store = yield* ArtifactStore.ArtifactStore
      const between = yield* clock.now
      const { id: younger } = yield* TestForeman.givenTask(given)
      yield* untilTask(younger, ({ status }) => status === "in_review")
      // As if a day had gone by since the first run.
      const later = { ...clock, now: Effect.succeed(between + 24 * 60 * 60 * 1_000_000) }
      const means = { shell: yield* Shell.Shell, clock: later, artifacts: store }
      const removed = yield* removeOld(means, { days: 1, idleMillis: 0 })
      const of = Effect.fnUntraced(function* (id: Identifier.TaskId) {
        const { items } = yield* client.listArtifacts({ taskId: id, kind: "report" })
        assert(items[0] !== undefined)
        return items[0]
      })
      const [old, young] = [yield* of(taskId), yield* of(younger)]
      assert.isAbove(removed, 0)
      assert.deepStrictEqual([old.isRemoved, young.isRemoved], [true, false])
      assert.strictEqual(old.digest, young.digest)
      const { bytes } = yield* artifacts.open(young.id)
      assert.strictEqual(yield* Stream.mkString(Stream.decodeText(bytes())), "same")

      yield* store.remove(organization, young.digest)
      const missing = yield* Effect.flip(artifacts.open(young.id))
      assert.deepInclude(missing, { _tag: "ArtifactGone", reason: "missing" })
      const shown = yield* client.getArtifact({ artifactId: young.id })
      assert.deepInclude(shown, { preview: null, isRemoved: false })
    }).pipe(on(backend, { left: () => ({ ...many, "a.md": "same" }) }))
  )
}
