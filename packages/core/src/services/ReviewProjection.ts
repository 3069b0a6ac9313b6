/**
 * The tables of reviews and of merge jobs, which stand in the streams of their tasks.
 *
 * @since 0.1.0
 */
import * as MergeJob from "../rules/MergeJob.ts"
import * as Review from "../rules/Review.ts"
import type { Projection } from "./Fold.ts"
import * as RowCodec from "./RowCodec.ts"

// rules -----------------------------------------------------------------------

/**
 * Reviews. `is_open` marks those without a verdict.
 *
 * @category models
 * @since 0.1.0
 */
export const reviews: Projection<Review.Review, Review.ReviewEvent> = {
  table: "reviews",
  folds: (type) => type.startsWith("review."),
  keyOf: ({ data }) => ({ id: data.reviewId }),
  evolve: Review.evolve,
  ...RowCodec.make<Review.Review>(
    {
      id: "plain",
      taskId: "plain",
      attempt: "plain",
      reviewerId: "plain",
      reviewerType: "plain",
      verdict: "plain",
      summary: "plain",
      headCommit: "plain",
      createdAt: "instant",
      resolvedAt: "instant"
    },
    ({ verdict }) => ({ is_open: verdict === null })
  )
}

/**
 * Merge jobs. `is_open` marks those that are not over, `is_running` those that are being landed.
 *
 * @category models
 * @since 0.1.0
 */
export const mergeJobs: Projection<MergeJob.MergeJob, MergeJob.MergeJobEvent> = {
  table: "merge_jobs",
  folds: (type) => type.startsWith("merge."),
  keyOf: ({ data }) => ({ id: data.mergeJobId }),
  evolve: MergeJob.evolve,
  ...RowCodec.make<MergeJob.MergeJob>(
    {
      id: "plain",
      taskId: "plain",
      repoId: "plain",
      status: "plain",
      strategy: "plain",
      branch: "plain",
      targetBranch: "plain",
      baseCommit: "plain",
      headCommit: "plain",
      mergeCommit: "plain",
      landedOn: "plain",
      error: "plain",
      createdAt: "instant",
      startedAt: "instant",
      completedAt: "instant"
    },
    (job) => ({ is_open: MergeJob.isOpen(job), is_running: job.status === "running" })
  )
}
