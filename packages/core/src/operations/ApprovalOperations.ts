/**
 * What can be asked about approvals: what waits for a person, and what the person says.
 *
 * No agent decides: the commands are no tools, and no agent's role has their permission.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"
import * as Approval from "../rules/Approval.ts"
import { ApprovalId, ProjectId, TaskId, TeamId } from "../rules/Identifier.ts"
import { ApprovalStatus } from "../rules/TaskWords.ts"
import * as Operation from "./Operation.ts"

// services --------------------------------------------------------------------

export const listApprovals = Operation.makeList("list_approvals", {
  title: "List approvals",
  description:
    "Lists what waits for a person's decision: what can do most harm first, then the most urgent, " +
    "then the oldest. Those of one task are listed whatever became of them, oldest first.",
  permission: "human:read",
  http: { method: "GET", path: "/api/v1/approvals" },
  cli: "approval list",
  input: {
    teamId: Schema.optionalKey(
      TeamId.annotate({ description: "Whose organization is meant; the local one if absent" })
    ),
    projectId: Schema.optionalKey(ProjectId.annotate({ description: "Only of this project" })),
    taskId: Schema.optionalKey(
      TaskId.annotate({ description: "Only of this task, in any status" })
    ),
    status: Schema.optionalKey(
      ApprovalStatus.annotate({ description: "Only in this status; pending if absent" })
    )
  },
  item: Approval.Approval,
  errors: [],
  tool: { roles: ["manager"] }
})

export const getApproval = Operation.make("get_approval", {
  title: "Get approval",
  description: "Shows an approval: the exact action, why a person is asked, and who said what.",
  kind: "query",
  permission: "human:read",
  http: { method: "GET", path: "/api/v1/approvals/:approval_id" },
  cli: "approval show",
  input: { approvalId: ApprovalId },
  output: Approval.Approval,
  errors: [Approval.ApprovalNotFound],
  tool: { roles: ["manager"] }
})

export const approveApproval = Operation.make("approve_approval", {
  title: "Approve",
  description:
    "Lets the action happen. A person decides, never an agent, and nobody about what they wrote. " +
    "What is approved starts when an agent is free; saying so again changes nothing.",
  kind: "command",
  permission: "approval:decide",
  http: { method: "POST", path: "/api/v1/approvals/:approval_id/approve" },
  cli: "approval approve",
  input: { approvalId: ApprovalId },
  output: Approval.Approval,
  errors: [Approval.ApprovalNotFound, Approval.ApprovalIsOver, Approval.MayNotDecide],
  tool: false
})

export const rejectApproval = Operation.make("reject_approval", {
  title: "Reject",
  description:
    "Refuses the action, with a reason. Its task waits until somebody edits it or starts it anew. " +
    "Saying so again changes nothing, and the first reason stands.",
  kind: "command",
  permission: "approval:decide",
  http: { method: "POST", path: "/api/v1/approvals/:approval_id/reject" },
  cli: "approval reject",
  input: { approvalId: ApprovalId, rejectionReason: Approval.RejectionReason },
  output: Approval.Approval,
  errors: [Approval.ApprovalNotFound, Approval.ApprovalIsOver, Approval.MayNotDecide],
  tool: false
})

export const retryDispatch = Operation.make("retry_dispatch", {
  title: "Retry dispatch",
  description:
    "Puts a task whose dispatch is approved back into the queue, if something keeps it out. Needs no " +
    "new approval; what has begun already is left alone.",
  kind: "command",
  permission: "approval:decide",
  http: { method: "POST", path: "/api/v1/approvals/:approval_id/retry-dispatch" },
  cli: "approval retry",
  input: { approvalId: ApprovalId },
  output: Approval.Approval,
  errors: [Approval.ApprovalNotFound, Approval.ApprovalNotApproved],
  tool: false
})
