/**
 * Foreman for people who do not write Effect: plain promises, plain objects, refusals thrown as
 * their classes.
 *
 * @since 0.1.0
 */
import { Effect, Layer, ManagedRuntime, Schema, Stream } from "effect"
import { SecureRandom } from "effect/crypto"
import { Foreman } from "./Foreman.ts"
import type { RecordedEvent } from "./operations/Answers.ts"
import { CurrentActor } from "./operations/Authorization.ts"
import { catalogue, type FullCatalogue } from "./operations/catalogue.ts"
import * as Facade from "./operations/Facade.ts"
import { type AgentRunner, AgentRunners } from "./ports/AgentRunner.ts"
import type { ArtifactStore } from "./ports/ArtifactStore.ts"
import * as ArtifactStoreMemory from "./ports/ArtifactStoreMemory.ts"
import type { Driver } from "./ports/Driver.ts"
import * as DriverMemory from "./ports/DriverMemory.ts"
import type { Workspace } from "./ports/Workspace.ts"
import * as WorkspaceMemory from "./ports/WorkspaceMemory.ts"
import * as Reactors from "./reactors/Reactors.ts"
import type { Policy } from "./rules/ApprovalPolicy.ts"
import { Actor, operator } from "./rules/Actor.ts"
import * as Explains from "./services/Explains.ts"
import { make as makePolicies, Policies } from "./services/Policies.ts"

// models ----------------------------------------------------------------------

/**
 * Who acts, without brands: `{ type: "agent", id, role: "manager", organizationId }`.
 *
 * @category models
 * @since 0.1.0
 */
export type PlainActor = typeof Actor.Encoded

/**
 * What Foreman stands on and who asks. Everything has a default: a store and artifacts in memory,
 * and the operator, who may do everything.
 *
 * @category configuration
 * @since 0.1.0
 */
export interface ForemanOptions {
  /** A store's layer, say `SqliteStore.layer({ filename: "foreman.db" })`. */
  readonly store?: Layer.Layer<Driver, unknown>
  readonly artifacts?: Layer.Layer<ArtifactStore, unknown>
  readonly actor?: PlainActor
  /**
   * Who drives agents. With at least one, ready tasks are started for agents whose `config.runner`
   * is its name, and approved ones are landed.
   */
  readonly runners?: ReadonlyArray<AgentRunner>
  /** Where runs work, say `Workspaces.layer({ root })`. Without it, tasks cannot use repositories. */
  readonly workspaces?: Layer.Layer<Workspace, unknown>
  /** Policies of your own, beside `strict` and `permissive`; teams, projects and agents name them. */
  readonly policies?: ReadonlyArray<Policy>
  /** How the reactors work, where `Reactors.defaults` does not fit. */
  readonly reactors?: Partial<Reactors.ReactorsConfig>
}

/**
 * Which events: those of one organisation or of all, after a cursor. `"0"` is from the start,
 * absent is from now on. The signal ends the iteration.
 *
 * @category configuration
 * @since 0.1.0
 */
export interface EventsOptions {
  readonly organizationId?: string
  readonly after?: string
  readonly signal?: AbortSignal
}

/**
 * A method for every operation, a door for tools of one's own, the feed of events, and an end.
 *
 * @category services
 * @since 0.1.0
 */
export interface PromisedForeman extends Facade.Facade<FullCatalogue>, AsyncDisposable {
  /** The commands again, each showing the events that it would write; nothing is written. */
  readonly dryRun: Facade.DryRunFacade<FullCatalogue>
  /** Any operation by its name, on wire data, with refusals as data. */
  readonly invoke: Facade.PromisedInvoke
  readonly events: (
    options?: EventsOptions
  ) => AsyncIterable<RecordedEvent & { readonly cursor: string }>
  /** The same Foreman in another one's name. Closing either closes both. */
  readonly as: (actor: PlainActor) => PromisedForeman
  readonly close: () => Promise<void>
}

// services --------------------------------------------------------------------

