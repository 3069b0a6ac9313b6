/**
 * The words of a task: its statuses, priorities and the reasons why it is held.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"
import { problemOf } from "./Span.ts"

// models ----------------------------------------------------------------------

/**
 * Where a task stands in its workflow.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Status = Schema.Literals([
  "todo",
  "in_progress",
  "in_review",
  "in_approval",
  "merging",
  "done",
  "cancelled"
]).annotate({ description: "Where the task stands in its workflow" })
export type Status = typeof Status.Type

/**
 * How soon an agent takes a task.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Priority = Schema.Literals(["critical", "high", "medium", "low"]).annotate({
  description: "How soon an agent takes the task"
})
export type Priority = typeof Priority.Type

/**
 * What is to be done, in one line of at most 500 characters.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Title = Schema.String.check(Schema.isMinLength(1), Schema.isMaxLength(500)).annotate({
  description: "What is to be done, in one line"
})

/**
 * A word that groups tasks: 1 to 100 characters, whatever they are.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Tag = Schema.String.check(Schema.isMinLength(1), Schema.isMaxLength(100))

/**
 * Why nothing starts a task by itself.
 *
 * - `repository_needed`: its team has several repositories, and neither it nor its project names one
 * - `repository_unusable`: the path of its repository is not one that Foreman can use
 * - `home_away`: its repository lies on another node, which has not been there for a minute
 * - `runner_unusable`: its agent's runner is missing or its configuration is wrong
 * - `rejected`: it was sent back three times, the last time by a review
 * - `landing_failed`: it was sent back three times, the last time because its change could not land
 * - `backoff`: its latest run failed, and another one follows later
 * - `quota`: what its runner may use is used up until then
 * - `dead_letter`: its runs failed as often as they are tried
 * - `approval`: a person is asked whether it may be dispatched
 * - `approval_rejected`, `approval_expired`: the person said no, or nothing
 * - `paused`: a person has put it aside
 *
 * @category schemas
 * @since 0.1.0
 */
export const Hold = Schema.Literals([
  "repository_needed",
  "repository_unusable",
  "home_away",
  "runner_unusable",
  "rejected",
  "landing_failed",
  "backoff",
  "quota",
  "dead_letter",
  "approval",
  "approval_rejected",
  "approval_expired",
  "paused"
])
export type Hold = typeof Hold.Type

/**
 * How a run ended.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Outcome = Schema.Literals(["succeeded", "failed", "cancelled", "lost"])
export type Outcome = typeof Outcome.Type

/**
 * Whether a task only reads. Who only reads changes nothing and holds no lease.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Type = Schema.Literals(["read", "write"]).annotate({
  description: "Whether the task only reads, or may change its repository"
})
export type Type = typeof Type.Type

/**
 * How soon an agent takes the task, as a number: the higher, the sooner.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Urgency = Schema.Int.check(
  Schema.isBetween({ minimum: 1, maximum: 1_000_000 })
).annotate({ description: "How soon an agent takes the task; higher is sooner" })
export type Urgency = typeof Urgency.Type

/**
 * Where the latest approval of a dispatch stands; `used` by a run.
 *
 * @category schemas
 * @since 0.1.0
 */
export const ApprovalStatus = Schema.Literals([
  "pending",
  "approved",
  "used",
  "rejected",
  "expired"
])
export type ApprovalStatus = typeof ApprovalStatus.Type

/**
 * What must be writable for a task, as asked for: `repo:<project>`, `module:<id>`, `task:<id>` or a
 * span as `repo/<id>/src/`.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Scope = Schema.String.check(
  Schema.isMinLength(1),
  Schema.isMaxLength(1000),
  Schema.makeFilter((text) => problemOf(text))
).annotate({
  description: "repo:<project>, module:<id>, task:<id> or a span as repo/<id>/src/"
})

/**
 * The words of priority as urgencies. A number between two words has the lower one's name.
 *
 * @category rules
 * @since 0.1.0
 */
export const urgencyOf: Readonly<Record<Priority, Urgency>> = {
  critical: 100,
  high: 50,
  medium: 10,
  low: 1
}

/**
 * The word for an urgency.
 *
 * **Example** (Between two words)
 *
 * ```ts import.meta.vitest
 * import { Task } from "@foreman/core"
 *
 * Task.priorityOf(49) // => "medium"
 * Task.priorityOf(50) // => "high"
 * ```
 *
 * @category rules
 * @since 0.1.0
 */
export const priorityOf = (urgency: Urgency): Priority =>
  urgency >= urgencyOf.critical
    ? "critical"
    : urgency >= urgencyOf.high
      ? "high"
      : urgency >= urgencyOf.medium
        ? "medium"
        : "low"
