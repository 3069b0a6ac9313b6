/**
 * The approvals of a project as a person decides them: the queue, one with all that it is decided by,
 * and the decision with what became of it.
 *
 * The decision is the caller's own, never the manager's.
 *
 * @since 0.1.0
 */
import { Effect, Schema } from "effect"
import { approveApproval, rejectApproval, retryDispatch } from "../operations/ApprovalOperations.ts"
import type { CurrentActor } from "../operations/Authorization.ts"
import * as DryRun from "../operations/DryRun.ts"
import type { Handler } from "../operations/Handlers.ts"
import type * as Operations from "../operations/ManagerApprovalOperations.ts"
import { type ApprovalAnswer, instantOf } from "../operations/ManagerAnswers.ts"
import {
  ApprovalActionConflict,
  ApprovalActionNotFound,
  FieldRequired
} from "../operations/ManagerRefusal.ts"
import type { CommonRefusal } from "../operations/Refusal.ts"
import type * as Approval from "../rules/Approval.ts"
import { ApprovalId } from "../rules/Identifier.ts"
import { organizationOf } from "./Directory.ts"
import type { Bench } from "./Manager.ts"
import { isStuck, settled, troubleOf } from "./ManagerDispatch.ts"
import { artifactsOf, itemOf } from "./ManagerPages.ts"
import { approvalStateOf, projectNamed, runOf, type Sight, sightOf } from "./ManagerSight.ts"
import { asCaller, seenFrom } from "./ManagerStanding.ts"

// services --------------------------------------------------------------------

/**
 * The part of `Manager` that is about approvals.
 *
 * @category services
 * @since 0.1.0
 */
export const makeApprovals = (bench: Bench): ManagerApprovals => {
  const { approvals, shell } = bench
  return {
    queue: Effect.fnUntraced(function* ({ projectId: named, ...page }) {
      const organization = yield* seenFrom(shell)
      const { id: projectId, teamId } = yield* shell.read((driver) =>
        projectNamed(driver, organization, named)
      )
      const { items, nextCursor } = yield* approvals.list({ teamId, projectId, ...page })
      return {
        items: items
          // One whose time is up waits no more, even before that has been recorded.
          .filter(({ status }) => status === "pending")
          .map(({ id, risk, summary, taskId, urgency }) => ({
            approvalId: id,
            taskId: String(taskId),
            summary,
            riskLevel: risk,
            priority: urgency
          })),
        ...(nextCursor === null ? {} : { nextCursor })
      }
    }),
    board: Effect.fnUntraced(function* ({ projectId: named, ...page }) {
      const organization = yield* seenFrom(shell)
      const { id: projectId, teamId } = yield* shell.read((driver) =>
        projectNamed(driver, organization, named)
      )
      const { items, nextCursor } = yield* approvals.list({ teamId, projectId, ...page })
      const waiting = items.filter(({ status }) => status === "pending")
      return {
        items: yield* Effect.forEach(waiting, (approval) => boardItem(bench, approval), {
          concurrency: "unbounded"
        }),
        ...(nextCursor === null ? {} : { nextCursor })
      }
    }),
    detail: Effect.fnUntraced(function* ({ approvalId }) {
      const approval = yield* named(bench, approvalId)
      return yield* detailOf(bench, approval)
    }),
    approve: ({ approvalId }) =>
      decided(bench, approvalId, (id) =>
        asCaller(approveApproval, approvals.approve, { approvalId: id })
      ),
    reject: Effect.fnUntraced(function* ({ approvalId, rejectionReason: said }) {
      const rejectionReason = said?.trim() ?? ""
      if (rejectionReason === "") return yield* new FieldRequired({ field: "rejection_reason" })
      return yield* decided(bench, approvalId, (id) => {
        const wish = { approvalId: id, rejectionReason }
        return asCaller(rejectApproval, approvals.reject, wish)
      }).pipe(
        // What is rejected begins nothing that could fail.
        Effect.catchTags({ DispatchFailed: Effect.die, TaskHeld: Effect.die })
      )
    }),
    retryDispatch: ({ approvalId }) =>
      decided(
        bench,
        approvalId,
        (id) => asCaller(retryDispatch, approvals.retryDispatch, { approvalId: id }),
        () => true
      )
  }
}

/**
 * What can be asked about approvals.
 *
 * @category models
 * @since 0.1.0
 */
export interface ManagerApprovals {
  readonly queue: Handler<typeof Operations.getManagerApprovals>
  readonly board: Handler<typeof Operations.getBoardApprovals>
  readonly detail: Handler<typeof Operations.getManagerApproval>
  readonly approve: Handler<typeof Operations.approveManagerApproval>
  readonly reject: Handler<typeof Operations.rejectManagerApproval>
  readonly retryDispatch: Handler<typeof Operations.retryManagerDispatch>
}

// internal --------------------------------------------------------------------

/** How long a decision waits for what was approved to begin: whoever decides looks on. */
const mostMillis = 5000

const idOf = (approvalId: string) =>
  Schema.decodeEffect(ApprovalId)(approvalId.trim().toLowerCase()).pipe(
    Effect.mapError(() => new ApprovalActionNotFound({ approvalId }))
  )

