/**
 * What happens to a review, and what it is after that.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"
import * as Event from "./Event.ts"
import { CommitId, ReviewId, TaskId, Timestamp } from "./Identifier.ts"
import { streamOf } from "./TaskEvent.ts"

// models ----------------------------------------------------------------------

/**
 * How a review ends.
 *
 * @category models
 * @since 0.1.0
 */
export const Verdict = Schema.Literals(["approve", "request_changes", "reject"]).annotate({
  description: "How the review ended"
})
export type Verdict = typeof Verdict.Type

/**
 * Who may be asked to judge.
 *
 * @category models
 * @since 0.1.0
 */
export const ReviewerType = Schema.Literals(["user", "agent"]).annotate({
  description: "Whether a person or an agent is asked to judge"
})
export type ReviewerType = typeof ReviewerType.Type

/**
 * A review.
 *
 * @category models
 * @since 0.1.0
 */
export interface Review extends Schema.Schema.Type<typeof Review> {}
export const Review = Schema.Struct({
  id: ReviewId,
  taskId: TaskId,
  attempt: Schema.Int.annotate({ description: "Counts from 1 per task" }),
  reviewerId: Schema.NullOr(Schema.String),
  reviewerType: ReviewerType,
  verdict: Schema.NullOr(Verdict),
  summary: Schema.NullOr(Schema.String),
  headCommit: Schema.NullOr(CommitId).annotate({ description: "The commit that is judged" }),
  createdAt: Timestamp,
  resolvedAt: Schema.NullOr(Timestamp)
})

export const Created = Event.define(
  "review.created",
  {
    reviewId: ReviewId,
    taskId: TaskId,
    attempt: Schema.Int,
    reviewerId: Schema.NullOr(Schema.String),
    reviewerType: ReviewerType,
    headCommit: Schema.NullOr(CommitId)
  },
  streamOf
)

export const VerdictGiven = Event.define(
  "review.verdict",
  {
    reviewId: ReviewId,
    taskId: TaskId,
    verdict: Verdict,
    summary: Schema.NullOr(Schema.String),
    reviewerId: Schema.NullOr(Schema.String),
    /** Who judged, where that is another kind than who was asked. */
    reviewerType: Schema.optionalKey(ReviewerType)
  },
  streamOf
)

/**
 * What happens to reviews.
 *
 * @category models
 * @since 0.1.0
 */
export type ReviewEvent = Event.EventOf<typeof Created> | Event.EventOf<typeof VerdictGiven>

// rules -----------------------------------------------------------------------

/**
 * Folds one event into the review.
 *
 * @category rules
 * @since 0.1.0
 */
export const evolve = (
  before: Review | undefined,
  event: ReviewEvent,
  at: Timestamp
): Review | undefined => {
  if (event.type === "review.verdict") {
    const { reviewerId, summary, verdict } = event.data
    if (before === undefined) return undefined
    const reviewerType = event.data.reviewerType ?? before.reviewerType
    return { ...before, verdict, summary, reviewerId, reviewerType, resolvedAt: at }
  }
  const { reviewId, ...rest } = event.data
  const open = { verdict: null, summary: null, createdAt: at, resolvedAt: null }
  return { id: reviewId, ...rest, ...open }
}
