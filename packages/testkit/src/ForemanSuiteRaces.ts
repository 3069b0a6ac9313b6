/**
 * Many callers who want the same thing at once: one has it, the others learn why not.
 *
 * Verifies: exactly one winner, and one event, of any number of simultaneous starts.
 *
 * @internal
 */
import { assert } from "@effect/vitest"
import { Effect } from "effect"

import { Foreman, Identifier, TaskGraph } from "@foreman/core"
import { numbers, race } from "./ForemanSuiteSubject.ts"
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
  moving(it)
  naming(it)
  depending(it)
}

// internal --------------------------------------------------------------------

const callers = numbers(50)

const countOf = (organizationId: string, type: string) =>
  Effect.map(
    TestForeman.history(organizationId),
    (events) => events.filter((event) => event.type === type).length
  )

const moving = (it: It) => {
  it.effect("lets one of 50 simultaneous starts begin a task, with one event", () =>
    Effect.gen(function* () {
      const { client } = yield* Foreman
      const given = yield* TestForeman.givenTeam()
      const { id: taskId } = yield* TestForeman.givenTask(given)
      const start = client.changeTaskStatus({ taskId, status: "in_progress" })
      const { lost, won } = yield* race(callers.map(() => start))
      assert.deepStrictEqual(
        won.map(({ status }) => status),
        ["in_progress"]
      )
      assert.strictEqual(lost.length, 49)
      for (const refusal of lost) {
        assert.deepInclude(refusal, {
          _tag: "IllegalMove",
          from: "in_progress",
          allowed: ["in_review", "todo", "cancelled"]
        })
      }
      assert.strictEqual(yield* countOf(given.organization.id, "task.status_changed"), 1)
    }).pipe(TestForeman.asOperator)
  )

  it.effect("lets one of 50 different moves from one status happen", () =>
    Effect.gen(function* () {
      const { client } = yield* Foreman
      const given = yield* TestForeman.givenTeam()
      const { id: taskId } = yield* TestForeman.givenTask(given)
      const wishes = callers.map((n) => (n % 2 === 0 ? "in_progress" : "cancelled"))
      const { lost, won } = yield* race(
        wishes.map((status) => client.changeTaskStatus({ taskId, status }))
      )
      const { status } = yield* client.getTask({ taskId })
      // Whoever starts it may be followed by one who cancels what is in progress.
      assert.strictEqual(won.at(-1)?.status, status)
      assert.strictEqual(
        yield* countOf(given.organization.id, "task.status_changed"),
        won.length,
        "an event for each that succeeded"
      )
      assert.deepStrictEqual(new Set(lost.map(({ _tag }) => _tag)), new Set(["IllegalMove"]))
    }).pipe(TestForeman.asOperator)
  )

  it.effect("lets one of 50 simultaneous verdicts stand", () =>
    Effect.gen(function* () {
      const { client } = yield* Foreman
      const given = yield* TestForeman.givenTeam()
      const { id: taskId } = yield* TestForeman.givenTask(given)
      yield* client.requestReview({ taskId, reviewerType: "user" })
      const verdicts = callers.map((n) =>
        n % 2 === 0 ? client.approveTask({ taskId }) : client.rejectTask({ taskId })
      )
      const { lost, won } = yield* race(verdicts)
      assert.strictEqual(won.length, 1)
      for (const refusal of lost) {
        assert(refusal._tag === "AlreadyDecided")
        assert.strictEqual(refusal.verdict, won[0]?.verdict)
      }
      assert.strictEqual(yield* countOf(given.organization.id, "review.verdict"), 1)
    }).pipe(TestForeman.asOperator)
  )
}

