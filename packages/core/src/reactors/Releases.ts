/**
 * Gives tasks back to the queue whose time there has come: their runs failed, or had used up what they
 * may use.
 *
 * @internal
 */
import { Effect } from "effect"
import { micros } from "../rules/Identifier.ts"
import * as AttemptHolds from "../services/AttemptHolds.ts"
import * as Projection from "../services/Projection.ts"
import type { Tenure } from "../services/Tenure.ts"
import type { Bench } from "./Work.ts"

// services --------------------------------------------------------------------

/** Goes on for as long as the tenure does. */
export const keep = (bench: Bench, tenure: Tenure): Effect.Effect<never> =>
  Effect.forever(
    Effect.flatMap(
      Effect.catch(release(bench, tenure), (error) =>
        Effect.as(
          bench.shell.outage.missed("What is due was not given back to the queue", error),
          longestMillis
        )
      ),
      Effect.sleep
    )
  )

/** Gives back what is due now, and says after how many milliseconds to look again. */
export const release = Effect.fnUntraced(function* ({ clock, shell }: Bench, tenure: Tenure) {
  const { organization } = tenure
  let next = longestMillis
  for (const hold of ["backoff", "quota"]) {
    const query = { organization, table: "tasks", index: "tasks_by_hold", equals: { hold } }
    const rows = yield* shell.read((driver) => driver.find({ ...query, limit: atOnce }))
    const now = yield* clock.now
    for (const { heldUntil, id } of rows.map(Projection.tasks.fromRow)) {
      if (heldUntil === null) continue
      const leftMillis = (micros(heldUntil) - now) / 1000
      if (leftMillis <= 0) yield* AttemptHolds.releaseDue(shell, tenure, id)
      else next = Math.min(next, Math.max(shortestMillis, leftMillis))
    }
  }
  return next
})

// internal --------------------------------------------------------------------

/** The first of them are due first. */
const atOnce = 100

const shortestMillis = 20
const longestMillis = 2_000
