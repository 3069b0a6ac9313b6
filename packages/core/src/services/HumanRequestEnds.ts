/**
 * The ends of human requests that nobody answers: their time is up, or the run that asked is over.
 *
 * @since 0.1.0
 */
import { Effect } from "effect"
import type { DomainEvent } from "../events/EventTypes.ts"
import { CurrentActor } from "../operations/Authorization.ts"
import type { Find, Row, StoreError } from "../ports/Driver.ts"
import { system } from "../rules/Actor.ts"
import * as HumanRequest from "../rules/HumanRequest.ts"
import type { HumanRequestId, RunId } from "../rules/Identifier.ts"
import { isLive } from "../rules/Run.ts"
import { endedWith } from "./ApprovalEnds.ts"
import * as Projection from "./Projection.ts"
import type { Session } from "./Session.ts"
import { decided, type Shell, type ShellFailure } from "./Shell.ts"
import type { StoreClock } from "./StoreClock.ts"

// services --------------------------------------------------------------------

/**
 * Ends the requests of an organisation whose time is up or whose run is over, and says how many.
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
  const live = new Map<RunId, boolean>()
  for (let after: Row | undefined; ;) {
    const page = yield* shell.read((driver) => driver.find(pendingOf(organization, after)))
    const now = yield* clock.now
    for (const request of page.map(Projection.humanRequests.fromRow)) {
      const { runId } = request
      const isLeft = runId !== null && !(yield* lives(shell, organization, runId, live))
      if (isLeft || HumanRequest.isDue(request, now))
        ended += yield* end(shell, organization, request)
    }
    if (page.length < pageSize) return ended
    after = page.at(-1)
  }
})

/**
 * What takes back the requests that a run leaves: events for the commit that ends it. Of more than
 * a hundred the first hundred; `expireDue` finds the others.
 *
 * @category services
 * @since 0.1.0
 */
export const withdrawalsOf = Effect.fnUntraced(function* (
  session: Session,
  runId: RunId
): Effect.fn.Return<ReadonlyArray<DomainEvent>, StoreError> {
  const rows = yield* session.driver.find({
    organization: session.organization,
    table: "human_requests",
    index: "human_requests_by_run",
    equals: { run_id: runId, is_pending: true },
    limit: pageSize
  })
  const events: Array<DomainEvent> = []
  for (const { id } of rows.map(Projection.humanRequests.fromRow)) {
    const request = yield* reliedOn(session, id)
    if (request === undefined) continue
    events.push(...(yield* decided(HumanRequest.withdraw(request))))
    events.push(...(yield* endedWith(session, id, "run_ended")))
  }
  return events
})

/**
 * The request as an attempt at a decision reads it: its stream is relied on.
 *
 * @category services
 * @since 0.1.0
 */
export const reliedOn = Effect.fnUntraced(function* (session: Session, requestId: HumanRequestId) {
  yield* session.relyOn(`human_request:${requestId}`)
  return yield* session.get(Projection.humanRequests, { id: requestId })
})

// internal --------------------------------------------------------------------

const pageSize = 100

const pendingOf = (organization: string, after: Row | undefined): Find => ({
  organization,
  table: "human_requests",
  index: "human_requests_pending",
  equals: { is_pending: true },
  limit: pageSize,
  ...(after === undefined ? {} : { after })
})

const lives = Effect.fnUntraced(function* (
  shell: Shell["Service"],
  organization: string,
  id: RunId,
  known: Map<RunId, boolean>
) {
  const before = known.get(id)
  if (before !== undefined) return before
  const row = yield* shell.read((driver) => driver.get(organization, "runs", { id }))
  const isAlive = row !== undefined && isLive(Projection.runs.fromRow(row).status)
  known.set(id, isAlive)
  return isAlive
})

/** Ends one request, unless it has ended meanwhile. */
const end = (
  shell: Shell["Service"],
  organization: string,
  { id, runId }: HumanRequest.HumanRequest
): Effect.Effect<number, ShellFailure> =>
  shell
    .transact(
      { organization, queue: `human_request:${id}` },
      Effect.fnUntraced(function* (session, now) {
        const request = yield* reliedOn(session, id)
        if (request === undefined) return { events: [], answer: () => 0 }
        const run = runId === null ? undefined : yield* session.get(Projection.runs, { id: runId })
        const isLeft = runId !== null && (run === undefined || !isLive(run.status))
        const isWithdrawn = isLeft && !HumanRequest.isDue(request, now)
        const events = yield* decided(
          isWithdrawn ? HumanRequest.withdraw(request) : HumanRequest.expire(request, now)
        )
        const approval =
          events.length === 0
            ? []
            : yield* endedWith(session, id, isWithdrawn ? "run_ended" : "timeout")
        return { events: [...events, ...approval], answer: () => events.length }
      })
    )
    .pipe(Effect.provideService(CurrentActor, system))
