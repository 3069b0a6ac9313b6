/**
 * What an explanation tells of a task that has left the queue: its runs, its review, its landing.
 *
 * @internal
 */
import type { Explanation, Facts, Reason } from "./ExplainModel.ts"
import type { Silence } from "./ExplainSilence.ts"
import type { Run } from "./RunEvent.ts"

// rules -----------------------------------------------------------------------

/** A run in an explanation, and since when nothing is heard of it, if that is so. */
export const shown = (
  run: Run,
  silence: Silence | null = null
): NonNullable<Explanation["run"]> => ({
  runId: run.id,
  agentId: run.agentId,
  attempt: run.attempt,
  status: run.status,
  cause: run.cause,
  words: `${wordsOf(run)}${silence === null ? "" : heardAt(silence)}`,
  since: run.endedAt ?? run.startedAt ?? run.queuedAt
})

/** What a task waits for that is no longer for the dispatcher to start. */
export const reasonsOf = (facts: Facts): ReadonlyArray<Reason> => {
  const { lastRun, questions, run, task } = facts
  if (run !== null) return questions.length === 0 ? [] : [asking(questions)]
  switch (task.status) {
    case "in_review":
      return [inReview(facts)]
    case "in_approval":
      return [
        {
          code: "in_approval",
          words: "It was approved and waits for somebody to let it merge",
          facts: {},
          todo: "Move it to merging"
        }
      ]
    case "merging":
      return [merging(facts)]
    case "in_progress": {
      if (task.isRework) return []
      const isOver = lastRun !== null && lastRun.status !== "succeeded"
      return [isOver && task.lastOutcome !== null ? failed(lastRun) : byHand(facts)]
    }
    default:
      return []
  }
}

// internal --------------------------------------------------------------------

const wordsOf = ({ attempt, cause, status }: Run): string => {
  const why = cause === null ? "" : ` (${cause})`
  const said: Readonly<Record<Run["status"], string>> = {
    queued: "is queued and not yet started",
    starting: "is being started",
    running: "is running",
    succeeded: "succeeded",
    failed: `failed${why}`,
    cancelled: `was stopped${why}`,
    lost: `was lost with the process that carried it out${why}`
  }
  return `Run ${attempt} ${said[status]}`
}

const heardAt = ({ since }: Silence): string =>
  `; the last sign of life from its node was at ${since}`

const asking = (questions: ReadonlyArray<number>): Reason => ({
  code: "asks_person",
  words: `Its run waits for a person's answer to ${questions.length === 1 ? "a question" : "questions"}`,
  facts: { request_ids: questions },
  todo: `Answer human request ${questions.join(", ")}`
})

const inReview = ({ review, task }: Facts): Reason =>
  review === null
    ? {
        code: "in_review",
        words: "It is in review, and no review of it is open",
        facts: {},
        todo:
          `Request a review (request_review, foreman review request ${task.id}), ` +
          "then approve or reject that"
      }
    : {
        code: "in_review",
        words: `Review ${review.attempt} of it waits for a verdict`,
        facts: { review_id: review.id, review_attempt: review.attempt },
        todo:
          "Approve or reject the review (approve_task or reject_task; " +
          `foreman review approve ${task.id} or foreman review reject ${task.id})`
      }

const merging = ({ mergeJob }: Facts): Reason =>
  mergeJob === null
    ? {
        code: "merging",
        words: "It is to merge, and nothing of it has to land",
        facts: {},
        todo: "Move it to done, or back to in_progress"
      }
    : {
        code: "merging",
        words: `Its change is on its way: merge job ${mergeJob.id} is ${mergeJob.status}`,
        facts: { merge_job_id: mergeJob.id, merge_job_status: mergeJob.status },
        todo: "Nothing: it is done when the change has landed"
      }

const failed = (run: Run): Reason => ({
  code: "run_failed",
  words: wordsOf(run),
  facts: { run_id: run.id, run_status: run.status, cause: run.cause },
  todo: "Look at the run's output, then retry the task"
})

const byHand = ({ task }: Facts): Reason => ({
  code: "started_by_hand",
  words: "It is in progress without a run: whoever started it works at it",
  facts: { assignee_id: task.assigneeId },
  todo: "Nothing, or move it back to todo to have it dispatched"
})
