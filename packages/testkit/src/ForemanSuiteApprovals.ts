/**
 * Approvals: when one is asked for, what it is for, and how it ends without an answer.
 *
 * @internal
 */
import { assert } from "@effect/vitest"
import { Effect } from "effect"

import { type ApprovalPolicy, Foreman, Identifier, Shell, StoreClock } from "@foreman/core"
import { tellingOf } from "@foreman/core/reactors/DeliveryEvents"
import * as ApprovalEnds from "@foreman/core/services/ApprovalEnds"
import {
  askedAt,
  dispatcherOf,
  givenPending,
  pendingOf,
  risky,
  strictTeam
} from "./ForemanSuiteApprovalsGiven.ts"
import { assertRebuilds } from "./ForemanSuiteRebuild.ts"
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
  asking(it)
  changing(it)
  ending(it)
}

// internal --------------------------------------------------------------------

const asking = (it: It) => {
  it.effect("is asked for before a run begins, in the commit that holds the task", () =>
    Effect.gen(function* () {
      const { approval, engineers, organization, task, taskId, team } = yield* givenPending()
      assert.deepInclude<object>(task, {
        hold: "approval",
        approvalId: approval.id,
        approvalStatus: "pending",
        status: "todo",
        liveRunId: null,
        assigneeId: engineers[0]?.id
      })
      assert.deepInclude(approval, {
        taskId,
        teamId: team.id,
        projectId: task.projectId,
        kind: "dispatch",
        summary: risky,
        reason: "git push requires approval",
        risk: "high",
        rule: "strict.git_push",
        policy: "strict",
        requestedBy: "operator",
        quorum: 1
      })
      assert.deepInclude(approval.action, { title: risky, agentId: task.assigneeId })
      const events = yield* TestForeman.history(organization.id)
      const commandOf = (type: string) =>
        events.find((event) => event.type === type)?.metadata["command_id"]
      assert.strictEqual(commandOf("approval.requested"), commandOf("task.held"))
      assert.strictEqual(commandOf("run.queued"), undefined)
      yield* assertRebuilds(organization.id)
    })
  )

  it.effect("is asked for once, however often the dispatch is tried", () =>
    Effect.gen(function* () {
      const { dispatch, taskId } = yield* givenPending()
      const { client } = yield* Foreman
      yield* dispatch(taskId)
      yield* TestForeman.asOperator(client.retryTask({ taskId }))
      assert.strictEqual((yield* dispatch(taskId)).hold, "approval")
      const { items } = yield* TestForeman.asOperator(client.listApprovals({ taskId }))
      assert.strictEqual(items.length, 1)
    })
  )

  it.effect("is not asked for where no policy was chosen, nor for what is harmless", () =>
    Effect.gen(function* () {
      const free = yield* TestForeman.givenTeam()
      const { id: first } = yield* TestForeman.givenTask(free, { title: risky })
      assert.strictEqual((yield* (yield* dispatcherOf(free))(first)).status, "in_progress")
      const strict = yield* strictTeam()
      const { id: second } = yield* TestForeman.givenTask(strict, { title: "Fix the parser" })
      assert.strictEqual((yield* (yield* dispatcherOf(strict))(second)).status, "in_progress")
    })
  )

  it.effect("is asked for at the highest risk when the policy itself fails", () =>
    Effect.gen(function* () {
      const failing: ApprovalPolicy.Policy = {
        name: "own",
        rules: [
          {
            id: "own.rule",
            risk: "low",
            judge: () => {
              throw new Error("no such table")
            }
          }
        ]
      }
      const given = yield* strictTeam({ settings: { approvalPolicy: "own" } })
      const { id: taskId } = yield* TestForeman.givenTask(given, { title: "Fix the parser" })
      yield* (yield* dispatcherOf(given, [failing]))(taskId)
      assert.deepInclude(yield* pendingOf(taskId), {
        rule: "policy.failed",
        risk: "critical",
        reason: "the rule own.rule failed: no such table"
      })
      // A process that does not know the policy leaves its tasks to a person, too.
      const { id: other } = yield* TestForeman.givenTask(given, { title: "Fix the lexer" })
      yield* (yield* dispatcherOf(given))(other)
      assert.deepInclude(yield* pendingOf(other), { rule: "policy.unknown" })
    })
  )

  it.effect("is asked for when an agent would begin the task by itself", () =>
    Effect.gen(function* () {
      const given = yield* strictTeam({ runner: null })
      const { client } = yield* Foreman
      const [engineer] = given.engineers
      assert(engineer !== undefined)
      const { id: taskId } = yield* TestForeman.givenTask(given, { title: risky })
      const begin = TestForeman.asAgent(engineer)(
        client.changeTaskStatus({ taskId, status: "in_progress" })
      )
      for (const _ of [1, 2]) {
        const refusal = yield* Effect.flip(begin)
        const { id: approvalId } = yield* pendingOf(taskId)
        assert.deepInclude<object>(refusal, { _tag: "ApprovalNeeded", taskId, approvalId })
      }
      const { id: approvalId } = yield* pendingOf(taskId)
      yield* TestForeman.asOperator(client.approveApproval({ approvalId }))
      assert.deepInclude(yield* begin, { status: "in_progress", approvalStatus: "used" })
      // A person who begins it has decided.
      const { id: other } = yield* TestForeman.givenTask(given, { title: risky })
      const wish = { taskId: other, status: "in_progress" } as const
      const begun = yield* TestForeman.asOperator(client.changeTaskStatus(wish))
      assert.deepInclude(begun, { status: "in_progress", approvalStatus: null })
      yield* assertRebuilds(given.organization.id)
    })
  )

  it.effect("is rejected at once where a rule forbids", () =>
    Effect.gen(function* () {
      const never: ApprovalPolicy.Policy = {
        name: "own",
        rules: [{ id: "own.never", risk: "forbidden", judge: () => "never on a Friday" }]
      }
      const given = yield* strictTeam({ settings: { approvalPolicy: "own" } })
      const { id: taskId } = yield* TestForeman.givenTask(given)
      const task = yield* (yield* dispatcherOf(given, [never]))(taskId)
      assert.deepInclude(task, { hold: "approval_rejected", approvalStatus: "rejected" })
      const { client } = yield* Foreman
      const { items } = yield* TestForeman.asOperator(client.listApprovals({ taskId }))
      assert.deepInclude(items[0], { status: "rejected", rejectionReason: "never on a Friday" })
      const shell = yield* Shell.Shell
      const after = { after: 0, limit: 1000 }
      const events = yield* shell.driver.readAll(given.organization.id, after)
      const told = yield* Effect.forEach(events, (event) => tellingOf(shell, event))
      const kinds = told.map((telling) => telling?.notification.kind)
      // Nobody is called to what is decided.
      assert.notInclude(kinds, "approval_needed")
      yield* assertRebuilds(given.organization.id)
    })
  )
}

