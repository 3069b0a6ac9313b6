import { describe, expect, it } from "@effect/vitest"
import { Effect, Layer, References } from "effect"

import {
  AgentRunnerMemory,
  Driver,
  DriverMemory,
  ensureLocalTeam,
  Foreman,
  LocalTeam
} from "@foreman/core"
import { TestForeman } from "@foreman/testkit"

import { broken, committing } from "./services/faults.ts"

const { localRunnerName } = LocalTeam
const runners = [AgentRunnerMemory.make(localRunnerName, () => Effect.succeed({}))]

const on = (driver: Driver.Driver) =>
  Effect.provide(
    Layer.fresh(TestForeman.layer({ runners, store: Layer.succeed(Driver.Driver, driver) }))
  )

/** What a local server is to have, whoever made it. */
const expectWhole = Effect.gen(function* () {
  const { client } = yield* Foreman
  const local = yield* ensureLocalTeam
  const { organizationId, teamId } = local
  const { items: organizations } = yield* client.listOrganizations({})
  const { items: teams } = yield* client.listTeams({ orgId: organizationId })
  expect(organizations.map(({ slug }) => slug)).toEqual(["local"])
  expect(teams.map(({ slug }) => slug)).toEqual(["local"])
  const { agents } = yield* client.getTeam({ teamId })
  expect(agents.map(({ config, name, role }) => [name, role, config["runner"]])).toEqual([
    ["local", "engineer", localRunnerName],
    ["manager", "manager", undefined]
  ])
  const { settings } = yield* client.getTeamSettings({ teamId })
  expect(settings.delivery).toBe("direct")
  return local
}).pipe(TestForeman.asOperator)

describe("the local team", () => {
  it.effect("is made once, and found again", () =>
    Effect.gen(function* () {
      const driver = yield* DriverMemory.make
      const first = yield* on(driver)(expectWhole)
      expect(yield* on(driver)(ensureLocalTeam)).toEqual(first)
      const head = yield* driver.ask("system", "heads", { after: "", limit: 10 })
      yield* on(driver)(ensureLocalTeam)
      expect(yield* driver.ask("system", "heads", { after: "", limit: 10 })).toEqual(head)
    })
  )

  it.live("is made once by several who want it at once", () =>
    Effect.gen(function* () {
      const driver = yield* DriverMemory.make
      const process = on(driver)(ensureLocalTeam)
      const teams = yield* Effect.all([process, process, process, on(driver)(ensureLocalTeam)], {
        concurrency: "unbounded"
      })
      expect(new Set(teams.map(({ teamId }) => teamId)).size).toBe(1)
      yield* on(driver)(expectWhole)
    })
  )

  it.effect("is completed after an end at any moment", () =>
    Effect.gen(function* () {
      for (const last of [0, 1, 2, 3]) {
        const driver = yield* DriverMemory.make
        const ending = committing(driver, (count, commit) =>
          count < last ? commit : Effect.fail(broken())
        )
        expect(yield* Effect.flip(on(ending)(ensureLocalTeam)), `${last}`).toMatchObject({
          _tag: "StoreUnavailable"
        })
        yield* on(driver)(expectWhole)
      }
    }).pipe(Effect.provideService(References.MinimumLogLevel, "None"))
  )

  it.effect("keeps what somebody has decided for it since", () =>
    Effect.gen(function* () {
      const { client } = yield* Foreman
      const { teamId } = yield* ensureLocalTeam
      yield* client.updateTeamSettings({ teamId, delivery: "review" })
      yield* ensureLocalTeam
      const { settings } = yield* client.getTeamSettings({ teamId })
      expect(settings.delivery).toBe("review")
    }).pipe(TestForeman.asOperator, Effect.provide(TestForeman.layer({ runners })))
  )

  it.effect("is found among hundreds of others", () =>
    Effect.gen(function* () {
      const { client } = yield* Foreman
      const first = yield* ensureLocalTeam
      yield* Effect.forEach(
        Array.from({ length: 250 }),
        () => TestForeman.givenTeam({ engineers: 0, repositories: 0 }),
        {
          concurrency: "unbounded"
        }
      )
      expect((yield* client.listOrganizations({ limit: 200 })).nextCursor).not.toBeNull()
      expect(yield* ensureLocalTeam).toEqual(first)
    }).pipe(TestForeman.asOperator, Effect.provide(TestForeman.layer({ runners })))
  )
})
