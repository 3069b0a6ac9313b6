/**
 * What a caller's key promises: a repeated wish is answered, not done again.
 *
 * How long a key is kept stands with the housekeeper.
 *
 * @internal
 */
import { assert } from "@effect/vitest"
import { Effect } from "effect"

import { Foreman, Identifier } from "@foreman/core"
import * as Subject from "./ForemanSuiteSubject.ts"
import { as, call, nobody, numbers, personOf, race, standing } from "./ForemanSuiteSubject.ts"
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
  repeating(it)
  reusing(it)
  scoping(it)
}

// internal --------------------------------------------------------------------

/** Every command with an input that can succeed once, and once only. */
const commands: Readonly<Record<string, (world: World) => object>> = {
  create_team: ({ organization }) => ({ org_id: organization.id, name: "T", slug: "again" }),
  update_team_settings: ({ team }) => ({ team_id: team.id, auto_merge: false }),
  create_agent: ({ team }) => ({ team_id: team.id, name: "again" }),
  register_repo: ({ team }) => ({ team_id: team.id, name: "again", local_path: "/again" }),
  create_task: ({ task, team }) => ({ team_id: team.id, title: "T", depends_on: [task.id] }),
  update_task: ({ task }) => ({ task_id: task.id, title: "Other" }),
  change_task_status: ({ task }) => ({ task_id: task.id, status: "in_progress" }),
  assign_task: ({ manager, task }) => ({ task_id: task.id, assignee_id: manager.id }),
  add_dependency: ({ free, task }) => ({ task_id: free.id, depends_on_id: task.id }),
  remove_dependency: ({ task, waiting }) => ({ task_id: waiting.id, depends_on_id: task.id }),
  send_message: ({ manager, team }) => ({
    team_id: team.id,
    sender_id: nobody,
    sender_type: "user",
    recipient_id: manager.id,
    recipient_type: "agent",
    content: "Hello"
  }),
  request_review: ({ task }) => ({ task_id: task.id }),
  approve_task: ({ reviewed }) => ({ task_id: reviewed.id }),
  reject_task: ({ reviewed }) => ({ task_id: reviewed.id, summary: "No" })
}

const given = Effect.gen(function* () {
  const team = yield* TestForeman.givenTeam()
  const task = yield* TestForeman.givenTask(team)
  const free = yield* TestForeman.givenTask(team)
  const waiting = yield* TestForeman.givenTask(team, { dependsOn: [task.id] })
  const reviewed = yield* TestForeman.givenTask(team)
  yield* Subject.walk(reviewed.id, "in_progress", "in_review")
  const { client } = yield* Foreman
  yield* TestForeman.asOperator(
    Effect.orDie(client.requestReview({ taskId: reviewed.id, reviewerType: "user" }))
  )
  return { ...team, task, free, waiting, reviewed }
})

type World = Effect.Success<typeof given>

const repeating = (it: It) => {
  for (const [name, input] of Object.entries(commands)) {
    it.effect(`answers a repeated ${name} as the first time, and does nothing`, () =>
      Effect.gen(function* () {
        const world = yield* given
        const organizations = [world.organization.id]
        const answer = yield* call(name, input(world), "key")
        const after = yield* standing(organizations)
        assert.deepStrictEqual(yield* call(name, input(world), "key"), answer)
        assert.deepStrictEqual(yield* standing(organizations), after)
        const other = { ...input(world), summary: "x", title: "x", name: "x", status: "todo" }
        const changed = { ...other, content: "x", assignee_id: nobody, auto_merge: true }
        const { code, status } = yield* Effect.flip(
          call(name, { ...changed, depends_on_id: 1, reviewer_id: nobody }, "key")
        )
        assert.deepStrictEqual([code, status], ["IdempotencyKeyReused", 409])
        assert.deepStrictEqual(yield* standing(organizations), after)
      }).pipe(TestForeman.asOperator)
    )
  }

  it.effect("answers a repeated create_org as the first time, whatever happened since", () =>
    Effect.gen(function* () {
      const { client } = yield* Foreman
      const { organization } = yield* TestForeman.givenTeam()
      const slug = Identifier.Slug.make(`${organization.slug}-keyed`)
      const key = { idempotencyKey: slug }
      const made = yield* client.createOrganization({ name: "A", slug }, key)
      yield* client.createTeam({ orgId: made.id, name: "T", slug })
      const after = yield* standing([made.id])
      assert.deepStrictEqual(yield* client.createOrganization({ name: "A", slug }, key), made)
      const reused = yield* Effect.flip(client.createOrganization({ name: "B", slug }, key))
      assert.strictEqual(reused._tag, "IdempotencyKeyReused")
      assert.deepStrictEqual(yield* standing([made.id]), after)
    }).pipe(TestForeman.asOperator)
  )

  it.effect("answers as the first time although the thing has changed meanwhile", () =>
    Effect.gen(function* () {
      const { client } = yield* Foreman
      const { id: taskId } = (yield* given).task
      const start = client.changeTaskStatus(
        { taskId, status: "in_progress" },
        { idempotencyKey: "start" }
      )
      const answer = yield* start
      yield* Subject.walk(taskId, "in_review", "in_approval", "merging", "done")
      assert.deepStrictEqual(yield* start, answer)
      assert.strictEqual((yield* client.getTask({ taskId })).status, "done")
    }).pipe(TestForeman.asOperator)
  )

  it.effect("does once what 50 ask for at once under one key, and answers all alike", () =>
    Effect.gen(function* () {
      const { client } = yield* Foreman
      const { organization, team } = yield* TestForeman.givenTeam()
      const input = TestForeman.wanted(team.id, { title: "Once" })
      const { lost, won } = yield* race(
        numbers(50).map(() => client.createTask(input, { idempotencyKey: "once" }))
      )
      assert.deepStrictEqual(lost, [])
      assert.strictEqual(new Set(won.map(({ id }) => id)).size, 1)
      const events = yield* TestForeman.history(organization.id)
      assert.strictEqual(events.filter(({ type }) => type === "task.created").length, 1)
    }).pipe(TestForeman.asOperator)
  )
}

