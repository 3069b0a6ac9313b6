/**
 * What can be asked about human requests: agents ask, people answer.
 *
 * @since 0.1.0
 */
import { Effect, Schema } from "effect"
import { ActsForAnother } from "../rules/Actor.ts"
import { AgentNotFound } from "../rules/Agent.ts"
import { MayNotDecide } from "../rules/ApprovalRefusal.ts"
import * as HumanRequest from "../rules/HumanRequest.ts"
import { AgentId, HumanRequestId, PrincipalId, TaskId, TeamId } from "../rules/Identifier.ts"
import { TaskNotFound } from "../rules/Task.ts"
import { TeamNotFound } from "../rules/Team.ts"
import * as Operation from "./Operation.ts"

// models ----------------------------------------------------------------------

const wait = (otherwise: string) =>
  Schema.Boolean.annotate({
    description:
      `Wait up to ${HumanRequest.waitSeconds} s for the answer; ${otherwise}. ` +
      "While the status is pending, call get_human_request with wait again"
  }).pipe(Schema.withDecodingDefaultKey(Effect.succeed(false)))

const teamAndFilters = {
  teamId: TeamId,
  agentId: Schema.optionalKey(AgentId.annotate({ description: "Only requests of this agent" })),
  taskId: Schema.optionalKey(TaskId.annotate({ description: "Only requests about this task" }))
}

// services --------------------------------------------------------------------

export const askHuman = Operation.make("ask_human", {
  title: "Ask human",
  description:
    "Asks a person: a question, an approval or a review. The request stays until it is answered, " +
    "its time is up, or your run ends; read the answer with get_human_request.",
  kind: "command",
  permission: "human:ask",
  http: { method: "POST", path: "/api/v1/human-requests", status: 201 },
  cli: "request ask",
  input: {
    teamId: TeamId,
    agentId: AgentId.annotate({ description: "Who asks: yourself, an agent of the team" }),
    kind: HumanRequest.RequestKind,
    question: HumanRequest.Question,
    taskId: Schema.optionalKey(
      Schema.NullOr(
        TaskId.annotate({ description: "What it is about; a run's own task if absent" })
      )
    ),
    options: HumanRequest.Options.pipe(Schema.withDecodingDefaultKey(Effect.succeed([]))),
    timeoutMinutes: Schema.optionalKey(
      Schema.NullOr(
        Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 525_600 })).annotate({
          description: "Expires unanswered after so many minutes; 0 or absent: never"
        })
      )
    ),
    wait: wait("else the answer is the pending request at once")
  },
  output: HumanRequest.HumanRequest,
  errors: [TeamNotFound, AgentNotFound, TaskNotFound, ActsForAnother],
  tool: { roles: ["manager", "engineer"] }
})

export const getHumanRequest = Operation.make("get_human_request", {
  title: "Get human request",
  description: "Shows a human request and its answer, if a person has given one.",
  kind: "query",
  permission: "human:read",
  http: { method: "GET", path: "/api/v1/human-requests/:request_id" },
  cli: "request show",
  input: {
    requestId: HumanRequestId,
    wait: wait("else it is shown as it stands")
  },
  output: HumanRequest.HumanRequest,
  errors: [HumanRequest.HumanRequestNotFound],
  tool: { roles: ["manager", "engineer"] }
})

export const getPendingRequests = Operation.makeList("get_pending_requests", {
  title: "Get pending requests",
  description:
    "Lists the human requests of a team that wait for an answer, newest first. " +
    "An unknown team has none.",
  permission: "human:read",
  http: { method: "GET", path: "/api/v1/teams/:team_id/pending-requests" },
  cli: "request pending",
  input: teamAndFilters,
  item: HumanRequest.HumanRequest,
  errors: [],
  tool: { roles: ["manager"] }
})

export const listHumanRequests = Operation.makeList("list_human_requests", {
  title: "List human requests",
  description: "Lists the human requests of a team, newest first. An unknown team has none.",
  permission: "human:read",
  http: { method: "GET", path: "/api/v1/teams/:team_id/human-requests" },
  cli: "request list",
  input: {
    ...teamAndFilters,
    status: Schema.optionalKey(
      HumanRequest.RequestStatus.annotate({ description: "Only requests in this status" })
    )
  },
  item: HumanRequest.HumanRequest,
  errors: [],
  tool: false
})

export const respondToRequest = Operation.make("respond_to_request", {
  title: "Respond to request",
  description:
    "Answers a human request. Only a person may, never an agent; the answer to an approval is one " +
    "of its options. No tool answers what a run's agent wants approved.",
  kind: "command",
  permission: "human:respond",
  http: { method: "POST", path: "/api/v1/human-requests/:request_id/respond" },
  cli: "request respond",
  input: {
    requestId: HumanRequestId,
    response: HumanRequest.Response,
    respondedBy: Schema.optionalKey(
      Schema.NullOr(PrincipalId.annotate({ description: "Who answers; yourself if absent" }))
    ),
    questionsOnly: Schema.optionalKey(
      Schema.Boolean.annotate({
        description: "Refuses what is an approval for a run; every tool of agents says so"
      })
    )
  },
  output: HumanRequest.HumanRequest,
  errors: [
    HumanRequest.HumanRequestNotFound,
    HumanRequest.HumanRequestIsOver,
    HumanRequest.NotAPerson,
    HumanRequest.AnswerNotOffered,
    HumanRequest.DecidedByPerson,
    MayNotDecide,
    ActsForAnother
  ],
  tool: { roles: [], omit: ["questionsOnly"], fixed: { questions_only: true } }
})
