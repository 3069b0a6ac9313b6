/**
 * Ends the runs of processes that are not there any more, also where nobody takes over what they did.
 *
 * A run is lost when its time is up and the process that carries it out does not hold the tenure under
 * which it was queued. Whoever holds that lives, and looks after its own runs; so does whoever has
 * taken it over.
 *
 * @internal
 */
import { Effect } from "effect"
import * as AttemptLosses from "../services/AttemptLosses.ts"
import { headsOf } from "../services/Events.ts"
import * as Lanes from "../services/Lanes.ts"
import type { Run } from "../rules/Run.ts"
import type { Means } from "./Holding.ts"

// services --------------------------------------------------------------------

/** Ends what is left of processes that are gone, in all organisations. */
export const reap = Effect.fnUntraced(function* (means: Means) {
  const { shell } = means
  for (const organization of Object.keys(yield* shell.read(headsOf))) {
    // One that fails keeps nobody behind it waiting.
    yield* Effect.catch(reapIn(means, organization), (error) =>
      Effect.logWarning(`Runs that are lost were not recorded so: ${error.message}`)
    )
  }
})

/** Ends what is left of processes that are gone, in one organisation. */
export const reapIn = Effect.fnUntraced(function* ({ clock, shell }: Means, organization: string) {
  const now = yield* clock.now
  for (const run of yield* AttemptLosses.due(shell, organization, now)) {
    if (yield* isThere({ clock, shell }, organization, run)) continue
    yield* Effect.logWarning(`Nothing is heard of run ${run.id} any more: it is lost`)
    yield* AttemptLosses.lose(shell, AttemptLosses.silent(organization, run.id, now), run)
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
