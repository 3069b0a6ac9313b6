/**
 * What an explanation tells of a task that has left the queue: its run, its review, its landing.
 *
 * @internal
 */
import { endedBy } from "./ExplainHolds.ts"
import type { Facts, Reason } from "./ExplainModel.ts"
import { factsOfRun, wordsOfRun } from "./ExplainRun.ts"
import type { Run } from "./RunEvent.ts"

// rules -----------------------------------------------------------------------

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
      // A hold that came with the end of its run tells of that, and what to do about it.
      if (task.isRework || endedBy(facts) !== null) return []
      const isOver = lastRun !== null && lastRun.status !== "succeeded"
      return [isOver && task.lastOutcome !== null ? failed(lastRun) : byHand(facts)]
    }
    default:
      return []
  }
}

// internal --------------------------------------------------------------------

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
  words: wordsOfRun(run),
  facts: factsOfRun(run),
  todo: "Look at the run's output, then retry the task"
})

const byHand = ({ task }: Facts): Reason => ({
  code: "started_by_hand",
  words: "It is in progress without a run: whoever started it works at it",
  facts: { assignee_id: task.assigneeId },
  todo: "Nothing, or move it back to todo to have it dispatched"
})
