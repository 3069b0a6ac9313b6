import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"

import {
  type Authorization,
  Foreman,
  Housekeeper,
  HumanRequest,
  HumanRequests,
  Shell,
  StoreClock
} from "@foreman/core"
import { TestForeman } from "@foreman/testkit"

const given = Effect.gen(function* () {
  const team = yield* TestForeman.givenTeam({ runner: null })
  const { client } = yield* Foreman
  const wish = {
    teamId: team.team.id,
    agentId: team.manager.id,
    kind: "question",
    question: "Which colour?",
    options: [],
    wait: false
  } as const
  const ask = (changes: { timeoutMinutes?: number; wait?: boolean } = {}) =>
    client.askHuman({ ...wish, ...changes })
  const get = (requestId: HumanRequest.HumanRequest["id"]) =>
    client.getHumanRequest({ requestId, wait: false })
  const means = { shell: yield* Shell.Shell, clock: yield* StoreClock.StoreClock }
  return { ...team, client, ask, get, ...means }
})

const run = <A, E>(
  test: Effect.Effect<A, E, Authorization.CurrentActor | TestForeman.Services>
): Effect.Effect<A, E> => Effect.provide(TestForeman.asOperator(test), TestForeman.layer())

const typesOf = (organization: string) =>
  Effect.map(TestForeman.history(organization), (events) =>
    events.map(({ type }) => type).filter((type) => type.startsWith("human_request."))
  )

describe("waiting for an answer", () => {
  it.effect("ends with the pending request when the bound is reached, and not before", () =>
    run(
      Effect.gen(function* () {
        const { ask, get } = yield* given
        const waiting = yield* Effect.forkChild(ask({ wait: true }))
        yield* TestClock.adjust(`${HumanRequest.waitSeconds * 1000 - 1} millis`)
        assert.isUndefined(waiting.pollUnsafe())
        yield* TestClock.adjust("1 millis")
        const asked = yield* Fiber.join(waiting)
        assert.strictEqual(asked.status, "pending")
        assert.deepStrictEqual(yield* get(asked.id), asked)
      })
    )
  )

  it.effect("keeps to the bound of its caller, and is at once over for what is over", () =>
    run(
      Effect.gen(function* () {
        const { ask, client, clock, shell } = yield* given
        const { answered } = HumanRequests.make(shell, clock)
        const { id } = yield* ask()
        const waiting = yield* Effect.forkChild(answered(id, "3 hours"))
        yield* TestClock.adjust("2 hours")
        assert.isUndefined(waiting.pollUnsafe())
        yield* client.respondToRequest({ requestId: id, response: "red" })
        yield* TestClock.adjust("1 seconds")
        assert.strictEqual((yield* Fiber.join(waiting)).response, "red")
        assert.strictEqual((yield* answered(id, 0)).response, "red")
      })
    )
  )

  it.effect("ends when the time of the request is up, though nobody has recorded it", () =>
    run(
      Effect.gen(function* () {
        const { ask, clock, manager, organization, shell } = yield* given
        const { id } = yield* ask({ timeoutMinutes: 2 })
        const { answered } = HumanRequests.make(shell, clock)
        const waiting = yield* Effect.forkChild(answered(id, "1 hour"))
        yield* TestClock.adjust("2 minutes")
        yield* TestClock.adjust("1 seconds")
        const seen = yield* Fiber.join(waiting)
        assert.deepInclude(seen, { status: "expired", reason: "timeout", agentId: manager.id })
        assert.strictEqual(seen.resolvedAt, seen.timeoutAt)
        assert.deepStrictEqual(yield* typesOf(organization.id), ["human_request.created"])
      })
    )
  )
})

describe("the end of requests that nobody answers", () => {
  it.effect("is recorded when their time is up, page by page, and once", () =>
    run(
      Effect.gen(function* () {
        const { ask, clock, get, organization, shell } = yield* given
        const many = 230
        for (let count = 0; count < many; count++) yield* ask({ timeoutMinutes: 1 + (count % 2) })
        const forever = yield* ask()
        const expire = HumanRequests.expireDue(shell, clock, organization.id)
        assert.strictEqual(yield* expire, 0)
        yield* TestClock.adjust("1 minutes")
        assert.strictEqual(yield* expire, many / 2)
        assert.strictEqual(yield* expire, 0)
        yield* TestClock.adjust("1 minutes")
        assert.strictEqual(yield* expire, many / 2)
        assert.strictEqual((yield* get(forever.id)).status, "pending")
        const types = yield* typesOf(organization.id)
        assert.strictEqual(types.length, 2 * many + 1)
      })
    )
  )

  it.effect("is recorded by the housekeeper of every organization", () =>
    run(
      Effect.gen(function* () {
        const [one, two] = [yield* given, yield* given]
        const requests = [
          yield* one.ask({ timeoutMinutes: 1 }),
          yield* two.ask({ timeoutMinutes: 1 })
        ]
        yield* TestClock.adjust("1 minutes")
        yield* Housekeeper.expireRequests(one.shell, one.clock)
        for (const { organization } of [one, two]) {
          assert.include(yield* typesOf(organization.id), "human_request.expired")
        }
        for (const { id } of requests) {
          assert.deepInclude(yield* one.get(id), { status: "expired", reason: "timeout" })
        }
      })
    )
  )
})
