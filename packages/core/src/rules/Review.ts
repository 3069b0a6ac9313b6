/**
 * Reviews: attempts to judge a task's change at one commit, and what a verdict moves.
 *
 * What happens to a review by itself is in `ReviewEvent.ts`.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"
import { accept, type Decision, refuse } from "./Decision.ts"
import { type PrincipalId, ReviewId, TaskId } from "./Identifier.ts"
import type { MergeJobEvent } from "./MergeJob.ts"
import { type Review, type ReviewEvent, type ReviewerType, Verdict } from "./ReviewEvent.ts"
import { held, moved, type Task, type TaskEvent } from "./Task.ts"
import type { Settings } from "./Team.ts"

// errors ----------------------------------------------------------------------

/**
 * The task has no review.
 *
 * @category errors
 * @since 0.1.0
 */
export class ReviewNotFound extends Schema.TaggedError<ReviewNotFound>()(
  "ReviewNotFound",
  { taskId: TaskId },
  { httpApiStatus: 404 }
) {
  override get message() {
    return "No review found for this task"
  }
}

/**
 * The review has its verdict. It stands.
 *
 * @category errors
 * @since 0.1.0
 */
export class AlreadyDecided extends Schema.TaggedError<AlreadyDecided>()(
  "AlreadyDecided",
  { reviewId: ReviewId, verdict: Verdict },
  { httpApiStatus: 409 }
) {
  override get message() {
    return `Review already has verdict: ${this.verdict}`
  }
}

/**
 * Nobody judges what they wrote.
 *
 * @category errors
 * @since 0.1.0
 */
export class JudgesOwnWork extends Schema.TaggedError<JudgesOwnWork>()(
  "JudgesOwnWork",
  { taskId: TaskId, reviewerId: Schema.String },
  { httpApiStatus: 403 }
) {
  override get message() {
    return `${this.reviewerId} works on task ${this.taskId} and cannot judge it`
  }
}

// rules -----------------------------------------------------------------------

/**
 * How often in a row a change may come back before its task is held for a person to look at.
 *
 * @category models
 * @since 0.1.0
 */
export const maxRejections = 3

/**
 * Opens the next attempt to judge the task's present commit.
 *
 * @category rules
 * @since 0.1.0
 */
export const request = (
  task: Task,
  facts: {
    readonly reviewId: ReviewId
    readonly attempt: number
    readonly reviewerId: PrincipalId | null
    readonly reviewerType: ReviewerType
  }
): Decision<ReviewEvent> =>
  accept({
    type: "review.created",
    data: { ...facts, taskId: task.id, headCommit: task.headCommit }
  })

/**
 * What follows from a successful run: the task waits for its review, or goes straight on.
 *
 * `task` is the task after its run ended. A run that moved its task by itself is not moved again.
 *
 * @category rules
 * @since 0.1.0
 */
export const open = (
  task: Task,
  facts: {
    readonly reviewId: ReviewId
    readonly attempt: number
    readonly delivery: Settings["delivery"]
    readonly requireReview: boolean
    readonly actorId: string
    readonly queued: MergeJobEvent | null
  }
): Decision<TaskEvent | ReviewEvent | MergeJobEvent> => {
  const { actorId, attempt, delivery, queued, requireReview, reviewId } = facts
  if (task.status !== "in_progress" && task.status !== "in_review") return accept()
  const arrived: ReadonlyArray<TaskEvent> =
    task.status === "in_progress" ? [moved(task, "in_review", actorId, "run_succeeded")] : []
  if (delivery === "direct" && !requireReview) {
    const there = { ...task, status: "in_review" as const }
    return accept(...arrived, ...onward(there, actorId, "run_succeeded", queued))
  }
  const review = { reviewId, attempt, reviewerId: null, reviewerType: "user" as const }
  const { headCommit, id: taskId } = task
  return accept<TaskEvent | ReviewEvent>(...arrived, {
    type: "review.created",
    data: { ...review, taskId, headCommit }
  })
}

/**
 * Gives a verdict and moves the task by it.
 *
 * **Gotchas**
 *
 * The verdict on a task that is not in review or has a live run, or on a commit that is no longer
 * the task's, is recorded and moves nothing.
 *
 * @category rules
 * @since 0.1.0
 */
export const decide = (
  review: Review,
  task: Task,
  wish: {
    readonly verdict: Verdict
    readonly summary: string | null
    readonly reviewerId: string
    readonly reviewerType?: ReviewerType
  },
  facts: { readonly autoMerge: boolean; readonly queued: MergeJobEvent | null }
): Decision<TaskEvent | ReviewEvent | MergeJobEvent, AlreadyDecided | JudgesOwnWork> => {
  const { reviewerId, verdict } = wish
  if (review.verdict !== null) {
    return refuse(new AlreadyDecided({ reviewId: review.id, verdict: review.verdict }))
  }
  if (reviewerId === task.assigneeId || reviewerId === task.lastAgentId) {
    return refuse(new JudgesOwnWork({ taskId: task.id, reviewerId }))
  }
  const given: ReviewEvent = {
    type: "review.verdict",
    data: { reviewId: review.id, taskId: task.id, ...wish }
  }
  const isWaiting = task.status === "in_review" && task.liveRunId === null
  if (!isWaiting || review.headCommit !== task.headCommit) return accept<ReviewEvent>(given)
  const moves = verdict === "approve" ? approved(task, wish, facts) : sentBack(task, reviewerId)
  return accept<TaskEvent | ReviewEvent | MergeJobEvent>(given, ...moves)
}

/**
 * Says whether a review approves the task's present commit.
 *
 * @category rules
 * @since 0.1.0
 */
export const approves = (
  review: Pick<Review, "verdict" | "headCommit" | "reviewerId">,
  task: Pick<Task, "headCommit" | "assigneeId" | "lastAgentId">
): boolean =>
  review.verdict === "approve" &&
  review.headCommit === task.headCommit &&
  review.reviewerId !== null &&
  review.reviewerId !== task.assigneeId &&
  review.reviewerId !== task.lastAgentId

export * from "./ReviewEvent.ts"

// internal --------------------------------------------------------------------

const approved = (
  task: Task,
  { reviewerId }: { readonly reviewerId: string },
  { autoMerge, queued }: { readonly autoMerge: boolean; readonly queued: MergeJobEvent | null }
): ReadonlyArray<TaskEvent | MergeJobEvent> =>
  autoMerge
    ? onward(task, reviewerId, "approved", queued)
    : [moved(task, "in_approval", reviewerId, "approved")]

/** From in_review to merging, or to done without commits. Commits that no job can land wait. */
const onward = (
  task: Task,
  actorId: string,
  reason: "approved" | "run_succeeded",
  queued: MergeJobEvent | null
): ReadonlyArray<TaskEvent | MergeJobEvent> => {
  const arrived = moved(task, "in_approval", actorId, reason)
  if (queued === null && task.headCommit !== null) return [arrived]
  const merging = moved({ id: task.id, status: "in_approval" }, "merging", actorId, reason)
  const last = queued ?? moved({ id: task.id, status: "merging" }, "done", actorId, reason)
  return [arrived, merging, last]
}

const sentBack = (task: Task, actorId: string): ReadonlyArray<TaskEvent> => {
  const back = moved(task, "in_progress", actorId, "changes_requested")
  return task.rejections + 1 < maxRejections ? [back] : [back, held(task, "rejected")]
}
