/**
 * Decisions about approvals: who may make them, what follows, and the order in which they wait.
 *
 * @internal
 */
import { assert } from "@effect/vitest"
import { Effect } from "effect"

import { Approvals, Foreman, type Identifier, Shell, StoreClock, type Task } from "@foreman/core"
import {
  dispatcherOf,
  givenPending,
  pendingOf,
  risky,
  strictTeam
} from "./ForemanSuiteApprovalsGiven.ts"
import { assertRebuilds } from "./ForemanSuiteRebuild.ts"
import {
  as,
  call,
  type It,
  numbers,
  personOf,
  race,
  refuses,
  standing
} from "./ForemanSuiteSubject.ts"
import * as TestForeman from "./TestForeman.ts"

// testing ---------------------------------------------------------------------

/**
 * Registers these tests.
 *
 * @category testing
 * @since 0.1.0
 */
export const register = (it: It): void => {
  beginning(it)
  choosing(it)
}

// internal --------------------------------------------------------------------

const beginning = (it: It) => {
  it.effect("lets the task begin, and is used by its run", () =>
    Effect.gen(function* () {
      const { approval, dispatch, organization, taskId } = yield* givenPending()
      const { client } = yield* Foreman
      const approvalId = approval.id
      const approved = yield* TestForeman.asOperator(client.approveApproval({ approvalId }))
      assert.deepInclude(approved, { status: "approved" })
      assert.deepInclude(approved.decisions[0], { by: "operator", verdict: "approve" })
      const waiting = yield* TestForeman.asOperator(client.getTask({ taskId }))
      assert.deepInclude(waiting, { hold: null, approvalStatus: "approved", status: "todo" })
      const begun = yield* dispatch(taskId)
      assert.deepInclude(begun, { status: "in_progress", approvalStatus: "used" })
      const again = yield* TestForeman.asOperator(client.approveApproval({ approvalId }))
      assert.deepInclude(again, { status: "used" })
      const events = yield* TestForeman.history(organization.id)
      const commandOf = (type: string) =>
        events.find((event) => event.type === type)?.metadata["command_id"]
      assert.strictEqual(commandOf("approval.used"), commandOf("run.queued"))
      assert.strictEqual(events.filter(({ type }) => type === "approval.approved").length, 1)
      yield* assertRebuilds(organization.id)
    })
  )

  it.effect("keeps back a task that is rejected, until somebody looks at it", () =>
    Effect.gen(function* () {
      const { approval, dispatch, organization, taskId } = yield* givenPending()
      const { client } = yield* Foreman
      const reject = (rejectionReason: string) =>
        client.rejectApproval({ approvalId: approval.id, rejectionReason })
      yield* TestForeman.asOperator(
        Effect.gen(function* () {
          for (const blank of ["", "  ", "\n"]) {
            const wish = { approval_id: approval.id, rejection_reason: blank }
            const refusal = { code: "InvalidInput", status: 422 }
            yield* refuses([organization.id], "reject_approval", wish, refusal)
          }
          assert.deepInclude(yield* reject("Not now"), { rejectionReason: "Not now" })
          assert.deepInclude(yield* reject("Never"), { rejectionReason: "Not now" })
          const held = { hold: "approval_rejected", approvalStatus: "rejected" }
          assert.deepInclude<object>(yield* dispatch(taskId), held)
          const wish = { approval_id: approval.id }
          const refusal = yield* refuses([organization.id], "approve_approval", wish, {
            code: "ApprovalIsOver",
            status: 409,
            message: `Approval ${approval.id} is already rejected`
          })
          assert.deepInclude(refusal.facts, { approval_status: "rejected", board: "ready" })
          const retried = yield* Effect.flip(call("retry_dispatch", wish))
          assert.deepInclude(retried, { code: "ApprovalNotApproved", status: 409 })
          yield* client.retryTask({ taskId })
        })
      )
      yield* dispatch(taskId)
      assert.notStrictEqual((yield* pendingOf(taskId)).id, approval.id)
      yield* assertRebuilds(organization.id)
    })
  )
}

/** More happens to a task than is read at once. */
const happening = Effect.fnUntraced(function* (organization: string, taskId: Identifier.TaskId) {
  const shell = yield* Shell.Shell
  yield* TestForeman.asOperator(
    shell.transact(
      { organization },
      Effect.fnUntraced(function* (session) {
        yield* session.relyOn(`task:${taskId}`)
        const events = numbers(600).map((n): Task.TaskEvent =>
          n % 2 === 1
            ? { type: "task.held", data: { taskId, reason: "approval" } }
            : { type: "task.released", data: { taskId } }
        )
        return { events, answer: () => null }
      })
    )
  )
})

