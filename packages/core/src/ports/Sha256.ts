/**
 * SHA-256 that answers at once, for the store in memory and for short texts.
 *
 * The platform's own digest is asynchronous: a commit that waits lets readers see half of it, and for
 * a token the wait in a line of threads is most of the work. Stores on a server use their runtime's
 * digest, which is many times faster than this one.
 *
 * @internal
 */

// models ----------------------------------------------------------------------

/** A digest of bytes that come in pieces. */
export interface Hasher {
  readonly update: (bytes: Uint8Array) => void
  /** The digest of all that came. Nothing may come after it. */
  readonly digest: () => Uint8Array
}

// rules -----------------------------------------------------------------------

/**
 * The 32 bytes of the SHA-256 (FIPS 180-4) of some bytes.
 *
 * @category models
 * @since 0.1.0
 */
export const sha256 = (bytes: Uint8Array): Uint8Array => {
  const whole = hasher()
  whole.update(bytes)
  return whole.digest()
}

/**
 * Begins a digest of bytes that come in pieces.
 *
 * @category models
 * @since 0.1.0
 */
export const hasher = (): Hasher => {
  const state = Int32Array.from(initial)
  const words = new Int32Array(64)
  const rest = new Uint8Array(64)
  const restView = new DataView(rest.buffer)
  let length = 0
  const block = (view: DataView, start: number) => {
    for (let index = 0; index < 16; index++) words[index] = view.getInt32(start + index * 4)
    compress(state, words)
  }
  const update = (bytes: Uint8Array) => {
    const held = length % 64
    length += bytes.length
    let start = 0
    if (held > 0) {
      start = Math.min(64 - held, bytes.length)
      rest.set(bytes.subarray(0, start), held)
      if (held + start < 64) return
      block(restView, 0)
    }
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    for (; start + 64 <= bytes.length; start += 64) block(view, start)
    rest.set(bytes.subarray(start))
  }
  const digest = () => {
    // A one bit, zeros up to a multiple of 64 bytes, and the length in bits as u64.
    const bits = BigInt(length) * 8n
    const end = new Uint8Array(length % 64 < 56 ? 64 - (length % 64) : 128 - (length % 64))
    end[0] = 0x80
    new DataView(end.buffer).setBigUint64(end.length - 8, bits)
    update(end)
    const result = new DataView(new ArrayBuffer(32))
    for (const [index, word] of state.entries()) result.setInt32(index * 4, word)
    return new Uint8Array(result.buffer)
  }
  return { update, digest }
}

/**
 * Bytes in lower-case hex digits.
 *
 * @category models
 * @since 0.1.0
 */
export const hexOf = (bytes: Uint8Array): string => {
  let text = ""
  for (const byte of bytes) text += digits[byte >>> 4]! + digits[byte & 15]!
  return text
}

// internal --------------------------------------------------------------------

const digits = "0123456789abcdef"

const rotate = (word: number, bits: number): number => (word >>> bits) | (word << (32 - bits))

/** One block of 16 words into the state of 8. An index below 64 is always there, hence the `!`. */
const compress = (state: Int32Array, words: Int32Array): void => {
  for (let index = 16; index < 64; index++) {
    const [early, late] = [words[index - 15]!, words[index - 2]!]
    const s0 = rotate(early, 7) ^ rotate(early, 18) ^ (early >>> 3)
    const s1 = rotate(late, 17) ^ rotate(late, 19) ^ (late >>> 10)
    words[index] = words[index - 16]! + s0 + words[index - 7]! + s1
  }
  let [a, b, c, d] = [state[0]!, state[1]!, state[2]!, state[3]!]
  let [e, f, g, h] = [state[4]!, state[5]!, state[6]!, state[7]!]
  for (let index = 0; index < 64; index++) {
    const s1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)
    const first = (h + s1 + ((e & f) ^ (~e & g)) + constants[index]! + words[index]!) | 0
    const s0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)
    const second = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0
    h = g
    g = f
    f = e
    e = (d + first) | 0
    d = c
    c = b
    b = a
    a = (first + second) | 0
  }
  for (const [index, word] of [a, b, c, d, e, f, g, h].entries()) state[index]! += word
}

const primes: ReadonlyArray<number> = Array.from({ length: 311 }, (_, index) => index + 1).filter(
  (number) =>
    number > 1 &&
    !Array.from({ length: number }, (_, by) => by).some((by) => by > 1 && number % by === 0)
)

/** The first 32 bits of the fraction of a number, as the standard takes them from roots of primes. */
const fraction = (number: number): number => Math.floor((number % 1) * 2 ** 32) | 0

const initial = Int32Array.from(primes.slice(0, 8), (prime) => fraction(Math.sqrt(prime)))

const constants = Int32Array.from(primes, (prime) => fraction(Math.cbrt(prime)))
