/**
 * Approvals of what a run's agent asks before it does it.
 *
 * Such an approval and a human request ask the same, so they begin together, one answer is both, and
 * they end together. The approval stands in the queue of approvals; the agent waits for the request.
 *
 * @since 0.1.0
 */
import { Effect } from "effect"
import { SecureRandom } from "effect/crypto"
import * as Canonical from "../events/Canonical.ts"
import type { DomainEvent } from "../events/EventTypes.ts"
import type { StoreError } from "../ports/Driver.ts"
import type { AgentRequest } from "../rules/AgentRequest.ts"
import { summaryOf } from "../rules/AgentRequest.ts"
import * as Approval from "../rules/Approval.ts"
import type { Judgement } from "../rules/ApprovalPolicyAction.ts"
import { approvalOptions, type HumanRequest } from "../rules/HumanRequest.ts"
import {
  type AgentId,
  ApprovalId,
  type HumanRequestId,
  type RunId,
  type TaskId
} from "../rules/Identifier.ts"
import * as ApprovalEnds from "./ApprovalEnds.ts"
import * as Projection from "./Projection.ts"
import type { Session } from "./Session.ts"

// models ----------------------------------------------------------------------

/**
 * What an agent asks, and why the policy wants a person for it.
 *
 * @category models
 * @since 0.1.0
 */
export interface Judged {
  readonly request: AgentRequest
  readonly judgement: Extract<Judgement, { readonly _tag: "Require" }>
  readonly policy: string
}

/**
 * The human request that asks the same.
 *
 * @category models
 * @since 0.1.0
 */
export interface Asked {
  readonly requestId: HumanRequestId
  readonly taskId: TaskId
  readonly runId: RunId
  readonly agentId: AgentId
  readonly question: string
}

// services --------------------------------------------------------------------

/**
 * The approval that begins with a human request; nothing where the same waits for a person already.
 *
 * @category services
 * @since 0.1.0
 */
export const requested = Effect.fnUntraced(function* (
  session: Session,
  { agentId, question, requestId, runId, taskId }: Asked,
  { judgement, policy, request }: Judged
): Effect.fn.Return<ReadonlyArray<DomainEvent>, StoreError> {
  const task = yield* session.get(Projection.tasks, { id: taskId })
  if (task === undefined) return []
  const exact = Canonical.stringify({ kind: "command", taskId, agentId, request })
  const digest = yield* Effect.promise(() => Canonical.digest(exact))
  if (yield* isWaiting(session, runId, digest)) return []
  const { projectId, teamId, urgency } = task
  return Approval.request({
    approvalId: ApprovalId.make(SecureRandom.uuidV7Unsafe()),
    taskId,
    teamId,
    projectId,
    runId,
    agentId,
    requestId,
    kind: "command",
    digest,
    // As a person reads it, without what may be secret; the digest is of what was really asked.
    action: { kind: "command", asked: question },
    summary: summaryOf(request),
    reason: judgement.reason,
    risk: judgement.risk,
    urgency,
    rule: judgement.rule,
    policy,
    quorum: 1,
    requestedBy: agentId,
    authors: [agentId],
    expiresAt: null
  })
})

/**
 * What the answer to a human request says of the approval that asks the same.
 *
 * @category services
 * @since 0.1.0
 */
export const answered = Effect.fnUntraced(function* (
  session: Session,
  { id, kind, runId }: HumanRequest,
  { respondedBy, response }: { readonly response: string; readonly respondedBy: string }
): Effect.fn.Return<ReadonlyArray<DomainEvent>, StoreError> {
  if (kind !== "approval" || runId === null) return []
  const found = yield* ApprovalEnds.approvalOfRequest(session, id)
  if (found === undefined) return []
  yield* session.relyOn(`approval:${found.id}`)
  const approval = yield* session.get(Projection.approvals, { id: found.id })
  if (approval?.status !== "pending") return []
  const said = { approvalId: approval.id, taskId: approval.taskId, decidedBy: respondedBy }
  return response === approvalOptions[0]
    ? [{ type: "approval.approved", data: { ...said, isFinal: true } }]
    : [{ type: "approval.rejected", data: { ...said, rejectionReason: response } }]
})

// internal --------------------------------------------------------------------

const mostAtOnce = 100

const isWaiting = Effect.fnUntraced(function* (session: Session, runId: RunId, digest: string) {
  const { driver, organization } = session
  const rows = yield* driver.find({
    organization,
    table: "approvals",
    index: "approvals_by_run",
    equals: { run_id: runId, is_pending: true },
    limit: mostAtOnce
  })
  return rows.some((row) => row["digest"] === digest)
})
