import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"

import { TestForeman } from "@foreman/testkit"

describe("waiting", () => {
  it.live("says how things stand when what is waited for does not come", () =>
    Effect.gen(function* () {
      const given = yield* TestForeman.givenTeam()
      const { id } = yield* TestForeman.givenTask(given)
      const failure = yield* Effect.flip(
        TestForeman.untilTask(id, ({ status }) => status === "done", { within: "20 millis" })
      )
      assert.include(failure.message, `task ${id}`)
      assert.include(failure.message, '"status":"todo"')
      assert.include(failure.message, "task.created")
    }).pipe(Effect.provide(TestForeman.layer()))
  )

  it.live("sees an agent work", () =>
    Effect.gen(function* () {
      const given = yield* TestForeman.givenTeam()
      const { id } = yield* TestForeman.givenTask(given, { title: "Fix login" })
      const task = yield* TestForeman.untilTask(id, ({ status }) => status === "in_review")
      assert.strictEqual(task.lastOutcome, "succeeded")
    }).pipe(Effect.provide(TestForeman.layer({ reactors: {} })))
  )
})
