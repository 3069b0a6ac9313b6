/**
 * Approvals: durable questions to people about one exact action each.
 *
 * An approval is bound to the digest of its action. What was approved may begin, once or again, for as
 * long as it is that action; another one needs an approval of its own. What happens to one is in
 * `ApprovalEvent.ts`.
 *
 * @since 0.1.0
 */
import type { Schema } from "effect"
import type * as Agent from "./Agent.ts"
import type { Approval, ApprovalEvent, ExpiryReason, Requested } from "./ApprovalEvent.ts"
import { ApprovalIsOver, ApprovalNotApproved, MayNotDecide } from "./ApprovalRefusal.ts"
import { accept, type Decision, refuse } from "./Decision.ts"
import type { EventOf } from "./Event.ts"
import { micros, type RunId, type TaskId } from "./Identifier.ts"
import type { Board } from "./ManagerTask.ts"
import type { Repository } from "./Repository.ts"
import type { TaskEvent } from "./TaskEvent.ts"
import type { Task } from "./TaskModel.ts"
import { held } from "./TaskQueue.ts"
import type { ApprovalStatus } from "./TaskWords.ts"

// models ----------------------------------------------------------------------

/**
 * What an approval is asked for with.
 *
 * @category models
 * @since 0.1.0
 */
export type Wanted = EventOf<typeof Requested>["data"]

/**
 * What follows from a decision about an approval: for itself, and for its task.
 *
 * @category models
 * @since 0.1.0
 */
export type Effects = ApprovalEvent | TaskEvent

/**
 * Who decides.
 *
 * @category models
 * @since 0.1.0
 */
export interface Decider {
  readonly id: string
  /** No agent, no run, nor anyone in the name of one. */
  readonly isPerson: boolean
  /** Whoever holds the token of a local server is alone there, so may agree to what they wrote. */
  readonly isOperator: boolean
}

/**
 * What a decision is judged by.
 *
 * @category models
 * @since 0.1.0
 */
export interface DecisionFacts {
  readonly decider: Decider
  readonly task: Pick<Task, "id" | "approvalId" | "hold">
  readonly board: Board
  readonly now: number
}

// rules -----------------------------------------------------------------------

/**
 * The action that a dispatch is: what, where, by whom. Its canonical text is what the digest is of.
 *
 * @category rules
 * @since 0.1.0
 */
export const dispatchOf = (
  task: Task,
  agent: Pick<Agent.AgentRecord, "id" | "config" | "model">,
  repository: Pick<Repository, "id"> | null
): Readonly<Record<string, Schema.Json>> => ({
  kind: "dispatch",
  taskId: task.id,
  title: task.title,
  description: task.description,
  acceptance: task.acceptance,
  type: task.type,
  scopes: task.scopes,
  projectId: task.projectId,
  moduleId: task.moduleId,
  repositoryId: repository?.id ?? null,
  agentId: agent.id,
  model: agent.model,
  // As: what an agent's configuration holds came in as JSON.
  config: agent.config as Schema.Json
})

/**
 * Asks for an approval. The task of a dispatch waits for it.
 *
 * @category rules
 * @since 0.1.0
 */
export const request = (wanted: Wanted): ReadonlyArray<Effects> => [
  { type: "approval.requested", data: wanted },
  ...(wanted.kind === "dispatch"
    ? [changedTo(wanted, "pending"), held({ id: wanted.taskId }, "approval")]
    : [])
]

/**
 * Agrees. The first of enough people leaves it open; the last one lets the action begin, which comes
 * after and can be repeated. Agreeing again changes nothing.
 *
 * @category rules
 * @since 0.1.0
 */
export const approve = (
  approval: Approval,
  facts: DecisionFacts
): Decision<Effects, ApprovalIsOver | MayNotDecide> => {
  const { decider, now } = facts
  const refusal = mayNot(approval, decider)
  if (refusal !== undefined) return refuse(refusal)
  const { decisions, id: approvalId, quorum, status, taskId } = seenAt(approval, now)
  if (status === "approved" || status === "used") return accept()
  if (status !== "pending") return refuse(over(ApprovalIsOver, approval, facts))
  if (decisions.some(({ by }) => by === decider.id)) return accept()
  const isFinal = decisions.length + 1 >= quorum
  const data = { approvalId, taskId, decidedBy: decider.id, isFinal }
  return accept<Effects>(
    { type: "approval.approved", data },
    ...(isFinal ? taskAfter(approval, facts.task, "approved") : [])
  )
}

/**
 * Says no, and why. One is enough. Saying so again changes nothing, and the first reason stands.
 *
 * @category rules
 * @since 0.1.0
 */
export const reject = (
  approval: Approval,
  rejectionReason: string,
  facts: DecisionFacts
): Decision<Effects, ApprovalIsOver | MayNotDecide> => {
  const { decider, now, task } = facts
  const refusal = mayNot({ ...approval, authors: [] }, decider)
  if (refusal !== undefined) return refuse(refusal)
  const { id: approvalId, status, taskId } = seenAt(approval, now)
  if (status === "rejected") return accept()
  if (status !== "pending") return refuse(over(ApprovalIsOver, approval, facts))
  const data = { approvalId, taskId, decidedBy: decider.id, rejectionReason }
  return accept<Effects>(
    { type: "approval.rejected", data },
    ...taskAfter(approval, task, "rejected")
  )
}

