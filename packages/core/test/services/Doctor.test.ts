import { describe, expect, it, onTestFinished, vi } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { TestClock } from "effect/testing"

import {
  ArtifactStore,
  Doctor,
  Driver,
  DriverMemory,
  Foreman,
  type Identifier
} from "@foreman/core"
import { TestForeman } from "@foreman/testkit"
import { broken } from "./faults.ts"
import { other, planted, token } from "./planted.ts"
import { rows, withLog } from "./spoiling.ts"

/** What somebody outside could not be told yet. */
const delivery = {
  channel: "webhook",
  position: 1,
  subject: "task:1",
  state: "due",
  body: "{}",
  attempts: 2,
  due: 2_000_000,
  since: 1_000_000,
  problem: "webhook is refused: HTTP 500"
}

/** A store in which tasks were done, sent back, cancelled and left, with runs, reviews and landings. */
const lived = Effect.gen(function* () {
  const driver = yield* DriverMemory.make
  const story = Effect.gen(function* () {
    const { client } = yield* Foreman
    const given = yield* TestForeman.givenTeam()
    const approve = Effect.fnUntraced(function* (taskId: Identifier.TaskId) {
      yield* TestForeman.untilTask(taskId, ({ status }) => status === "in_review")
      yield* client.approveTask({ taskId, reviewerId })
      yield* TestForeman.untilTask(taskId, ({ status }) => status === "done")
    })
    const reviewerId = given.manager.id as string as Identifier.PrincipalId // As: an agent's id.
    const first = yield* TestForeman.givenTask(given, {
      title: "First",
      metadata: { b: [], a: { d: 1, c: 2 } }
    })
    yield* approve(first.id)
    const second = yield* TestForeman.givenTask(given, { title: "Second", dependsOn: [first.id] })
    yield* approve(second.id)
    const { assigneeId } = yield* client.getTask({ taskId: second.id })
    const dropped = yield* TestForeman.givenTask(given, {
      title: "Dropped",
      assigneeId: given.manager.id
    })
    yield* client.changeTaskStatus({ taskId: dropped.id, status: "cancelled" })
    const ask = client.askHuman({
      teamId: given.team.id,
      agentId: given.manager.id,
      kind: "question",
      question: "Which colour?",
      options: [],
      wait: false
    })
    const { id: requestId } = yield* ask
    yield* client.respondToRequest({ requestId, response: "Red" })
    yield* ask
    const teamId = given.team.id
    yield* client.updateTeamSettings({ teamId, approvalPolicy: "strict" })
    const risky = yield* TestForeman.givenTask(given, { title: "git push", assigneeId })
    const { approvalId } = yield* TestForeman.untilTask(risky.id, ({ hold }) => hold === "approval")
    if (approvalId !== null) yield* client.approveApproval({ approvalId })
    yield* TestForeman.untilTask(risky.id, ({ status }) => status === "in_review")
    const left = yield* TestForeman.givenTask(given, { title: "Left", assigneeId })
    yield* TestForeman.untilTask(left.id, ({ status }) => status === "in_review")
    return given.organization.id
  }).pipe(TestForeman.asOperator)
  const layer = TestForeman.layer({ store: Layer.succeed(Driver.Driver, driver), reactors: {} })
  const [organization, artifacts] = yield* Effect.provide(
    Effect.all([story, ArtifactStore.ArtifactStore]),
    layer
  )
  const steps = [{ _tag: "Insert", table: "deliveries", row: delivery }] as const
  yield* driver.commit({ organization, reliesOn: [], steps, events: [] })
  const events = yield* driver.readAll(organization, { after: 0, limit: 10_000 })
  return { artifacts, driver, organization, events }
})

