/**
 * That events are the truth: every projection is what the events say, and a row that is not is
 * found.
 *
 * @internal
 */
import { assert } from "@effect/vitest"
import { Effect } from "effect"

import { type Driver, Foreman, Rebuild, Shell } from "@foreman/core"
import * as RebuildEnd from "./ForemanSuiteRebuildEnd.ts"
import * as Subject from "./ForemanSuiteSubject.ts"
import { nobody, numbers, principal } from "./ForemanSuiteSubject.ts"
import type { It } from "./ForemanSuiteSubject.ts"
import * as TestForeman from "./TestForeman.ts"

// testing ---------------------------------------------------------------------

/**
 * Registers these tests.
 *
 * @category testing
 * @since 0.1.0
 */
export const register = (it: It): void => {
  rebuilding(it)
  finding(it)
  repairing(it)
  RebuildEnd.register(it)
}

/**
 * Asserts that an organisation's rows are the fold of its events, and that none of these is missing.
 *
 * @category testing
 * @since 0.1.0
 */
export const assertRebuilds: (
  organizationId: string
) => Effect.Effect<Rebuild.Comparison, never, Shell.Shell> = Effect.fnUntraced(function* (
  organizationId: string
) {
  const { driver } = yield* Shell.Shell
  const compared = yield* Rebuild.compare(driver, organizationId)
  assert.deepStrictEqual(compared.differences, [])
  assert.strictEqual(compared.total, 0)
  assert.isNull(compared.firstBroken)
  return compared
}, Effect.orDie)

// internal --------------------------------------------------------------------

/** A little of everything that callers can do. */
const live = Effect.fnUntraced(function* (given: TestForeman.GivenTeam) {
  const { client } = yield* Foreman
  const { engineers, manager, team } = given
  const plan = (options: TestForeman.TaskOptions = {}) => TestForeman.givenTask(given, options)
  const first = yield* plan({ metadata: { "a b": [1, null, "é"] }, tags: ["x", "y"] })
  const second = yield* plan({ dependsOn: [first.id], priority: "critical" })
  const third = yield* plan({ dependsOn: [first.id, second.id] })
  yield* client.addDependency({ taskId: second.id, dependsOnId: (yield* plan()).id })
  yield* client.removeDependency({ taskId: third.id, dependsOnId: second.id })
  yield* client.updateTask({ taskId: third.id, title: "Third", priority: "low", metadata: {} })
  const assigneeId = engineers[0]?.id ?? manager.id
  yield* client.assignTask({ taskId: first.id, assigneeId })
  yield* Subject.walk(first.id, "in_progress", "in_review")
  yield* client.requestReview({ taskId: first.id, reviewerType: "user" })
  yield* client.rejectTask({ taskId: first.id, summary: "Once more" })
  yield* Subject.walk(first.id, "in_review")
  yield* client.requestReview({ taskId: first.id, reviewerType: "user" })
  yield* client.approveTask({ taskId: first.id })
  yield* client.updateTeamSettings({
    teamId: team.id,
    requireReview: true,
    mergeStrategy: "squash"
  })
  const sent = yield* client.sendMessage({
    teamId: team.id,
    senderId: principal(manager.id),
    senderType: "agent",
    recipientId: principal(nobody),
    recipientType: "user",
    content: "Done",
    taskId: first.id
  })
  yield* client.acknowledgeMessage({ messageId: sent.id })
  return { first, second, third }
})

const rebuilding = (it: It) => {
  it.effect("rebuilds what an organization has lived through, row for row", () =>
    Effect.gen(function* () {
      const given = yield* TestForeman.givenTeam({ engineers: 2, repositories: 2 })
      const { first } = yield* live(given)
      const { client } = yield* Foreman
      assert.strictEqual((yield* client.getTask({ taskId: first.id })).status, "done")
      const { position, rows } = yield* assertRebuilds(given.organization.id)
      assert.strictEqual(position, (yield* TestForeman.history(given.organization.id)).length)
      assert.deepInclude(rows, {
        organizations: 1,
        teams: 1,
        agents: 3,
        repositories: 2,
        tasks: 4,
        task_dependencies: 3,
        messages: 1,
        reviews: 2
      })
    }).pipe(TestForeman.asOperator)
  )

  it.effect("rebuilds what is longer than a page", () =>
    Effect.gen(function* () {
      const given = yield* TestForeman.givenTeam()
      yield* Effect.forEach(numbers(600), () => TestForeman.givenTask(given), {
        concurrency: "unbounded"
      })
      const { rows } = yield* assertRebuilds(given.organization.id)
      assert.strictEqual(rows["tasks"], 600)
    }).pipe(TestForeman.asOperator)
  )

  it.effect("rebuilds while others write", () =>
    Effect.gen(function* () {
      const given = yield* TestForeman.givenTeam()
      const writing = Effect.forEach(numbers(50), () => TestForeman.givenTask(given))
      yield* Effect.all([writing, assertRebuilds(given.organization.id)], {
        concurrency: "unbounded"
      })
    }).pipe(TestForeman.asOperator)
  )

  it.effect("has nothing to rebuild of an organization that is not there", () =>
    Effect.gen(function* () {
      const { position } = yield* assertRebuilds(nobody)
      assert.strictEqual(position, 0)
    })
  )
}

