/**
 * Approvals of what a run's agent asks before it does it.
 *
 * Such an approval and a human request ask the same, so they begin together, one answer is both, and
 * they end together. The approval stands in the queue of approvals; the agent waits for the request.
 *
 * @since 0.1.0
 */
import { Effect } from "effect"
import { SecureRandom } from "effect/crypto"
import * as Canonical from "../events/Canonical.ts"
import type { DomainEvent } from "../events/EventTypes.ts"
import type { StoreError } from "../ports/Driver.ts"
import type { AgentRequest } from "../rules/AgentRequest.ts"
import { PermissionDenied } from "../operations/Refusal.ts"
import { type Actor, may } from "../rules/Actor.ts"
import { summaryOf } from "../rules/AgentRequest.ts"
import * as Approval from "../rules/Approval.ts"
import type { Judgement } from "../rules/ApprovalPolicyAction.ts"
import { approvalOptions, DecidedByPerson, type HumanRequest } from "../rules/HumanRequest.ts"
import {
  type AgentId,
  ApprovalId,
  type HumanRequestId,
  type RunId,
  type TaskId
} from "../rules/Identifier.ts"
import { boardOf } from "../rules/ManagerTask.ts"
import * as ApprovalEnds from "./ApprovalEnds.ts"
import * as Projection from "./Projection.ts"
import type { Session } from "./Session.ts"
import { decided } from "./Shell.ts"

// models ----------------------------------------------------------------------

/**
 * What an agent asks, and why the policy wants a person for it.
 *
 * @category models
 * @since 0.1.0
 */
export interface Judged {
  readonly request: AgentRequest
  readonly judgement: Extract<Judgement, { readonly _tag: "Require" }>
  readonly policy: string
}

/**
 * The human request that asks the same.
 *
 * @category models
 * @since 0.1.0
 */
export interface Asked {
  readonly requestId: HumanRequestId
  readonly taskId: TaskId
  readonly runId: RunId
  readonly agentId: AgentId
  readonly question: string
}

// services --------------------------------------------------------------------

/**
 * The approval that begins with a human request; nothing where the same waits for a person already.
 *
 * @category services
 * @since 0.1.0
 */
export const requested = Effect.fnUntraced(function* (
  session: Session,
  { agentId, question, requestId, runId, taskId }: Asked,
  { judgement, policy, request }: Judged
): Effect.fn.Return<ReadonlyArray<DomainEvent>, StoreError> {
  const task = yield* session.get(Projection.tasks, { id: taskId })
  if (task === undefined) return []
  const exact = Canonical.stringify({ kind: "command", taskId, agentId, request })
  const digest = yield* Effect.promise(() => Canonical.digest(exact))
  if (yield* isWaiting(session, runId, digest)) return []
  const { projectId, teamId, urgency } = task
  return Approval.request({
    approvalId: ApprovalId.make(SecureRandom.uuidV7Unsafe()),
    taskId,
    teamId,
    projectId,
    runId,
    agentId,
    requestId,
    kind: "command",
    digest,
    // As a person reads it, without what may be secret; the digest is of what was really asked.
    action: { kind: "command", asked: question },
    summary: summaryOf(request),
    reason: judgement.reason,
    risk: judgement.risk,
    urgency,
    rule: judgement.rule,
    policy,
    quorum: 1,
    requestedBy: agentId,
    authors: [agentId],
    expiresAt: null
  })
})

/**
 * The answer to a human request, and by whose right it is given.
 *
 * @category models
 * @since 0.1.0
 */
export interface Answer {
  readonly response: string
  readonly respondedBy: string
  readonly actor: Actor
  readonly now: number
}

/**
 * What the answer to a human request says of the approval that asks the same: the person's decision,
 * for which they need the same right as in the queue of approvals.
 *
 * @category services
 * @since 0.1.0
 */
export const answered = Effect.fnUntraced(function* (
  session: Session,
  request: HumanRequest,
  { actor, now, respondedBy, response }: Answer
): Effect.fn.Return<
  ReadonlyArray<DomainEvent>,
  StoreError | PermissionDenied | Approval.MayNotDecide
> {
  const asked = isForRun(request)
    ? yield* ApprovalEnds.approvalOfRequest(session, request.id)
    : undefined
  if (asked === undefined) return []
  const permission = "approval:decide"
  if (!may(actor, permission)) return yield* new PermissionDenied({ permission })
  const found = yield* ApprovalEnds.reliedOn(session, asked.id)
  // Its end is on its way to the request too.
  if (found?.approval.status !== "pending") return []
  const { approval, task } = found
  const isOperator = actor.type === "operator"
  // Nobody but a person comes this far: the request asks for one as well.
  const decider = { id: respondedBy, isPerson: true, isOperator }
  const facts = { decider, task, board: boardOf(task), now }
  return yield* decided(
    response === approvalOptions[0]
      ? Approval.approve(approval, facts)
      : Approval.reject(approval, response, facts)
  ).pipe(
    // It is pending, and its time never runs out by itself.
    Effect.catchTag("ApprovalIsOver", Effect.die)
  )
})

/**
 * Refuses to take the answer to what is an approval for a run from a tool of agents.
 *
 * @category services
 * @since 0.1.0
 */
export const keptFromTools = Effect.fnUntraced(function* (
  session: Session,
  request: HumanRequest
): Effect.fn.Return<void, StoreError | DecidedByPerson> {
  if (!isForRun(request) || request.status !== "pending") return
  const approval = yield* ApprovalEnds.approvalOfRequest(session, request.id)
  return yield* new DecidedByPerson({ requestId: request.id, approvalId: approval?.id ?? null })
})

// internal --------------------------------------------------------------------

const mostAtOnce = 100

/** One that was asked while the same waited has no approval of its own, and lets as much happen. */
const isForRun = ({ kind, runId }: HumanRequest): boolean => kind === "approval" && runId !== null

const isWaiting = Effect.fnUntraced(function* (session: Session, runId: RunId, digest: string) {
  const { driver, organization } = session
  const rows = yield* driver.find({
    organization,
    table: "approvals",
    index: "approvals_by_run",
    equals: { run_id: runId, is_pending: true },
    limit: mostAtOnce
  })
  return rows.some((row) => row["digest"] === digest)
})
