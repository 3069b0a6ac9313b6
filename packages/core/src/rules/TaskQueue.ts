/**
 * The queue of tasks: which of them may be begun, by whom, and what keeps one out.
 *
 * @since 0.1.0
 */
import { micros, type RunId, type TeamId, type Timestamp } from "./Identifier.ts"
import type { TaskEvent } from "./TaskEvent.ts"
import type { Task } from "./TaskModel.ts"
import type { Hold, Status } from "./TaskWords.ts"

// rules -----------------------------------------------------------------------

/**
 * The fact that a task stays out of the queue: until an instant, or until a person edits or retries it.
 *
 * @category rules
 * @since 0.1.0
 */
export const held = (
  task: Pick<Task, "id">,
  reason: Hold,
  until: Timestamp | null = null
): TaskEvent => ({
  type: "task.held",
  data: { taskId: task.id, reason, ...(until === null ? {} : { until }) }
})

/**
 * Says whether the dispatcher may start the task now, given that its dependencies are done.
 *
 * @category rules
 * @since 0.1.0
 */
export const isReady = (task: Task, facts: { readonly openDependencies: number }): boolean =>
  task.hold === null &&
  task.liveRunId === null &&
  (task.status === "todo" ? facts.openDependencies === 0 : isQueuedRework(task))

/**
 * Says whether a hold that ends by itself has come to its end, at an instant in microseconds.
 *
 * @category rules
 * @since 0.1.0
 */
export const isDue = (
  { heldUntil, hold }: Pick<Task, "heldUntil" | "hold">,
  now: number
): boolean =>
  (hold === "backoff" || hold === "quota") && heldUntil !== null && micros(heldUntil) <= now

/**
 * Says whether the task was sent back, or stopped with Foreman, and waits for its next run.
 *
 * @category rules
 * @since 0.1.0
 */
export const isQueuedRework = (task: Task): boolean =>
  task.status === "in_progress" && task.isRework && task.liveRunId === null

/**
 * The fact that a task waits for its next run: Foreman itself stopped the last one, or it failed and is
 * tried again.
 *
 * @category rules
 * @since 0.1.0
 */
export const requeued = (
  task: Pick<Task, "id">,
  runId: RunId,
  reason: "failed" | "shutdown" = "shutdown"
): TaskEvent => ({ type: "task.requeued", data: { taskId: task.id, runId, reason } })

/**
 * Says whether an engineer may take the task for itself by starting it: it is to be done by its own
 * team, nobody has it, and it waits for nobody's look.
 *
 * **When to use**
 *
 * Use for agents that connect by themselves. To the others the dispatcher gives tasks.
 *
 * @category rules
 * @since 0.1.0
 */
export const isClaimable = (
  task: Pick<Task, "teamId" | "status" | "assigneeId" | "hold">,
  to: Status,
  { teamId }: { readonly teamId: TeamId }
): boolean =>
  to === "in_progress" &&
  task.status === "todo" &&
  task.assigneeId === null &&
  task.hold === null &&
  task.teamId === teamId