const changing = (it: It) => {
  it.effect("is for one exact action: another one needs its own", () =>
    Effect.gen(function* () {
      const { approval, dispatch, organization, taskId } = yield* givenPending()
      const { client } = yield* Foreman
      const asOperator = TestForeman.asOperator
      yield* asOperator(client.updateTask({ taskId, title: "git push --force" }))
      const old = yield* asOperator(client.getApproval({ approvalId: approval.id }))
      assert.deepInclude(old, { status: "expired", expiryReason: "changed" })
      assert.strictEqual((yield* dispatch(taskId)).hold, "approval")
      const second = yield* pendingOf(taskId)
      assert.notStrictEqual(second.digest, approval.digest)
      yield* asOperator(client.approveApproval({ approvalId: second.id }))
      yield* asOperator(client.updateTask({ taskId, description: "And all tags" }))
      assert.strictEqual((yield* dispatch(taskId)).hold, "approval")
      const third = yield* pendingOf(taskId)
      assert.notStrictEqual(third.id, second.id)
      yield* asOperator(client.updateTask({ taskId, title: "Say hello", description: "" }))
      assert.deepInclude(yield* dispatch(taskId), { status: "in_progress" })
      yield* assertRebuilds(organization.id)
    })
  )

  it.effect("is for one place: where the work moves, another one is needed", () =>
    Effect.gen(function* () {
      const { approval, dispatch, organization, taskId, team } = yield* givenPending({
        repositories: 0
      })
      const { client } = yield* Foreman
      const place = { name: "new", localPath: "/repositories/new", defaultBranch: "main" }
      yield* TestForeman.asOperator(
        Effect.andThen(
          client.approveApproval({ approvalId: approval.id }),
          client.registerRepository({ teamId: team.id, ...place, config: {} })
        )
      )
      assert.strictEqual((yield* dispatch(taskId)).hold, "approval")
      const other = yield* pendingOf(taskId)
      assert.notStrictEqual(other.digest, approval.digest)
      const old = yield* TestForeman.asOperator(client.getApproval({ approvalId: approval.id }))
      assert.deepInclude(old, { status: "expired", expiryReason: "changed" })
      yield* TestForeman.asOperator(client.approveApproval({ approvalId: other.id }))
      assert.strictEqual((yield* dispatch(taskId)).status, "in_progress")
      yield* assertRebuilds(organization.id)
    })
  )

  it.effect("ends with the task that it was for", () =>
    Effect.gen(function* () {
      const { approval, organization, taskId } = yield* givenPending()
      const { client } = yield* Foreman
      const move = client.changeTaskStatus({ taskId, status: "cancelled" })
      const task = yield* TestForeman.asOperator(move)
      assert.deepInclude(task, { hold: null, approvalStatus: "expired" })
      const approvalId = approval.id
      const late = yield* Effect.flip(
        TestForeman.asOperator(client.approveApproval({ approvalId }))
      )
      assert.deepInclude(late, { _tag: "ApprovalIsOver", board: "canceled" })
      yield* assertRebuilds(organization.id)
    })
  )
}

const ending = (it: It) => {
  it.effect("expires when its time is up, and its task waits for a look", () =>
    Effect.gen(function* () {
      const given = yield* strictTeam({ settings: { approvalMinutes: 1 } })
      const { client } = yield* Foreman
      const [shell, clock] = [yield* Shell.Shell, yield* StoreClock.StoreClock]
      const { id: taskId } = yield* TestForeman.givenTask(given, { title: risky })
      yield* askedAt(given, taskId, (yield* clock.now) - 120_000_000)
      const { items } = yield* TestForeman.asOperator(client.listApprovals({ taskId }))
      assert.deepInclude(items[0], { status: "expired", expiryReason: "timeout" })
      const approvalId = items[0]?.id ?? Identifier.ApprovalId.make("")
      const late = yield* Effect.flip(
        TestForeman.asOperator(client.approveApproval({ approvalId }))
      )
      assert.strictEqual(late._tag, "ApprovalIsOver")
      const ends = Effect.forEach(
        [1, 2, 3],
        () => ApprovalEnds.expireDue(shell, clock, given.organization.id),
        { concurrency: "unbounded" }
      )
      assert.deepStrictEqual((yield* ends).toSorted(), [0, 0, 1])
      const task = yield* TestForeman.asOperator(client.getTask({ taskId }))
      assert.deepInclude(task, { hold: "approval_expired", approvalStatus: "expired" })
      yield* assertRebuilds(given.organization.id)
    })
  )
}
