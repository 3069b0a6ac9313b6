/**
 * Requests that nobody answers: they end with their time or with the run that asked.
 *
 * @internal
 */
import { assert, it } from "@effect/vitest"
import { Effect, Fiber, Layer } from "effect"

import { Foreman, HumanRequest, HumanRequests, Identifier, Shell, StoreClock } from "@foreman/core"
import { on, patient } from "./ForemanSuiteAgents.ts"
import { question } from "./ForemanSuiteHumanRequests.ts"
import { assertRebuilds } from "./ForemanSuiteRebuild.ts"
import { type Backend, givenRun, layerOf, nobody, standing } from "./ForemanSuiteSubject.ts"
import * as TestForeman from "./TestForeman.ts"

// testing ---------------------------------------------------------------------

/**
 * Registers these tests.
 *
 * @category testing
 * @since 0.1.0
 */
export const register = (backend: Backend): void => {
  running(backend)
  expiring(backend)
}

// internal --------------------------------------------------------------------

/** A task with a live run, and another task of the same agent. */
const given = Effect.fnUntraced(function* (begun: Effect.Success<typeof patient>["begun"]) {
  const team = yield* TestForeman.givenTeam()
  const [engineer] = team.engineers
  assert(engineer !== undefined)
  const task = yield* TestForeman.givenTask(team, { assigneeId: engineer.id, priority: "high" })
  const { runId } = yield* begun
  const { client } = yield* Foreman
  const run = yield* client.getTaskRun({ runId: Identifier.RunId.make(runId) })
  const other = yield* TestForeman.givenTask(team, { repoIds: [] })
  return { ...team, engineer, task, other, run }
})

const running = (backend: Backend) => {
  it.live("belong to the run that asks, and to its own task only", () =>
    Effect.gen(function* () {
      const agent = yield* patient
      const test = Effect.gen(function* () {
        const { client } = yield* Foreman
        const { engineer, organization, other, run, task } = yield* given(agent.begun)
        const asRun = TestForeman.asRun(run)
        const before = yield* standing([organization.id])
        const foreign = asRun(client.askHuman({ ...question(engineer), taskId: other.id }))
        assert.deepInclude(yield* Effect.flip(foreign), { _tag: "NotYourTask", taskId: other.id })
        assert.deepStrictEqual(yield* standing([organization.id]), before)
        const request = yield* asRun(client.askHuman(question(engineer)))
        assert.deepInclude(request, { taskId: task.id, runId: run.id, agentId: engineer.id })
        const answer = { requestId: request.id, response: "red" }
        const refusal = yield* Effect.flip(asRun(client.respondToRequest(answer)))
        assert.strictEqual(refusal._tag, "PermissionDenied")
        yield* agent.finish
      })
      yield* on(backend, { behaviour: agent.behaviour })(test)
    })
  )

  it.live("are asked by Foreman in the name of a run, and answered by a person", () =>
    Effect.gen(function* () {
      const agent = yield* patient
      const test = Effect.gen(function* () {
        const { client } = yield* Foreman
        const { engineer, organization, run, task } = yield* given(agent.begun)
        const [shell, clock] = [yield* Shell.Shell, yield* StoreClock.StoreClock]
        const asker = { organization: organization.id, run, agent: engineer }
        const wish = { kind: "approval", question: "May I?", options: [] } as const
        const ask = HumanRequests.askInRun(shell, clock, asker, wish, "20 seconds")
        const waiting = yield* Effect.forkChild(ask)
        const { data, metadata } = yield* TestForeman.untilEvent(
          ({ type }) => type === "human_request.created"
        )
        assert.deepInclude(data, { run_id: run.id, task_id: task.id, agent_id: engineer.id })
        assert.deepInclude(metadata, { actor_type: "run", run_id: run.id })
        const requestId = Identifier.HumanRequestId.make(Number(data["request_id"]))
        yield* client.respondToRequest({ requestId, response: "approve" })
        assert.deepInclude(yield* Fiber.join(waiting), { status: "resolved", response: "approve" })
        yield* agent.finish
        yield* TestForeman.untilTask(task.id, ({ liveRunId }) => liveRunId === null)
        assert.strictEqual((yield* Effect.flip(ask))._tag, "RunTokenStale")
      })
      yield* on(backend, { behaviour: agent.behaviour })(test)
    })
  )

  for (const ending of ["finishes", "is cancelled"] as const) {
    it.live(`are taken back in the commit in which their run ${ending}`, () =>
      Effect.gen(function* () {
        const agent = yield* patient
        const test = Effect.gen(function* () {
          const { client } = yield* Foreman
          const { engineer, organization, run, task } = yield* given(agent.begun)
          const ask = TestForeman.asRun(run)(client.askHuman(question(engineer)))
          const answered = yield* ask
          yield* client.respondToRequest({ requestId: answered.id, response: "red" })
          const { id: requestId } = yield* ask
          const waiting = yield* Effect.forkChild(client.getHumanRequest({ requestId, wait: true }))
          yield* ending === "finishes"
            ? agent.finish
            : client.changeTaskStatus({ taskId: task.id, status: "cancelled" })
          const ended = yield* Effect.timeout(Fiber.join(waiting), "20 seconds")
          assert.deepInclude(ended, { status: "expired", reason: "run_ended", response: null })
          const events = yield* TestForeman.history(organization.id)
          const commandOf = (type: string) =>
            events.find((event) => event.type === type)?.metadata["command_id"]
          const end = ending === "finishes" ? "run.succeeded" : "run.cancelled"
          assert.strictEqual(commandOf("human_request.expired"), commandOf(end))
          const kept = yield* client.getHumanRequest({ requestId: answered.id, wait: false })
          assert.deepInclude(kept, { status: "resolved", response: "red" })
          const late = yield* Effect.flip(client.respondToRequest({ requestId, response: "red" }))
          assert.strictEqual(late.message, `Human request ${requestId} is already expired`)
          yield* assertRebuilds(organization.id)
        })
        yield* on(backend, { behaviour: agent.behaviour })(test)
      })
    )
  }
}

