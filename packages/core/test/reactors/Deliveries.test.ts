import { assert, describe, it } from "@effect/vitest"
import { AgentRunnerMemory, ensureLocalTeam, Foreman, Shell } from "@foreman/core"
import { TestForeman } from "@foreman/testkit"
import { Effect } from "effect"
import { tellingOf } from "../../src/reactors/DeliveryEvents.ts"
import { pauseOf } from "../../src/reactors/DeliveryLedger.ts"

describe("the time between two tries", () => {
  const patience = {
    firstMillis: 1000,
    mostMillis: 300_000,
    deadlineMillis: 604_800_000,
    keepDeadMillis: 0
  }

  it("doubles up to a bound, however often it was tried", () => {
    const tries = [1, 2, 3, 9, 10, 11, 500, 1_000_000]
    assert.deepStrictEqual(
      tries.map((attempts) => pauseOf(attempts, patience)),
      [1000, 2000, 4000, 256_000, 300_000, 300_000, 300_000, 300_000]
    )
  })
})

describe("what is told of an event", () => {
  const runners = [AgentRunnerMemory.make("local", () => Effect.succeed({}))]

  const ask = Effect.fnUntraced(
    function* (question: string) {
      const { managerId: agentId, organizationId, teamId } = yield* ensureLocalTeam
      const { client } = yield* Foreman
      const wish = { kind: "question", options: ["yes", "no"], wait: false } as const
      yield* client.askHuman({ teamId, agentId, question, ...wish })
      const shell = yield* Shell.Shell
      const events = yield* shell.driver.readAll(organizationId, { after: 0, limit: 1000 })
      return yield* Effect.forEach(events, (event) => tellingOf(shell, event))
    },
    TestForeman.asOperator,
    Effect.provide(TestForeman.layer({ runners }))
  )

  it.effect("is one thing for a question, and nothing for what nobody asks about", () =>
    Effect.gen(function* () {
      const told = (yield* ask("May I?")).flatMap((telling) => telling ?? [])
      assert.lengthOf(told, 1)
      assert.match(told[0]?.subject ?? "", /^human_request:\d+$/)
      assert.deepInclude(told[0]?.notification, {
        kind: "question",
        question: "May I?",
        options: ["yes", "no"],
        taskId: null,
        projectId: null,
        summary: null
      })
    })
  )

  it.effect(
    "is short, ends with no half character, and holds nothing in the form of a secret",
    () =>
      Effect.gen(function* () {
        const secret = "ghp_abcdefghijklmnopqrstuvwxyz0123"
        const all = yield* ask(`Use ${secret}? ${"😀".repeat(3000)}`)
        const told = all.find((telling) => telling !== undefined)
        assert(told?.notification.kind === "question")
        const { question } = told.notification
        assert.isAtMost(question.length, 2000)
        assert.notInclude(question, secret)
        assert.isTrue(question.isWellFormed())
        assert.isTrue(question.endsWith("…"))
      })
  )
})
