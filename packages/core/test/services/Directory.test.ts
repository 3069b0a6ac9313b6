import { assert, it } from "@effect/vitest"
import {
  Actor,
  ArtifactStoreMemory,
  Authorization,
  Driver,
  DriverMemory,
  Foreman,
  Identifier,
  Team
} from "@foreman/core"
import { Effect, Layer } from "effect"

/** A store that counts how often a team is read. */
const counted = Effect.map(DriverMemory.make, (driver) => {
  const seen = { teams: 0 }
  const get: Driver.Driver["get"] = (organization, table, key) => {
    if (table === "teams") seen.teams += 1
    return driver.get(organization, table, key)
  }
  return { seen, driver: { ...driver, get } }
})

const acme = Identifier.Slug.make("acme")

const taskOf = (teamId: Identifier.TeamId) =>
  ({
    teamId,
    title: "Fix login",
    description: "",
    priority: "medium",
    dependsOn: [],
    repoIds: [],
    tags: [],
    metadata: {}
  }) as const

const withCounted = Effect.fnUntraced(function* <A, E>(
  body: (
    client: Foreman["Service"]["client"],
    seen: { readonly teams: number }
  ) => Effect.Effect<A, E, Authorization.CurrentActor>
) {
  const { driver, seen } = yield* counted
  const store = Layer.merge(Layer.succeed(Driver.Driver, driver), ArtifactStoreMemory.layer)
  return yield* Foreman.use(({ client }) => body(client, seen)).pipe(
    Effect.provideService(Authorization.CurrentActor, Actor.operator),
    Effect.provide(Foreman.layer({ mode: "open" }).pipe(Layer.provide(store)))
  )
})

it.live("looks for the team of new tasks once", () =>
  withCounted(
    Effect.fnUntraced(function* (client, seen) {
      const { id: orgId } = yield* client.createOrganization({ name: "Acme", slug: acme })
      const { id: teamId } = yield* client.createTeam({ orgId, name: "Web", slug: acme })
      yield* client.createTask(taskOf(teamId))
      const before = seen.teams
      yield* client.createTask(taskOf(teamId))
      assert.strictEqual(seen.teams, before)
    })
  )
)

it.live("looks again for a team that was not there", () =>
  withCounted(
    Effect.fnUntraced(function* (client) {
      const teamId = Identifier.TeamId.make("01a1fb8a-dc1c-71bb-a1d1-4abd950b147b")
      for (let time = 0; time < 2; time++) {
        const refusal = yield* Effect.flip(client.createTask(taskOf(teamId)))
        assert.instanceOf(refusal, Team.TeamNotFound)
      }
    })
  )
)
