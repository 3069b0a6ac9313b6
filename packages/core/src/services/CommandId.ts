/**
 * The ids of commands whose callers gave no key.
 *
 * @internal
 */
import { SecureRandom } from "effect/crypto"
import type { Effect } from "effect"

// services --------------------------------------------------------------------

/** A new id. Each sorts after those before it, so their receipts are written side by side. */
export const next = (): Effect.Effect<string> => random.uuidV7()

/** Under which key a command's receipt is found: whose it is, what it is, and its id. */
export const receiptOf = (principal: string, name: string, id: string): string =>
  `${principal}/${name}/${id}`

// internal --------------------------------------------------------------------

const poolBytes = 4096

/** Random bytes are asked for many ids at once: asking costs more than all else about an id. */
const makePool = () => {
  let pool: Uint8Array = new Uint8Array(0)
  let taken = 0
  return (size: number): Uint8Array => {
    if (taken + size > pool.length) {
      pool = SecureRandom.randomBytesUnsafe(Math.max(poolBytes, size))
      taken = 0
    }
    taken += size
    // Nobody else gets these bytes: whoever asks may write into them.
    return pool.subarray(taken - size, taken)
  }
}

const random = SecureRandom.make(makePool())
