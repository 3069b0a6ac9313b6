import { assert, describe, it } from "@effect/vitest"

import { Identifier, Message } from "@foreman/core"
import { GivenWhenThen } from "@foreman/testkit"

const { given } = GivenWhenThen
const [at, later] = ["2026-01-01T00:00:00.000000Z", "2026-01-02T00:00:00.000000Z"]
const messageId = Identifier.MessageId.make(5)
const [sender, recipient] = ["a", "b"].map((last) =>
  Identifier.PrincipalId.make(`00000000-0000-7000-8000-00000000000${last}`)
)

const wanted: Message.Wanted = {
  teamId: Identifier.TeamId.make("00000000-0000-7000-8000-000000000001"),
  senderId: sender!,
  senderType: "agent",
  recipientId: recipient!,
  recipientType: "user",
  taskId: null,
  content: "Look, please"
}
const sent: Message.MessageEvent = { type: "message.sent", data: { ...wanted, messageId } }
const processed: Message.MessageEvent = { type: "message.processed", data: { messageId } }
const message = Message.evolve(undefined, sent, at!)!

describe("a message", () => {
  it("is sent as wanted and waits", () => {
    given(wanted)
      .when((wanted) => Message.send(wanted, { messageId }))
      .then(sent)
    assert.deepStrictEqual(message, {
      ...wanted,
      id: messageId,
      deliveredAt: null,
      seenAt: null,
      processedAt: null,
      createdAt: at!
    })
  })

  it("is acknowledged by its recipient, once", () => {
    const facts = { actorId: recipient!, speaksForOthers: false }
    given(message)
      .when((message) => Message.acknowledge(message, facts))
      .then(processed)
    given(Message.evolve, sent, processed)
      .when((message) => Message.acknowledge(message, facts))
      .thenNothing()
  })

  it("refuses everybody else, its sender too", () => {
    for (const actor of [sender!, "someone"]) {
      given(message)
        .when((message) => Message.acknowledge(message, { actorId: actor, speaksForOthers: false }))
        .thenRejected(new Message.NotTheRecipient({ messageId, actor }))
    }
  })

  it("is acknowledged by one who speaks for others", () => {
    given(message)
      .when((message) => Message.acknowledge(message, { actorId: "x", speaksForOthers: true }))
      .then(processed)
  })

  it("counts as seen when it was acknowledged, if not before", () => {
    assert.deepInclude(Message.evolve(message, processed, later!), {
      seenAt: later!,
      processedAt: later!
    })
    assert.deepInclude(Message.evolve({ ...message, seenAt: at! }, processed, later!), {
      seenAt: at!
    })
    assert.isUndefined(Message.evolve(undefined, processed, later!))
  })

  it("says in its refusals what is missing", () => {
    assert.strictEqual(new Message.MessageNotFound({ messageId: 5 }).message, "Message not found")
    const { message } = new Message.NotTheRecipient({ messageId, actor: "x" })
    assert.strictEqual(message, "Message 5 is not addressed to x")
  })
})
