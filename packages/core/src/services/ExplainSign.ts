/**
 * The last sign of life of a run, as the store has it: its heartbeat, and whether the process that
 * carries it out still dispatches.
 *
 * @internal
 */
import { Effect } from "effect"
import type { Driver, StoreError } from "../ports/Driver.ts"
import type { Sign } from "../rules/ExplainModel.ts"
import type { Run } from "../rules/Run.ts"
import * as Lanes from "./Lanes.ts"

// services --------------------------------------------------------------------

/** Null where there is no run, or it has just ended. */
export const of = Effect.fnUntraced(function* (
  driver: Pick<Driver, "get">,
  organization: string,
  run: Pick<Run, "holder" | "id"> | null,
  now: number
): Effect.fn.Return<Sign | null, StoreError> {
  if (run === null) return null
  const { holder, name } = Lanes.carrierOf(run)
  const heartbeat = yield* driver.get(organization, "heartbeats", { run_id: run.id })
  const tenure = yield* driver.get(organization, "singletons", { name })
  if (heartbeat === undefined) return null
  const isAttended = tenure?.["holder"] === holder && Number(tenure["until"]) > now
  return { until: Number(heartbeat["until"]), now, isAttended }
})
