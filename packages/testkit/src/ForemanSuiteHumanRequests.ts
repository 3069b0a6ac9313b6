/**
 * What agents ask people: who asks, who answers, once, and who hears of it.
 *
 * What is refused for its input stands in `ForemanSuiteHumanRequestRefusals`; what the end of a run
 * does to its requests is told in `ForemanSuiteHumanRequestEnds`.
 *
 * @internal
 */
import { assert } from "@effect/vitest"
import { Effect, Fiber } from "effect"

import {
  type Agent,
  type Authorization,
  Foreman,
  type FullCatalogue,
  HumanRequest,
  Identifier,
  type Operation
} from "@foreman/core"
import { assertRebuilds } from "./ForemanSuiteRebuild.ts"
import * as Subject from "./ForemanSuiteSubject.ts"
import { as, call, numbers, personOf, principal } from "./ForemanSuiteSubject.ts"
import * as TestForeman from "./TestForeman.ts"

// testing ---------------------------------------------------------------------

/**
 * Registers these tests.
 *
 * @category testing
 * @since 0.1.0
 */
export const register = (it: Subject.It): void => {
  asking(it)
  answering(it)
  barring(it)
  listing(it)
}

/**
 * The input of a question of an agent.
 *
 * @category testing
 * @since 0.1.0
 */
export const question = (
  agent: { readonly id: Identifier.AgentId; readonly teamId: Identifier.TeamId },
  text = "Which colour?"
) => ({
  teamId: agent.teamId,
  agentId: agent.id,
  kind: "question" as const,
  question: text,
  options: ["red", "blue"],
  wait: false
})

// internal --------------------------------------------------------------------

const asking = (it: Subject.It) => {
  it.effect("keeps what an agent asks, and lets a repetition under its key ask nothing more", () =>
    Effect.gen(function* () {
      const given = yield* TestForeman.givenTeam()
      const { id: taskId } = yield* TestForeman.givenTask(given)
      const { client } = yield* Foreman
      const { manager, organization, team } = given
      const wish = { ...question(manager), taskId, timeoutMinutes: 10 }
      const ask = TestForeman.asAgent(manager)(client.askHuman(wish, { idempotencyKey: "once" }))
      const request = yield* ask
      assert.deepInclude(request, {
        teamId: team.id,
        agentId: manager.id,
        taskId,
        runId: null,
        status: "pending",
        options: ["red", "blue"],
        response: null
      })
      const minutes = (at: Identifier.Timestamp | null) => Identifier.micros(at ?? "") / 60_000_000
      // The deadline is counted by the process, the instant is the store's: they differ by little.
      const span = minutes(request.timeoutAt) - minutes(request.createdAt)
      assert.approximately(span, 10, 0.1)
      assert.deepStrictEqual(yield* ask, request)
      const events = yield* TestForeman.history(organization.id)
      const types = events.map(({ type }) => type)
      assert.strictEqual(types.filter((type) => type === "human_request.created").length, 1)
      assert.deepInclude(events.at(-1), { streamId: `human_request:${request.id}` })
      assert.deepInclude(events.at(-1)?.data, { request_id: request.id, agent_id: manager.id })
      yield* assertRebuilds(organization.id)
    })
  )

  it.effect("tells who waits as soon as a person has answered", () =>
    Effect.gen(function* () {
      const { manager, organization } = yield* TestForeman.givenTeam()
      const { client } = yield* Foreman
      const waiting = yield* Effect.forkChild(
        TestForeman.asAgent(manager)(client.askHuman({ ...question(manager), wait: true }))
      )
      const created = yield* TestForeman.untilEvent(
        ({ orgId, type }) => orgId === organization.id && type === "human_request.created"
      )
      const requestId = Identifier.HumanRequestId.make(Number(created.data["request_id"]))
      const asManager = TestForeman.asAgent(manager)
      const again = yield* Effect.forkChild(
        asManager(client.getHumanRequest({ requestId, wait: true }))
      )
      yield* TestForeman.asOperator(client.respondToRequest({ requestId, response: "red" }))
      const answer = { status: "resolved", response: "red", respondedBy: "operator" } as const
      const joined = Effect.all([Fiber.join(waiting), Fiber.join(again)])
      for (const told of yield* Effect.timeout(joined, "20 seconds")) {
        assert.deepInclude(told, { id: requestId, ...answer })
        assert.isNotNull(told.resolvedAt)
      }
      const seen = yield* asManager(client.getHumanRequest({ requestId, wait: true }))
      assert.deepInclude(seen, answer)
    })
  )
}

