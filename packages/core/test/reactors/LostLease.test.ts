import { describe, expect, it } from "@effect/vitest"
import { Clock, Effect, Exit, Fiber, Scope } from "effect"

import { type Driver, DriverMemory } from "@foreman/core"
import { TestForeman } from "@foreman/testkit"
import { broken, committing } from "../services/faults.ts"
import { collecting } from "../services/lines.ts"
import { pass, processOn, setTime } from "./outages.ts"

const ttlMillis = 6_000

/** For how many milliseconds a commit renews the lease of the dispatcher; undefined if it does not. */
const renewedIn = ({ steps }: Driver.Batch, now: number): number | undefined => {
  const [step] = steps
  if (step?._tag !== "Set" || step.table !== "singletons") return undefined
  return step.key["name"] === "dispatcher" ? Number(step.row["until"]) / 1000 - now : undefined
}

/** A process with a run, on a store that may refuse to renew its lease as usual. */
const given = Effect.gen(function* () {
  const driver = yield* DriverMemory.make
  const said = { isRefused: false, atEnd: 0 }
  const store = committing(driver, (_, commit, batch) =>
    Effect.flatMap(Clock.currentTimeMillis, (now) => {
      const millis = renewedIn(batch, now)
      // What ends asks for longer, for its runs to end under it.
      if (millis !== undefined && millis > ttlMillis) said.atEnd += 1
      const isUsual = millis !== undefined && millis > 0 && millis <= ttlMillis
      return said.isRefused && isUsual ? Effect.fail(broken()) : commit
    })
  )
  const scope = yield* Effect.acquireRelease(Scope.make(), Scope.close)
  const here = yield* processOn(store, {
    behaviour: () => Effect.never,
    reactors: { holder: "here", ttlMillis }
  }).pipe(Effect.provideService(Scope.Scope, scope))
  const { organization, ...team } = yield* here(TestForeman.givenTeam())
  const { id } = yield* here(TestForeman.givenTask(team))
  yield* here(TestForeman.untilTask(id, ({ liveRunId }) => liveRunId !== null))
  const until = Effect.map(
    driver.get(organization.id, "singletons", { name: "dispatcher" }),
    (row) => Number(row?.["until"]) / 1000
  )
  return { end: Scope.close(scope, Exit.void), said, until }
})

describe("the lease of a dispatcher that ends", () => {
  it.effect("is renewed once more where it is held, for the ends of its runs", () => {
    const { on } = collecting()
    return Effect.gen(function* () {
      const { end, said } = yield* given
      const ending = yield* Effect.forkChild(end)
      yield* pass(10)
      yield* Fiber.join(ending)
      expect(said.atEnd).toBe(1)
    }).pipe(on)
  })

  it.effect("is never renewed where it was lost, also if the store would take that", () => {
    const { on } = collecting()
    return Effect.gen(function* () {
      const { said, until } = yield* given
      yield* pass(1)
      said.isRefused = true
      // It is not over yet for the store, and nobody else has it.
      yield* setTime((yield* until) - 999)
      yield* pass(1)
      expect(said.atEnd).toBe(0)
      expect(yield* until).toBe(0)
    }).pipe(on)
  })
})
