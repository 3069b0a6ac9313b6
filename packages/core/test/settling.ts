/**
 * What takes real time while the clock of a test stands still: hashes, which other threads make.
 */
import { setImmediate } from "node:timers/promises"
import { Effect } from "effect"

/** How many of them are not made yet. */
let hashes = 0

const { subtle } = globalThis.crypto
const digest = subtle.digest.bind(subtle)
// It stays so for good: this module is evaluated once for all files of a worker, and a wait has to know
// the hashes that began before it. It changes nothing but the count.
subtle.digest = async (...input) => {
  hashes += 1
  try {
    return await digest(...input)
  } finally {
    hashes -= 1
  }
}

/** So many turns of the event loop without a hash: who goes on behind one needs a few. */
const quietTurns = 50

/** Waits until nobody waits for a hash any more, however long the machine takes for it. */
export const settled = Effect.promise(async () => {
  for (let quiet = 0; quiet < quietTurns; quiet++) {
    await setImmediate()
    if (hashes > 0) quiet = 0
  }
})
