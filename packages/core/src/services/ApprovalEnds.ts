/**
 * The ends of approvals that nobody decides: their time is up, or the run that asked is over.
 *
 * @since 0.1.0
 */
import { Effect } from "effect"
import type { DomainEvent } from "../events/EventTypes.ts"
import { CurrentActor } from "../operations/Authorization.ts"
import type { Find, Row, StoreError } from "../ports/Driver.ts"
import { system } from "../rules/Actor.ts"
import * as Approval from "../rules/Approval.ts"
import type { ApprovalId, HumanRequestId } from "../rules/Identifier.ts"
import * as Projection from "./Projection.ts"
import type { Session } from "./Session.ts"
import type { Shell, ShellFailure } from "./Shell.ts"
import type { StoreClock } from "./StoreClock.ts"

// services --------------------------------------------------------------------

/**
 * Ends the approvals of an organisation whose time is up, and says how many.
 *
 * It may be done at any time, by several processes at once and again: what has ended is left alone.
 *
 * @category services
 * @since 0.1.0
 */
export const expireDue = Effect.fnUntraced(function* (
  shell: Shell["Service"],
  clock: StoreClock["Service"],
  organization: string
): Effect.fn.Return<number, ShellFailure> {
  let ended = 0
  for (let after: Row | undefined; ;) {
    const page = yield* shell.read((driver) => driver.find(pendingOf(organization, after)))
    const now = yield* clock.now
    for (const approval of page.map(Projection.approvals.fromRow)) {
      if (Approval.isDue(approval, now)) ended += yield* end(shell, organization, approval)
    }
    if (page.length < pageSize) return ended
    after = page.at(-1)
  }
})

/**
 * The approval as an attempt at a decision reads it: its stream and that of its task are relied on.
 *
 * @category services
 * @since 0.1.0
 */
export const reliedOn = Effect.fnUntraced(function* (session: Session, approvalId: ApprovalId) {
  yield* session.relyOn(`approval:${approvalId}`)
  const approval = yield* session.get(Projection.approvals, { id: approvalId })
  if (approval === undefined) return undefined
  yield* session.relyOn(`task:${approval.taskId}`)
  const task = yield* session.get(Projection.tasks, { id: approval.taskId })
  return task === undefined ? undefined : { approval, task }
})

/**
 * The approval that asks the same as a human request, if there is one.
 *
 * @category services
 * @since 0.1.0
 */
export const approvalOfRequest = Effect.fnUntraced(function* (
  { driver, organization }: Session,
  requestId: HumanRequestId
): Effect.fn.Return<Approval.Approval | undefined, StoreError> {
  const [row] = yield* driver.find({
    organization,
    table: "approvals",
    index: "approvals_by_request",
    equals: { request_id: requestId },
    limit: 1
  })
  return row === undefined ? undefined : Projection.approvals.fromRow(row)
})

/**
 * What ends the approval of a human request that ends unanswered.
 *
 * @category services
 * @since 0.1.0
 */
export const endedWith = Effect.fnUntraced(function* (
  session: Session,
  requestId: HumanRequestId,
  reason: "timeout" | "run_ended"
): Effect.fn.Return<ReadonlyArray<DomainEvent>, StoreError> {
  const found = yield* approvalOfRequest(session, requestId)
  if (found === undefined) return []
  yield* session.relyOn(`approval:${found.id}`)
  const approval = yield* session.get(Projection.approvals, { id: found.id })
  return approval?.status === "pending" ? Approval.expire(approval, undefined, reason) : []
})

// internal --------------------------------------------------------------------

const pageSize = 100

const pendingOf = (organization: string, after: Row | undefined): Find => ({
  organization,
  table: "approvals",
  index: "approvals_queue",
  equals: { status: "pending" },
  limit: pageSize,
  ...(after === undefined ? {} : { after })
})

const end = (
  shell: Shell["Service"],
  organization: string,
  { id, taskId }: Approval.Approval
): Effect.Effect<number, ShellFailure> =>
  shell
    .transact(
      { organization, queue: `task:${taskId}` },
      Effect.fnUntraced(function* (session, now) {
        const found = yield* reliedOn(session, id)
        const isDue = found !== undefined && Approval.isDue(found.approval, now)
        const events = isDue ? Approval.expire(found.approval, found.task, "timeout") : []
        return { events, answer: () => (isDue ? 1 : 0) }
      })
    )
    .pipe(Effect.provideService(CurrentActor, system))
