/**
 * What can be asked about reviews and merges.
 *
 * @since 0.1.0
 */
import { Effect, Schema } from "effect"
import { ActsForAnother } from "../rules/Actor.ts"
import { AgentNotFound } from "../rules/Agent.ts"
import { PrincipalId, TaskId } from "../rules/Identifier.ts"
import * as Review from "../rules/Review.ts"
import { TaskNotFound } from "../rules/Task.ts"
import { MergeStatus, ReviewDetail } from "./Answers.ts"
import * as Operation from "./Operation.ts"

// models ----------------------------------------------------------------------

const verdict = {
  taskId: TaskId,
  summary: Schema.optionalKey(
    Schema.NullOr(
      Schema.String.check(Schema.isMaxLength(100_000)).annotate({ description: "What you found" })
    )
  ),
  reviewerId: Schema.optionalKey(
    Schema.NullOr(PrincipalId.annotate({ description: "Who judges; yourself if absent" }))
  )
}

const refusals = [
  TaskNotFound,
  Review.ReviewNotFound,
  Review.AlreadyDecided,
  Review.JudgesOwnWork,
  ActsForAnother
] as const

// services --------------------------------------------------------------------

export const requestReview = Operation.make("request_review", {
  title: "Request review",
  description: "Opens the next review of a task, bound to the present commit of its branch.",
  kind: "command",
  permission: "review:request",
  http: { method: "POST", path: "/api/v1/tasks/:task_id/reviews", status: 201 },
  cli: "review request",
  input: {
    taskId: TaskId,
    reviewerId: Schema.optionalKey(
      Schema.NullOr(PrincipalId.annotate({ description: "Who is asked; anyone if absent" }))
    ),
    reviewerType: Review.ReviewerType.pipe(
      Schema.withDecodingDefaultKey(Effect.succeed("user" as const))
    )
  },
  output: ReviewDetail,
  errors: [TaskNotFound, AgentNotFound],
  tool: { roles: ["manager", "engineer"] }
})

export const listReviews = Operation.makeList("list_reviews", {
  title: "List reviews",
  description: "Lists the reviews of a task, latest attempt first.",
  permission: "task:read",
  http: { method: "GET", path: "/api/v1/tasks/:task_id/reviews" },
  cli: "review list",
  input: { taskId: TaskId },
  item: ReviewDetail,
  errors: [],
  tool: false
})

export const approveTask = Operation.make("approve_task", {
  title: "Approve task",
  description:
    "Approves the latest review of a task by someone who did not work on it. " +
    "A task in review then merges.",
  kind: "command",
  permission: "review:decide",
  http: { method: "POST", path: "/api/v1/tasks/:task_id/approve" },
  cli: "review approve",
  input: verdict,
  output: ReviewDetail,
  errors: refusals,
  tool: { roles: ["manager", "reviewer"] }
})

export const rejectTask = Operation.make("reject_task", {
  title: "Reject task",
  description:
    "Rejects the latest review of a task. A task in review goes back to its agent with your summary.",
  kind: "command",
  permission: "review:decide",
  http: { method: "POST", path: "/api/v1/tasks/:task_id/reject" },
  cli: "review reject",
  input: verdict,
  output: ReviewDetail,
  errors: refusals,
  tool: { roles: ["manager", "reviewer"] }
})

export const getMergeStatus = Operation.make("get_merge_status", {
  title: "Get merge status",
  description: "Shows the latest verdict on a task and the jobs that bring it onto its target.",
  kind: "query",
  permission: "task:read",
  http: { method: "GET", path: "/api/v1/tasks/:task_id/merge-status" },
  cli: "merge status",
  input: { taskId: TaskId },
  output: MergeStatus,
  errors: [],
  tool: { roles: ["manager", "reviewer"] }
})
