/**
 * Agents that connect by themselves and take tasks themselves.
 *
 * Verifies: a task that nobody has belongs to exactly one of those who start it at the same time.
 *
 * @internal
 */
import { assert } from "@effect/vitest"
import { Effect } from "effect"

import { type Agent, Foreman, Identifier, Shell, type Task } from "@foreman/core"
import { givenRun } from "./ForemanSuiteGiven.ts"
import { numbers, race, standing } from "./ForemanSuiteSubject.ts"
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
  taking(it)
  refusing(it)
}

// internal --------------------------------------------------------------------

const start = ({ id: taskId }: Pick<Task.Task, "id">) =>
  Foreman.use(({ client }) => client.changeTaskStatus({ taskId, status: "in_progress" }))

const startAs = (agent: Agent.Agent, task: Pick<Task.Task, "id">) =>
  TestForeman.asAgent(agent)(start(task))

/** What happened to tasks there, and who did it in which command. */
const doneTo = (organizationId: string) =>
  Effect.map(TestForeman.history(organizationId), (events) =>
    events
      .filter(({ type }) => type === "task.assigned" || type === "task.status_changed")
      .map(({ data, metadata, type }) => ({
        type,
        to: data["to"],
        by: metadata["actor_id"],
        as: metadata["actor_type"],
        command: metadata["command_id"]
      }))
  )

const taking = (it: It) => {
  it.effect("is won by one of 50 engineers who start a free task, as their own", () =>
    Effect.gen(function* () {
      const given = yield* TestForeman.givenTeam({ engineers: 50, runner: null })
      const task = yield* TestForeman.givenTask(given)
      const { lost, won } = yield* race(given.engineers.map((agent) => startAs(agent, task)))
      assert.strictEqual(won.length, 1)
      const winner = won[0]?.assigneeId
      assert.include(
        given.engineers.map(({ id }) => id),
        winner
      )
      for (const refusal of lost) {
        assert.deepInclude(refusal, { _tag: "NotYourTask", taskId: task.id })
        assert.notStrictEqual(refusal._tag === "NotYourTask" ? refusal.actor : winner, winner)
      }
      const events = yield* doneTo(given.organization.id)
      const command = events[0]?.command
      assert.isString(command)
      assert.deepStrictEqual(events, [
        { type: "task.assigned", to: winner, by: winner, as: "agent", command },
        { type: "task.status_changed", to: "in_progress", by: winner, as: "agent", command }
      ])
    })
  )

  it.effect("is made once by an engineer who starts the task 50 times at once", () =>
    Effect.gen(function* () {
      const given = yield* TestForeman.givenTeam({ runner: null })
      const [engineer] = given.engineers
      assert(engineer !== undefined)
      const task = yield* TestForeman.givenTask(given)
      const { lost, won } = yield* race(numbers(50).map(() => startAs(engineer, task)))
      assert.strictEqual(won.length, 1)
      assert.deepStrictEqual(new Set(lost.map(({ _tag }) => _tag)), new Set(["IllegalMove"]))
      assert.strictEqual((yield* doneTo(given.organization.id)).length, 2)
    })
  )

  it.effect("leaves the agent what the start of an assigned task leaves it", () =>
    Effect.gen(function* () {
      const { client } = yield* Foreman
      const given = yield* TestForeman.givenTeam({ engineers: 2, runner: null })
      const [one, two] = given.engineers
      assert(one !== undefined && two !== undefined)
      const free = yield* TestForeman.givenTask(given)
      const assigned = yield* TestForeman.givenTask(given, { assigneeId: two.id })
      const after = [yield* startAs(one, free), yield* startAs(two, assigned)]
      assert.deepStrictEqual(
        after.map(({ assigneeId }) => assigneeId),
        [one.id, two.id]
      )
      for (const { attempts, liveRunId, status } of after) {
        assert.deepStrictEqual<Partial<Task.Task>>({ attempts, liveRunId, status }, begunByHand)
      }
      const { agents } = yield* TestForeman.asOperator(client.getTeam({ teamId: given.team.id }))
      const statusOf = ({ id }: Agent.Agent) => agents.find((agent) => agent.id === id)?.status
      assert.strictEqual(statusOf(one), statusOf(two))
      // It goes on with what is its own now.
      const handIn = client.changeTaskStatus({ taskId: free.id, status: "in_review" })
      assert.strictEqual((yield* TestForeman.asAgent(one)(handIn)).status, "in_review")
    })
  )

  it.effect("is not what a manager or a person does who starts a task", () =>
    Effect.gen(function* () {
      const given = yield* TestForeman.givenTeam()
      const [mine, theirs] = [
        yield* TestForeman.givenTask(given),
        yield* TestForeman.givenTask(given)
      ]
      assert.isNull((yield* startAs(given.manager, mine)).assigneeId)
      assert.isNull((yield* TestForeman.asOperator(start(theirs))).assigneeId)
    })
  )
}

const begunByHand: Partial<Task.Task> = { attempts: 0, liveRunId: null, status: "in_progress" }

const refusing = (it: It) => {
  it.effect("is refused for what is another one's, another team's, held or waiting", () =>
    Effect.gen(function* () {
      const { client } = yield* Foreman
      const given = yield* TestForeman.givenTeam({ engineers: 2, runner: null })
      const [one, two] = given.engineers
      assert(one !== undefined && two !== undefined)
      const { id: orgId, slug } = given.organization
      const other = yield* TestForeman.asOperator(
        client.createTeam({ orgId, name: "Other", slug: Identifier.Slug.make(`${slug}-2`) })
      )
      const held = yield* TestForeman.givenTask(given)
      yield* hold(orgId, held.id)
      const first = yield* TestForeman.givenTask(given)
      const cases = [
        [yield* TestForeman.givenTask(given, { assigneeId: two.id }), "NotYourTask"],
        [yield* TestForeman.givenTask({ team: other }), "NotYourTask"],
        [held, "NotYourTask"],
        [yield* TestForeman.givenTask(given, { dependsOn: [first.id] }), "BlockedByDependencies"]
      ] as const
      const before = yield* standing([orgId])
      for (const [task, code] of cases) {
        assert.strictEqual((yield* Effect.flip(startAs(one, task)))._tag, code)
      }
      assert.deepStrictEqual(yield* standing([orgId]), before)
    })
  )

  it.effect("is refused to a run, which has its task already", () =>
    Effect.gen(function* () {
      const { client } = yield* Foreman
      const given = yield* TestForeman.givenTeam()
      const own = yield* TestForeman.givenTask(given)
      const free = yield* TestForeman.givenTask(given)
      const runId = yield* givenRun(given, own.id)
      const run = yield* TestForeman.asOperator(client.getTaskRun({ runId }))
      const before = yield* standing([given.organization.id])
      const refusal = yield* Effect.flip(TestForeman.asRun(run)(start(free)))
      assert.deepInclude(refusal, { _tag: "NotYourTask", taskId: free.id })
      assert.deepStrictEqual(yield* standing([given.organization.id]), before)
    })
  )
}

/** Keeps a task out of the queue, as a rule does that cannot go on with it. */
const hold = Effect.fnUntraced(function* (organization: string, id: Identifier.TaskId) {
  const { driver } = yield* Shell.Shell
  const row = { hold: "rejected" }
  const steps = [{ _tag: "Set", table: "tasks", key: { id }, row }] as const
  const answer = yield* driver.commit({ organization, reliesOn: [], steps, events: [] })
  assert.strictEqual(answer._tag, "Committed")
})
