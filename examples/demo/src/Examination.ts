/**
 * The end of the demo: the doctor looks at all that Foreman has written.
 */
import { Doctor } from "@foreman/core"
import { Effect } from "effect"
import type { Store } from "./Store.ts"
import { paint, say } from "./Terminal.ts"

/** Says what the doctor finds in a store, and answers the demo's exit code. */
export const examine = async ({ look }: Store): Promise<number> => {
  const { events, findings, violations } = await Effect.runPromise(
    Effect.scoped(Effect.flatMap(look, Doctor.check))
  )
  if (violations === 0) {
    say(paint("green", `the doctor finds nothing in ${events} events`))
    return 0
  }
  for (const { id, samples } of findings) {
    for (const { detail, place } of samples) say(paint("red", `${id}: ${place} ${detail}`))
  }
  return 1
}
