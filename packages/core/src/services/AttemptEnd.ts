/**
 * The command that ends an attempt: its run, its output, its token, its questions to people, and
 * where its task goes.
 *
 * @since 0.1.0
 */
import { Effect } from "effect"
import type { DomainEvent } from "../events/EventTypes.ts"
import type { Step, StoreError } from "../ports/Driver.ts"
import { principalOf, system } from "../rules/Actor.ts"
import type { TokenUsage } from "../rules/AgentRequest.ts"
import * as Artifact from "../rules/Artifact.ts"
import { MergeJobId, ReviewId, timestamp } from "../rules/Identifier.ts"
import * as MergeJob from "../rules/MergeJob.ts"
import * as Review from "../rules/Review.ts"
import * as Run from "../rules/Run.ts"
import * as Retry from "../rules/Retry.ts"
import * as Task from "../rules/Task.ts"
import { usageOf } from "./AttemptReports.ts"
import { asSystem, gone, type NotStarted, placeOf } from "./AttemptShell.ts"
import { ArtifactLimits } from "./ArtifactLimits.ts"
import { roomOf, standingIn } from "./ArtifactStanding.ts"
import { withdrawalsOf } from "./HumanRequestEnds.ts"
import { forgotten } from "./Leases.ts"
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
  /** Where it lies that it failed, if that is more than its cause tells. */
  readonly fault?: Retry.Fault
  /** What it left, as far as the bytes are kept. */
  readonly output: ReadonlyArray<Artifact.Wanted> | null
  /** What it has used in all, where that is not recorded yet. */
  readonly usage?: TokenUsage | undefined
}

/**
 * Who may end an attempt: its organisation, and the step that holds only while it may.
 *
 * @category models
 * @since 0.1.0
 */
export interface Fence extends Pick<Tenure, "organization"> {
  readonly guard: Step
}

// services --------------------------------------------------------------------

/**
 * The fence of a dispatcher: it holds while its tenure does.
 *
 * @category services
 * @since 0.1.0
 */
export const under = (tenure: Tenure): Fence => ({
  organization: tenure.organization,
  guard: fenceOf(tenure)
})

/**
 * Ends an attempt, keeps its output, and moves its task on. A run that was cancelled meanwhile
 * only keeps its output.
 *
 * @category services
 * @since 0.1.0
 */
export const end = Effect.fnUntraced(function* (
  shell: Shell["Service"],
  fence: Fence,
  { attempt: { id: runId, taskId }, ...how }: Ended & { readonly attempt: Run.Run }
): Effect.fn.Return<void, NotStarted | ShellFailure> {
  const { fault, hold, output, usage, ...ended } = how
  const reviewId = ReviewId.make(yield* shell.allocate("reviews"))
  const mergeJobId = MergeJobId.make(yield* shell.allocate("merge_jobs"))
  const transaction = shell.transact(
    placeOf(fence, taskId),
    Effect.fnUntraced(function* (session, now) {
      yield* session.relyOn(`run:${runId}`)
      const run = yield* session.get(Projection.runs, { id: runId })
      const task = yield* Effect.catchTag(reliedOn(session, taskId), "TaskNotFound", Effect.die)
      if (run === undefined) return yield* Effect.die(`The run ${runId} is gone`)
      const { events: kept, room } = yield* keptAs(session, run, output ?? [])
      const common = { guards: [fence.guard], answer: () => null, onGuard: () => gone }
      if (!Run.isLive(run.status)) return { ...common, also: room, events: kept }
      const used = usage === undefined ? [] : [usageOf(run, usage)]
      const after = yield* aftermathOf(session, task, { ...ended, fault, hold, now })
      const events = yield* Effect.orDie(decided(Run.end(run, task, ended, after)))
      const onward =
        ended.outcome === "succeeded"
          ? yield* arrive(session, taskAfter(task, events, now), run, { reviewId, mergeJobId })
          : []
      const tokens = yield* Tokens.revoke(session.driver, session.organization, runId)
      const also = [...tokens, forgotten(runId), ...room]
      const withdrawn = yield* withdrawalsOf(session, runId)
      return { ...common, also, events: [...used, ...kept, ...events, ...onward, ...withdrawn] }
    })
  )
  yield* asSystem(`run/${runId}/end/${how.outcome}`, transaction)
})

/**
 * Keeps what the agent of a run wrote that is over already, whoever has told its end. That needs no
 * fence: what is over stays so.
 *
 * @category services
 * @since 0.1.0
 */
export const keep = Effect.fnUntraced(function* (
  shell: Shell["Service"],
  organization: string,
  { id: runId, taskId }: Run.Run,
  output: ReadonlyArray<Artifact.Wanted>
): Effect.fn.Return<void, ShellFailure> {
  const transaction = shell.transact(
    placeOf({ organization }, taskId),
    Effect.fnUntraced(function* (session) {
      yield* session.relyOn(`run:${runId}`)
      const run = yield* session.get(Projection.runs, { id: runId })
      const isOver = run !== undefined && !Run.isLive(run.status)
      const { events, room } = isOver ? yield* keptAs(session, run, output) : nothing
      return { also: room, events, answer: () => null }
    })
  )
  yield* asSystem(`run/${runId}/keep`, transaction)
})

// internal --------------------------------------------------------------------

const nothing = { events: [], room: [] }

/** What becomes of the task of a run that failed, or null. */
const aftermathOf = Effect.fnUntraced(function* (
  session: Session,
  task: Task.Task,
  {
    fault,
    hold,
    now,
    ...ended
  }: Omit<Ended, "fault" | "output" | "usage"> & {
    readonly fault: Ended["fault"] | undefined
    readonly now: number
  }
): Effect.fn.Return<Retry.Aftermath | null, StoreError> {
  if (hold !== null) return { hold, until: null, isAgain: false }
  if (ended.outcome !== "failed" && ended.outcome !== "lost") return null
  const { retries = 0 } = yield* settingsOf(session, task)
  const failed = { cause: ended.cause, fault: fault ?? Retry.faultOf(ended) }
  return Retry.after(task, failed, { now, retries })
})

/** The task after the events of its own among these. */
const taskAfter = (task: Task.Task, events: ReadonlyArray<DomainEvent>, now: number): Task.Task =>
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

/**
 * Each has a name of its own, also where two differed only in what is not shown. What other runs have
 * left no room for meanwhile stays out; `room` holds while nothing more is kept than may be.
 */
const keptAs = Effect.fnUntraced(function* (
  session: Session,
  run: Run.Run,
  output: ReadonlyArray<Artifact.Wanted>
): Effect.fn.Return<Kept, StoreError> {
  if (run.outputId !== null || output.length === 0) return nothing
  const limits = yield* ArtifactLimits
  const { names, roomFor } = yield* standingIn(session.driver, session.organization, run.id)
  const { fitting, out } = Artifact.fitting(output, roomFor(limits))
  if (out.length > 0) {
    yield* Effect.logWarning(`There was no room for ${out.length} artifacts of run ${run.id}`)
  }
  const taken = new Set(names)
  const events = fitting.map((wanted) => {
    const name = Artifact.unlike(wanted.name, taken)
    taken.add(name)
    return Artifact.create(run, { ...wanted, name })
  })
  const isOfAgent = fitting.some(({ kind, size }) => size > 0 && !Artifact.isReserved(kind))
  // After the rows of these are written: then their bytes are counted already.
  return { events, room: isOfAgent ? roomOf(limits, 0) : [] }
})

interface Kept {
  readonly events: ReadonlyArray<DomainEvent>
  readonly room: ReadonlyArray<Step>
}
