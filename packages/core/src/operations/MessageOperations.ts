/**
 * What can be asked about messages.
 *
 * @since 0.1.0
 */
import { Effect, Schema } from "effect"
import { ActsForAnother } from "../rules/Actor.ts"
import { AgentNotFound } from "../rules/Agent.ts"
import { AgentId, MessageId, PrincipalId, TaskId, TeamId } from "../rules/Identifier.ts"
import * as Message from "../rules/Message.ts"
import { TaskNotFound } from "../rules/Task.ts"
import { TeamNotFound } from "../rules/Team.ts"
import * as Operation from "./Operation.ts"

// services --------------------------------------------------------------------

export const sendMessage = Operation.make("send_message", {
  title: "Send message",
  description: "Sends a message to an agent or a user. Agents send in their own name.",
  kind: "command",
  permission: "message:send",
  http: { method: "POST", path: "/api/v1/teams/:team_id/messages", status: 201 },
  cli: "message send",
  input: {
    teamId: TeamId,
    senderId: PrincipalId,
    senderType: Message.PartyType,
    recipientId: PrincipalId,
    recipientType: Message.PartyType,
    content: Message.Content,
    taskId: Schema.optionalKey(Schema.NullOr(TaskId))
  },
  output: Message.Message,
  errors: [TeamNotFound, TaskNotFound, AgentNotFound, ActsForAnother],
  tool: { roles: ["manager", "engineer", "reviewer"] }
})

export const getInbox = Operation.makeList("get_inbox", {
  title: "Get inbox",
  description:
    "Lists the messages of an agent, newest first; by default only those not yet acknowledged.",
  permission: "message:read",
  http: { method: "GET", path: "/api/v1/agents/:agent_id/inbox" },
  cli: "inbox",
  input: {
    agentId: AgentId,
    unprocessedOnly: Schema.Boolean.annotate({
      description: "Leave out what was acknowledged"
    }).pipe(Schema.withDecodingDefaultKey(Effect.succeed(true)))
  },
  item: Message.Message,
  errors: [ActsForAnother],
  tool: { roles: ["manager", "engineer", "reviewer"] }
})

export const acknowledgeMessage = Operation.make("acknowledge_message", {
  title: "Acknowledge message",
  description: "Takes a message out of its recipient's inbox.",
  kind: "command",
  permission: "message:read",
  http: { method: "POST", path: "/api/v1/messages/:message_id/acknowledge" },
  cli: "message acknowledge",
  input: { messageId: MessageId },
  output: Message.Message,
  errors: [Message.MessageNotFound, Message.NotTheRecipient],
  tool: false
})