const choosing = (it: It) => {
  it.effect("is made by people alone, and by nobody about what they wrote", () =>
    Effect.gen(function* () {
      const given = yield* strictTeam({ settings: { approvalQuorum: 2 } })
      const { client } = yield* Foreman
      const { manager, organization, team } = given
      const person = (id: string) => as({ ...personOf(organization.id, "member"), id })
      const wish = TestForeman.wanted(team.id, { title: risky })
      const [author, first, second] = ["a1", "a2", "a3"].map(
        (end) => `00000000-0000-7000-8000-0000000000${end}`
      )
      assert(author !== undefined && first !== undefined && second !== undefined)
      const { id: taskId } = yield* person(author)(client.createTask(wish))
      yield* (yield* dispatcherOf(given))(taskId)
      const { authors, id: approvalId } = yield* pendingOf(taskId)
      assert.deepStrictEqual(authors, [author])
      const before = yield* standing([organization.id])
      const approve = client.approveApproval({ approvalId })
      const own = yield* Effect.flip(person(author)(approve))
      assert.deepInclude(own, { _tag: "MayNotDecide", reason: "own_work" })
      const agent = yield* Effect.flip(TestForeman.asAgent(manager)(approve))
      assert.strictEqual(agent._tag, "PermissionDenied")
      assert.deepStrictEqual(yield* standing([organization.id]), before)
      assert.strictEqual((yield* person(first)(approve)).status, "pending")
      assert.strictEqual((yield* person(first)(approve)).decisions.length, 1)
      assert.strictEqual((yield* person(second)(approve)).status, "approved")
      yield* assertRebuilds(organization.id)
    })
  )

  it.effect("is made by nobody about what they wrote last of very much", () =>
    Effect.gen(function* () {
      const given = yield* strictTeam()
      const { client } = yield* Foreman
      const { organization, team } = given
      const [author, editor, other] = ["a1", "a2", "a3"].map(
        (end) => `00000000-0000-7000-8000-0000000000${end}`
      )
      assert(author !== undefined && editor !== undefined && other !== undefined)
      const person = (id: string) => as({ ...personOf(organization.id, "member"), id })
      const wish = TestForeman.wanted(team.id, { title: risky })
      const { id: taskId } = yield* person(author)(client.createTask(wish))
      yield* happening(organization.id, taskId)
      yield* person(editor)(client.updateTask({ taskId, description: "All of it" }))
      yield* person(other)(client.updateTask({ taskId, priority: "high" }))
      yield* (yield* dispatcherOf(given))(taskId)
      const { authors, id: approvalId } = yield* pendingOf(taskId)
      assert.deepStrictEqual(authors, [author, editor])
      const approve = client.approveApproval({ approvalId })
      const own = yield* Effect.flip(person(editor)(approve))
      assert.deepInclude(own, { _tag: "MayNotDecide", reason: "own_work" })
      assert.strictEqual((yield* person(other)(approve)).status, "approved")
      yield* assertRebuilds(organization.id)
    })
  )

  it.effect("is made once by two people at once, and the other one learns how", () =>
    Effect.gen(function* () {
      for (const _ of [1, 2, 3, 4, 5]) {
        const { approval, organization, taskId } = yield* givenPending()
        // Each on a node of its own: nothing but the store stands between them.
        const node = Effect.map(
          Effect.all([Shell.Shell, StoreClock.StoreClock]),
          ([shell, clock]) => Approvals.make(shell, clock)
        )
        const [one, two] = [yield* node, yield* node]
        const { lost, won } = yield* TestForeman.asOperator(
          race([
            one.approve({ approvalId: approval.id }),
            two.reject({ approvalId: approval.id, rejectionReason: "No" })
          ])
        )
        assert.deepStrictEqual([won.length, lost.length], [1, 1])
        const { client } = yield* Foreman
        const task = yield* TestForeman.asOperator(client.getTask({ taskId }))
        assert.strictEqual(task.approvalStatus, won[0]?.status)
        assert.deepInclude<object | undefined>(lost[0], {
          _tag: "ApprovalIsOver",
          approvalStatus: won[0]?.status,
          taskId
        })
        yield* assertRebuilds(organization.id)
      }
    })
  )

  it.effect("is awaited in the order of harm, then of urgency, then of age", () =>
    Effect.gen(function* () {
      const given = yield* strictTeam()
      const { client } = yield* Foreman
      const dispatch = yield* dispatcherOf(given)
      const titles = ["git tag v1", risky, "rm -rf build", "git push again", "git push hot"]
      const ids: Array<Identifier.TaskId> = []
      for (const title of titles) {
        const priority = title.endsWith("hot") ? "high" : "medium"
        const { id } = yield* TestForeman.givenTask(given, { title, priority })
        ids.push(id)
        yield* dispatch(id)
      }
      const [tag, push, remove, again, hot] = ids
      assert(again !== undefined)
      const listed = Effect.gen(function* () {
        const found: Array<Identifier.TaskId> = []
        for (let cursor: { cursor?: string } = {}; ;) {
          const wish = { teamId: given.team.id, limit: 2, ...cursor }
          const page = yield* TestForeman.asOperator(client.listApprovals(wish))
          found.push(...page.items.map(({ taskId }) => taskId))
          if (page.nextCursor === null) return found
          cursor = { cursor: page.nextCursor }
        }
      })
      assert.deepStrictEqual(yield* listed, [remove, hot, push, again, tag])
      yield* TestForeman.asOperator(client.updateTask({ taskId: again, priority: "critical" }))
      assert.deepStrictEqual(yield* listed, [remove, again, hot, push, tag])
      const { urgency } = yield* pendingOf(again)
      assert.strictEqual(urgency, 100)
      const stays = yield* TestForeman.asOperator(client.getTask({ taskId: again }))
      assert.strictEqual(stays.hold, "approval")
      yield* assertRebuilds(given.organization.id)
    })
  )
}
