/**
 * What the log of events promises: whole, chained, signed with who and why, and followed without a
 * gap or a repeat.
 *
 * @internal
 */
import { assert } from "@effect/vitest"
import { Effect, Fiber, Stream } from "effect"

import { type Answers, Chain, Foreman, Shell } from "@foreman/core"
import { nobody, numbers } from "./ForemanSuiteSubject.ts"
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
  standing(it)
  following(it)
}

// internal --------------------------------------------------------------------

const live = Effect.fnUntraced(function* (given: TestForeman.GivenTeam) {
  const { client } = yield* Foreman
  const first = yield* TestForeman.givenTask(given, { title: "Ein Täßchen ☕" })
  const second = yield* TestForeman.givenTask(given, { dependsOn: [first.id] })
  yield* client.updateTask({ taskId: second.id, title: '\u2028\u0001"\\' })
  yield* client.changeTaskStatus({ taskId: first.id, status: "in_progress" })
  yield* Effect.forEach(
    numbers(20),
    (n) => client.updateTask({ taskId: second.id, title: `T${n}` }),
    { concurrency: "unbounded" }
  )
})

const standing = (it: It) => {
  it.effect("has positions and versions without gaps, and hashes that form a chain", () =>
    Effect.gen(function* () {
      const { driver } = yield* Shell.Shell
      const given = yield* TestForeman.givenTeam()
      yield* live(given)
      const all = yield* driver.readAll(given.organization.id, { after: 0, limit: 1000 })
      assert.deepStrictEqual(
        all.map(({ position }) => position),
        numbers(all.length)
      )
      for (const events of Map.groupBy(all, ({ stream }) => stream).values()) {
        assert.deepStrictEqual(
          events.map(({ version }) => version),
          numbers(events.length)
        )
      }
      assert.isUndefined(yield* Effect.promise(() => Chain.firstBroken(all)))
      const [, second] = all
      assert(second !== undefined)
      const forged = all.with(1, { ...second, body: second.body.replace("Web", "Spy") })
      assert.strictEqual(yield* Effect.promise(() => Chain.firstBroken(forged)), 2)
    }).pipe(TestForeman.asOperator)
  )

  it.effect("says of every event who did it, by which command and in which context", () =>
    Effect.gen(function* () {
      const { client } = yield* Foreman
      const given = yield* TestForeman.givenTeam()
      yield* live(given)
      const keyed = TestForeman.wanted(given.team.id)
      yield* client.createTask(keyed, { idempotencyKey: "my-key" })
      const events = yield* TestForeman.history(given.organization.id)
      for (const { data, metadata, type } of events) {
        assert.deepInclude(metadata, { actor_id: "operator", actor_type: "operator" }, type)
        assert.isString(metadata["command_id"], type)
        assert.isString(metadata["correlation_id"], type)
        assert.isNotEmpty(data, type)
      }
      assert.strictEqual(events.at(-1)?.metadata["command_id"], "my-key")
      const team = events.filter(({ type }) => type === "team.created" || type === "agent.created")
      // A team and its manager are one command; the engineer is another.
      assert.strictEqual(new Set(team.map(({ metadata }) => metadata["command_id"])).size, 2)
    }).pipe(TestForeman.asOperator)
  )

  it.effect("keeps the contract's types, streams and keys", () =>
    Effect.gen(function* () {
      const given = yield* TestForeman.givenTeam()
      yield* live(given)
      const events = yield* TestForeman.history(given.organization.id)
      for (const [type, [stream, ...keys]] of Object.entries(contract)) {
        const event = events.find((one) => one.type === type)
        assert.strictEqual(event?.streamId.split(":")[0], stream, type)
        assert.containsAllKeys(event?.data, keys, type)
        assert.match(event?.createdAt ?? "", /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00$/)
      }
    }).pipe(TestForeman.asOperator)
  )
}

const contract: Readonly<Record<string, readonly [stream: string, ...Array<string>]>> = {
  "team.created": ["team", "name", "slug", "org_id"],
  "agent.created": ["agent", "name", "role", "model", "team_id", "auto_created"],
  "repo.registered": ["repo", "name", "local_path", "team_id"],
  "task.created": ["task", "title", "priority", "team_id", "assignee_id", "depends_on"],
  "task.updated": ["task", "title"],
  "task.status_changed": ["task", "from", "to", "actor_id"]
}