describe("the doctor", () => {
  it.live("finds nothing in what was lived through, and has looked at all of it", () =>
    Effect.gen(function* () {
      const { artifacts, driver, events } = yield* lived
      const report = yield* Doctor.check(driver, { artifacts })
      expect(report.findings.flatMap(({ samples }) => samples)).toEqual([])
      expect(report).toMatchObject({ organizations: 1, events: events.length, violations: 0 })
      const idle = report.findings.filter(({ examined }) => examined === 0).map(({ id }) => id)
      // Nothing of this story was asked for by something that had happened.
      expect(idle).toEqual(["I-08"])
    })
  )

  it.live("reads every event once, and hashes it once", () =>
    Effect.gen(function* () {
      const { driver, events } = yield* lived
      let read = 0
      const readAll: Driver.Driver["readAll"] = (organization, page) =>
        Effect.tap(driver.readAll(organization, page), (some) =>
          Effect.sync(() => (read += some.length))
        )
      const hashing = vi.spyOn(crypto.subtle, "digest")
      onTestFinished(() => void hashing.mockRestore())
      // Receipts are looked for by the time of the last event, which is read for that.
      const invariants = Doctor.invariants.filter((id) => !["I-16", "I-17", "I-68"].includes(id))
      const { violations } = yield* Doctor.check({ ...driver, readAll }, { invariants })
      expect({ violations, read, hashed: hashing.mock.calls.length }).toEqual({
        violations: 0,
        read: events.length,
        hashed: events.length
      })
    })
  )

  it.effect("takes two commands under one key for two", () =>
    Effect.gen(function* () {
      const driver = yield* DriverMemory.make
      const story = Effect.gen(function* () {
        const { invoke } = yield* Foreman
        const given = yield* TestForeman.givenTeam()
        const { id } = yield* TestForeman.givenTask(given)
        const key = { idempotencyKey: "mine" }
        yield* invoke("update_task", { task_id: id, title: "Other" }, key)
        yield* TestClock.adjust("5 millis")
        yield* invoke("change_task_status", { task_id: id, status: "in_progress" }, key)
      }).pipe(TestForeman.asOperator)
      const store = Layer.succeed(Driver.Driver, driver)
      yield* Effect.provide(story, TestForeman.layer({ store }))
      const { findings } = yield* Doctor.check(driver)
      expect(findings.flatMap(({ samples }) => samples)).toEqual([])
    })
  )

  it.live("misses the bytes of artifacts that are gone", () =>
    Effect.gen(function* () {
      const { artifacts, driver, organization } = yield* lived
      const look = Doctor.check(driver, { artifacts, invariants: ["I-52"] })
      const [whole] = (yield* look).findings
      expect(whole).toMatchObject({ violations: 0, samples: [] })
      expect(whole?.examined).toBeGreaterThan(0)
      const query = { organization, table: "artifacts", index: "key", equals: {}, limit: 1 }
      const [row] = yield* driver.find(query)
      yield* artifacts.remove(organization, String(row?.["digest"]))
      const [finding] = (yield* look).findings
      expect(finding?.violations).toBeGreaterThan(0)
      expect(finding?.samples[0]?.detail).toBe("has no bytes where they should be")
    })
  )

  it.live("finds what was planted", () =>
    Effect.gen(function* () {
      const { artifacts, driver, organization } = yield* lived
      for (const [id, title, spoil] of planted) {
        const { findings, violations } = yield* Doctor.check(spoil(driver), {
          artifacts,
          organizations: [organization]
        })
        const found = findings.find((finding) => finding.id === id)
        expect(found?.violations, `${id} ${title}`).toBeGreaterThan(0)
        expect(found?.samples[0], `${id} ${title}`).toMatchObject({ organization })
        expect(violations).toBeGreaterThan(0)
        expect(JSON.stringify(findings)).not.toContain(token)
      }
    })
  )

  it("is shown to find a violation of everything that it looks at", () => {
    expect([...new Set(planted.map(([id]) => id))]).toEqual(Doctor.invariants)
  })

  it.live("looks only where and at what it is told to", () =>
    Effect.gen(function* () {
      const { driver } = yield* lived
      const spoiled = rows("tasks", { title: "Forged" })(driver)
      const there = yield* Doctor.check(spoiled, { invariants: ["I-01", "I-05"] })
      expect(there.findings.map(({ id }) => id)).toEqual(["I-01", "I-05"])
      expect(there.violations).toBe(0)
      expect(yield* Doctor.check(spoiled, { organizations: [] })).toMatchObject({
        events: 0,
        violations: 0
      })
    })
  )

  it.live("shows 20 violations of an invariant at most, and counts them all", () =>
    Effect.gen(function* () {
      const { driver, events } = yield* lived
      const spoiled = withLog(driver, (all) =>
        all.map((event) => ({ ...event, organization: other }))
      )
      const { findings } = yield* Doctor.check(spoiled, { invariants: ["I-66"] })
      expect(findings[0]?.violations).toBe(events.length)
      expect(findings[0]?.samples.length).toBe(20)
    })
  )

  it.live("fails as its store does", () =>
    Effect.gen(function* () {
      const { driver } = yield* lived
      const failure = yield* Effect.flip(
        Doctor.check({ ...driver, readAll: () => Effect.fail(broken()) })
      )
      expect(failure._tag).toBe("StoreError")
    })
  )
})