const givenRequest = (
  agent: Agent.Agent,
  changes: Partial<Operation.Input<FullCatalogue["askHuman"]>> = {}
) =>
  Foreman.use(({ client }) => client.askHuman({ ...question(agent), ...changes })).pipe(
    TestForeman.asAgent(agent),
    Effect.orDie
  )

const answering = (it: Subject.It) => {
  it.effect("keeps the first of many answers at once, and refuses every other one", () =>
    Effect.gen(function* () {
      const { manager, organization } = yield* TestForeman.givenTeam()
      const { client } = yield* Foreman
      const { id: requestId } = yield* givenRequest(manager)
      const answers = numbers(8).map((n) =>
        client.respondToRequest({ requestId, response: `${n}` })
      )
      const { lost, won } = yield* TestForeman.asOperator(Subject.race(answers))
      const [winner] = won
      assert.strictEqual(won.length, 1)
      for (const refusal of lost) {
        assert.deepInclude(refusal, { _tag: "HumanRequestIsOver", status: "resolved" })
        assert.strictEqual(refusal.message, `Human request ${requestId} is already resolved`)
      }
      const same = { requestId, response: winner?.response ?? "" }
      const before = yield* Subject.standing([organization.id])
      assert.deepStrictEqual(yield* TestForeman.asOperator(client.respondToRequest(same)), winner)
      assert.deepStrictEqual(yield* Subject.standing([organization.id]), before)
      yield* assertRebuilds(organization.id)
    })
  )

  it.effect("takes one of its options for an approval, and any words for a question", () =>
    Effect.gen(function* () {
      const { manager } = yield* TestForeman.givenTeam()
      const { client } = yield* Foreman
      const respond = (requestId: Identifier.HumanRequestId, response: string) =>
        TestForeman.asOperator(client.respondToRequest({ requestId, response }))
      const approval = yield* givenRequest(manager, { kind: "approval", options: [] })
      assert.deepStrictEqual(approval.options, HumanRequest.approvalOptions)
      const refusal = yield* Effect.flip(respond(approval.id, "maybe"))
      assert.deepInclude(refusal, { _tag: "AnswerNotOffered", options: ["approve", "reject"] })
      assert.deepInclude(yield* respond(approval.id, "approve"), { response: "approve" })
      const { id } = yield* givenRequest(manager)
      assert.deepInclude(yield* respond(id, "green"), { response: "green" })
    })
  )
}

