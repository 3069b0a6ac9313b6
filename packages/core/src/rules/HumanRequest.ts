/**
 * Human requests: an agent's questions to a person, which stay until they are answered or expire.
 *
 * A request binds nobody: no task waits for it, only whoever asked. What happens to one is in
 * `HumanRequestEvent.ts`.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"
import { accept, type Decision, refuse } from "./Decision.ts"
import { type HumanRequest, type HumanRequestEvent, RequestStatus } from "./HumanRequestEvent.ts"
import { ApprovalId, HumanRequestId, micros, timestamp } from "./Identifier.ts"

// models ----------------------------------------------------------------------

/**
 * What whoever asks decides.
 *
 * @category models
 * @since 0.1.0
 */
export interface Wanted extends Pick<
  HumanRequest,
  "teamId" | "agentId" | "taskId" | "runId" | "kind" | "question" | "options"
> {
  /** After how many minutes nobody waits any more; 0 or null is never. */
  readonly timeoutMinutes: number | null
}

/**
 * What an approval offers that names no options.
 *
 * @category models
 * @since 0.1.0
 */
export const approvalOptions: ReadonlyArray<string> = ["approve", "reject"]

/**
 * How long one call waits for an answer at most. Some clients of agents give up after half a minute,
 * so whoever wants to wait longer asks again.
 *
 * @category configuration
 * @since 0.1.0
 */
export const waitSeconds = 20

// errors ----------------------------------------------------------------------

/**
 * There is no such human request, or the caller may not see it.
 *
 * @category errors
 * @since 0.1.0
 */
export class HumanRequestNotFound extends Schema.TaggedError<HumanRequestNotFound>()(
  "HumanRequestNotFound",
  { requestId: Schema.Int },
  { httpApiStatus: 404 }
) {
  override get message() {
    return "Human request not found"
  }
}

/**
 * The request has another answer, or has expired. That stands.
 *
 * @category errors
 * @since 0.1.0
 */
export class HumanRequestIsOver extends Schema.TaggedError<HumanRequestIsOver>()(
  "HumanRequestIsOver",
  { requestId: HumanRequestId, status: RequestStatus },
  { httpApiStatus: 409 }
) {
  override get message() {
    return `Human request ${this.requestId} is already ${this.status}`
  }
}

/**
 * Only a person answers: no agent, no run, nor anyone in the name of an agent.
 *
 * @category errors
 * @since 0.1.0
 */
export class NotAPerson extends Schema.TaggedError<NotAPerson>()(
  "NotAPerson",
  { requestId: HumanRequestId, named: Schema.String },
  { httpApiStatus: 403 }
) {
  override get message() {
    return `Human request ${this.requestId} is for a person, and ${this.named} is none`
  }
}

/**
 * The request carries an approval for a run, and came through a tool of agents: whoever holds the
 * token there may be an agent, so a person decides in another place.
 *
 * @category errors
 * @since 0.1.0
 */
export class DecidedByPerson extends Schema.TaggedError<DecidedByPerson>()(
  "DecidedByPerson",
  { requestId: HumanRequestId, approvalId: Schema.NullOr(ApprovalId) },
  { httpApiStatus: 403 }
) {
  override get message() {
    const [command, path] =
      this.approvalId === null
        ? [`request respond ${this.requestId}`, `human-requests/${this.requestId}/respond`]
        : [`approval approve ${this.approvalId}`, `approvals/${this.approvalId}/approve`]
    return (
      `Human request ${this.requestId} is an approval, which no tool gives. A person decides on the ` +
      `server's page, with \`foreman ${command}\`, or by POST /api/v1/${path}`
    )
  }
}

/**
 * An approval is answered with one of its options.
 *
 * @category errors
 * @since 0.1.0
 */
export class AnswerNotOffered extends Schema.TaggedError<AnswerNotOffered>()(
  "AnswerNotOffered",
  { requestId: HumanRequestId, options: Schema.Array(Schema.String) },
  { httpApiStatus: 422 }
) {
  override get message() {
    return `Human request ${this.requestId} is answered with one of: ${this.options.join(", ")}`
  }
}

// rules -----------------------------------------------------------------------

/**
 * Asks a person. An approval without options offers to approve or to reject.
 *
 * @category rules
 * @since 0.1.0
 */
export const ask = (
  { timeoutMinutes, ...wanted }: Wanted,
  { now, requestId }: { readonly requestId: HumanRequestId; readonly now: number }
): Decision<HumanRequestEvent> => {
  const isBare = wanted.kind === "approval" && wanted.options.length === 0
  const options = isBare ? approvalOptions : wanted.options
  const minutes = timeoutMinutes ?? 0
  const timeoutAt = minutes === 0 ? null : timestamp(now + minutes * 60_000_000)
  return accept({
    type: "human_request.created",
    data: { ...wanted, requestId, options, timeoutAt }
  })
}

/**
 * Answers a request.
 *
 * **Gotchas**
 *
 * The answer that stands may be given again; that changes nothing. From the instant at which its
 * time is up a request is expired, whether or not that has been recorded.
 *
 * @category rules
 * @since 0.1.0
 */
export const respond = (
  request: HumanRequest,
  { respondedBy, response }: { readonly response: string; readonly respondedBy: string },
  { isPerson, now }: { readonly isPerson: boolean; readonly now: number }
): Decision<HumanRequestEvent, HumanRequestIsOver | NotAPerson | AnswerNotOffered> => {
  const { id: requestId, kind, options } = request
  if (!isPerson) return refuse(new NotAPerson({ requestId, named: respondedBy }))
  const { status } = seenAt(request, now)
  if (status === "resolved" && request.response === response) return accept()
  if (status !== "pending") return refuse(new HumanRequestIsOver({ requestId, status }))
  if (kind === "approval" && !options.includes(response)) {
    return refuse(new AnswerNotOffered({ requestId, options }))
  }
  return accept({ type: "human_request.resolved", data: { requestId, response, respondedBy } })
}

/**
 * Ends a request whose time is up. Any other stays as it is.
 *
 * @category rules
 * @since 0.1.0
 */
export const expire = (request: HumanRequest, now: number): Decision<HumanRequestEvent> =>
  isDue(request, now) ? over(request, "timeout") : accept()

/**
 * Takes back a request whose run is over. One that has ended stays as it is.
 *
 * @category rules
 * @since 0.1.0
 */
export const withdraw = (request: HumanRequest): Decision<HumanRequestEvent> =>
  request.status === "pending" ? over(request, "run_ended") : accept()

/**
 * The request as it is at this instant: one whose time is up is expired before that is recorded.
 *
 * @category rules
 * @since 0.1.0
 */
export const seenAt = (request: HumanRequest, now: number): HumanRequest =>
  isDue(request, now)
    ? { ...request, status: "expired", reason: "timeout", resolvedAt: request.timeoutAt }
    : request

/**
 * Says whether a request still waits although its time is up.
 *
 * @category rules
 * @since 0.1.0
 */
export const isDue = (
  { status, timeoutAt }: Pick<HumanRequest, "status" | "timeoutAt">,
  now: number
): boolean => status === "pending" && timeoutAt !== null && micros(timeoutAt) <= now

export * from "./HumanRequestEvent.ts"

// internal --------------------------------------------------------------------

const over = (
  { id: requestId }: HumanRequest,
  reason: "timeout" | "run_ended"
): Decision<HumanRequestEvent> =>
  accept({ type: "human_request.expired", data: { requestId, reason } })
