/**
 * Foreman as one service: everything that can be asked, who may ask, and what happened.
 *
 * Transports need nothing else. The layer of it needs only the ports.
 *
 * @since 0.1.0
 */
import { Context, Effect, Layer } from "effect"
import { handlers } from "./handlers/handlers.ts"
import type { CurrentActor } from "./operations/Authorization.ts"
import { catalogue, type FullCatalogue } from "./operations/catalogue.ts"
import { type Client, client } from "./operations/Handlers.ts"
import { type Invoke, invoke } from "./operations/Invoke.ts"
import type { ArtifactStore } from "./ports/ArtifactStore.ts"
import type { Driver } from "./ports/Driver.ts"
import { Access, type AccessConfig } from "./services/Access.ts"
import { Events } from "./services/Events.ts"
import { Health } from "./services/Health.ts"
import { HumanRequests } from "./services/HumanRequests.ts"
import { Messages } from "./services/Messages.ts"
import { Organizations } from "./services/Organizations.ts"
import { Reviews } from "./services/Reviews.ts"
import { Runs } from "./services/Runs.ts"
import { Shell } from "./services/Shell.ts"
import { StoreClock } from "./services/StoreClock.ts"
import { Tasks } from "./services/Tasks.ts"
import { Teams } from "./services/Teams.ts"

// services --------------------------------------------------------------------

/**
 * A running control plane.
 *
 * @category services
 * @since 0.1.0
 */
export class Foreman extends Context.Service<
  Foreman,
  {
    /** Every operation as a typed method, authorized by the current actor. */
    readonly client: Client<FullCatalogue>
    /** Every operation by name, on wire data: what a transport calls. */
    readonly invoke: Invoke<never, CurrentActor>
    readonly access: Access["Service"]
    readonly events: Events["Service"]
  }
>()("@foreman/core/Foreman") {
  /**
   * Foreman over a store and a place for artifacts. The shell and its clock are given on, for the
   * reactors. Where `AgentRunners` are in the context too, they are asked about every new agent.
   */
  static readonly layer = (
    config: AccessConfig
  ): Layer.Layer<Foreman | Shell | StoreClock, never, Driver | ArtifactStore> =>
    Layer.effect(Foreman, make).pipe(
      Layer.provide(
        Layer.mergeAll(
          Access.layer(config),
          Events.layer,
          Health.layer,
          HumanRequests.layer,
          Messages.layer,
          Organizations.layer,
          Reviews.layer,
          Runs.layer,
          Tasks.layer,
          Teams.layer
        )
      ),
      Layer.provideMerge(Shell.layer),
      Layer.provideMerge(StoreClock.layer)
    )
}

// internal --------------------------------------------------------------------

const make = Effect.gen(function* () {
  const bound = yield* handlers
  return Foreman.of({
    client: client(catalogue, bound),
    invoke: invoke(catalogue, bound),
    access: yield* Access,
    events: yield* Events
  })
})
