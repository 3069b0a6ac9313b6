/**
 * How the work of a tenure ends.
 *
 * @internal
 */
import { Effect, Option } from "effect"
import * as Run from "../rules/Run.ts"
import * as Tenure from "../services/Tenure.ts"
import type { Dispatcher } from "./Dispatcher.ts"
import type { Hold } from "./Holding.ts"
import type { Bench } from "./Work.ts"

// services --------------------------------------------------------------------

/**
 * Ends the runs. While the tenure lasts there is time for it. When it is another one's already, that
 * one may start the same tasks again: agents are told to end at once.
 */
export const finish = Effect.fnUntraced(function* (
  { clock, shell }: Bench,
  tenure: Tenure.Tenure,
  dispatcher: Dispatcher,
  hold: Hold
) {
  const renewal = Tenure.renew(shell, clock, tenure, endMillis.tenure).pipe(
    Effect.timeoutOption(askMillis),
    Effect.option,
    Effect.map(Option.flatten)
  )
  const last = hold.isHeld ? yield* renewal : Option.none()
  if (Option.isSome(last) && last.value !== undefined) {
    return yield* dispatcher.stopAll(Run.shutdown, endMillis.agents)
  }
  yield* dispatcher.halt(Run.shutdown)
  yield* Effect.timeoutOption(dispatcher.close, askMillis)
})

// internal --------------------------------------------------------------------

/** How long agents have for their end, and how much longer nobody takes over: ends are recorded. */
const endMillis = { agents: 7_000, tenure: 10_000 } as const

/** A store that takes longer to answer is away. */
const askMillis = 1_000
