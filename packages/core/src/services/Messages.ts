/**
 * Messages and inboxes.
 *
 * @since 0.1.0
 */
import { Context, Effect, Layer } from "effect"
import { CurrentActor } from "../operations/Authorization.ts"
import type * as Operations from "../operations/MessageOperations.ts"
import { ActsForAnother, principalOf, speaksForOthers } from "../rules/Actor.ts"
import { AgentNotFound } from "../rules/Agent.ts"
import { MessageId } from "../rules/Identifier.ts"
import * as Message from "../rules/Message.ts"
import { TaskNotFound } from "../rules/Task.ts"
import { TeamNotFound } from "../rules/Team.ts"
import { lookUp, organizationOf } from "./Directory.ts"
import type { Method } from "./Method.ts"
import * as Paging from "./Paging.ts"
import * as Projection from "./Projection.ts"
import type { Session } from "./Session.ts"
import { decided, Shell } from "./Shell.ts"
import { onBehalfOf } from "./Standing.ts"

// services --------------------------------------------------------------------

/**
 * The messages of this store.
 *
 * @category services
 * @since 0.1.0
 */
export class Messages extends Context.Service<
  Messages,
  {
    readonly send: Method<typeof Operations.sendMessage>
    readonly inbox: Method<typeof Operations.getInbox>
    readonly acknowledge: Method<typeof Operations.acknowledgeMessage>
  }
>()("@foreman/core/Messages") {
  static readonly layer: Layer.Layer<Messages, never, Shell> = Layer.effect(
    Messages,
    Effect.map(Shell, make)
  )
}

// internal --------------------------------------------------------------------

function make(shell: Shell["Service"]): Messages["Service"] {
  const { messages } = Projection
  return {
    send: Effect.fnUntraced(function* ({ taskId = null, ...input }) {
      const { recipientId, recipientType, senderId, senderType, teamId } = input
      yield* speakAs(senderType, senderId)
      const missing = () => new TeamNotFound({ teamId })
      const { organization } = yield* lookUp(shell, Projection.teams, "team", teamId, missing)
      const messageId = MessageId.make(yield* shell.allocate("messages"))
      return yield* shell.transact(
        { organization },
        Effect.fnUntraced(function* (session) {
          yield* partyExists(session, senderType, senderId)
          yield* partyExists(session, recipientType, recipientId)
          if (taskId !== null) {
            const task = yield* session.get(Projection.tasks, { id: taskId })
            if (task === undefined) return yield* new TaskNotFound({ taskId })
          }
          const events = yield* decided(Message.send({ ...input, taskId }, { messageId }))
          return {
            events,
            answer: ({ after }) => after<Message.Message>(messages, { id: messageId })
          }
        })
      )
    }),
    inbox: Effect.fnUntraced(function* ({ agentId, unprocessedOnly, ...page }) {
      const actor = yield* CurrentActor
      // People see the inboxes of their organisation, agents their own.
      if ((actor.type === "agent" || actor.type === "run") && principalOf(actor) !== agentId) {
        return yield* new ActsForAnother({ actor: principalOf(actor), named: agentId })
      }
      const organization = yield* organizationOf(shell, "agent", agentId)
      if (organization === undefined) return Paging.empty
      const equals = { recipient_id: agentId, ...(unprocessedOnly ? { is_open: true } : {}) }
      const index = unprocessedOnly ? "messages_open" : "messages_by_recipient"
      const query = { organization, table: "messages", index, equals } as const
      return yield* shell.read((driver) =>
        Paging.find(
          driver,
          { ...query, direction: "descending", toItem: messages.fromRow },
          { ...page, limit: page.limit ?? 50 }
        )
      )
    }),
    acknowledge: Effect.fnUntraced(function* ({ messageId }) {
      const actor = yield* CurrentActor
      const missing = () => new Message.MessageNotFound({ messageId })
      const { organization } = yield* lookUp(shell, messages, "message", messageId, missing)
      return yield* shell.transact(
        { organization, queue: `message:${messageId}` },
        Effect.fnUntraced(function* (session) {
          yield* session.relyOn(`message:${messageId}`)
          const message = yield* session.get(messages, { id: messageId })
          if (message === undefined) return yield* missing()
          const who = { actorId: principalOf(actor), speaksForOthers: speaksForOthers(actor) }
          const events = yield* decided(Message.acknowledge(message, who))
          return {
            events,
            answer: ({ after }) => after<Message.Message>(messages, { id: messageId }) ?? message
          }
        })
      )
    })
  }
}

/** An agent does not speak as a person, not even under its own id. */
const speakAs = Effect.fnUntraced(function* (type: Message.PartyType, id: string) {
  yield* onBehalfOf(id)
  const actor = yield* CurrentActor
  if ((actor.type === "agent" || actor.type === "run") && type !== "agent") {
    return yield* new ActsForAnother({ actor: principalOf(actor), named: type })
  }
})

/** Agents are known; people have no rows of their own yet. */
const partyExists = Effect.fnUntraced(function* (
  session: Session,
  type: Message.PartyType,
  id: Message.Message["senderId"]
) {
  if (type === "user") return
  const agent = yield* session.get(Projection.agents, { id })
  if (agent === undefined) return yield* new AgentNotFound({ agentId: id })
})