/**
 * Starts Foreman in this process.
 *
 * Nothing is started for anybody unless `runners` are given.
 *
 * **Example** (A refusal says what is allowed)
 *
 * ```ts import.meta.vitest
 * import { createForeman, Task } from "@foreman/core"
 *
 * const foreman = await createForeman()
 * const { id: orgId } = await foreman.createOrganization({ name: "Acme", slug: "acme" })
 * const { id: teamId } = await foreman.createTeam({ orgId, name: "Web", slug: "web" })
 * const { id: taskId } = await foreman.createTask({ teamId, title: "Fix login" })
 * const refusal = await foreman.changeTaskStatus({ taskId, status: "done" }).catch((error) => error)
 * await foreman.close()
 *
 * refusal instanceof Task.IllegalMove && refusal.allowed // => ["in_progress", "cancelled"]
 * ```
 *
 * @category services
 * @since 0.1.0
 */
export const createForeman = async ({
  actor = operator,
  artifacts = ArtifactStoreMemory.layer,
  policies = [],
  runners = [],
  store = DriverMemory.layer,
  ...dispatching
}: ForemanOptions = {}): Promise<PromisedForeman> => {
  // Inside the process nobody shows a token; the actor is given with each call.
  const byName = new Map(runners.map((runner) => [runner.name, runner]))
  const { maxConcurrent, terms } = { ...Reactors.defaults, ...dispatching.reactors }
  const foremanLayer = Foreman.layer({ mode: "open" }).pipe(
    Layer.provideMerge(
      Layer.mergeAll(
        store,
        artifacts,
        Layer.succeed(AgentRunners, byName),
        Layer.succeed(Policies, makePolicies(policies)),
        Layer.succeed(Explains.MostRuns, runners.length === 0 ? null : maxConcurrent),
        Layer.succeed(Explains.Terms, terms)
      )
    )
  )
  const reactors = runners.length === 0 ? Layer.empty : reactorsOf(dispatching)
  const runtime = ManagedRuntime.make(reactors.pipe(Layer.provideMerge(foremanLayer)))
  const foreman = await runtime.runPromise(Foreman)
  return promised(foreman, runtime, asActor(actor))
}

// internal --------------------------------------------------------------------

/** Without workspaces a task works in no folder, and one that needs a repository is held. */
const noWorkspaces = WorkspaceMemory.layer({
  changes: () => false,
  unusable: () => "this Foreman was started without workspaces"
})

const reactorsOf = ({
  reactors,
  workspaces = noWorkspaces
}: Pick<ForemanOptions, "reactors" | "workspaces">) => {
  const config = { ...Reactors.defaults, holder: SecureRandom.uuidV7Unsafe(), ...reactors }
  return Reactors.layer(config).pipe(Layer.provide(workspaces))
}

const asActor = Schema.decodeSync(Actor)

type Runtime = ManagedRuntime.ManagedRuntime<Foreman, unknown>

const promised = (foreman: Foreman["Service"], runtime: Runtime, actor: Actor): PromisedForeman => {
  const run: Facade.Run<CurrentActor> = (effect, options) =>
    runtime.runPromise(Effect.provideService(effect, CurrentActor, actor), options)
  const close = () => runtime.dispose()
  return {
    ...Facade.make(catalogue, foreman.client, run),
    dryRun: Facade.makeDryRuns(catalogue, foreman.dryRun, run),
    invoke: Facade.makeInvoke(foreman.invoke, run),
    events: ({ after, organizationId, signal } = {}) => {
      const feed = foreman.events.follow({ after, organizationId }).pipe(
        Stream.map(({ cursor, event }) => ({ ...event, cursor })),
        Stream.provideService(CurrentActor, actor)
      )
      const whole = signal === undefined ? feed : Stream.interruptWhen(feed, aborted(signal))
      return Stream.toAsyncIterable(whole)
    },
    as: (other) => promised(foreman, runtime, asActor(other)),
    close,
    [Symbol.asyncDispose]: close
  }
}

const aborted = (signal: AbortSignal): Effect.Effect<void> =>
  Effect.callback((resume) => {
    const end = () => resume(Effect.void)
    if (signal.aborted) return end()
    signal.addEventListener("abort", end, { once: true })
    return Effect.sync(() => signal.removeEventListener("abort", end))
  })
