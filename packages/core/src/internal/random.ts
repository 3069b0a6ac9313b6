/**
 * Random bytes, and the ids that are made of them. The platform is asked for many bytes at once:
 * asking costs more than all else about an id or a token.
 *
 * @internal
 */
import { SecureRandom } from "effect/crypto"

const poolBytes = 4096

const makePool = () => {
  let pool: Uint8Array = new Uint8Array(0)
  let taken = 0
  return (size: number): Uint8Array => {
    if (taken + size > pool.length) {
      pool = SecureRandom.randomBytesUnsafe(Math.max(poolBytes, size))
      taken = 0
    }
    taken += size
    return pool.subarray(taken - size, taken)
  }
}

/** Random bytes. Nobody else gets these: whoever asks may write into them. */
export const randomBytes: (size: number) => Uint8Array = makePool()

/** What makes ids of such bytes. */
export const random: SecureRandom.SecureRandom["Service"] = SecureRandom.make(randomBytes)
