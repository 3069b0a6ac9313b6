/**
 * Says of the runs that a dispatcher carries out that they live, every third of their time, and ends
 * those of its own that are live in the store and are carried out by nobody.
 *
 * @internal
 */
import { Effect } from "effect"
import * as Lease from "../rules/Lease.ts"
import * as AttemptLosses from "../services/AttemptLosses.ts"
import { under } from "../services/Attempts.ts"
import * as Lanes from "../services/Lanes.ts"
import * as Leases from "../services/Leases.ts"
import { fenceOf, type Tenure } from "../services/Tenure.ts"
import type { Dispatcher } from "./Dispatcher.ts"
import type { Bench } from "./Work.ts"

// services --------------------------------------------------------------------

/** Goes on for as long as the tenure does. */
export const beat = (
  bench: Bench,
  tenure: Tenure,
  dispatcher: Pick<Dispatcher, "runs">
): Effect.Effect<never> => {
  const terms = bench.terms ?? Lease.defaults
  const once = Effect.gen(function* () {
    yield* renew(bench, tenure, dispatcher.runs(), terms)
    yield* endUnattended(bench, tenure, dispatcher)
  }).pipe(
    Effect.catch((error) =>
      bench.shell.outage.missed("The runs of this process were not said to live", error)
    )
  )
  return Effect.forever(Effect.andThen(Effect.sleep(everyMillis(terms)), once))
}

/** How often runs are said to live: early enough that two times may fail. */
export const everyMillis = ({ leaseMillis, startMillis }: Lease.Terms): number =>
  Math.min(leaseMillis / 3, startMillis / 2)

// internal --------------------------------------------------------------------

const renew = Effect.fnUntraced(function* (
  { clock, shell }: Bench,
  tenure: Tenure,
  runIds: ReadonlyArray<string>,
  terms: Lease.Terms
) {
  if (runIds.length === 0) return
  const { organization } = tenure
  // Whoever dispatches no more says nothing of runs, which are lost by then.
  const steps = [fenceOf(tenure), Leases.renewal(runIds, yield* clock.now, terms)]
  yield* shell.read((driver) => driver.commit({ organization, reliesOn: [], steps, events: [] }))
})

/** What is carried out here is never ended so, however late it was said to live. */
const endUnattended = Effect.fnUntraced(function* (
  { clock, shell }: Bench,
  tenure: Tenure,
  dispatcher: Pick<Dispatcher, "runs">
) {
  const due = yield* AttemptLosses.due(shell, tenure.organization, yield* clock.now)
  const here = new Set(dispatcher.runs())
  for (const run of due) {
    if (here.has(run.id) || !Lanes.isRunOf(tenure, run)) continue
    const loss = AttemptLosses.lose(shell, under(tenure), run)
    if (!(yield* AttemptLosses.orTold(shell, run, loss))) continue
    yield* Effect.logWarning(`Run ${run.id} is carried out by nobody: it is lost`)
  }
})
