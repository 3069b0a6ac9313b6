/**
 * Places in a cassette at which the test lets its own clock go on: how long somebody is silent depends
 * on no machine then.
 */
import { Effect, Schedule } from "effect"
import { TestClock } from "effect/testing"
import { existsSync, writeFileSync } from "node:fs"
import { join } from "node:path"

/** The lines by which Codex has the runner answer, which has read what stands before them then. */
const heard = [
  `< {"id":99,"method":"foreman/heard","params":{}}`,
  `> {"id":99,"error":{"code":-32601}}`
]

/** A place where the player waits while so much time passes, once what was said before is `heard`. */
export const pause = (folder: string, seconds: number, isHeard = true) => {
  const [begun, over] = [join(folder, "pause-begun"), join(folder, "pause-over")]
  const lines = [...(isHeard ? heard : []), `! touch ${begun}`, `! await ${over}`]
  const passing = Effect.suspend(() =>
    existsSync(begun) ? Effect.void : Effect.fail("not yet")
  ).pipe(
    Effect.retry({ times: 1_000, schedule: Schedule.spaced("20 millis") }),
    TestClock.withLive,
    Effect.andThen(TestClock.adjust(`${seconds} seconds`)),
    Effect.andThen(Effect.sync(() => writeFileSync(over, "")))
  )
  return { lines, passing }
}