/** An approval that the caller may see. */
const named = Effect.fnUntraced(function* ({ approvals }: Bench, approvalId: string) {
  const id = yield* idOf(approvalId)
  return yield* approvals
    .get({ approvalId: id })
    .pipe(
      Effect.catchTag("ApprovalNotFound", () =>
        Effect.fail(new ApprovalActionNotFound({ approvalId }))
      )
    )
})

/** The task of an approval as it stands. */
const taskOf = Effect.fnUntraced(function* ({ shell }: Bench, { id, taskId }: Approval.Approval) {
  const organization = yield* organizationOf(shell, "task", taskId)
  const sight = yield* shell.read((driver) => sightOf(driver, organization ?? "", taskId))
  return sight ?? (yield* Effect.die(`Approval ${id} has no task`))
})

const boardItem = Effect.fnUntraced(function* (bench: Bench, approval: Approval.Approval) {
  const { task } = yield* taskOf(bench, approval)
  return {
    approvalId: approval.id,
    taskId: String(approval.taskId),
    moduleId: task.moduleId,
    summary: approval.summary,
    reason: approval.reason,
    state: approvalStateOf(approval.status)
  }
})

const detailOf = Effect.fnUntraced(function* (bench: Bench, approval: Approval.Approval) {
  const sight = yield* taskOf(bench, approval)
  const artifacts = yield* bench.shell.read((driver) => artifactsOf(driver, sight))
  const answer = artifacts.find(({ kind }) => kind === "assistant_summary")
  const said = answer ?? artifacts.find(({ summary }) => summary !== "")
  const { rejectionReason, urgency } = approval
  return {
    approvalId: approval.id,
    taskId: String(approval.taskId),
    summary: approval.summary,
    reason: approval.reason,
    approvalState: approvalStateOf(approval.status),
    riskLevel: approval.risk,
    policyRule: approval.rule,
    ...(rejectionReason === null ? {} : { rejectionReason }),
    priority: urgency,
    createdAt: instantOf(approval.createdAt),
    taskState: sight.state,
    ...runOf(sight),
    ...(sight.run === undefined ? {} : { runDetailUrl: `/board/runs/${sight.run.id}` }),
    assistantSummaryPreview: said?.summary ?? "",
    artifacts: artifacts.map(itemOf)
  }
})

type Decide = (
  id: ApprovalId
) => Effect.Effect<
  Approval.Approval,
  | CommonRefusal
  | Approval.ApprovalIsOver
  | Approval.ApprovalNotApproved
  | Approval.ApprovalNotFound
  | Approval.MayNotDecide,
  CurrentActor
>

/**
 * A decision, and what became of its task: what this has approved is waited for until it has begun.
 */
const decided = Effect.fnUntraced(function* (
  bench: Bench,
  approvalId: string,
  decide: Decide,
  begins: (before: Approval.Approval) => boolean = ({ status }) => status === "pending"
) {
  const before = yield* named(bench, approvalId)
  const approval = yield* decide(before.id).pipe(
    Effect.catchTags({
      ApprovalIsOver: ({ approvalStatus }) =>
        conflict(bench, before, approvalStatus, `is already ${approvalStateOf(approvalStatus)}`),
      ApprovalNotApproved: ({ approvalStatus }) =>
        conflict(bench, before, approvalStatus, notApproved(approvalStatus)),
      ApprovalNotFound: Effect.die
    })
  )
  yield* DryRun.begin
  const sight = yield* taskOf(bench, before)
  if (!begins(before) || sight.state !== "approved_pending_dispatch") {
    return answerOf(approval, sight)
  }
  const { organization, task } = sight
  const within = Math.min(bench.config.waitMillis, mostMillis)
  const now = yield* settled(bench.shell, organization, task.id, within, hasBegun)
  const trouble = troubleOf(now, {
    approvalId: approval.id,
    approvalState: approvalStateOf(approval.status)
  })
  return trouble === undefined ? answerOf(approval, now) : yield* trouble
})

const notApproved = (status: string) => `is ${approvalStateOf(status)}, not approved`

const hasBegun = ({ state, task }: Sight): boolean =>
  state !== "approved_pending_dispatch" || isStuck(task.hold)

const conflict = Effect.fnUntraced(function* (
  bench: Bench,
  approval: Approval.Approval,
  status: string,
  problem: string
) {
  const sight = yield* taskOf(bench, approval)
  return yield* new ApprovalActionConflict({
    approvalId: approval.id,
    approvalState: approvalStateOf(status),
    taskId: String(approval.taskId),
    taskState: sight.state,
    ...runOf(sight),
    problem
  })
})

const answerOf = (approval: Approval.Approval, sight: Sight): ApprovalAnswer => ({
  approvalId: approval.id,
  approvalState: approvalStateOf(approval.status),
  ...(approval.rejectionReason === null ? {} : { rejectionReason: approval.rejectionReason }),
  taskId: String(approval.taskId),
  taskState: sight.state,
  ...runOf(sight)
})
