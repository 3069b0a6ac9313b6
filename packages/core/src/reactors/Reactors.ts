/**
 * What happens after the fact: ready tasks are started, approved ones land, finished ones are
 * cleared away, and the store is kept in order.
 *
 * For each organisation that has anything to do, one process at a time holds the tenure
 * `dispatcher`; others stand by. Whoever takes it over first records what the holder before it left
 * unfinished.
 *
 * @since 0.1.0
 */
import { Cause, Effect, Layer, Option, Queue, Scope, Stream } from "effect"
import { AgentRunners } from "../ports/AgentRunner.ts"
import { ArtifactIntake } from "../ports/ArtifactIntake.ts"
import { ArtifactStore } from "../ports/ArtifactStore.ts"
import * as Feed from "../ports/Feed.ts"
import { Workspace } from "../ports/Workspace.ts"
import * as Lease from "../rules/Lease.ts"
import * as Run from "../rules/Run.ts"
import { headOf, headsOf } from "../services/Events.ts"
import { HumanRequests } from "../services/HumanRequests.ts"
import * as Lanes from "../services/Lanes.ts"
import * as People from "../services/People.ts"
import { Policies } from "../services/Policies.ts"
import { Shell } from "../services/Shell.ts"
import { StoreClock } from "../services/StoreClock.ts"
import type * as Tenure from "../services/Tenure.ts"
import * as Adrift from "./Adrift.ts"
import { whenAsked } from "./Asking.ts"
import * as Dispatcher from "./Dispatcher.ts"
import * as Holding from "./Holding.ts"
import * as Finish from "./Finish.ts"
import * as Homes from "./Homes.ts"
import * as Housekeeper from "./Housekeeper.ts"
import * as Integrator from "./Integrator.ts"
import * as Pulse from "./Pulse.ts"
import * as Reactions from "./Reactions.ts"
import * as Recovery from "./Recovery.ts"
import * as Releases from "./Releases.ts"
import type { Bench, Limits } from "./Work.ts"

// models ----------------------------------------------------------------------

/**
 * How the reactors of this process work.
 *
 * @category configuration
 * @since 0.1.0
 */
export interface ReactorsConfig extends Limits {
  /** Names this process among those that share the store; unique for each start. */
  readonly holder: string
  /** How many runs at once. */
  readonly maxConcurrent: number
  /** How long a tenure lasts without renewal. */
  readonly ttlMillis: number
  /** How long runs are taken to live without a word. */
  readonly terms: Lease.Terms
  readonly apiUrl: () => string | undefined
  /**
   * Names the disk of this process, where nodes have disks of their own: it is the home of each
   * repository that is first used here. Processes of one machine share the name. Without it every
   * process is taken to reach every repository.
   */
  readonly node?: string | undefined
}

/**
 * What a process does unless told otherwise.
 *
 * @category configuration
 * @since 0.1.0
 */
export const defaults: Omit<ReactorsConfig, "holder"> = {
  maxConcurrent: 4,
  ttlMillis: 6000,
  terms: Lease.defaults,
  timeoutSeconds: 1800,
  maxOutputBytes: 64 * 1024 * 1024,
  apiUrl: () => undefined
}

export { Unrecorded } from "./Adrift.ts"

// layers ----------------------------------------------------------------------

/**
 * Starts the reactors, and ends them and all they started with its scope.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (
  config: ReactorsConfig
): Layer.Layer<never, never, AgentRunners | ArtifactStore | Shell | StoreClock | Workspace> =>
  Layer.unwrap(
    Effect.map(Adrift.make, (memory) => {
      const working = Layer.effectDiscard(
        Effect.flatMap(benchOf(config), (bench) =>
          Effect.forkScoped(coordinate(bench, config, memory))
        )
      )
      return Layer.merge(
        Layer.provide(working, HumanRequests.layer),
        Housekeeper.layer({ ...config, knows: memory.knows })
      )
    })
  )

// internal --------------------------------------------------------------------

const benchOf = Effect.fnUntraced(function* (config: ReactorsConfig) {
  const bench: Bench = {
    shell: yield* Shell,
    clock: yield* StoreClock,
    runners: yield* AgentRunners,
    workspace: yield* Workspace,
    artifacts: yield* ArtifactStore,
    intake: Option.getOrUndefined(yield* Effect.serviceOption(ArtifactIntake)),
    limits: config,
    terms: config.terms,
    apiUrl: config.apiUrl,
    node: config.node,
    policies: yield* Policies,
    ask: People.make(yield* HumanRequests)
  }
  return bench
})

/** Watches for organisations that have something to do, and looks after each of them. */
const coordinate = (
  bench: Bench,
  config: ReactorsConfig,
  memory: Adrift.Memory
): Effect.Effect<void> => {
  const { driver, outage } = bench.shell
  const capacity = Dispatcher.capacityOf(config.maxConcurrent)
  const checked = new Map<string, number>()
  const lanes = Homes.lanesOf(config.node)
  const look = Effect.fnUntraced(function* (scope: Scope.Scope) {
    for (const [organization, position] of Object.entries(yield* headsOf(driver))) {
      const open = lanes.filter(({ cared }) => !cared.has(organization))
      if (open.length === 0 || checked.get(organization) === position) continue
      for (const { cared, isNeeded, name } of open) {
        if (!(yield* isNeeded(bench, organization))) continue
        cared.add(organization)
        yield* Effect.forkIn(
          care(bench, config, { organization, name }, { capacity, adrift: memory.lane() }),
          scope
        )
      }
      // Only what could be looked at counts as looked at.
      checked.set(organization, position)
    }
  })
  // Each ends beside the others: one that waits for the store keeps no other's agents going.
  return Effect.acquireUseRelease(
    Scope.make("parallel"),
    (scope) =>
      driver.changes.pipe(
        // Whoever is looked after already is not looked for.
        Stream.filter(({ organization }) => lanes.some(({ cared }) => !cared.has(organization))),
        Stream.map(() => undefined),
        Stream.merge(Stream.tick("1 second")),
        Stream.buffer({ capacity: 1, strategy: "sliding" }),
        Stream.runForEach(() =>
          Effect.catch(look(scope), (error) =>
            outage.missed("The organizations cannot be read", error)
          )
        )
      ),
    Scope.close
  )
}

