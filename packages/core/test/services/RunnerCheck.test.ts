import { describe, expect, it } from "@effect/vitest"
import { Deferred, Effect, Fiber, Layer } from "effect"
import { TestClock } from "effect/testing"

import { AgentRunner, AgentRunnerMemory, createForeman, Foreman, Refusal } from "@foreman/core"
import { TestForeman } from "@foreman/testkit"

type Check = AgentRunner.AgentRunner["check"]

const picky = (check: Check) => AgentRunnerMemory.make("picky", () => Effect.succeed({}), { check })

const wrong = (retryable: boolean): Check =>
  Effect.fnUntraced(function* ({ command }) {
    if (Array.isArray(command)) return
    const detail = "command is missing"
    return yield* new AgentRunner.RunnerError({
      runner: "picky",
      reason: "config",
      detail,
      retryable
    })
  })

const hire = Effect.fnUntraced(function* (config: Readonly<Record<string, unknown>>) {
  const { client } = yield* Foreman
  const { team } = yield* TestForeman.givenTeam({ engineers: 0, repositories: 0 })
  const wish = { teamId: team.id, name: "ada", role: "engineer", model: "any", config } as const
  const hired = yield* Effect.result(TestForeman.asOperator(client.createAgent(wish)))
  const { agents } = yield* TestForeman.asOperator(client.getTeam({ teamId: team.id }))
  expect(agents.some(({ name }) => name === "ada")).toBe(hired._tag === "Success")
  return hired._tag === "Success" ? "hired" : hired.failure
}, Effect.orDie)

const refused = (path: string, problem: string) =>
  new Refusal.InvalidInput({ problems: [{ path, problem }] })

const on = (check: Check) => Effect.provide(TestForeman.layer({ runners: [picky(check)] }))

describe("a new agent", () => {
  it.effect("is refused when its runner cannot use its configuration, in the runner's words", () =>
    Effect.gen(function* () {
      expect(yield* hire({ runner: "picky" })).toEqual(
        refused("config", "picky: command is missing")
      )
      expect(yield* hire({ runner: "picky", command: [] })).toBe("hired")
    }).pipe(on(wrong(false)))
  )

  it.effect("is refused when it names a runner that is not among those here", () =>
    Effect.gen(function* () {
      expect(yield* hire({ runner: "pikcy" })).toEqual(
        refused("config.runner", "There is no runner pikcy here; the runners are memory, picky")
      )
      for (const config of [{}, { runner: "" }, { command: 7 }]) {
        expect(yield* hire(config)).toBe("hired")
      }
    }).pipe(on(wrong(false)))
  )

  it.effect("is taken when its runner cannot tell for the moment", () =>
    Effect.gen(function* () {
      expect(yield* hire({ runner: "picky" })).toBe("hired")
    }).pipe(on(wrong(true)))
  )

  it.effect("is taken when its runner says nothing for ten seconds", () =>
    Effect.gen(function* () {
      const asked = yield* Deferred.make<void>()
      const silent: Check = () => Effect.andThen(Deferred.succeed(asked, undefined), Effect.never)
      const context = yield* Layer.build(TestForeman.layer({ runners: [picky(silent)] }))
      const hiring = yield* Effect.forkChild(
        Effect.provideContext(hire({ runner: "picky" }), context)
      )
      yield* Deferred.await(asked)
      yield* TestClock.adjust("9 seconds")
      expect(hiring.pollUnsafe()).toBeUndefined()
      yield* TestClock.adjust("1 second")
      expect(yield* Fiber.join(hiring)).toBe("hired")
    })
  )

  it.live("is checked by the runners of an embedded Foreman, and by nobody where it has none", () =>
    Effect.promise(async () => {
      for (const runners of [[], [picky(wrong(false))]]) {
        await using foreman = await createForeman({ runners })
        const { id: orgId } = await foreman.createOrganization({ name: "Acme", slug: "acme" })
        const { id: teamId } = await foreman.createTeam({ orgId, name: "Web", slug: "web" })
        const hired = foreman.createAgent({ teamId, name: "ada", config: { runner: "picky" } })
        const end = await hired.then(
          ({ name }) => name,
          (error: unknown) => error
        )
        expect(end).toEqual(
          runners.length === 0 ? "ada" : refused("config", "picky: command is missing")
        )
      }
    })
  )

  it.effect("that came before under the same key is answered though its runner is gone since", () =>
    Effect.gen(function* () {
      let isBroken = false
      const check: Check = (config) => (isBroken ? wrong(false)(config) : Effect.void)
      yield* Effect.gen(function* () {
        const { client } = yield* Foreman
        const { team } = yield* TestForeman.givenTeam({ engineers: 0 })
        const config = { runner: "picky" }
        const wish = { teamId: team.id, name: "ada", role: "engineer", model: "m", config } as const
        const hiring = client.createAgent(wish, { idempotencyKey: "once" })
        const first = yield* hiring
        isBroken = true
        expect(yield* hiring).toEqual(first)
      }).pipe(TestForeman.asOperator, on(check))
    })
  )
})
