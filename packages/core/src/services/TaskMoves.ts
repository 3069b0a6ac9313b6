/**
 * The move of a task that somebody asks for, with all that follows in the same commit: a cancelled
 * task stops its run, a task that is to merge queues its landing, one that nobody has belongs to the
 * agent that starts it.
 *
 * @since 0.1.0
 */
import { Effect } from "effect"
import type { DomainEvent } from "../events/EventTypes.ts"
import { CurrentActor } from "../operations/Authorization.ts"
import type { Actor } from "../rules/Actor.ts"
import { MergeJobId, type TaskId } from "../rules/Identifier.ts"
import * as MergeJob from "../rules/MergeJob.ts"
import * as Review from "../rules/Review.ts"
import * as Run from "../rules/Run.ts"
import * as Task from "../rules/Task.ts"
import type { Settings } from "../rules/Team.ts"
import { followed } from "./ApprovalFollow.ts"
import { withdrawalsOf } from "./HumanRequestEnds.ts"
import { forgotten } from "./Leases.ts"
import type { Policies } from "./Policies.ts"
import * as Projection from "./Projection.ts"
import type { Session } from "./Session.ts"
import { decided, type Shell } from "./Shell.ts"
import { mustOwn, onBehalfOf } from "./Standing.ts"
import * as TaskGate from "./TaskGate.ts"
import { blockersOf, reliedOn, settingsOf, taskOf } from "./TaskSession.ts"
import type { Tasks } from "./Tasks.ts"

// services --------------------------------------------------------------------

/**
 * The part of `Tasks` that moves them.
 *
 * @category services
 * @since 0.1.0
 */
export const makeMove = (shell: Shell["Service"], policies: Policies): Tasks["Service"]["move"] =>
  Effect.fnUntraced(function* ({ actorId: named, status, taskId }) {
    const actor = yield* CurrentActor
    const actorId = yield* onBehalfOf(named)
    const { organization } = yield* taskOf(shell, taskId)
    const mergeJobId = MergeJobId.make(
      status === "merging" ? yield* shell.allocate("merge_jobs") : 1
    )
    const needed = TaskGate.asking(shell, policies, actor, { organization, taskId })
    return yield* shell
      .transact(
        { organization, queue: `task:${taskId}` },
        Effect.fnUntraced(function* (session, now) {
          const task = yield* reliedOn(session, taskId)
          const claimant = yield* claimantOf(session, actor, { task, to: status })
          if (claimant === undefined) yield* mustOwn(actor, task)
          const settings = yield* settingsOf(session, task)
          const job = task.status === "merging" ? yield* openJobOf(session, taskId) : undefined
          const moves = yield* decided(
            Task.move(task, status, {
              actorId,
              actingRunId: actor.run?.id,
              claimant,
              blockedBy: status === "in_progress" ? yield* blockersOf(session, task) : [],
              requireReview: settings.requireReview,
              isApproved: status === "merging" && (yield* isApproved(session, task)),
              mergeJob: job === undefined ? null : { isRunning: job.status === "running" }
            })
          )
          const said = yield* TaskGate.gated(session, policies, actor, { task, to: status, now })
          if (said?.isOpen === false) {
            return yield* new Task.ApprovalNeeded({ taskId, approvalId: task.approvalId })
          }
          const events: ReadonlyArray<DomainEvent> = [
            ...(status === "cancelled" ? yield* stopRun(session, task) : []),
            ...(job === undefined ? [] : [withdrawn(job)]),
            ...(said === undefined
              ? yield* followed(session, task, moves)
              : [...said.events, ...moves]),
            ...(status === "merging" ? yield* landing(session, task, mergeJobId, settings) : [])
          ]
          // The process that carried out a run of it hears of the end, and has nothing to renew any more.
          const over = status === "cancelled" ? task.liveRunId : null
          return {
            events,
            also: over === null ? [] : [forgotten(over)],
            answer: ({ after }) => after<Task.Task>(Projection.tasks, { id: taskId })
          }
        })
      )
      .pipe(Effect.catchTag("ApprovalNeeded", () => Effect.flatMap(needed, Effect.fail)))
  })

/**
 * The merge job of a task that is not over, if there is one.
 *
 * @category services
 * @since 0.1.0
 */
export const openJobOf = Effect.fnUntraced(function* (session: Session, taskId: TaskId) {
  const [row] = yield* session.driver.find({
    organization: session.organization,
    table: "merge_jobs",
    index: "merge_jobs_by_task",
    equals: { task_id: taskId, is_open: true },
    direction: "descending",
    limit: 1
  })
  return row === undefined ? undefined : Projection.mergeJobs.fromRow(row)
})

/**
 * The landing of a task's commits, as an event to queue it; nothing when it has none.
 *
 * @category services
 * @since 0.1.0
 */
export const landing = Effect.fnUntraced(function* (
  session: Session,
  task: Task.Task,
  mergeJobId: MergeJobId,
  settings: Settings
) {
  const run =
    task.lastRunId === null
      ? undefined
      : yield* session.get(Projection.runs, { id: task.lastRunId })
  const repository =
    run === undefined || run.repositoryId === null
      ? undefined
      : yield* session.get(Projection.repositories, { id: run.repositoryId })
  const facts = { mergeJobId, repository: repository ?? null, strategy: settings.mergeStrategy }
  const queued = MergeJob.queue(task, facts)
  return queued === null ? [] : [queued]
})

// internal --------------------------------------------------------------------

/** The engineer that takes a task which nobody has by starting it; a run has its task already. */
const claimantOf = Effect.fnUntraced(function* (
  session: Session,
  actor: Actor,
  { task, to }: { readonly task: Task.Task; readonly to: Task.Status }
) {
  if (actor.type !== "agent" || actor.role !== "engineer") return undefined
  const agent = yield* session.get(Projection.agents, { id: actor.id })
  return agent !== undefined && Task.isClaimable(task, to, agent) ? agent.id : undefined
})

const isApproved = Effect.fnUntraced(function* (session: Session, task: Task.Task) {
  const [row] = yield* session.driver.find({
    organization: session.organization,
    table: "reviews",
    index: "reviews_by_task",
    equals: { task_id: task.id },
    direction: "descending",
    limit: 1
  })
  return row !== undefined && Review.approves(Projection.reviews.fromRow(row), task)
})

const stopRun = Effect.fnUntraced(function* (session: Session, task: Task.Task) {
  if (task.liveRunId === null) return []
  yield* session.relyOn(`run:${task.liveRunId}`)
  const run = yield* session.get(Projection.runs, { id: task.liveRunId })
  if (run === undefined || !Run.isLive(run.status)) return []
  const how = { exitCode: null, cause: "cancelled", answer: null, headCommit: null }
  const ends = yield* Effect.orDie(decided(Run.end(run, task, { outcome: "cancelled", ...how })))
  return [...ends, ...(yield* withdrawalsOf(session, run.id))]
})

const withdrawn = ({ id, taskId }: MergeJob.MergeJob): MergeJob.MergeJobEvent => ({
  type: "merge.failed",
  data: { mergeJobId: id, taskId, error: "The task was moved back before its landing began" }
})
