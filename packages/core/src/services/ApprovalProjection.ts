/**
 * The fold of events into the rows of approvals.
 *
 * @since 0.1.0
 */
import * as Approval from "../rules/Approval.ts"
import type { Risk } from "../rules/ApprovalPolicyAction.ts"
import { listed, type Projection } from "./Fold.ts"
import * as RowCodec from "./RowCodec.ts"

// rules -----------------------------------------------------------------------

/**
 * Approvals, in the order of their queue: `severity` and `priority` read upwards.
 *
 * @category models
 * @since 0.1.0
 */
export const approvals: Projection<Approval.Approval, Approval.ApprovalEvent> = {
  table: "approvals",
  folds: (type) => type.startsWith("approval."),
  makes: (type) => type === "approval.requested",
  keyOf: ({ data }) => ({ id: data.approvalId }),
  evolve: Approval.evolve,
  ...RowCodec.make<Approval.Approval>(
    {
      id: "plain",
      taskId: "plain",
      teamId: "plain",
      projectId: "plain",
      runId: "plain",
      agentId: "plain",
      requestId: "plain",
      kind: "plain",
      digest: "plain",
      action: "json",
      summary: "plain",
      reason: "plain",
      risk: "plain",
      urgency: "urgency",
      rule: "plain",
      policy: "plain",
      quorum: "plain",
      requestedBy: "plain",
      authors: "json",
      expiresAt: "instant",
      status: "plain",
      decisions: "json",
      rejectionReason: "plain",
      expiryReason: "plain",
      createdAt: "instant",
      decidedAt: "instant"
    },
    ({ kind, risk, status }) => {
      const isPending = status === "pending"
      return {
        severity: severities[risk],
        is_pending: isPending,
        is_pending_dispatch: isPending && kind === "dispatch"
      }
    }
  ),
  also: ({ data, type }) =>
    type === "approval.requested" ? [listed("approval", data.approvalId)] : []
}

// internal --------------------------------------------------------------------

const severities: Readonly<Record<Risk, number>> = { critical: 0, high: 1, medium: 2, low: 3 }