const reusing = (it: It) => {
  it.effect("does not keep a refusal: the same wish may succeed later", () =>
    Effect.gen(function* () {
      const { client } = yield* Foreman
      const { task, waiting } = yield* given
      const start = client.changeTaskStatus(
        { taskId: waiting.id, status: "in_progress" },
        { idempotencyKey: "start" }
      )
      assert.strictEqual((yield* Effect.flip(start))._tag, "BlockedByDependencies")
      yield* Subject.walk(task.id, "in_progress", "in_review", "in_approval", "merging", "done")
      assert.strictEqual((yield* start).status, "in_progress")
    }).pipe(TestForeman.asOperator)
  )

  it.effect("does not keep a refusal: another wish may take its key", () =>
    Effect.gen(function* () {
      const { client } = yield* Foreman
      const { task, waiting } = yield* given
      const start = (taskId: Identifier.TaskId) =>
        client.changeTaskStatus({ taskId, status: "in_progress" }, { idempotencyKey: "start" })
      assert.strictEqual((yield* Effect.flip(start(waiting.id)))._tag, "BlockedByDependencies")
      assert.strictEqual((yield* start(task.id)).status, "in_progress")
    }).pipe(TestForeman.asOperator)
  )
}

const scoping = (it: It) => {
  it.effect("keeps the keys of different callers apart", () =>
    Effect.gen(function* () {
      const { client } = yield* Foreman
      const { manager, organization, team } = yield* TestForeman.givenTeam()
      const plan = client.createTask(TestForeman.wanted(team.id), { idempotencyKey: "plan" })
      const operator = yield* plan
      const agent = yield* TestForeman.asAgent(manager)(plan)
      const owner = yield* as(personOf(organization.id, "owner"))(plan)
      assert.strictEqual(new Set([operator.id, agent.id, owner.id]).size, 3)
      assert.strictEqual((yield* TestForeman.asAgent(manager)(plan)).id, agent.id)
    }).pipe(TestForeman.asOperator)
  )

  it.effect("keeps the keys of different operations apart", () =>
    Effect.gen(function* () {
      const { client } = yield* Foreman
      const { task } = yield* given
      const key = { idempotencyKey: "same" }
      yield* client.updateTask({ taskId: task.id, title: "Other" }, key)
      const started = yield* client.changeTaskStatus(
        { taskId: task.id, status: "in_progress" },
        key
      )
      assert.strictEqual(started.status, "in_progress")
    }).pipe(TestForeman.asOperator)
  )

  it.effect("keeps the keys in different organizations apart", () =>
    Effect.gen(function* () {
      const { client } = yield* Foreman
      const [here, there] = [yield* TestForeman.givenTeam(), yield* TestForeman.givenTeam()]
      const plan = ({ team }: TestForeman.GivenTeam) =>
        client.createTask(TestForeman.wanted(team.id), { idempotencyKey: "plan" })
      assert.notStrictEqual((yield* plan(here)).id, (yield* plan(there)).id)
    }).pipe(TestForeman.asOperator)
  )
}