/**
 * Lets what was approved begin again: whatever keeps the task out of the queue ends. What has begun
 * already needs nothing.
 *
 * @category rules
 * @since 0.1.0
 */
export const retryDispatch = (
  approval: Approval,
  facts: DecisionFacts
): Decision<TaskEvent, ApprovalNotApproved> => {
  const { id: approvalId, kind, status, taskId } = seenAt(approval, facts.now)
  const isLatest = facts.task.approvalId === approvalId
  if (kind === "dispatch" && status === "used" && isLatest) return accept()
  if (kind !== "dispatch" || status !== "approved" || !isLatest) {
    return refuse(over(ApprovalNotApproved, approval, facts))
  }
  return facts.task.hold === null ? accept() : accept({ type: "task.released", data: { taskId } })
}

/**
 * Ends an approval that has not begun to matter. Its time is up: then its task waits for a person's
 * look. For every other reason the task is free to go on.
 *
 * @category rules
 * @since 0.1.0
 */
export const expire = (
  approval: Approval,
  task: Pick<Task, "id" | "approvalId" | "hold"> | undefined,
  reason: ExpiryReason
): ReadonlyArray<Effects> => {
  const { id: approvalId, status, taskId } = approval
  if (status !== "pending" && status !== "approved") return []
  const expired: ApprovalEvent = { type: "approval.expired", data: { approvalId, taskId, reason } }
  if (task === undefined) return [expired]
  const onward = taskAfter(approval, task, "expired")
  return reason === "timeout" ? [expired, ...onward] : [expired, ...freed(approval, task, onward)]
}

/**
 * A run begins what was approved. A later attempt at the same action needs nothing more.
 *
 * @category rules
 * @since 0.1.0
 */
export const use = (approval: Approval, runId: RunId | null): ReadonlyArray<Effects> => {
  const { id: approvalId, status, taskId } = approval
  if (status !== "approved") return []
  return [
    { type: "approval.used", data: { approvalId, taskId, runId } },
    changedTo({ approvalId, taskId }, "used")
  ]
}

/**
 * The approval as it is at this instant: one whose time is up is expired before that is recorded.
 *
 * @category rules
 * @since 0.1.0
 */
export const seenAt = (approval: Approval, now: number): Approval =>
  isDue(approval, now)
    ? { ...approval, status: "expired", expiryReason: "timeout", decidedAt: approval.expiresAt }
    : approval

/**
 * Says whether an approval still waits although its time is up.
 *
 * @category rules
 * @since 0.1.0
 */
export const isDue = (
  { expiresAt, status }: Pick<Approval, "status" | "expiresAt">,
  now: number
): boolean => status === "pending" && expiresAt !== null && micros(expiresAt) <= now

export * from "./ApprovalEvent.ts"
export * from "./ApprovalRefusal.ts"

// internal --------------------------------------------------------------------

type Named = Pick<Wanted, "approvalId" | "taskId">

const changedTo = ({ approvalId, taskId }: Named, status: ApprovalStatus): TaskEvent => ({
  type: "task.approval_changed",
  data: { taskId, approvalId, status }
})

/** What becomes of the task whose dispatch it was about, while it is the latest of that task. */
const taskAfter = (
  { id: approvalId, kind, taskId }: Approval,
  task: Pick<Task, "approvalId" | "hold">,
  status: "approved" | "rejected" | "expired"
): ReadonlyArray<TaskEvent> => {
  if (kind !== "dispatch" || task.approvalId !== approvalId) return []
  const said = changedTo({ approvalId, taskId }, status)
  if (status !== "approved") return [said, held({ id: taskId }, `approval_${status}`)]
  return task.hold === "approval" ? [said, dueNow(taskId)] : [said]
}

const freed = (
  { id: approvalId, taskId }: Approval,
  { hold }: Pick<Task, "hold">,
  onward: ReadonlyArray<TaskEvent>
): ReadonlyArray<TaskEvent> =>
  onward.length === 0
    ? []
    : [
        changedTo({ approvalId, taskId }, "expired"),
        ...(hold === "approval" ? [dueNow(taskId)] : [])
      ]

const dueNow = (taskId: TaskId): TaskEvent => ({
  type: "task.released",
  data: { taskId, reason: "due" }
})

const mayNot = (
  { authors, id: approvalId }: Pick<Approval, "id" | "authors">,
  { id, isOperator, isPerson }: Decider
): MayNotDecide | undefined => {
  if (!isPerson) return new MayNotDecide({ approvalId, decider: id, reason: "no_person" })
  return authors.includes(id) && !isOperator
    ? new MayNotDecide({ approvalId, decider: id, reason: "own_work" })
    : undefined
}

const over = <E>(
  refusal: new (facts: Omit<ConstructorParameters<typeof ApprovalIsOver>[0], "_tag">) => E,
  approval: Approval,
  { board, now }: DecisionFacts
): E => {
  const { id: approvalId, status: approvalStatus, taskId } = seenAt(approval, now)
  return new refusal({ approvalId, approvalStatus, taskId, board })
}
