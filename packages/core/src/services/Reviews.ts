/**
 * Reviews of tasks, their verdicts, and where the merge of a task stands.
 *
 * @since 0.1.0
 */
import { Context, Effect, Layer } from "effect"
import type { Output } from "../operations/Operation.ts"
import { CurrentActor } from "../operations/Authorization.ts"
import type * as Operations from "../operations/ReviewOperations.ts"
import type { Find } from "../ports/Driver.ts"
import { AgentNotFound } from "../rules/Agent.ts"
import { MergeJobId, ReviewId, type TaskId } from "../rules/Identifier.ts"
import * as Review from "../rules/Review.ts"
import { organizationOf } from "./Directory.ts"
import type { Method } from "./Method.ts"
import * as Paging from "./Paging.ts"
import * as Projection from "./Projection.ts"
import type { Session } from "./Session.ts"
import { decided, Shell } from "./Shell.ts"
import { mustOwn, onBehalfOf } from "./Standing.ts"
import { landing } from "./TaskMoves.ts"
import { reliedOn, settingsOf, taskOf } from "./TaskSession.ts"

// services --------------------------------------------------------------------

/**
 * The reviews of this store.
 *
 * @category services
 * @since 0.1.0
 */
export class Reviews extends Context.Service<
  Reviews,
  {
    readonly request: Method<typeof Operations.requestReview>
    readonly list: Method<typeof Operations.listReviews>
    readonly approve: Method<typeof Operations.approveTask>
    readonly reject: Method<typeof Operations.rejectTask>
    readonly mergeStatus: Method<typeof Operations.getMergeStatus>
  }
>()("@foreman/core/Reviews") {
  static readonly layer: Layer.Layer<Reviews, never, Shell> = Layer.effect(
    Reviews,
    Effect.map(Shell, make)
  )
}

/**
 * The latest review of a task as an attempt at a decision reads it.
 *
 * @category services
 * @since 0.1.0
 */
export const latestOf = Effect.fnUntraced(function* (session: Session, taskId: TaskId) {
  const [row] = yield* session.driver.find(reviewsOf(session.organization, taskId, 1))
  return row === undefined ? undefined : Projection.reviews.fromRow(row)
})

// internal --------------------------------------------------------------------

function make(shell: Shell["Service"]): Reviews["Service"] {
  return {
    ...makeReads(shell),
    request: makeRequest(shell),
    approve: (input) => decide(shell, "approve", input),
    reject: (input) => decide(shell, "reject", input)
  }
}

const makeReads = (shell: Shell["Service"]): Pick<Reviews["Service"], "list" | "mergeStatus"> => ({
  list: Effect.fnUntraced(function* ({ taskId, ...page }) {
    const organization = yield* organizationOf(shell, "task", taskId)
    if (organization === undefined) return Paging.empty
    const { limit: _, ...query } = reviewsOf(organization, taskId, 1)
    const toItem = (row: Parameters<typeof Projection.reviews.fromRow>[0]) =>
      shown(Projection.reviews.fromRow(row))
    return yield* shell.read((driver) => Paging.find(driver, { ...query, toItem }, page))
  }),
  mergeStatus: Effect.fnUntraced(function* ({ taskId }) {
    const organization = yield* organizationOf(shell, "task", taskId)
    const nothing = { taskId, reviewVerdict: null, reviewAttempt: null, mergeJobs: [] }
    if (organization === undefined) return { ...nothing, canMerge: false }
    return yield* shell.read(
      Effect.fnUntraced(function* (driver) {
        const task = yield* driver.get(organization, "tasks", { id: taskId })
        if (task === undefined) return { ...nothing, canMerge: false }
        const [row] = yield* driver.find(reviewsOf(organization, taskId, 1))
        const jobs = yield* driver.find({
          organization,
          table: "merge_jobs",
          index: "merge_jobs_by_task",
          equals: { task_id: taskId },
          direction: "descending",
          limit: 50
        })
        const review = row === undefined ? undefined : Projection.reviews.fromRow(row)
        return {
          taskId,
          reviewVerdict: review?.verdict ?? null,
          reviewAttempt: review?.attempt ?? null,
          mergeJobs: jobs.map(Projection.mergeJobs.fromRow),
          canMerge: review !== undefined && Review.approves(review, Projection.tasks.fromRow(task))
        }
      })
    )
  })
})

const makeRequest = (shell: Shell["Service"]): Reviews["Service"]["request"] =>
  Effect.fnUntraced(function* ({ reviewerId = null, reviewerType, taskId }) {
    const actor = yield* CurrentActor
    const { organization } = yield* taskOf(shell, taskId)
    const reviewId = ReviewId.make(yield* shell.allocate("reviews"))
    return yield* shell.transact(
      { organization, queue: `task:${taskId}` },
      Effect.fnUntraced(function* (session) {
        const task = yield* reliedOn(session, taskId)
        yield* mustOwn(actor, task)
        if (reviewerId !== null && reviewerType === "agent") {
          const agent = yield* session.get(Projection.agents, { id: reviewerId })
          if (agent === undefined) return yield* new AgentNotFound({ agentId: reviewerId })
        }
        const latest = yield* latestOf(session, taskId)
        const attempt = (latest?.attempt ?? 0) + 1
        const facts = { reviewId, attempt, reviewerId, reviewerType }
        const events = yield* decided(Review.request(task, facts))
        return {
          events,
          answer: ({ after }) => shown(after<Review.Review>(Projection.reviews, { id: reviewId }))
        }
      })
    )
  })

const decide = Effect.fnUntraced(function* (
  shell: Shell["Service"],
  verdict: Review.Verdict,
  { reviewerId: named, summary = null, taskId }: Parameters<Reviews["Service"]["approve"]>[0]
) {
  const reviewerId = yield* onBehalfOf(named)
  const { organization } = yield* taskOf(shell, taskId)
  const mergeJobId = MergeJobId.make(
    verdict === "approve" ? yield* shell.allocate("merge_jobs") : 1
  )
  return yield* shell.transact(
    { organization, queue: `task:${taskId}` },
    Effect.fnUntraced(function* (session) {
      const task = yield* reliedOn(session, taskId)
      const review = yield* latestOf(session, taskId)
      if (review === undefined) return yield* new Review.ReviewNotFound({ taskId })
      const settings = yield* settingsOf(session, task)
      const [queued = null] =
        verdict === "approve" ? yield* landing(session, task, mergeJobId, settings) : []
      const agent = yield* session.get(Projection.agents, { id: reviewerId })
      const reviewerType = agent === undefined ? ("user" as const) : ("agent" as const)
      const wish = { verdict, summary, reviewerId, reviewerType }
      const facts = { autoMerge: settings.autoMerge, queued }
      const events = yield* decided(Review.decide(review, task, wish, facts))
      return {
        events,
        answer: ({ after }) => shown(after<Review.Review>(Projection.reviews, { id: review.id }))
      }
    })
  )
})

const reviewsOf = (organization: string, taskId: TaskId, limit: number): Find => ({
  organization,
  table: "reviews",
  index: "reviews_by_task",
  equals: { task_id: taskId },
  direction: "descending",
  limit
})

const shown = (review: Review.Review): Output<typeof Operations.approveTask> => ({
  ...review,
  comments: []
})