const barring = (it: Subject.It) => {
  it.effect("lets agents ask in their own name only, and answer in nobody's", () =>
    Effect.gen(function* () {
      const { engineers, manager, organization } = yield* TestForeman.givenTeam()
      const [engineer] = engineers
      assert(engineer !== undefined)
      const { client } = yield* Foreman
      const { id: requestId } = yield* givenRequest(engineer)
      const before = yield* Subject.standing([organization.id])
      const answer = { requestId, response: "red" }
      const member = personOf(organization.id, "member")
      const owner = personOf(organization.id, "owner")
      const refusals = [
        yield* Effect.flip(TestForeman.asAgent(manager)(client.askHuman(question(engineer)))),
        yield* Effect.flip(TestForeman.asAgent(engineer)(client.respondToRequest(answer))),
        yield* Effect.flip(TestForeman.asAgent(manager)(client.respondToRequest(answer))),
        // What an agent is, it is also with the rights of another role.
        yield* Effect.flip(as({ ...owner, type: "agent" })(client.respondToRequest(answer))),
        yield* Effect.flip(
          as(owner)(client.respondToRequest({ ...answer, respondedBy: principal(engineer.id) }))
        ),
        yield* Effect.flip(
          as(member)(client.respondToRequest({ ...answer, respondedBy: principal(engineer.id) }))
        )
      ].map(({ _tag }) => _tag)
      assert.deepStrictEqual(refusals, [
        "ActsForAnother",
        "PermissionDenied",
        "PermissionDenied",
        "NotAPerson",
        "NotAPerson",
        "ActsForAnother"
      ])
      assert.deepStrictEqual(yield* Subject.standing([organization.id]), before)
      const given = yield* as(member)(client.respondToRequest(answer))
      assert.deepInclude(given, { status: "resolved", respondedBy: member.id })
    })
  )

  it.effect("shows nothing of it to another organization", () =>
    Effect.gen(function* () {
      const { manager } = yield* TestForeman.givenTeam()
      const { organization: other } = yield* TestForeman.givenTeam()
      const { client } = yield* Foreman
      const { id: requestId, teamId } = yield* givenRequest(manager)
      const stranger = as(personOf(other.id, "owner"))
      const wishes: ReadonlyArray<
        Effect.Effect<unknown, { readonly _tag: string }, Authorization.CurrentActor>
      > = [
        client.getHumanRequest({ requestId, wait: true }),
        client.respondToRequest({ requestId, response: "red" })
      ]
      for (const wish of wishes) {
        assert.strictEqual((yield* Effect.flip(stranger(wish)))._tag, "HumanRequestNotFound")
      }
      const { items } = yield* stranger(client.getPendingRequests({ teamId }))
      assert.deepStrictEqual(items, [])
    })
  )
}

const listing = (it: Subject.It) => {
  it.effect("lists what waits, newest first, by page, agent and task", () =>
    Effect.gen(function* () {
      const given = yield* TestForeman.givenTeam()
      const [engineer] = given.engineers
      assert(engineer !== undefined)
      const { client } = yield* Foreman
      const { id: taskId } = yield* TestForeman.givenTask(given)
      const { id: one } = yield* givenRequest(given.manager, { taskId })
      const { id: two } = yield* givenRequest(engineer, { taskId })
      const { id: three } = yield* givenRequest(engineer)
      const { id: four } = yield* givenRequest(engineer)
      const teamId = given.team.id
      yield* TestForeman.asOperator(client.respondToRequest({ requestId: four, response: "red" }))
      const listed = (name: string, filter: object) =>
        Effect.map(
          TestForeman.asOperator(call(name, { team_id: teamId, ...filter })),
          // As: lists answer pages of what has an id.
          (page) => page as { items: ReadonlyArray<{ id: number }>; next_cursor: string | null }
        )
      const idsOf = (name: string, filter: object) =>
        Effect.map(listed(name, filter), ({ items }) => items.map(({ id }) => id))
      const [pending, all] = ["get_pending_requests", "list_human_requests"] as const
      assert.deepStrictEqual(yield* idsOf(pending, {}), [three, two, one])
      assert.deepStrictEqual(yield* idsOf(pending, { task_id: taskId }), [two, one])
      assert.deepStrictEqual(yield* idsOf(pending, { agent_id: engineer.id }), [three, two])
      const both = { agent_id: engineer.id, task_id: taskId }
      assert.deepStrictEqual(yield* idsOf(pending, both), [two])
      assert.deepStrictEqual(yield* idsOf(all, {}), [four, three, two, one])
      assert.deepStrictEqual(yield* idsOf(all, { agent_id: engineer.id }), [four, three, two])
      assert.deepStrictEqual(yield* idsOf(all, { status: "resolved" }), [four])
      assert.deepStrictEqual(yield* idsOf(all, { status: "expired" }), [])
      const first = yield* listed(pending, { limit: 2 })
      assert.deepStrictEqual(yield* idsOf(pending, { limit: 2, cursor: first.next_cursor }), [one])
    })
  )
}