const naming = (it: It) => {
  it.effect("gives a slug and a name to one of 50 who want it", () =>
    Effect.gen(function* () {
      const { client } = yield* Foreman
      const { organization, team } = yield* TestForeman.givenTeam()
      const slug = Identifier.Slug.make(`${organization.slug}-race`)
      const teamId = team.id
      const agent = { teamId, name: "same", role: "engineer", model: "m", config: {} } as const
      const place = { teamId, name: "same", localPath: "/r", defaultBranch: "main", config: {} }
      const organizations = yield* race(
        callers.map(() => client.createOrganization({ name: "A", slug }))
      )
      const teams = yield* race(
        callers.map(() => client.createTeam({ orgId: organization.id, name: "T", slug }))
      )
      const agents = yield* race(callers.map(() => client.createAgent(agent)))
      const places = yield* race(callers.map(() => client.registerRepository(place)))
      for (const { lost, won } of [organizations, teams]) {
        assert.strictEqual(won.length, 1)
        assert.deepStrictEqual(new Set(lost.map(({ _tag }) => _tag)), new Set(["SlugTaken"]))
      }
      for (const { lost, won } of [agents, places]) {
        assert.strictEqual(won.length, 1)
        assert.deepStrictEqual(new Set(lost.map(({ _tag }) => _tag)), new Set(["NameTaken"]))
      }
    }).pipe(TestForeman.asOperator)
  )

  it.effect("loses nothing when 50 write different things at once", () =>
    Effect.gen(function* () {
      const { client } = yield* Foreman
      const given = yield* TestForeman.givenTeam()
      const first = yield* TestForeman.givenTask(given)
      const { lost, won } = yield* race(
        callers.map((n) =>
          client.createTask(
            TestForeman.wanted(given.team.id, { title: `T${n}`, dependsOn: [first.id] })
          )
        )
      )
      assert.deepStrictEqual(lost, [])
      assert.strictEqual(new Set(won.map(({ id }) => id)).size, 50)
      const { items } = yield* client.listTasks({ teamId: given.team.id })
      assert.strictEqual(items.length, 51)
    }).pipe(TestForeman.asOperator)
  )
}

const depending = (it: It) => {
  it.effect("never lets edges that are added at once close a cycle, and names the way", () =>
    Effect.gen(function* () {
      const { client } = yield* Foreman
      const given = yield* TestForeman.givenTeam()
      const ring = yield* Effect.forEach(callers, () => TestForeman.givenTask(given))
      const edges = ring.map(({ id: taskId }, index) => {
        const dependsOnId = ring[(index + 1) % ring.length]?.id ?? taskId
        return client.addDependency({ taskId, dependsOnId })
      })
      const { lost, won } = yield* race(edges)
      assert.strictEqual(won.length, 49)
      const [refusal] = lost
      assert(refusal instanceof TaskGraph.DependencyCycle)
      // All other edges stand, so the way goes around the ring, back to where it began.
      assert.strictEqual(refusal.path.length, 51)
      assert.strictEqual(refusal.path[0], refusal.path.at(-1))
      assert.strictEqual(new Set(refusal.path).size, 50)
      assert.strictEqual(yield* countOf(given.organization.id, "task.dependency_added"), 49)
    }).pipe(TestForeman.asOperator)
  )

  it.effect("lets one of two edges in opposite directions stand, 25 times", () =>
    Effect.gen(function* () {
      const { client } = yield* Foreman
      const given = yield* TestForeman.givenTeam()
      const pairs = yield* Effect.forEach(numbers(25), () =>
        Effect.all([TestForeman.givenTask(given), TestForeman.givenTask(given)])
      )
      const { lost, won } = yield* race(
        pairs.flatMap(([a, b]) => [
          client.addDependency({ taskId: a.id, dependsOnId: b.id }),
          client.addDependency({ taskId: b.id, dependsOnId: a.id })
        ])
      )
      assert.strictEqual(won.length, 25)
      assert.deepStrictEqual(new Set(lost.map(({ _tag }) => _tag)), new Set(["DependencyCycle"]))
    }).pipe(TestForeman.asOperator)
  )

  it.effect("keeps a task from beginning between a new dependency and its start", () =>
    Effect.gen(function* () {
      const { client } = yield* Foreman
      const given = yield* TestForeman.givenTeam()
      const tasks = yield* Effect.forEach(numbers(25), () => TestForeman.givenTask(given))
      const first = yield* TestForeman.givenTask(given)
      yield* race(
        tasks.flatMap(({ id: taskId }, index) => {
          const start = Effect.asVoid(client.changeTaskStatus({ taskId, status: "in_progress" }))
          const wait = Effect.asVoid(client.addDependency({ taskId, dependsOnId: first.id }))
          return index % 2 === 0 ? [start, wait] : [wait, start]
        })
      )
      const { items } = yield* client.listTasks({ teamId: given.team.id })
      const begun = items.filter(({ status }) => status === "in_progress")
      const waiting = items.filter(({ dependsOn }) => dependsOn.length > 0)
      assert.strictEqual(begun.length + waiting.length, 25, "each is one or the other")
      assert.isAbove(begun.length, 0)
      assert.isAbove(waiting.length, 0)
    }).pipe(TestForeman.asOperator)
  )
}
