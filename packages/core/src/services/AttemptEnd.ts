/**
 * The command that ends an attempt: its run, its output, its token, its questions to people, and
 * where its task goes.
 *
 * @since 0.1.0
 */
import { Effect } from "effect"
import type { DomainEvent } from "../events/EventTypes.ts"
import type { Kept } from "../ports/ArtifactStore.ts"
import type { StoreError } from "../ports/Driver.ts"
import { principalOf, system } from "../rules/Actor.ts"
import { type ArtifactId, MergeJobId, ReviewId, timestamp } from "../rules/Identifier.ts"
import * as MergeJob from "../rules/MergeJob.ts"
import * as Review from "../rules/Review.ts"
import * as Run from "../rules/Run.ts"
import * as Task from "../rules/Task.ts"
import { asSystem, gone, type NotStarted, placeOf } from "./AttemptShell.ts"
import { withdrawalsOf } from "./HumanRequestEnds.ts"
import * as Projection from "./Projection.ts"
import { latestOf } from "./Reviews.ts"
import type { Session } from "./Session.ts"
import { decided, type Shell, type ShellFailure } from "./Shell.ts"
import { reliedOn, settingsOf } from "./TaskSession.ts"
import { fenceOf, type Tenure } from "./Tenure.ts"
import * as Tokens from "./Tokens.ts"

// models ----------------------------------------------------------------------

/**
 * How an attempt ended, what it wrote, and what it left.
 *
 * @category models
 * @since 0.1.0
 */
export interface Ended extends Run.End {
  readonly hold: Task.Hold | null
  readonly output: (Kept & { readonly id: ArtifactId }) | null
}

// services --------------------------------------------------------------------

/**
 * Ends an attempt, keeps its output, and moves its task on. A run that was cancelled meanwhile
 * only keeps its output.
 *
 * @category services
 * @since 0.1.0
 */
export const end = Effect.fnUntraced(function* (
  shell: Shell["Service"],
  tenure: Tenure,
  { attempt: { id: runId, taskId }, ...how }: Ended & { readonly attempt: Run.Run }
): Effect.fn.Return<void, NotStarted | ShellFailure> {
  const { hold, output, ...ended } = how
  const reviewId = ReviewId.make(yield* shell.allocate("reviews"))
  const mergeJobId = MergeJobId.make(yield* shell.allocate("merge_jobs"))
  const transaction = shell.transact(
    placeOf(tenure, taskId),
    Effect.fnUntraced(function* (session, now) {
      yield* session.relyOn(`run:${runId}`)
      const run = yield* session.get(Projection.runs, { id: runId })
      const task = yield* Effect.catchTag(reliedOn(session, taskId), "TaskNotFound", Effect.die)
      if (run === undefined) return yield* Effect.die(`The run ${runId} is gone`)
      const kept = run.outputId === null ? keptAs(run, output) : []
      const common = { guards: [fenceOf(tenure)], answer: () => null, onGuard: () => gone }
      if (!Run.isLive(run.status)) return { ...common, events: kept }
      const events = yield* Effect.orDie(decided(Run.end(run, task, ended, hold)))
      const onward =
        ended.outcome === "succeeded"
          ? yield* arrive(session, after(task, events, now), run, { reviewId, mergeJobId })
          : []
      const also = yield* Tokens.revoke(session.driver, session.organization, runId)
      const withdrawn = yield* withdrawalsOf(session, runId)
      return { ...common, also, events: [...kept, ...events, ...onward, ...withdrawn] }
    })
  )
  yield* asSystem(`run/${runId}/end/${how.outcome}`, transaction)
})

// internal --------------------------------------------------------------------

/** The task after the events of its own among these. */
const after = (
  task: Task.Task,
  events: ReadonlyArray<Task.TaskEvent | Run.RunEvent>,
  now: number
): Task.Task =>
  events.reduce<Task.Task>((state, event) => {
    if (!Projection.tasks.folds(event.type)) return state
    // As: the projection of tasks folds exactly the events of tasks.
    return Task.evolve(state, event as Task.TaskEvent, timestamp(now)) ?? state
  }, task)

/** What a successful run leads to: a review, or under direct delivery the landing. */
const arrive = Effect.fnUntraced(function* (
  session: Session,
  task: Task.Task,
  run: Run.Run,
  ids: { readonly reviewId: ReviewId; readonly mergeJobId: MergeJobId }
): Effect.fn.Return<ReadonlyArray<DomainEvent>, StoreError> {
  const settings = yield* settingsOf(session, task)
  const repository =
    run.repositoryId === null
      ? undefined
      : yield* session.get(Projection.repositories, { id: run.repositoryId })
  const latest = yield* latestOf(session, task.id)
  const queued = MergeJob.queue(task, {
    mergeJobId: ids.mergeJobId,
    repository: repository ?? null,
    strategy: settings.mergeStrategy
  })
  const facts = {
    reviewId: ids.reviewId,
    attempt: (latest?.attempt ?? 0) + 1,
    delivery: settings.delivery,
    requireReview: settings.requireReview,
    actorId: principalOf(system),
    queued
  }
  return yield* decided(Review.open(task, facts))
})

const keptAs = (run: Run.Run, output: Ended["output"]): ReadonlyArray<DomainEvent> =>
  output === null
    ? []
    : [
        {
          type: "artifact.created",
          data: {
            artifactId: output.id,
            runId: run.id,
            taskId: run.taskId,
            kind: "log",
            name: "output.log",
            contentType: "text/plain; charset=utf-8",
            size: output.size,
            digest: output.digest
          }
        }
      ]
