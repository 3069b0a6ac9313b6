/**
 * What a run's agent asks: an approval and a human request at once, answered once.
 *
 * @internal
 */
import { assert, it } from "@effect/vitest"
import { Effect } from "effect"

import { type AgentRequest, type AgentRunnerMemory, Foreman, Identifier } from "@foreman/core"
import { on } from "./ForemanSuiteAgents.ts"
import { pendingOf } from "./ForemanSuiteApprovalsGiven.ts"
import { assertRebuilds } from "./ForemanSuiteRebuild.ts"
import { type Backend, race } from "./ForemanSuiteSubject.ts"
import * as TestForeman from "./TestForeman.ts"

// testing ---------------------------------------------------------------------

/**
 * Registers these tests.
 *
 * @category testing
 * @since 0.1.0
 */
export const register = (backend: Backend): void => {
  it.live("stands in the queue, and one answer there is the agent's", () =>
    on(backend, { behaviour: asking("git push origin main") })(
      Effect.gen(function* () {
        const { approval, client, given, request, taskId } = yield* asked
        assert.deepInclude(approval, {
          kind: "command",
          taskId,
          agentId: request.agentId,
          runId: request.runId,
          requestId: request.id,
          summary: "git push",
          risk: "high",
          rule: "strict.git_push",
          policy: "strict"
        })
        assert.include(JSON.stringify(approval.action), "git push origin main")
        const { items } = yield* client.listApprovals({ teamId: given.team.id })
        assert.include(
          items.map(({ id }) => id),
          approval.id
        )
        const approvalId = approval.id
        const approved = yield* client.approveApproval({ approvalId })
        assert.deepInclude(approved, { status: "approved" })
        assert.strictEqual(yield* verdictOf(taskId), "allowed")
        const resolved = yield* client.getHumanRequest({ requestId: request.id, wait: false })
        assert.deepInclude(resolved, { status: "resolved", response: "approve" })
        const events = yield* TestForeman.history(given.organization.id)
        const commandOf = (type: string) =>
          events.find((event) => event.type === type)?.metadata["command_id"]
        assert.strictEqual(commandOf("approval.approved"), commandOf("human_request.resolved"))
        assert.strictEqual(commandOf("approval.requested"), commandOf("human_request.created"))
        const opposite = yield* Effect.flip(
          client.rejectApproval({ approvalId, rejectionReason: "No" })
        )
        assert.strictEqual(opposite._tag, "ApprovalIsOver")
        yield* assertRebuilds(given.organization.id)
      })
    )
  )

  it.live("is decided by the answer to the human request", () =>
    on(backend, { behaviour: asking("npm publish") })(
      Effect.gen(function* () {
        const { approval, client, given, request, taskId } = yield* asked
        yield* client.respondToRequest({ requestId: request.id, response: "reject" })
        assert.strictEqual(yield* verdictOf(taskId), "denied: reject")
        const approvalId = approval.id
        assert.deepInclude(yield* client.getApproval({ approvalId }), {
          status: "rejected",
          rejectionReason: "reject"
        })
        yield* assertRebuilds(given.organization.id)
      })
    )
  )

  it.live("is not decided by an answer that comes through a tool of agents", () =>
    on(backend, { behaviour: asking("git push") })(
      Effect.gen(function* () {
        const { approval, client, request, taskId } = yield* asked
        const requestId = request.id
        for (const response of ["approve", "reject"]) {
          const answer = { requestId, response, questionsOnly: true }
          const refused = yield* Effect.flip(client.respondToRequest(answer))
          assert(refused._tag === "DecidedByPerson")
          assert.deepInclude<object>(refused, { requestId, approvalId: approval.id })
          assert.include(refused.message, `foreman approval approve ${approval.id}`)
        }
        const approvalId = approval.id
        assert.strictEqual((yield* client.getApproval({ approvalId })).status, "pending")
        yield* client.respondToRequest({ requestId, response: "approve" })
        assert.strictEqual((yield* client.getApproval({ approvalId })).status, "approved")
        assert.strictEqual(yield* verdictOf(taskId), "allowed")
      })
    )
  )

  it.live("is answered once, whichever way two people take at once", () =>
    on(backend, { behaviour: asking("git push") })(
      Effect.gen(function* () {
        const { approval, client, given, request, taskId } = yield* asked
        const { lost, won } = yield* race([
          client.approveApproval({ approvalId: approval.id }),
          client.respondToRequest({ requestId: request.id, response: "reject" })
        ])
        assert.deepStrictEqual([won.length, lost.length], [1, 1])
        const { response } = yield* client.getHumanRequest({ requestId: request.id, wait: false })
        const { status } = yield* client.getApproval({ approvalId: approval.id })
        assert.include(["approve approved", "reject rejected"], `${response} ${status}`)
        const verdict = response === "approve" ? "allowed" : "denied: reject"
        assert.strictEqual(yield* verdictOf(taskId), verdict)
        yield* assertRebuilds(given.organization.id)
      })
    )
  )

  it.live("ends with the run that asked", () =>
    on(backend, { behaviour: asking("git push") })(
      Effect.gen(function* () {
        const { approval, client, given, taskId } = yield* asked
        yield* client.changeTaskStatus({ taskId, status: "cancelled" })
        assert.deepInclude(yield* client.getApproval({ approvalId: approval.id }), {
          status: "expired",
          expiryReason: "run_ended"
        })
        yield* assertRebuilds(given.organization.id)
      })
    )
  )
}

// internal --------------------------------------------------------------------

/** An agent that asks whether it may run this, and says what it was told. */
const asking =
  (command: string): AgentRunnerMemory.Behaviour =>
  ({ permission }) => {
    const cwd = "/work"
    const request: AgentRequest.AgentRequest = {
      _tag: "Command",
      command,
      cwd,
      leavesSandbox: true,
      reason: null
    }
    const verdict = permission?.(request) ?? Effect.die("nobody to ask")
    return Effect.map(verdict, (said) => ({
      output: said._tag === "Allow" ? "allowed" : `denied: ${said.reason}`
    }))
  }

/** A task whose agent has asked, with both questions. */
const asked = Effect.gen(function* () {
  const { client } = yield* Foreman
  const given = yield* TestForeman.givenTeam()
  const { id: taskId } = yield* TestForeman.givenTask(given)
  const { data } = yield* TestForeman.untilEvent(
    ({ data, type }) => type === "human_request.created" && data["task_id"] === taskId
  )
  const requestId = Identifier.HumanRequestId.make(Number(data["request_id"]))
  const request = yield* client.getHumanRequest({ requestId, wait: false })
  return { client, given, taskId, request, approval: yield* pendingOf(taskId) }
})

const verdictOf = Effect.fnUntraced(function* (taskId: Identifier.TaskId) {
  const { client } = yield* Foreman
  yield* TestForeman.untilTask(taskId, ({ lastOutcome }) => lastOutcome !== null)
  const { items } = yield* client.listTaskRuns({ taskId, limit: 1 })
  return items[0]?.answer
})
