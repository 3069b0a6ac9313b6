/**
 * How a manager sees a task.
 *
 * Its states are derived from what is known of the task, never stored as a truth of their own.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"
import type { RunStatus } from "./RunEvent.ts"
import type { Task } from "./TaskModel.ts"

// models ----------------------------------------------------------------------

/**
 * The columns of a project's board.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Board = Schema.Literals([
  "ready",
  "waiting_approval",
  "approved_pending_dispatch",
  "in_progress",
  "failed",
  "completed",
  "canceled"
]).annotate({ description: "Where the task stands on its project's board" })
export type Board = typeof Board.Type

/**
 * Where a task stands for a manager.
 *
 * @category schemas
 * @since 0.1.0
 */
export const State = Schema.Literals([
  "ready",
  "leased",
  "running",
  "waiting_approval",
  "approved_pending_dispatch",
  "completed",
  "failed",
  "canceled"
]).annotate({ description: "Where the task stands" })
export type State = typeof State.Type

/**
 * One column of a project's board: its name, and the tasks that stand in it.
 *
 * @category models
 * @since 0.1.0
 */
export interface Column {
  readonly name: string
  readonly board: Board
}

/**
 * What of a task says where it stands on the board.
 *
 * @category models
 * @since 0.1.0
 */
export type Facts = Pick<
  Task,
  "approvalStatus" | "isRework" | "lastOutcome" | "liveRunId" | "status"
>

// rules -----------------------------------------------------------------------

/**
 * Where a task stands on the board: the first that holds.
 *
 * **Example** (A new task)
 *
 * ```ts import.meta.vitest
 * import { ManagerTask, Task } from "@foreman/core"
 *
 * ManagerTask.boardOf(Task.example()) // => "ready"
 * ```
 *
 * @category rules
 * @since 0.1.0
 */
export const boardOf = (task: Facts): Board => {
  const { approvalStatus, isRework, lastOutcome, liveRunId, status } = task
  if (status === "cancelled") return "canceled"
  if (approvalStatus === "pending") return "waiting_approval"
  if (liveRunId !== null) return "in_progress"
  if (approvalStatus === "approved") return "approved_pending_dispatch"
  if (status === "todo" || isRework) return "ready"
  if (status !== "in_progress") return "completed"
  // Who takes a task without a run works at it too.
  return lastOutcome === null || lastOutcome === "succeeded" ? "in_progress" : "failed"
}

/**
 * The columns of the board, in their order.
 *
 * @category rules
 * @since 0.1.0
 */
export const columns: ReadonlyArray<Column> = [
  { name: "Waiting Approval", board: "waiting_approval" },
  { name: "Ready", board: "ready" },
  { name: "In Progress", board: "in_progress" },
  { name: "Failed", board: "failed" },
  { name: "Done", board: "completed" },
  { name: "Canceled", board: "canceled" },
  { name: "approved_pending_dispatch", board: "approved_pending_dispatch" }
]

/**
 * The state of a task, from where it stands on the board and from its latest run: one that has been
 * dispatched is leased until its agent lives.
 *
 * **Example** (A dispatch that is still on its way)
 *
 * ```ts import.meta.vitest
 * import { ManagerTask } from "@foreman/core"
 *
 * ManagerTask.stateOf("in_progress", "starting") // => "leased"
 * ManagerTask.stateOf("in_progress", "running") // => "running"
 * ```
 *
 * @category rules
 * @since 0.1.0
 */
export const stateOf = (board: Board, lastRun: RunStatus | null): State => {
  if (board !== "in_progress") return board
  return lastRun === "queued" || lastRun === "starting" ? "leased" : "running"
}

/**
 * A run's status in a manager's words.
 *
 * @category rules
 * @since 0.1.0
 */
export const runStates: Readonly<Record<RunStatus, string>> = {
  queued: "queued",
  starting: "starting",
  running: "running",
  succeeded: "completed",
  failed: "failed",
  cancelled: "canceled",
  lost: "lost"
}

/**
 * The title and the description of a task of which a manager says one text: its first line, as far
 * as a title goes, and all of it where that is more.
 *
 * @category rules
 * @since 0.1.0
 */
export const wordsOf = (summary: string): Pick<Task, "description" | "title"> => {
  const text = summary.trim()
  const line = text.split(/[\r\n]/, 1)[0] ?? ""
  const title = line
    .slice(0, maxTitle)
    .replace(/[\uD800-\uDBFF]$/, "")
    .trimEnd()
  return { title, description: title === text ? "" : text }
}

/**
 * The one text of a task: what its manager said, or the title.
 *
 * **Example** (A text comes back whole)
 *
 * ```ts import.meta.vitest
 * import { ManagerTask } from "@foreman/core"
 *
 * ManagerTask.wordsOf("Fix login\nIt refuses umlauts.").title // => "Fix login"
 * ManagerTask.summaryOf(ManagerTask.wordsOf("Fix login\nIt refuses umlauts."))
 * // => "Fix login\nIt refuses umlauts."
 * ```
 *
 * @category rules
 * @since 0.1.0
 */
export const summaryOf = ({ description, title }: Pick<Task, "description" | "title">): string =>
  description.startsWith(title) ? description : title

export * from "./ManagerTaskAction.ts"

// internal --------------------------------------------------------------------

const maxTitle = 500