/** What this process has of its own, whoever holds the tenure. */
interface Own {
  readonly capacity: Dispatcher.Capacity
  readonly adrift: Adrift.Adrift
}

/** Dispatches and lands for an organisation while that is for this process to do. */
const care = (
  bench: Bench,
  { holder, ttlMillis }: ReactorsConfig,
  place: Pick<Tenure.Wanted, "organization" | "name">,
  own: Own
): Effect.Effect<void> => {
  const wanted = { ...place, holder, ttlMillis }
  const standBy = Recovery.standBy(bench, place.organization, own.adrift)
  return Effect.annotateLogs(
    Holding.whileHeld(bench, wanted, (held, hold) => serve(bench, held, { ...own, hold }), standBy),
    { organization_id: place.organization }
  )
}

/** Whoever starts what is ready reads first. */
const followingRest = "5 millis"

const serve = (
  bench: Bench,
  tenure: Tenure.Tenure,
  { adrift, capacity, hold }: Own & { readonly hold: Holding.Hold }
): Effect.Effect<void> =>
  Effect.scoped(
    Effect.gen(function* () {
      const { driver, outage } = bench.shell
      const { organization } = tenure
      const after = yield* headOf(driver, organization)
      yield* Recovery.tell(yield* Recovery.recover(bench, tenure, adrift))
      if (tenure.name !== Lanes.anywhere) yield* Homes.release(bench, tenure)
      const toDispatch = yield* Queue.sliding<void>(1)
      const toLand = yield* Queue.sliding<void>(1)
      const dispatcher = Dispatcher.make(bench, tenure, capacity, toDispatch, adrift)
      hold.onLoss = dispatcher.halt(Run.shutdown)
      yield* Effect.addFinalizer(() => Finish.finish(bench, tenure, dispatcher, hold))
      const land = Effect.andThen(Queue.take(toLand), Integrator.drain(bench, tenure))
      yield* Effect.forkScoped(untilEnded(bench, land))
      const dispatch = Effect.andThen(Queue.take(toDispatch), dispatcher.fill)
      yield* Effect.forkScoped(untilEnded(bench, dispatch))
      yield* Effect.forkScoped(Pulse.beat(bench, tenure, dispatcher))
      if (tenure.name === Lanes.anywhere) yield* Effect.forkScoped(Releases.keep(bench, tenure))
      const wake = (...queues: ReadonlyArray<Queue.Enqueue<void>>) =>
        Effect.sync(() => queues.forEach((queue) => Queue.offerUnsafe(queue, undefined)))
      // What is handed over or ready is started at the hint, before the feed is read. Hints come to
      // those who wait for them in the order of their coming, so this one never waits for anything else.
      const own = Stream.filter(driver.changes, (hint) => hint.organization === organization)
      const hinted = Stream.tap(own, ({ news }) => hold.ifSure(dispatcher.hear(news)))
      const start = yield* whenAsked(Effect.andThen(dispatcher.receive, wake(toDispatch)))
      yield* Effect.forkScoped(Stream.runForEach(hinted, () => start))
      // The poll backs up what no event announces, say capacity that another organisation freed.
      yield* Effect.forkScoped(
        Effect.forever(Effect.andThen(wake(toDispatch, toLand), Effect.sleep("1 second")))
      )
      // The first thing at the end: what is ended next may wait for a store that hangs.
      yield* Effect.addFinalizer(() => dispatcher.signal(Run.shutdown))
      let seen = after
      const follow = Stream.suspend(() =>
        Feed.follow(driver, { organization, after: seen, rest: followingRest })
      ).pipe(
        Stream.runForEach((event) => {
          seen = event.position
          const landing = event.type === "merge.queued" ? wake(toLand) : Effect.void
          const frees = Reactions.frees.has(event.type) ? wake(toDispatch) : Effect.void
          return Reactions.react(bench, dispatcher, organization, event).pipe(
            Effect.andThen(frees),
            Effect.andThen(landing)
          )
        })
      )
      // A store that fails for a moment costs no run: the feed goes on from where it was.
      return yield* Effect.forever(
        Effect.catch(follow, (error) =>
          Effect.andThen(outage.missed("The feed cannot be read", error), Effect.sleep("1 second"))
        )
      )
    })
  ).pipe(
    Effect.catch((error) =>
      Effect.andThen(
        bench.shell.outage.missed("The dispatcher stopped", error),
        Effect.sleep("1 second")
      )
    )
  )

/** Goes on after a defect too: the tenure would be kept, and nobody else would do the work. */
const untilEnded = <A, E, R>({ shell }: Bench, effect: Effect.Effect<A, E, R>) =>
  Effect.forever(
    Effect.catchCause(effect, (cause) =>
      Cause.hasInterruptsOnly(cause)
        ? Effect.interrupt
        : Effect.andThen(shell.outage.failed("A reactor failed", cause), Effect.sleep("1 second"))
    )
  )
