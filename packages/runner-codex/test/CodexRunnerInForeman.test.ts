import { assert, it } from "@effect/vitest"
import { Effect, References } from "effect"

import { type AgentRunner, Foreman, Identifier } from "@foreman/core"
import { TestForeman } from "@foreman/testkit"
import { cassette, fixture, made, program, scoped } from "./harness.ts"

const quiet = Effect.provideService(References.MinimumLogLevel, "None")

/** Foreman with Codex, which plays a cassette in a folder that is there. */
const foremanWith = Effect.fnUntraced(function* (name: string) {
  const { base, runner, workspace } = yield* made()
  const words = [process.execPath, fixture("player.mjs"), cassette(name)]
  const codexPath = program(base, words)
  const codex = (yield* made({ codexPath })).runner
  const placed: AgentRunner.AgentRunner = {
    ...runner,
    check: codex.check,
    run: (spec, started) => codex.run({ ...spec, workspace }, started)
  }
  return TestForeman.layer({ runners: [placed], reactors: {} })
})

const answered = (response: string) =>
  Effect.gen(function* () {
    const { client } = yield* Foreman
    const given = yield* TestForeman.givenTeam({ runner: "codex" })
    const { id } = yield* TestForeman.givenTask(given)
    const { data } = yield* TestForeman.untilEvent(({ type }) => type === "human_request.created")
    assert.include(data["question"], "/bin/bash -lc 'echo x > ../outside.txt'")
    assert.include(data["question"], "it would leave the agent's sandbox")
    const requestId = Identifier.HumanRequestId.make(Number(data["request_id"]))
    yield* TestForeman.asOperator(client.respondToRequest({ requestId, response }))
    const { lastOutcome } = yield* TestForeman.untilTask(id, (task) => task.lastOutcome !== null)
    assert.strictEqual(lastOutcome, "succeeded")
    const events = yield* TestForeman.history(given.organization.id)
    const dataOf = (type: string) =>
      events.filter((one) => one.type === type).map((one) => one.data)
    return {
      decided: dataOf("run.permission_decided"),
      used: dataOf("run.usage_reported"),
      ended: dataOf("run.succeeded")
    }
  })

it.live(
  "has a person agree before a command leaves the sandbox, and records what was used",
  scoped(function* () {
    const foreman = yield* foremanWith("command-allowed")
    const { decided, ended, used } = yield* Effect.provide(answered("approve"), foreman)
    assert.lengthOf(decided, 1)
    assert.deepInclude(decided[0], {
      kind: "command",
      summary: "bash; echo",
      verdict: "allow",
      decided_by: "person",
      rule: "sandbox.leave"
    })
    assert.strictEqual(used.at(-1)?.["input_tokens"], 200)
    assert.strictEqual(ended[0]?.["answer"], "I did.")
  })
)

it.live(
  "tells Codex what a person does not agree to",
  scoped(function* () {
    const foreman = yield* foremanWith("command-denied")
    const { decided } = yield* quiet(Effect.provide(answered("reject"), foreman))
    assert.deepInclude(decided[0], { verdict: "deny", decided_by: "person", reason: "reject" })
  })
)
