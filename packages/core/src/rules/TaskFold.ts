/**
 * What a task is after something has happened to it.
 *
 * @since 0.1.0
 */
import type * as Event from "./Event.ts"
import type { Timestamp } from "./Identifier.ts"
import type { Created, StatusChanged, TaskEvent, Updated } from "./TaskEvent.ts"
import { defaultPlace, type Task, untouched } from "./TaskModel.ts"
import { priorityOf, type Urgency, urgencyOf } from "./TaskWords.ts"

// rules -----------------------------------------------------------------------

/**
 * Folds one event into the task. Holds no rules: what happened, happened.
 *
 * @category rules
 * @since 0.1.0
 */
export const evolve = (
  before: Task | undefined,
  event: TaskEvent,
  at: Timestamp
): Task | undefined => {
  if (event.type === "task.created") return created(event.data, at)
  return before && { ...before, ...changed(before, event, at), updatedAt: at }
}

// internal --------------------------------------------------------------------

const created = (
  { taskId, ...wanted }: Event.EventOf<typeof Created>["data"],
  at: Timestamp
): Task => ({
  ...wanted,
  ...urgencyIs(wanted.urgency ?? urgencyOf[wanted.priority]),
  acceptance: wanted.acceptance ?? "",
  moduleId: wanted.moduleId ?? defaultPlace.moduleId,
  projectId: wanted.projectId ?? defaultPlace.projectId,
  scopes: wanted.scopes ?? [],
  type: wanted.type ?? "write",
  ...untouched,
  id: taskId,
  createdAt: at,
  updatedAt: at
})

const changed = (
  before: Task,
  event: Exclude<TaskEvent, { readonly type: "task.created" }>,
  at: Timestamp
): Partial<Task> => {
  switch (event.type) {
    case "task.updated": {
      const { taskId: _, ...edit } = event.data
      return { ...edit, ...urgencyIn(event.data), ...lookedAt(before) }
    }
    case "task.status_changed":
      return movedBy(before, event.data, at)
    case "task.assigned":
      return { assigneeId: event.data.to }
    case "task.dependency_added":
      return { dependsOn: [...before.dependsOn, event.data.dependsOnId] }
    case "task.dependency_removed":
      return { dependsOn: before.dependsOn.filter((id) => id !== event.data.dependsOnId) }
    case "task.held":
      return { hold: event.data.reason, heldUntil: event.data.until ?? null }
    case "task.approval_changed":
      return { approvalId: event.data.approvalId, approvalStatus: event.data.status }
    case "task.released":
      return event.data.reason === "due" ? notHeld : lookedAt(before)
    case "task.requeued":
      return { isRework: true }
    case "task.dispatched": {
      const { agentId, attempt, runId } = event.data
      const runs = { attempts: attempt, liveRunId: runId, lastRunId: runId, lastAgentId: agentId }
      return { ...runs, isRework: false, ...notHeld }
    }
    case "task.attempt_ended": {
      const { baseCommit, headCommit, outcome } = event.data
      const ended = { liveRunId: null, lastOutcome: outcome }
      const hasFailed = outcome === "failed" || outcome === "lost"
      if (hasFailed) return { ...ended, failures: before.failures + 1 }
      return outcome === "succeeded" ? { ...ended, failures: 0, baseCommit, headCommit } : ended
    }
  }
}

const notHeld = { hold: null, heldUntil: null } as const

/** An urgency and its word; the number is the finer one. */
const urgencyIs = (urgency: Urgency): Pick<Task, "priority" | "urgency"> => ({
  priority: priorityOf(urgency),
  urgency
})

/** What an edit says of the urgency, whether as a word or as a number. */
const urgencyIn = ({ priority, urgency }: Event.EventOf<typeof Updated>["data"]) => {
  if (urgency !== undefined) return urgencyIs(urgency)
  return priority === undefined ? {} : urgencyIs(urgencyOf[priority])
}

/** Somebody has looked at it: a hold ends, and what led to it is counted anew. */
const lookedAt = ({ hold }: Task): Partial<Task> =>
  hold === null ? {} : { ...notHeld, failures: 0, rejections: 0 }

const movedBy = (
  before: Task,
  { reason, to }: Event.EventOf<typeof StatusChanged>["data"],
  at: Timestamp
): Partial<Task> => {
  const isSentBack = reason === "changes_requested" || reason === "landing_failed"
  const isOver = to === "done" || to === "cancelled"
  return {
    status: to,
    isRework: isSentBack,
    // An agent moves its own task too, so only a look at a held task counts anew.
    rejections: before.rejections + (isSentBack ? 1 : 0),
    failures: reason === "retry" ? 0 : before.failures,
    ...(isOver || reason === "retry" ? notHeld : {}),
    completedAt: to === "done" ? at : before.completedAt
  }
}
