/**
 * The fold of events into the rows of human requests.
 *
 * @since 0.1.0
 */
import * as HumanRequest from "../rules/HumanRequest.ts"
import { listed, type Projection } from "./Fold.ts"
import * as RowCodec from "./RowCodec.ts"

// rules -----------------------------------------------------------------------

/**
 * Human requests. `is_pending` marks those that wait for an answer.
 *
 * @category models
 * @since 0.1.0
 */
export const humanRequests: Projection<HumanRequest.HumanRequest, HumanRequest.HumanRequestEvent> =
  {
    table: "human_requests",
    folds: (type) => type.startsWith("human_request."),
    makes: (type) => type === "human_request.created",
    keyOf: ({ data }) => ({ id: data.requestId }),
    evolve: HumanRequest.evolve,
    ...RowCodec.make<HumanRequest.HumanRequest>(
      {
        id: "plain",
        teamId: "plain",
        agentId: "plain",
        taskId: "plain",
        runId: "plain",
        kind: "plain",
        question: "plain",
        options: "json",
        status: "plain",
        reason: "plain",
        response: "plain",
        respondedBy: "plain",
        timeoutAt: "instant",
        createdAt: "instant",
        resolvedAt: "instant"
      },
      ({ status }) => ({ is_pending: status === "pending" })
    ),
    also: ({ data, type }) =>
      type === "human_request.created" ? [listed("human_request", data.requestId)] : []
  }
