/**
 * Messages: notes from an agent or a user to another, which stay in the inbox until acknowledged.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"
import { accept, type Decision, refuse } from "./Decision.ts"
import * as Event from "./Event.ts"
import { MessageId, PrincipalId, TaskId, TeamId, Timestamp } from "./Identifier.ts"

// models ----------------------------------------------------------------------

/**
 * Who can send and receive.
 *
 * @category models
 * @since 0.1.0
 */
export const PartyType = Schema.Literals(["agent", "user"]).annotate({
  description: "Whether the party is an agent or a user"
})
export type PartyType = typeof PartyType.Type

/**
 * The text of a message, at most 100,000 characters.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Content = Schema.String.check(
  Schema.isMinLength(1),
  Schema.isMaxLength(100_000)
).annotate({ description: "Text of the message" })

/**
 * A message.
 *
 * @category models
 * @since 0.1.0
 */
export interface Message extends Schema.Schema.Type<typeof Message> {}
export const Message = Schema.Struct({
  id: MessageId,
  teamId: TeamId,
  senderId: PrincipalId,
  senderType: PartyType,
  recipientId: PrincipalId,
  recipientType: PartyType,
  taskId: Schema.NullOr(TaskId),
  content: Content,
  deliveredAt: Schema.NullOr(Timestamp),
  seenAt: Schema.NullOr(Timestamp),
  processedAt: Schema.NullOr(Timestamp),
  createdAt: Timestamp
})

/**
 * What the sender of a message decides.
 *
 * @category models
 * @since 0.1.0
 */
export type Wanted = Omit<Message, "id" | "deliveredAt" | "seenAt" | "processedAt" | "createdAt">

const streamOf = ({ messageId }: { readonly messageId: MessageId }): string =>
  `message:${messageId}`

export const Sent = Event.define(
  "message.sent",
  {
    messageId: MessageId,
    teamId: TeamId,
    senderId: PrincipalId,
    senderType: PartyType,
    recipientId: PrincipalId,
    recipientType: PartyType,
    taskId: Schema.NullOr(TaskId),
    content: Content
  },
  streamOf
)

export const Processed = Event.define("message.processed", { messageId: MessageId }, streamOf)

/**
 * What happens to messages.
 *
 * @category models
 * @since 0.1.0
 */
export type MessageEvent = Event.EventOf<typeof Sent> | Event.EventOf<typeof Processed>

// errors ----------------------------------------------------------------------

/**
 * There is no such message, or the caller may not see it.
 *
 * @category errors
 * @since 0.1.0
 */
export class MessageNotFound extends Schema.TaggedError<MessageNotFound>()(
  "MessageNotFound",
  { messageId: Schema.Int },
  { httpApiStatus: 404 }
) {
  override get message() {
    return "Message not found"
  }
}

/**
 * Only the recipient acknowledges a message.
 *
 * @category errors
 * @since 0.1.0
 */
export class NotTheRecipient extends Schema.TaggedError<NotTheRecipient>()(
  "NotTheRecipient",
  { messageId: MessageId, actor: Schema.String },
  { httpApiStatus: 403 }
) {
  override get message() {
    return `Message ${this.messageId} is not addressed to ${this.actor}`
  }
}

// rules -----------------------------------------------------------------------

/**
 * Sends a message.
 *
 * @category rules
 * @since 0.1.0
 */
export const send = (
  wanted: Wanted,
  facts: { readonly messageId: MessageId }
): Decision<MessageEvent> => accept({ type: "message.sent", data: { ...wanted, ...facts } })

/**
 * Takes a message out of its recipient's inbox. Doing so again changes nothing.
 *
 * @category rules
 * @since 0.1.0
 */
export const acknowledge = (
  message: Message,
  facts: { readonly actorId: string; readonly speaksForOthers: boolean }
): Decision<MessageEvent, NotTheRecipient> => {
  if (!facts.speaksForOthers && message.recipientId !== facts.actorId) {
    return refuse(new NotTheRecipient({ messageId: message.id, actor: facts.actorId }))
  }
  return message.processedAt === null
    ? accept({ type: "message.processed", data: { messageId: message.id } })
    : accept()
}

/**
 * Folds one event into the message.
 *
 * @category rules
 * @since 0.1.0
 */
export const evolve = (
  before: Message | undefined,
  event: MessageEvent,
  at: Timestamp
): Message | undefined => {
  if (event.type === "message.processed") {
    return before && { ...before, seenAt: before.seenAt ?? at, processedAt: at }
  }
  const { messageId, ...rest } = event.data
  const fresh = { deliveredAt: null, seenAt: null, processedAt: null, createdAt: at }
  return { id: messageId, ...rest, ...fresh }
}
