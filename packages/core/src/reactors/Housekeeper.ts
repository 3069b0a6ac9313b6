/**
 * Keeps the store in order, in all organisations: ranks of tasks, receipts whose time is over, marks
 * of the feed that nobody uses, human requests that nobody has answered in time, runs of processes that
 * are gone.
 *
 * One process at a time does it, under the tenure `housekeeper` of the installation. It holds also
 * where no agent is ever started. Ranking is fenced by it; what is old may be
 * forgotten twice.
 *
 * @since 0.1.0
 */
import { Effect, Layer, Option } from "effect"
import { ArtifactStore } from "../ports/ArtifactStore.ts"
import * as ApprovalEnds from "../services/ApprovalEnds.ts"
import { ArtifactLimits } from "../services/ArtifactLimits.ts"
import * as ArtifactRetention from "../services/ArtifactRetention.ts"
import { headsOf } from "../services/Events.ts"
import * as FeedMarks from "../services/FeedMarks.ts"
import { expireDue } from "../services/HumanRequestEnds.ts"
import * as Lease from "../rules/Lease.ts"
import { receiptMicros } from "../services/Retention.ts"
import { Shell, type ShellFailure } from "../services/Shell.ts"
import { StoreClock } from "../services/StoreClock.ts"
import * as Holding from "./Holding.ts"
import * as Pulse from "./Pulse.ts"
import * as Ranks from "./Ranks.ts"
import * as Reaper from "./Reaper.ts"

// models ----------------------------------------------------------------------

/**
 * Who keeps the store in order.
 *
 * @category configuration
 * @since 0.1.0
 */
export interface HousekeeperConfig {
  /** Names this process among those that share the store; unique for each start. */
  readonly holder: string
  /** How long a tenure lasts without renewal. */
  readonly ttlMillis: number
  /** How long runs are taken to live without a word, if not as usual. */
  readonly terms?: Lease.Terms
  /** Whether this process knows how a run ended and is about to say so. Unless given it knows of none. */
  readonly knows?: (runId: string) => boolean
}

// services --------------------------------------------------------------------

/**
 * Forgets what need not be kept any more: receipts after 7 days, marks of the feed 30 days after
 * their last use. It goes in small batches, so that others write in between.
 *
 * @category services
 * @since 0.1.0
 */
export const sweep = Effect.fnUntraced(function* (
  shell: Shell["Service"],
  clock: StoreClock["Service"]
) {
  const now = yield* clock.now
  const organizations = Object.keys(yield* shell.read(headsOf))
  // Receipts of what made an organisation are kept in none.
  for (const organization of new Set(["system", ...organizations])) {
    yield* expire(shell, organization, now - receiptMicros)
  }
  let forgotten = marksAtOnce
  while (forgotten === marksAtOnce) {
    forgotten = yield* shell.read((driver) => FeedMarks.forget(driver, now, marksAtOnce))
  }
})

/**
 * Ends the human requests and approvals whose time is up or whose run is over.
 *
 * Whoever looks at one sees its end at once; this is what records it.
 *
 * @category services
 * @since 0.1.0
 */
export const expireRequests = Effect.fnUntraced(function* (
  shell: Shell["Service"],
  clock: StoreClock["Service"]
): Effect.fn.Return<void, ShellFailure> {
  for (const organization of Object.keys(yield* shell.read(headsOf))) {
    // One that fails keeps nobody behind it waiting.
    yield* Effect.catch(expireDue(shell, clock, organization), (error) =>
      shell.outage.missed("Human requests that are over were not recorded so", error)
    )
    yield* Effect.catch(ApprovalEnds.expireDue(shell, clock, organization), (error) =>
      shell.outage.missed("Approvals that are over were not recorded so", error)
    )
  }
})

// layers ----------------------------------------------------------------------

/**
 * Starts to keep the store in order, until its scope ends. `Reactors.layer` has it already.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (config: HousekeeperConfig): Layer.Layer<never, never, Shell | StoreClock> =>
  Layer.effectDiscard(
    Effect.gen(function* () {
      const artifacts = Option.getOrUndefined(yield* Effect.serviceOption(ArtifactStore))
      const means = { shell: yield* Shell, clock: yield* StoreClock, artifacts }
      yield* Effect.forkScoped(keepHouse(means, config))
    })
  )

// internal --------------------------------------------------------------------

const receiptsAtOnce = 500
const marksAtOnce = 20

const keepHouse = (
  means: Holding.Means & { readonly artifacts: ArtifactStore | undefined },
  { holder, knows = () => false, terms = Lease.defaults, ttlMillis }: HousekeeperConfig
): Effect.Effect<void> => {
  const { clock, shell } = means
  const wanted = { organization: "system", name: "housekeeper", holder, ttlMillis }
  const swept = Effect.catch(sweep(shell, clock), (error) =>
    shell.outage.missed("What is old was not cleared away", error)
  )
  const tidied = Effect.andThen(swept, removeArtifacts(means))
  const sweeping = Effect.forever(Effect.andThen(tidied, Effect.sleep("1 hour")))
  const expired = Effect.catch(expireRequests(shell, clock), (error) =>
    shell.outage.missed("Human requests that are over were not recorded so", error)
  )
  const expiring = Effect.forever(Effect.andThen(expired, Effect.sleep("15 seconds")))
  const reaped = Effect.catch(Reaper.reap({ ...means, knows }), (error) =>
    shell.outage.missed("Runs that are lost were not recorded so", error)
  )
  const reaping = Effect.forever(Effect.andThen(reaped, Effect.sleep(Pulse.everyMillis(terms))))
  const clearing = Effect.raceAllFirst([sweeping, expiring, reaping])
  return Holding.whileHeld(means, wanted, (tenure) =>
    Effect.raceFirst(Ranks.follow(shell, tenure), clearing)
  )
}

/** Where this process reaches their bytes, and where they are not kept for ever. */
const removeArtifacts = ({
  artifacts,
  ...means
}: Holding.Means & { readonly artifacts: ArtifactStore | undefined }): Effect.Effect<void> =>
  Effect.flatMap(ArtifactLimits, ({ retentionDays }) =>
    artifacts === undefined || retentionDays === null
      ? Effect.void
      : ArtifactRetention.removeOld({ ...means, artifacts }, { days: retentionDays }).pipe(
          Effect.catch((error) =>
            means.shell.outage.missed("Old artifacts were not removed", error)
          ),
          Effect.asVoid
        )
  )

const expire = Effect.fnUntraced(function* (
  shell: Shell["Service"],
  organization: string,
  before: number
) {
  const parameters = { before, limit: receiptsAtOnce }
  for (;;) {
    // Reading costs less than writing nothing, in the many where nothing is old.
    const old = yield* shell.read((driver) => driver.ask(organization, "old_receipts", parameters))
    if (old.length === 0) return
    const steps = [{ _tag: "Apply", name: "expire_receipts", parameters }] as const
    yield* shell.read((driver) => driver.commit({ organization, reliesOn: [], steps, events: [] }))
    if (old.length < receiptsAtOnce) return
  }
})
