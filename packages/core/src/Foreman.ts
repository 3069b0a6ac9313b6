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
import { type Client, client, type DryRuns, dryRuns } from "./operations/Handlers.ts"
import { type Invoke, invoke } from "./operations/Invoke.ts"
import type { ArtifactStore } from "./ports/ArtifactStore.ts"
import type { Driver } from "./ports/Driver.ts"
import { Access, type AccessConfig } from "./services/Access.ts"
import { Approvals } from "./services/Approvals.ts"
import { Artifacts } from "./services/Artifacts.ts"
import { Control } from "./services/Control.ts"
import { Events } from "./services/Events.ts"
import { Explains } from "./services/Explains.ts"
import { Health } from "./services/Health.ts"
import * as HandOvers from "./services/HandOvers.ts"
import { HumanRequests } from "./services/HumanRequests.ts"
import { Manager } from "./services/Manager.ts"
import { ManagerArtifacts } from "./services/ManagerArtifacts.ts"
import { Messages } from "./services/Messages.ts"
import { Organizations } from "./services/Organizations.ts"
import { Projects } from "./services/Projects.ts"
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
    /** Every command as a typed method that shows the events which it would write. */
    readonly dryRun: DryRuns<FullCatalogue>
    /** Every operation by name, on wire data: what a transport calls. */
    readonly invoke: Invoke<never, CurrentActor>
    readonly access: Access["Service"]
    readonly events: Events["Service"]
    /** The way to the bytes of an artifact, for a transport that streams them. */
    readonly artifacts: Pick<Artifacts["Service"], "open">
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
          Layer.provide(Access.layer(config), makers),
          Approvals.layer,
          Artifacts.layer,
          Control.layer,
          Events.layer,
          Explains.layer,
          Health.layer,
          HumanRequests.layer,
          manager,
          managerArtifacts,
          Messages.layer,
          Organizations.layer,
          projects,
          Reviews.layer,
          Runs.layer,
          Tasks.layer,
          Teams.layer
        )
      ),
      Layer.provideMerge(Layer.provide(Shell.layer, HandOvers.layer)),
      Layer.provideMerge(StoreClock.layer)
    )
}

// internal --------------------------------------------------------------------

/** These make the local team by the operations of others, and the manager does all by them. */
const makers = Layer.merge(Organizations.layer, Teams.layer)
const projects = Layer.provide(Projects.layer, makers)
const managerArtifacts = Layer.provide(ManagerArtifacts.layer, Artifacts.layer)
const manager = Layer.provide(
  Manager.layer,
  Layer.mergeAll(makers, projects, Approvals.layer, Tasks.layer)
)

const make = Effect.gen(function* () {
  const bound = yield* handlers
  return Foreman.of({
    client: client(catalogue, bound),
    dryRun: dryRuns(catalogue, bound),
    invoke: invoke(catalogue, bound),
    access: yield* Access,
    events: yield* Events,
    artifacts: yield* Artifacts
  })
})
