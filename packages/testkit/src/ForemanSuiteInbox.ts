/**
 * Whose messages are whose.
 *
 * @internal
 */
import { assert } from "@effect/vitest"
import { Effect } from "effect"

import { Foreman } from "@foreman/core"
import { type It, principal, standing } from "./ForemanSuiteSubject.ts"
import * as TestForeman from "./TestForeman.ts"

// testing ---------------------------------------------------------------------

/**
 * Registers these tests.
 *
 * @category testing
 * @since 0.1.0
 */
export const register = (it: It): void => {
  it.effect("shows an agent its own inbox only, and lets it take its own messages only", () =>
    Effect.gen(function* () {
      const { client } = yield* Foreman
      const { engineers, manager, organization, team } = yield* TestForeman.givenTeam()
      const [engineer] = engineers
      assert(engineer !== undefined)
      const { id: messageId } = yield* client
        .sendMessage({
          teamId: team.id,
          senderId: principal(manager.id),
          senderType: "agent",
          recipientId: principal(engineer.id),
          recipientType: "agent",
          content: "Hello"
        })
        .pipe(TestForeman.asAgent(manager))
      const inbox = client.getInbox({ agentId: engineer.id, unprocessedOnly: true })
      const take = client.acknowledgeMessage({ messageId })
      const before = yield* standing([organization.id])
      assert.strictEqual(
        (yield* Effect.flip(TestForeman.asAgent(manager)(inbox)))._tag,
        "ActsForAnother"
      )
      assert.strictEqual(
        (yield* Effect.flip(TestForeman.asAgent(manager)(take)))._tag,
        "NotTheRecipient"
      )
      assert.deepStrictEqual(yield* standing([organization.id]), before)
      const asEngineer = TestForeman.asAgent(engineer)
      assert.strictEqual((yield* asEngineer(inbox)).items.length, 1)
      assert.isNotNull((yield* asEngineer(take)).processedAt)
      assert.strictEqual((yield* asEngineer(inbox)).items.length, 0)
    })
  )
}
