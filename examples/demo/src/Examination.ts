/**
 * The end of the demo: the doctor looks at all that Foreman has written.
 */
import { Doctor } from "@foreman/core"
import { SqliteStore } from "@foreman/store-sqlite"
import { Effect } from "effect"
import { paint, say } from "./Terminal.ts"

/** Says what the doctor finds in a database, and answers the demo's exit code. */
export const examine = async (filename: string): Promise<number> => {
  const { events, findings, violations } = await Effect.runPromise(
    Effect.scoped(Effect.flatMap(SqliteStore.make({ filename, readOnly: true }), Doctor.check))
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
