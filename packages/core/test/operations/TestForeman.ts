/**
 * Foreman in memory, with actors to call it and something to call it about.
 */
import { Effect, Layer } from "effect"
import { Foreman } from "../../src/Foreman.ts"
import { CurrentActor } from "../../src/operations/Authorization.ts"
import * as ArtifactStoreMemory from "../../src/ports/ArtifactStoreMemory.ts"
import * as DriverMemory from "../../src/ports/DriverMemory.ts"
import { type Actor, operator, type Role } from "../../src/rules/Actor.ts"

/** A new Foreman without anything in it, for as long as an effect runs. */
export const layer = Foreman.layer({ mode: "open" }).pipe(
  Layer.provide([DriverMemory.layer, ArtifactStoreMemory.layer])
)

export const actor = (role: Role): Actor => ({ ...operator, role })

/** Runs an effect as an actor with this role. */
export const as = (role: Role) => Effect.provideService(CurrentActor, actor(role))

/** A team in an organization of its own. */
export const team = Effect.gen(function* () {
  const { client } = yield* Foreman
  const { id: orgId } = yield* client.createOrganization({ name: "Acme", slug: "acme" })
  return yield* client.createTeam({ orgId, name: "Web", slug: "web" })
}).pipe(as("operator"))