const finding = (it: It) => {
  const tampering = Effect.fnUntraced(function* (
    organization: string,
    steps: ReadonlyArray<Driver.Step>
  ) {
    const { driver } = yield* Shell.Shell
    const answer = yield* driver.commit({ organization, reliesOn: [], steps, events: [] })
    assert.strictEqual(answer._tag, "Committed")
    return yield* Rebuild.compare(driver, organization)
  }, Effect.orDie)

  it.effect("finds a row that was changed, one that was added and one that was taken away", () =>
    Effect.gen(function* () {
      const given = yield* TestForeman.givenTeam()
      const { first, second } = yield* live(given)
      const edge = { task_id: second.id, depends_on_id: first.id }
      const back = { task_id: first.id, depends_on_id: second.id }
      const { differences, total } = yield* tampering(given.organization.id, [
        { _tag: "Set", table: "tasks", key: { id: first.id }, row: { title: "Forged" } },
        { _tag: "Delete", table: "task_dependencies", key: edge },
        { _tag: "Insert", table: "task_dependencies", row: back }
      ])
      assert.strictEqual(total, 3)
      const seen = differences.map(({ key, rebuilt, stored, table }) => ({
        table,
        key,
        is: [stored !== null, rebuilt !== null]
      }))
      assert.sameDeepMembers(seen, [
        { table: "tasks", key: { id: first.id }, is: [true, true] },
        { table: "task_dependencies", key: edge, is: [false, true] },
        { table: "task_dependencies", key: back, is: [true, false] }
      ])
    }).pipe(TestForeman.asOperator)
  )

  it.effect("lists 100 differences at most, and counts them all", () =>
    Effect.gen(function* () {
      const given = yield* TestForeman.givenTeam()
      const tasks = yield* Effect.forEach(numbers(120), () => TestForeman.givenTask(given))
      const steps = tasks.map(({ id }): Driver.Step => ({
        _tag: "Set",
        table: "tasks",
        key: { id },
        row: { open_dependencies: 7 }
      }))
      const { differences, total } = yield* tampering(given.organization.id, steps)
      assert.deepStrictEqual([differences.length, total], [100, 120])
    }).pipe(TestForeman.asOperator)
  )
}

const repairing = (it: It) => {
  const forge = Effect.fnUntraced(function* (
    organization: string,
    steps: ReadonlyArray<Driver.Step>
  ) {
    const { driver } = yield* Shell.Shell
    const answer = yield* driver.commit({ organization, reliesOn: [], steps, events: [] })
    assert.strictEqual(answer._tag, "Committed")
    return driver
  }, Effect.orDie)

  it.effect("puts right what was changed, added and taken away, and nothing else", () =>
    Effect.gen(function* () {
      const given = yield* TestForeman.givenTeam({ engineers: 2 })
      const { first, second, third } = yield* live(given)
      const { id: organization } = given.organization
      const [one, two] = given.engineers
      const { id: oneId, name: oneName } = one ?? given.manager
      const { id: twoId, name: twoName } = two ?? given.manager
      const named = (id: string, name: string): Driver.Step => ({
        _tag: "Set",
        table: "agents",
        key: { id },
        row: { name }
      })
      const edge = { task_id: second.id, depends_on_id: first.id }
      const back = { task_id: first.id, depends_on_id: second.id }
      const driver = yield* forge(organization, [
        // Two that have each other's name.
        named(oneId, "other"),
        named(twoId, oneName),
        named(oneId, twoName),
        { _tag: "Set", table: "tasks", key: { id: first.id }, row: { title: "Forged" } },
        {
          _tag: "Add",
          table: "tasks",
          key: { id: third.id },
          row: { open_dependencies: 5, rank: 3 }
        },
        { _tag: "Delete", table: "task_dependencies", key: edge },
        { _tag: "Insert", table: "task_dependencies", row: back }
      ])
      const before = yield* Effect.orDie(driver.get(organization, "tasks", { id: third.id }))
      const { comparison, repaired } = yield* Effect.orDie(Rebuild.repair(driver, organization))
      assert.deepStrictEqual([repaired, comparison.total], [6, 0])
      yield* assertRebuilds(organization)
      const after = yield* Effect.orDie(driver.get(organization, "tasks", { id: third.id }))
      assert.strictEqual(after?.["rank"], before?.["rank"])
      const again = yield* Effect.orDie(Rebuild.repair(driver, organization))
      assert.strictEqual(again.repaired, 0)
    }).pipe(TestForeman.asOperator)
  )

  it.effect("puts right what is wrong while others write", () =>
    Effect.gen(function* () {
      const given = yield* TestForeman.givenTeam()
      const { id: organization } = given.organization
      const { client } = yield* Foreman
      const first = yield* TestForeman.givenTask(given)
      const more = yield* Effect.forEach(numbers(20), () => TestForeman.givenTask(given))
      const tasks = [first, ...more]
      const steps = tasks.map(({ id }): Driver.Step => ({
        _tag: "Set",
        table: "tasks",
        key: { id },
        row: { description: "Forged" }
      }))
      const driver = yield* forge(organization, steps)
      const writing = Effect.forEach(tasks, ({ id }) =>
        client.updateTask({ taskId: id, title: "Renamed" })
      )
      const repairing = Rebuild.repair(driver, organization).pipe(
        // Whoever never rests is told so, and nothing is wrong then.
        Effect.catchTag("NeverAtRest", () => Effect.void),
        Effect.orDie
      )
      yield* Effect.all([repairing, writing], { concurrency: "unbounded" })
      yield* Effect.orDie(Rebuild.repair(driver, organization))
      yield* assertRebuilds(organization)
      const { description, title } = yield* client.getTask({ taskId: first.id })
      assert.deepStrictEqual([description, title], ["", "Renamed"])
    }).pipe(TestForeman.asOperator)
  )
}
