/**
 * Approvals: what waits for a person, in the order in which it matters, and what the person says.
 *
 * A decision and what follows from it for the task are one commit. Starting the work comes after: the
 * dispatcher finds the task in its queue again, now or when it is started anew.
 *
 * @since 0.1.0
 */
import { Context, Effect, Layer } from "effect"
import type { DomainEvent } from "../events/EventTypes.ts"
import type * as Operations from "../operations/ApprovalOperations.ts"
import { CurrentActor } from "../operations/Authorization.ts"
import type { Row, StoreError } from "../ports/Driver.ts"
import { type Actor, principalOf } from "../rules/Actor.ts"
import * as Approval from "../rules/Approval.ts"
import type { Decision } from "../rules/Decision.ts"
import type * as HumanRequest from "../rules/HumanRequest.ts"
import type { ApprovalId } from "../rules/Identifier.ts"
import { boardOf } from "../rules/ManagerTask.ts"
import type { Task } from "../rules/Task.ts"
import { reliedOn } from "./ApprovalEnds.ts"
import { lookUp, organizationOf } from "./Directory.ts"
import type { Method } from "./Method.ts"
import * as Paging from "./Paging.ts"
import * as Projection from "./Projection.ts"
import { organizationIn } from "./ProjectPlace.ts"
import type { Session } from "./Session.ts"
import { decided, Shell } from "./Shell.ts"
import { StoreClock } from "./StoreClock.ts"

// services --------------------------------------------------------------------

/**
 * The approvals of this store.
 *
 * @category services
 * @since 0.1.0
 */
export class Approvals extends Context.Service<
  Approvals,
  {
    readonly list: Method<typeof Operations.listApprovals>
    readonly get: Method<typeof Operations.getApproval>
    readonly approve: Method<typeof Operations.approveApproval>
    readonly reject: Method<typeof Operations.rejectApproval>
    readonly retryDispatch: Method<typeof Operations.retryDispatch>
  }
>()("@foreman/core/Approvals") {
  static readonly layer: Layer.Layer<Approvals, never, Shell | StoreClock> = Layer.effect(
    Approvals,
    Effect.gen(function* () {
      return make(yield* Shell, yield* StoreClock)
    })
  )
}

/**
 * The approvals over a shell.
 *
 * @category services
 * @since 0.1.0
 */
export const make = (
  shell: Shell["Service"],
  clock: StoreClock["Service"]
): Approvals["Service"] => ({
  list: makeList(shell, clock),
  get: Effect.fnUntraced(function* ({ approvalId }) {
    const { thing } = yield* approvalOf(shell, approvalId)
    return Approval.seenAt(thing, yield* clock.now)
  }),
  approve: ({ approvalId }) =>
    deciding(shell, approvalId, (approval, facts) => ({
      decision: Approval.approve(approval, facts),
      response: "approve"
    })),
  reject: ({ approvalId, rejectionReason }) =>
    deciding(shell, approvalId, (approval, facts) => ({
      decision: Approval.reject(approval, rejectionReason, facts),
      response: "reject"
    })),
  retryDispatch: ({ approvalId }) =>
    deciding(shell, approvalId, (approval, facts) => ({
      decision: Approval.retryDispatch(approval, facts)
    }))
})

// internal --------------------------------------------------------------------

const approvalOf = (shell: Shell["Service"], approvalId: ApprovalId) =>
  lookUp(
    shell,
    Projection.approvals,
    "approval",
    approvalId,
    () => new Approval.ApprovalNotFound({ approvalId })
  )

interface Said<E> {
  readonly decision: Decision<DomainEvent, E>
  /** What a human request that asks the same is answered with. */
  readonly response?: "approve" | "reject"
}

/** Decides one thing about one approval, in the queue of its task. */
const deciding = Effect.fnUntraced(function* <E>(
  shell: Shell["Service"],
  approvalId: ApprovalId,
  decide: (approval: Approval.Approval, facts: Approval.DecisionFacts) => Said<E>
) {
  const { organization, thing } = yield* approvalOf(shell, approvalId)
  const actor = yield* CurrentActor
  return yield* shell.transact(
    { organization, queue: `task:${thing.taskId}` },
    Effect.fnUntraced(function* (session, now) {
      const found = yield* reliedOn(session, approvalId)
      if (found === undefined) return yield* new Approval.ApprovalNotFound({ approvalId })
      const { approval, task } = found
      const said = decide(approval, factsOf(actor, task, now))
      const own = yield* decided(said.decision)
      const isFinal = own.some(
        ({ data, type }) =>
          type === "approval.rejected" || (type === "approval.approved" && data.isFinal)
      )
      const answered =
        isFinal && said.response !== undefined
          ? yield* answerOf(session, approval, { response: said.response, actor })
          : []
      return {
        events: [...own, ...answered],
        answer: ({ after }) =>
          after<Approval.Approval | undefined>(Projection.approvals, { id: approvalId }) ??
          Approval.seenAt(approval, now)
      }
    })
  )
})

const factsOf = (actor: Actor, task: Task, now: number): Approval.DecisionFacts => ({
  decider: {
    id: principalOf(actor),
    isPerson: actor.run === undefined && (actor.type === "operator" || actor.type === "user"),
    isOperator: actor.type === "operator"
  },
  task,
  board: boardOf(task),
  now
})

/** The answer to the human request that asks the same. */
const answerOf = Effect.fnUntraced(function* (
  session: Session,
  { requestId }: Approval.Approval,
  { actor, response }: { readonly response: "approve" | "reject"; readonly actor: Actor }
): Effect.fn.Return<ReadonlyArray<DomainEvent>, StoreError> {
  if (requestId === null) return []
  yield* session.relyOn(`human_request:${requestId}`)
  const request = yield* session.get(Projection.humanRequests, { id: requestId })
  if (request?.status !== "pending") return []
  const data = { requestId, response, respondedBy: principalOf(actor) }
  return [{ type: "human_request.resolved", data } satisfies HumanRequest.HumanRequestEvent]
})

const makeList = (
  shell: Shell["Service"],
  clock: StoreClock["Service"]
): Approvals["Service"]["list"] =>
  Effect.fnUntraced(function* ({ projectId, status = "pending", taskId, teamId, ...page }) {
    const organization =
      taskId === undefined
        ? yield* organizationIn(shell, teamId)
        : yield* organizationOf(shell, "task", taskId)
    if (organization === undefined) return Paging.empty
    const now = yield* clock.now
    const place =
      taskId !== undefined
        ? { index: "approvals_by_task", equals: { task_id: taskId } }
        : projectId === undefined
          ? { index: "approvals_queue", equals: { status } }
          : { index: "approvals_by_project", equals: { project_id: projectId, status } }
    const toItem = (row: Row) => Approval.seenAt(Projection.approvals.fromRow(row), now)
    const query = { organization, table: "approvals", ...place, toItem }
    return yield* shell.read((driver) =>
      Paging.find(driver, query, { ...page, limit: page.limit ?? 100 })
    )
  })
