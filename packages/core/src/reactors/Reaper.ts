/**
 * Ends the runs of processes that are not there any more, also where nobody takes over what they did.
 *
 * A run is lost when its time is up and the process that carries it out does not hold the tenure under
 * which it was queued. Whoever holds that lives, and looks after its own runs; so does whoever has
 * taken it over. A process that could not renew what it held, because the store was away, comes back for
 * its own.
 *
 * @internal
 */
import { Effect } from "effect"
import * as AttemptLosses from "../services/AttemptLosses.ts"
import { headsOf } from "../services/Events.ts"
import * as Lanes from "../services/Lanes.ts"
import type { Run } from "../rules/Run.ts"
import type { Means } from "./Holding.ts"

// models ----------------------------------------------------------------------

/** What reaping stands on. */
export interface Reaping extends Means {
  /** Whether this process knows how a run ended. It says so when it dispatches again. */
  readonly knows: (runId: string) => boolean
}

// services --------------------------------------------------------------------

/** Ends what is left of processes that are gone, in all organisations. */
export const reap = Effect.fnUntraced(function* (means: Reaping) {
  const { shell } = means
  for (const organization of Object.keys(yield* shell.read(headsOf))) {
    // One that fails keeps nobody behind it waiting.
    yield* Effect.catch(reapIn(means, organization), (error) =>
      shell.outage.missed("Runs that are lost were not recorded so", error)
    )
  }
})

/** Ends what is left of processes that are gone, in one organisation. */
export const reapIn = Effect.fnUntraced(function* (
  { clock, knows, shell }: Reaping,
  organization: string
) {
  const now = yield* clock.now
  for (const run of yield* AttemptLosses.due(shell, organization, now)) {
    if (knows(run.id) || (yield* isThere({ clock, shell }, organization, run))) continue
    const loss = AttemptLosses.lose(shell, AttemptLosses.silent(organization, run.id, now), run)
    if (!(yield* AttemptLosses.orTold(shell, run, loss))) continue
    yield* Effect.logWarning(`Nothing is heard of run ${run.id} any more: it is lost`)
  }
})

// internal --------------------------------------------------------------------

/** Whether the process that carries out the run is seen to live. */
const isThere = Effect.fnUntraced(function* (
  { clock, shell }: Means,
  organization: string,
  run: Run
) {
  const { holder, name } = Lanes.carrierOf(run)
  const row = yield* shell.read((driver) => driver.get(organization, "singletons", { name }))
  return row !== undefined && row["holder"] === holder && Number(row["until"]) > (yield* clock.now)
})
