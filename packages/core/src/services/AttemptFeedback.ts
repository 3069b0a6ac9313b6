/**
 * Why a task came back: what its reviewer said last, or why its change could not land.
 *
 * @since 0.1.0
 */
import { Effect } from "effect"
import type { Task } from "../rules/Task.ts"
import * as Projection from "./Projection.ts"
import { latestOf } from "./Reviews.ts"
import type { Session } from "./Session.ts"

// services --------------------------------------------------------------------

/**
 * What whoever works at the task again should know; null when nobody sent it back.
 *
 * @category services
 * @since 0.1.0
 */
export const feedbackOf = Effect.fnUntraced(function* (session: Session, task: Task) {
  const review = yield* latestOf(session, task.id)
  const [row] = yield* session.driver.find({
    organization: session.organization,
    table: "merge_jobs",
    index: "merge_jobs_by_task",
    equals: { task_id: task.id },
    direction: "descending",
    limit: 1
  })
  const job = row === undefined ? undefined : Projection.mergeJobs.fromRow(row)
  const said = review?.verdict === "approve" ? null : (review ?? null)
  const failed = job?.status === "failed" ? job : null
  // What came last sent it back; what came before was worked at already.
  const isFailed = failed !== null && (failed.completedAt ?? "") > (said?.resolvedAt ?? "")
  if (isFailed) return failed.error
  // Whoever is sent back without a word still learns that.
  return said === null || said.resolvedAt === null ? null : (said.summary ?? wordless)
})

// internal --------------------------------------------------------------------

const wordless = "A reviewer sent it back and did not say why."
