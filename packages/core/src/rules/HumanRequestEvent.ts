/**
 * What happens to a human request, and what it is after that.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"
import * as Event from "./Event.ts"
import { AgentId, HumanRequestId, RunId, TaskId, TeamId, Timestamp } from "./Identifier.ts"

// models ----------------------------------------------------------------------

/**
 * What an agent wants of a person.
 *
 * @category models
 * @since 0.1.0
 */
export const RequestKind = Schema.Literals(["question", "approval", "review"]).annotate({
  description: "question: an answer in words; approval: one of the options; review: a look at work"
})
export type RequestKind = typeof RequestKind.Type

/**
 * Where a human request stands.
 *
 * @category models
 * @since 0.1.0
 */
export const RequestStatus = Schema.Literals(["pending", "resolved", "expired"]).annotate({
  description: "resolved: somebody has answered; expired: nobody will any more"
})
export type RequestStatus = typeof RequestStatus.Type

/**
 * Why a request that nobody has answered waits no longer: its time is up, or the run that asked is
 * over, so that nobody would read an answer.
 *
 * @category models
 * @since 0.1.0
 */
export const ExpiryReason = Schema.Literals(["timeout", "run_ended"]).annotate({
  description: "Why it expired: timeout, or run_ended when the run that asked is over"
})
export type ExpiryReason = typeof ExpiryReason.Type

/**
 * The question of a request: not blank, at most 10,000 characters.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Question = Schema.String.check(
  Schema.isPattern(/\S/),
  Schema.isMaxLength(10_000)
).annotate({ description: "The question, as a person will read it" })

/**
 * What can be answered: at most 20 different options of at most 200 characters.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Options = Schema.Array(
  Schema.String.check(Schema.isPattern(/\S/), Schema.isMaxLength(200))
)
  .check(Schema.isMaxLength(20), Schema.isUnique())
  .annotate({ description: "Answers to choose from; binding for an approval, else advice" })

/**
 * An answer: not blank, at most 100,000 characters.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Response = Schema.String.check(
  Schema.isPattern(/\S/),
  Schema.isMaxLength(100_000)
).annotate({ description: "The answer" })

/**
 * A human request.
 *
 * @category models
 * @since 0.1.0
 */
export interface HumanRequest extends Schema.Schema.Type<typeof HumanRequest> {}
export const HumanRequest = Schema.Struct({
  id: HumanRequestId,
  teamId: TeamId,
  agentId: AgentId,
  taskId: Schema.NullOr(TaskId),
  /** The request goes with it: nobody else reads the answer. */
  runId: Schema.NullOr(RunId),
  kind: RequestKind,
  question: Question,
  options: Options,
  status: RequestStatus,
  reason: Schema.NullOr(ExpiryReason),
  response: Schema.NullOr(Response),
  respondedBy: Schema.NullOr(Schema.String),
  timeoutAt: Schema.NullOr(Timestamp).annotate({ description: "When it expires unanswered" }),
  createdAt: Timestamp,
  resolvedAt: Schema.NullOr(Timestamp).annotate({ description: "When it was answered or expired" })
})

const streamOf = ({ requestId }: { readonly requestId: HumanRequestId }): string =>
  `human_request:${requestId}`

export const Created = Event.define(
  "human_request.created",
  {
    requestId: HumanRequestId,
    teamId: TeamId,
    agentId: AgentId,
    taskId: Schema.NullOr(TaskId),
    runId: Schema.NullOr(RunId),
    kind: RequestKind,
    question: Question,
    options: Options,
    timeoutAt: Schema.NullOr(Timestamp)
  },
  streamOf
)

export const Resolved = Event.define(
  "human_request.resolved",
  { requestId: HumanRequestId, response: Response, respondedBy: Schema.String },
  streamOf
)

export const Expired = Event.define(
  "human_request.expired",
  { requestId: HumanRequestId, reason: ExpiryReason },
  streamOf
)

/**
 * What happens to human requests.
 *
 * @category models
 * @since 0.1.0
 */
export type HumanRequestEvent =
  | Event.EventOf<typeof Created>
  | Event.EventOf<typeof Resolved>
  | Event.EventOf<typeof Expired>

// rules -----------------------------------------------------------------------

/**
 * Where a human request may go from where it stands.
 *
 * @category rules
 * @since 0.1.0
 */
export const transitions: Readonly<Record<RequestStatus, ReadonlyArray<RequestStatus>>> = {
  pending: ["resolved", "expired"],
  resolved: [],
  expired: []
}

/**
 * Folds one event into the human request.
 *
 * @category rules
 * @since 0.1.0
 */
export const evolve = (
  before: HumanRequest | undefined,
  event: HumanRequestEvent,
  at: Timestamp
): HumanRequest | undefined => {
  switch (event.type) {
    case "human_request.created": {
      const { requestId, ...wanted } = event.data
      const open = { status: "pending", reason: null, response: null, respondedBy: null } as const
      return { id: requestId, ...wanted, ...open, createdAt: at, resolvedAt: null }
    }
    case "human_request.resolved": {
      const { respondedBy, response } = event.data
      return before && { ...before, status: "resolved", response, respondedBy, resolvedAt: at }
    }
    case "human_request.expired": {
      const { reason } = event.data
      return before && { ...before, status: "expired", reason, resolvedAt: at }
    }
  }
}
