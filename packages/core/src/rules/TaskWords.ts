/**
 * The words of a task: its statuses, priorities and the reasons why it is held.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"

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
 * - `repository_needed`: its team has several repositories and it names none
 * - `repository_unusable`: the path of its repository is not one that Foreman can use
 * - `home_away`: its repository lies on another node, which has not been there for a minute
 * - `runner_unusable`: its agent's runner is missing or its configuration is wrong
 * - `rejected`: three reviews in a row sent it back
 * - `landing_failed`: its change conflicted with its target three times in a row
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
  "landing_failed"
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
 * The place of each priority in the queue: 0 is first.
 *
 * @category models
 * @since 0.1.0
 */
export const priorityOrder: Readonly<Record<Priority, number>> = {
  critical: 0,
  high: 1,
  medium: 2,
  low: 3
}
