/**
 * What a task is, and what may happen to it.
 *
 * Everything here is a function from data to data. Facts that a rule needs (a new id, the open
 * dependencies, who acts) are arguments, so a rule needs no clock, no store and no runtime. What
 * happens is in `TaskEvent.ts`, what a task is after that in `TaskFold.ts`, who may begin it when in
 * `TaskQueue.ts`, the graph of dependencies in `TaskGraph.ts`.
 *
 * @since 0.1.0
 */
import { accept, type Decision, refuse } from "./Decision.ts"
import type { AgentId, RunId, TaskId } from "./Identifier.ts"
import type { TaskEvent } from "./TaskEvent.ts"
import type { Edit, Task, Wanted } from "./TaskModel.ts"
import {
  BlockedByDependencies,
  type Blocker,
  IllegalMove,
  LandingInProgress,
  NotHeldNorFailed,
  NotLanded,
  ReviewRequired,
  RunIsLive
} from "./TaskRefusal.ts"
import type { Status } from "./TaskWords.ts"

// models ----------------------------------------------------------------------

/**
 * What a move is judged by.
 *
 * @category models
 * @since 0.1.0
 */
export interface MoveFacts {
  /** The principal in whose name the move is made. */
  readonly actorId: string
  /** The run that makes the move, if one does. */
  readonly actingRunId?: RunId | undefined
  /** The agent that takes the task with this move, because nobody has it. */
  readonly claimant?: AgentId | undefined
  /** The dependencies that are not done. */
  readonly blockedBy: ReadonlyArray<Blocker>
  readonly requireReview: boolean
  /** Whether someone else approved the present head commit. */
  readonly isApproved: boolean
  /** The job that is to land the task's commits, while it is not over. */
  readonly mergeJob: { readonly isRunning: boolean } | null
}

// rules -----------------------------------------------------------------------

/**
 * The workflow. Documentation, tests, refusals and the board read this table.
 *
 * @category rules
 * @since 0.1.0
 */
export const transitions: Readonly<Record<Status, ReadonlyArray<Status>>> = {
  todo: ["in_progress", "cancelled"],
  in_progress: ["in_review", "todo", "cancelled"],
  in_review: ["in_approval", "in_progress", "cancelled"],
  in_approval: ["merging", "in_progress", "cancelled"],
  merging: ["done", "in_progress"],
  done: [],
  cancelled: []
}

/**
 * Says whether a task in this status never moves again.
 *
 * **Example** (What is over)
 *
 * ```ts import.meta.vitest
 * import { Task } from "@foreman/core"
 *
 * Task.isFinal("done") // => true
 * Task.isFinal("merging") // => false
 * ```
 *
 * @category rules
 * @since 0.1.0
 */
export const isFinal = (status: Status): boolean => transitions[status].length === 0

/**
 * The branch of a task: its number and what of its title is plain.
 *
 * **Example** (A branch is safe in every shell)
 *
 * ```ts import.meta.vitest
 * import { Task } from "@foreman/core"
 *
 * Task.branchOf(24, "Fix login bug: é & ünïcode") // => "task-24-fix-login-bug-e-unicode"
 * ```
 *
 * @category rules
 * @since 0.1.0
 */
export const branchOf = (taskId: number, title: string): string => {
  const isPlain = /^[ -~]*$/.test(title)
  const start = isPlain ? title.slice(0, 50) : Array.from(title).slice(0, 50).join("")
  const plain = (isPlain ? start : start.normalize("NFKD")).toLowerCase()
  const slug = plain
    .replace(/\s+/g, "-")
    .replace(/[^a-z0-9-]/g, "")
    .replace(/-{2,}/g, "-")
    // One character can decompose into many: a name of a file has 255 bytes at most.
    .slice(0, 50)
    .replace(/^-|-$/g, "")
  return slug === "" ? `task-${taskId}` : `task-${taskId}-${slug}`
}

/**
 * Creates a task in status `todo`. What it depends on is checked by `TaskGraph.depend`.
 *
 * @category rules
 * @since 0.1.0
 */
export const create = (wanted: Wanted, facts: { readonly taskId: TaskId }): Decision<TaskEvent> =>
  accept({
    type: "task.created",
    data: {
      ...wanted,
      taskId: facts.taskId,
      dependsOn: [...new Set(wanted.dependsOn)],
      branch: branchOf(facts.taskId, wanted.title)
    }
  })

/**
 * Edits what is named, and lets go of a hold: whoever edits a task has looked at it.
 *
 * @category rules
 * @since 0.1.0
 */
export const update = (task: Task, edit: Edit): Decision<TaskEvent> =>
  Object.keys(edit).length === 0
    ? accept()
    : accept({ type: "task.updated", data: { taskId: task.id, ...edit } })

