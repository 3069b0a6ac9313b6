/**
 * What happens to an approval, and what it is after that.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"
import { Risk } from "./ApprovalPolicyAction.ts"
import * as Event from "./Event.ts"
import {
  AgentId,
  ApprovalId,
  Free,
  HumanRequestId,
  ProjectId,
  RunId,
  TaskId,
  TeamId,
  Timestamp
} from "./Identifier.ts"
import { ApprovalStatus, Urgency } from "./TaskWords.ts"

// models ----------------------------------------------------------------------

/**
 * What is to be approved: that a task is dispatched, that its agent runs a command, that its change
 * is merged.
 *
 * @category schemas
 * @since 0.1.0
 */
export const ApprovalKind = Schema.Literals(["dispatch", "command", "merge"]).annotate({
  description: "dispatch: that the task starts; command: what its agent asks; merge: its landing"
})
export type ApprovalKind = typeof ApprovalKind.Type

/**
 * Why an approval that nobody decided waits no longer.
 *
 * @category schemas
 * @since 0.1.0
 */
export const ExpiryReason = Schema.Literals(["timeout", "changed", "moved", "run_ended"]).annotate({
  description:
    "timeout; changed: the action is another one now; moved: its task went elsewhere; run_ended"
})
export type ExpiryReason = typeof ExpiryReason.Type

/**
 * What one person said.
 *
 * @category schemas
 * @since 0.1.0
 */
export const ApprovalDecision = Schema.Struct({
  by: Schema.String,
  verdict: Schema.Literals(["approve", "reject"]),
  at: Timestamp
})

/**
 * Why a person says no: not blank, at most 10,000 characters.
 *
 * @category schemas
 * @since 0.1.0
 */
export const RejectionReason = Schema.String.check(
  Schema.isPattern(/\S/),
  Schema.isMaxLength(10_000)
).annotate({ description: "Why not, for whoever asked" })

/** Text that a person reads in a list. */
const Line = Schema.String.check(Schema.isMaxLength(10_000))

const asked = {
  taskId: TaskId,
  teamId: TeamId,
  projectId: ProjectId,
  /** The run whose agent asks; a dispatch has none yet. */
  runId: Schema.NullOr(RunId),
  agentId: Schema.NullOr(AgentId).annotate({ description: "Who is to do it" }),
  /** The human request that asks the same: one answer is both. */
  requestId: Schema.NullOr(HumanRequestId),
  kind: ApprovalKind,
  digest: Schema.String.annotate({ description: "SHA-256 of the action, which alone is approved" }),
  action: Free.annotate({ description: "What exactly is to be done" }),
  summary: Line,
  reason: Line.annotate({ description: "Why a person is asked" }),
  risk: Risk,
  urgency: Urgency,
  rule: Schema.String.annotate({ description: "The rule of the policy that asks" }),
  policy: Schema.String,
  quorum: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 100 })).annotate({
    description: "How many people have to agree"
  }),
  requestedBy: Schema.String,
  authors: Schema.Array(Schema.String).annotate({
    description: "Who wrote what is to be approved, and so may not approve it"
  }),
  expiresAt: Schema.NullOr(Timestamp)
}

/**
 * A durable question to a person about one exact action.
 *
 * @category models
 * @since 0.1.0
 */
export interface Approval extends Schema.Schema.Type<typeof Approval> {}
export const Approval = Schema.Struct({
  id: ApprovalId,
  ...asked,
  status: ApprovalStatus.annotate({
    description: "used: a run has begun what was approved"
  }),
  decisions: Schema.Array(ApprovalDecision),
  rejectionReason: Schema.NullOr(Schema.String),
  expiryReason: Schema.NullOr(ExpiryReason),
  createdAt: Timestamp,
  decidedAt: Schema.NullOr(Timestamp)
})

const streamOf = ({ approvalId }: { readonly approvalId: ApprovalId }): string =>
  `approval:${approvalId}`

export const Requested = Event.define(
  "approval.requested",
  { approvalId: ApprovalId, ...asked },
  streamOf
)

/** One person agrees; `isFinal` when that makes enough. */
export const Approved = Event.define(
  "approval.approved",
  { approvalId: ApprovalId, taskId: TaskId, decidedBy: Schema.String, isFinal: Schema.Boolean },
  streamOf
)

export const Rejected = Event.define(
  "approval.rejected",
  {
    approvalId: ApprovalId,
    taskId: TaskId,
    decidedBy: Schema.String,
    rejectionReason: Schema.String
  },
  streamOf
)

export const Expired = Event.define(
  "approval.expired",
  { approvalId: ApprovalId, taskId: TaskId, reason: ExpiryReason },
  streamOf
)

export const Used = Event.define(
  "approval.used",
  // An agent that connects by itself has no run.
  { approvalId: ApprovalId, taskId: TaskId, runId: Schema.NullOr(RunId) },
  streamOf
)

/** Its task is more or less urgent than it was. */
export const Reprioritized = Event.define(
  "approval.reprioritized",
  { approvalId: ApprovalId, taskId: TaskId, urgency: Urgency },
  streamOf
)

/**
 * What happens to approvals.
 *
 * @category models
 * @since 0.1.0
 */
export type ApprovalEvent =
  | Event.EventOf<typeof Requested>
  | Event.EventOf<typeof Approved>
  | Event.EventOf<typeof Rejected>
  | Event.EventOf<typeof Expired>
  | Event.EventOf<typeof Used>
  | Event.EventOf<typeof Reprioritized>

// rules -----------------------------------------------------------------------

/**
 * Where an approval may go from where it stands.
 *
 * @category rules
 * @since 0.1.0
 */
export const transitions: Readonly<Record<ApprovalStatus, ReadonlyArray<ApprovalStatus>>> = {
  pending: ["approved", "rejected", "expired"],
  approved: ["used", "expired"],
  used: [],
  rejected: [],
  expired: []
}

/**
 * Folds one event into the approval.
 *
 * @category rules
 * @since 0.1.0
 */
export const evolve = (
  before: Approval | undefined,
  event: ApprovalEvent,
  at: Timestamp
): Approval | undefined => {
  if (event.type !== "approval.requested")
    return before && { ...before, ...changed(before, event, at) }
  const { approvalId, ...asked } = event.data
  const open = { status: "pending", rejectionReason: null, expiryReason: null } as const
  return { id: approvalId, ...asked, ...open, decisions: [], createdAt: at, decidedAt: null }
}

// internal --------------------------------------------------------------------

const changed = (
  { decisions }: Approval,
  event: Exclude<ApprovalEvent, { readonly type: "approval.requested" }>,
  at: Timestamp
): Partial<Approval> => {
  switch (event.type) {
    case "approval.approved": {
      const { decidedBy, isFinal } = event.data
      const said = { decisions: [...decisions, { by: decidedBy, verdict: "approve", at } as const] }
      return isFinal ? { ...said, status: "approved", decidedAt: at } : said
    }
    case "approval.rejected": {
      const { decidedBy, rejectionReason } = event.data
      const said = { decisions: [...decisions, { by: decidedBy, verdict: "reject", at } as const] }
      return { ...said, status: "rejected", rejectionReason, decidedAt: at }
    }
    case "approval.expired":
      return { status: "expired", expiryReason: event.data.reason, decidedAt: at }
    case "approval.used":
      return { status: "used" }
    case "approval.reprioritized":
      return { urgency: event.data.urgency }
  }
}
