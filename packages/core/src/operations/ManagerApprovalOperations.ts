/**
 * What can be asked about the approvals of a project: the queue, one of them, and its decision.
 *
 * A person decides. Repeating a decision answers how it stands; the opposite one is refused.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"
import { MayNotDecide } from "../rules/Approval.ts"
import { ProjectNotFound } from "../rules/Project.ts"
import * as Answers from "./ManagerAnswers.ts"
import * as Refusals from "./ManagerRefusal.ts"
import * as Operation from "./Operation.ts"

// models ----------------------------------------------------------------------

const approvalId = Answers.ManagerId.annotate({ description: "Id of the approval" })

const ofProject = {
  projectId: Answers.ManagerId.annotate({ description: "Id of the project" }),
  limit: Schema.optionalKey(
    Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 200 })).annotate({
      description: "How many items at most"
    })
  ),
  cursor: Schema.optionalKey(
    Schema.String.annotate({ description: "next_cursor of the page before" })
  )
}

const refusals = [
  Refusals.ApprovalActionNotFound,
  Refusals.ApprovalActionConflict,
  MayNotDecide
] as const

// services --------------------------------------------------------------------

export const getManagerApprovals = Operation.make("get_manager_approvals", {
  title: "Get approval queue",
  description:
    "Shows the approvals of a project that wait for a person: the highest risk first, then the " +
    "highest priority, then the oldest.",
  kind: "query",
  permission: "task:read",
  http: { method: "GET", path: "/api/manager/projects/:project_id/approvals" },
  cli: "manager approvals",
  input: ofProject,
  output: Answers.ApprovalQueue,
  errors: [ProjectNotFound],
  tool: false
})

export const getBoardApprovals = Operation.make("get_board_approvals", {
  title: "Get board approvals",
  description:
    "Shows the approvals of a project that wait for a person, with why and for which module.",
  kind: "query",
  permission: "task:read",
  http: { method: "GET", path: "/board/approvals" },
  cli: "manager waiting",
  input: ofProject,
  output: Answers.BoardApprovals,
  errors: [ProjectNotFound],
  tool: false
})

export const getManagerApproval = Operation.make("get_manager_approval", {
  title: "Get approval detail",
  description: "Shows an approval with all that a person decides it by, decided or not.",
  kind: "query",
  permission: "task:read",
  http: { method: "GET", path: "/api/manager/approvals/:approval_id" },
  cli: "manager approval",
  input: { approvalId },
  output: Answers.ApprovalDetail,
  errors: [Refusals.ApprovalActionNotFound],
  tool: false
})

export const approveManagerApproval = Operation.make("approve_manager_approval", {
  title: "Approve dispatch",
  description: "Approves the dispatch that a task waits for, and starts it.",
  kind: "command",
  permission: "approval:decide",
  http: { method: "POST", path: "/api/manager/approvals/:approval_id/approve" },
  cli: "manager approve",
  input: { approvalId },
  output: Answers.ApprovalAnswer,
  errors: [...refusals, Refusals.TaskHeld, Refusals.DispatchFailed],
  tool: false
})

export const rejectManagerApproval = Operation.make("reject_manager_approval", {
  title: "Reject dispatch",
  description: "Rejects the dispatch that a task waits for, with a reason.",
  kind: "command",
  permission: "approval:decide",
  http: { method: "POST", path: "/api/manager/approvals/:approval_id/reject" },
  cli: "manager reject",
  input: {
    approvalId,
    rejectionReason: Schema.optionalKey(
      Schema.NullOr(Schema.String.check(Schema.isMaxLength(10_000))).annotate({
        description: "Why; it may not be blank"
      })
    )
  },
  output: Answers.ApprovalAnswer,
  errors: [...refusals, Refusals.FieldRequired],
  tool: false
})

export const retryManagerDispatch = Operation.make("retry_manager_dispatch", {
  title: "Retry dispatch",
  description: "Starts a task whose dispatch is approved and has not begun. It asks nobody again.",
  kind: "command",
  permission: "approval:decide",
  http: { method: "POST", path: "/api/manager/approvals/:approval_id/retry-dispatch" },
  cli: "manager retry-dispatch",
  input: { approvalId },
  output: Answers.ApprovalAnswer,
  errors: [...refusals, Refusals.TaskHeld, Refusals.DispatchFailed],
  tool: false
})