const collect = (
  input: { readonly organizationId?: string; readonly after?: string },
  count: number
) =>
  Foreman.use(({ events }) => Stream.runCollect(Stream.take(events.follow(input), count))).pipe(
    TestForeman.asOperator
  )

const ids = (items: ReadonlyArray<{ readonly event: Answers.RecordedEvent }>) =>
  items.map(({ event: { id, orgId } }) => `${orgId} ${id}`)

const following = (it: It) => {
  it.effect("is followed from the start, and resumed after any event", () =>
    Effect.gen(function* () {
      const given = yield* TestForeman.givenTeam()
      yield* live(given)
      const organizationId = given.organization.id
      const stored = yield* TestForeman.history(organizationId)
      const all = yield* collect({ organizationId, after: "0" }, stored.length)
      assert.deepStrictEqual(
        all.map(({ event }) => event),
        stored
      )
      for (const [index, { cursor }] of all.slice(0, -1).entries()) {
        const rest = yield* collect({ organizationId, after: cursor }, all.length - index - 1)
        assert.deepStrictEqual(ids(rest), ids(all).slice(index + 1))
      }
    }).pipe(TestForeman.asOperator)
  )

  it.effect("is followed in all organizations at once, each in its order, and resumed", () =>
    Effect.gen(function* () {
      const { events } = yield* Foreman
      const after = yield* events.begin({})
      const teams = yield* Effect.forEach(numbers(3), () => TestForeman.givenTeam())
      yield* Effect.forEach(teams, live, { concurrency: "unbounded" })
      const stored = yield* Effect.forEach(teams, ({ organization: { id } }) =>
        TestForeman.history(id)
      )
      const count = stored.flat().length
      const all = yield* collect({ after }, count)
      for (const history of stored) {
        const own = all.filter(({ event }) => event.orgId === history[0]?.orgId)
        assert.deepStrictEqual(
          own.map(({ event }) => event),
          history
        )
      }
      const half = Math.floor(count / 2)
      const rest = yield* collect({ after: all[half - 1]?.cursor ?? "" }, count - half)
      assert.deepStrictEqual(new Set(ids(rest)), new Set(ids(all.slice(half))))
    }).pipe(TestForeman.asOperator)
  )

  it.effect("is followed from now on without a cursor, and misses nothing from there", () =>
    Effect.gen(function* () {
      const { events } = yield* Foreman
      const given = yield* TestForeman.givenTeam()
      const organizationId = given.organization.id
      const before = yield* TestForeman.history(organizationId)
      const after = yield* events.begin({ organizationId })
      const follower = yield* Effect.forkChild(collect({ organizationId }, 1), {
        startImmediately: true
      })
      // Whoever begins before an event and follows after it has not missed it.
      yield* live(given)
      const [first] = yield* collect({ organizationId, after }, 1)
      assert.strictEqual(first?.event.id, before.length + 1)
      yield* TestForeman.givenTask(given)
      const [seen] = yield* Fiber.join(follower)
      assert.isAbove(seen?.event.id ?? 0, before.length)
    }).pipe(TestForeman.asOperator)
  )

  it.effect("refuses a cursor that is none, and an organization that is none", () =>
    Effect.gen(function* () {
      const { events } = yield* Foreman
      const cursors = ["", "1", "-1", "abc", "☕", btoa("{}"), btoa("[]"), btoa("[null]")]
      const maps = [[{ a: -1 }], [{ a: 0.5 }], [{ a: "1" }], [{ a: null }], ["a"], [[1]]]
      for (const after of [...cursors, ...maps.map((map) => btoa(JSON.stringify(map)))]) {
        const refusal = yield* Effect.flip(events.begin({ after }))
        assert.strictEqual(refusal._tag, "InvalidInput", `the cursor ${after}`)
      }
      const refusal = yield* Effect.flip(events.begin({ organizationId: nobody }))
      assert.strictEqual(refusal._tag, "OrganizationNotFound")
    }).pipe(TestForeman.asOperator)
  )
}