/** Writes down a request as if it had been asked at an instant. */
const asked = Effect.fnUntraced(function* (
  agent: Parameters<typeof question>[0],
  facts: { readonly now: number; readonly runId?: Identifier.RunId },
  organization: string
) {
  const shell = yield* Shell.Shell
  const requestId = Identifier.HumanRequestId.make(yield* shell.allocate("human_requests"))
  const { wait: _, ...wish } = question(agent)
  const wanted = { ...wish, taskId: null, runId: facts.runId ?? null, timeoutMinutes: 1 }
  yield* shell.transact({ organization }, () =>
    Effect.map(
      Shell.decided(HumanRequest.ask(wanted, { requestId, now: facts.now })),
      (events) => ({
        events,
        answer: () => null
      })
    )
  )
  return requestId
})

const expiring = (backend: Backend) => {
  it.live("are over when their time is up, and are recorded so once", () =>
    Effect.gen(function* () {
      const { client } = yield* Foreman
      const shell = yield* Shell.Shell
      const clock = yield* StoreClock.StoreClock
      const team = yield* TestForeman.givenTeam({ runner: null })
      const { id: taskId } = yield* TestForeman.givenTask(team)
      const { manager, organization } = team
      const now = yield* clock.now
      const past = now - 120_000_000
      const due = yield* asked(manager, { now: past }, organization.id)
      const orphan = yield* asked(
        manager,
        { now, runId: yield* givenRun(team, taskId) },
        organization.id
      )
      const lost = yield* asked(
        manager,
        { now, runId: Identifier.RunId.make(nobody) },
        organization.id
      )
      const waiting = yield* asked(manager, { now }, organization.id)

      const seen = yield* client.getHumanRequest({ requestId: due, wait: true })
      assert.deepInclude(seen, { status: "expired", reason: "timeout", response: null })
      const late = yield* Effect.flip(client.respondToRequest({ requestId: due, response: "red" }))
      assert.strictEqual(late.message, `Human request ${due} is already expired`)
      const page = yield* client.getPendingRequests({ teamId: manager.teamId })
      assert.deepStrictEqual(
        page.items.map(({ id }) => id),
        [waiting, lost, orphan]
      )

      const ends = Effect.forEach(
        [1, 2, 3],
        () => HumanRequests.expireDue(shell, clock, organization.id),
        { concurrency: "unbounded" }
      )
      assert.strictEqual(
        (yield* ends).reduce((sum, count) => sum + count, 0),
        3
      )
      assert.deepStrictEqual(yield* ends, [0, 0, 0])
      const reasonOf = (requestId: Identifier.HumanRequestId) =>
        Effect.map(client.getHumanRequest({ requestId, wait: false }), ({ reason }) => reason)
      assert.strictEqual(yield* reasonOf(due), "timeout")
      assert.strictEqual(yield* reasonOf(orphan), "run_ended")
      assert.strictEqual(yield* reasonOf(lost), "run_ended")
      assert.strictEqual(yield* reasonOf(waiting), null)
      const events = yield* TestForeman.history(organization.id)
      const expired = events.filter(({ type }) => type === "human_request.expired")
      assert.strictEqual(expired.length, 3)
      assert.deepInclude(expired[0]?.metadata, { actor_type: "system" })
    }).pipe(
      TestForeman.asOperator,
      // Without a housekeeper: it looks too, at its own time, and what it ends is counted by nobody.
      Effect.provide(Layer.fresh(layerOf(backend)))
    )
  )
}
