import { assert, describe, it } from "@effect/vitest"
import { Effect, References } from "effect"

import { ArtifactStore, Foreman, Shell, StoreClock } from "@foreman/core"
import { TestForeman } from "@foreman/testkit"
import { removeOld } from "../../src/services/ArtifactRetention.ts"
import { headsOf } from "../../src/services/Events.ts"

const quiet = Effect.provideService(References.MinimumLogLevel, "None")

/** An organisation with a run that is over, and what that has left. */
const given = Effect.gen(function* () {
  const team = yield* TestForeman.givenTeam()
  const { id: taskId } = yield* TestForeman.givenTask(team)
  yield* TestForeman.untilTask(taskId, ({ status }) => status === "in_review")
  const { client } = yield* Foreman
  const left = Effect.map(TestForeman.asOperator(client.listArtifacts({ taskId })), ({ items }) =>
    items.map(({ isRemoved }) => isRemoved)
  )
  return { id: team.organization.id, left }
})

describe("what is old", () => {
  it.live("is removed of every organization, also behind one whose bytes cannot be", () =>
    Effect.gen(function* () {
      const all = [yield* given, yield* given]
      const shell = yield* Shell.Shell
      // The one that comes first.
      const stuck = Object.keys(yield* shell.read(headsOf)).find((id) =>
        all.some((one) => one.id === id)
      )
      const store = yield* ArtifactStore.ArtifactStore
      const artifacts: ArtifactStore.ArtifactStore = {
        ...store,
        remove: (organization, ...rest) =>
          organization === stuck
            ? Effect.fail(
                new ArtifactStore.ArtifactStoreError({
                  operation: "remove",
                  cause: new Error("EACCES"),
                  retryable: false
                })
              )
            : store.remove(organization, ...rest)
      }
      const means = { shell, clock: yield* StoreClock.StoreClock, artifacts }
      assert.isAbove(yield* removeOld(means, { days: 0, idleMillis: 0 }), 0)
      for (const { id, left } of all) {
        const isRemoved = id !== stuck
        const seen = yield* left
        assert.isNotEmpty(seen)
        assert.deepStrictEqual(new Set(seen), new Set([isRemoved]))
      }
    }).pipe(Effect.provide(TestForeman.layer({ reactors: {} })), quiet)
  )
})