/**
 * Makes an agent the assignee, in any status.
 *
 * @category rules
 * @since 0.1.0
 */
export const assign = (task: Task, assigneeId: AgentId): Decision<TaskEvent> =>
  accept(assigned(task, assigneeId))

/**
 * Moves a task to another status by somebody's wish.
 *
 * **When to use**
 *
 * Use for moves that an actor asks for. What follows from a run, a verdict or a landing is decided
 * by `Run`, `Review` and `MergeJob`.
 *
 * **Gotchas**
 *
 * Moving to the present status is refused, so a caller that repeats itself learns it.
 *
 * **Example** (Refusing to skip review)
 *
 * ```ts import.meta.vitest
 * import { Result } from "effect"
 * import { Task } from "@foreman/core"
 *
 * const facts = {
 *   actorId: "operator",
 *   blockedBy: [],
 *   requireReview: false,
 *   isApproved: false,
 *   mergeJob: null
 * }
 *
 * Result.isFailure(Task.move(Task.example({ status: "todo" }), "done", facts)) // => true
 * ```
 *
 * @category rules
 * @since 0.1.0
 */
export const move = (
  task: Task,
  to: Status,
  facts: MoveFacts
): Decision<TaskEvent, IllegalMove | BlockedByDependencies | GuardRefusal> => {
  const allowed = transitions[task.status]
  if (!allowed.includes(to)) {
    return refuse(new IllegalMove({ taskId: task.id, from: task.status, to, allowed }))
  }
  if (to === "in_progress" && facts.blockedBy.length > 0) {
    return refuse(new BlockedByDependencies({ taskId: task.id, blockedBy: facts.blockedBy }))
  }
  const guarded = guard(task, to, facts)
  if (guarded !== undefined) return refuse(guarded)
  const claimed = facts.claimant === undefined ? [] : [assigned(task, facts.claimant)]
  return accept<TaskEvent>(...claimed, moved(task, to, facts.actorId))
}

/**
 * What refuses a move that the workflow and the dependencies allow.
 *
 * @category errors
 * @since 0.1.0
 */
export type GuardRefusal = RunIsLive | ReviewRequired | NotLanded | LandingInProgress

/**
 * Takes a task whose latest run failed, or that is held, back into the queue.
 *
 * @category rules
 * @since 0.1.0
 */
export const retry = (
  task: Task,
  facts: { readonly actorId: string }
): Decision<TaskEvent, NotHeldNorFailed> => {
  const hasFailed = task.lastOutcome !== null && task.lastOutcome !== "succeeded"
  if (task.status === "in_progress" && task.liveRunId === null && !task.isRework && hasFailed) {
    return accept(moved(task, "todo", facts.actorId, "retry"))
  }
  if (task.hold !== null && !isFinal(task.status)) {
    return accept({ type: "task.released", data: { taskId: task.id } })
  }
  return refuse(new NotHeldNorFailed({ taskId: task.id, status: task.status }))
}

/**
 * The fact of a move, for the rules that decide one.
 *
 * @category rules
 * @since 0.1.0
 */
export const moved = (
  task: Pick<Task, "id" | "status">,
  to: Status,
  actorId: string,
  reason: Extract<TaskEvent, { readonly type: "task.status_changed" }>["data"]["reason"] = "asked"
): TaskEvent => ({
  type: "task.status_changed",
  data: { taskId: task.id, from: task.status, to, actorId, reason }
})

export * from "./TaskEvent.ts"
export * from "./TaskFold.ts"
export * from "./TaskModel.ts"
export * from "./TaskQueue.ts"
export * from "./TaskRefusal.ts"
export * from "./TaskWords.ts"

// internal --------------------------------------------------------------------

const assigned = ({ assigneeId, id: taskId }: Task, to: AgentId): TaskEvent => ({
  type: "task.assigned",
  data: { taskId, from: assigneeId, to }
})

const guard = (task: Task, to: Status, facts: MoveFacts): GuardRefusal | undefined => {
  const { id: taskId, headCommit, liveRunId } = task
  // What a live run will have changed is not known before its end, so not even it delivers; and a
  // task that it gave back would be started again while it still works.
  const isDelivery = to !== "in_review" && to !== "in_progress" && to !== "cancelled"
  const isForeign = facts.actingRunId !== liveRunId && to !== "cancelled"
  if (liveRunId !== null && (isForeign || isDelivery)) {
    return new RunIsLive({ taskId, runId: liveRunId })
  }
  if (to === "merging" && facts.requireReview && !facts.isApproved) {
    return new ReviewRequired({ taskId, headCommit })
  }
  if (task.status !== "merging") return undefined
  if (facts.mergeJob?.isRunning === true) return new LandingInProgress({ taskId })
  return to === "done" && headCommit !== null ? new NotLanded({ taskId, headCommit }) : undefined
}
