/**
 * What an approval that is open learns of its task: that it is another action now, that it went
 * elsewhere, that it is more or less urgent.
 *
 * @since 0.1.0
 */
import { Effect } from "effect"
import type { DomainEvent } from "../events/EventTypes.ts"
import type { StoreError } from "../ports/Driver.ts"
import * as Approval from "../rules/Approval.ts"
import { timestamp } from "../rules/Identifier.ts"
import * as Task from "../rules/Task.ts"
import * as Projection from "./Projection.ts"
import type { Session } from "./Session.ts"

// services --------------------------------------------------------------------

/**
 * The events of a task with those of its open approval that belong to the same commit.
 *
 * **When to use**
 *
 * Use in every command that changes a task and starts no run.
 *
 * @category services
 * @since 0.1.0
 */
export const followed = Effect.fnUntraced(function* <E extends DomainEvent>(
  session: Session,
  task: Task.Task,
  events: ReadonlyArray<E>
): Effect.fn.Return<ReadonlyArray<DomainEvent>, StoreError> {
  const { approvalId, approvalStatus } = task
  const isOpen = approvalStatus === "pending" || approvalStatus === "approved"
  if (approvalId === null || !isOpen || events.length === 0) return events
  yield* session.relyOn(`approval:${approvalId}`)
  const approval = yield* session.get(Projection.approvals, { id: approvalId })
  if (approval === undefined) return events
  const next = after(task, events)
  if (next.status !== task.status) return [...Approval.expire(approval, task, "moved"), ...events]
  return isSameAction(task, next)
    ? [...events, ...staying(approval, task, next)]
    : [...Approval.expire(approval, task, "changed"), ...events]
})

// internal --------------------------------------------------------------------

/** What each of these is decides what would be done; compare `Approval.dispatchOf`. */
const parts = [
  "title",
  "description",
  "acceptance",
  "type",
  "scopes",
  "projectId",
  "moduleId",
  "repoIds",
  "assigneeId"
] as const satisfies ReadonlyArray<keyof Task.Task>

const isSameAction = (before: Task.Task, next: Task.Task): boolean =>
  parts.every((part) => JSON.stringify(before[part]) === JSON.stringify(next[part]))

const after = (task: Task.Task, events: ReadonlyArray<DomainEvent>): Task.Task =>
  events.reduce<Task.Task>((state, event) => {
    if (!Projection.tasks.folds(event.type)) return state
    // As: the projection of tasks folds exactly the events of tasks; the time is not looked at.
    return Task.evolve(state, event as Task.TaskEvent, timestamp(0)) ?? state
  }, task)

const staying = (
  { id: approvalId, status, urgency }: Approval.Approval,
  { hold, id: taskId }: Task.Task,
  next: Task.Task
): ReadonlyArray<DomainEvent> => {
  if (status !== "pending") return []
  const reprioritized: ReadonlyArray<DomainEvent> =
    next.urgency === urgency
      ? []
      : [
          {
            type: "approval.reprioritized",
            data: { approvalId, taskId, urgency: next.urgency }
          }
        ]
  // An edit ends a hold, but a look at the task is no decision about it.
  const held: ReadonlyArray<DomainEvent> =
    hold === "approval" && next.hold === null
      ? [{ type: "task.held", data: { taskId, reason: "approval" } }]
      : []
  return [...reprioritized, ...held]
}
