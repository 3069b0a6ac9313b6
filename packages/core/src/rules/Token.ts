/**
 * Tokens: `fmn_<kind>_`, 30 random characters of base 62, and 6 of their checksum.
 *
 * The prefix and the checksum let a scanner find a leaked token without asking anybody. 30
 * characters hold 178 bits, so the store needs only a SHA-256 of a token, never a slow hash.
 *
 * @since 0.1.0
 */

// models ----------------------------------------------------------------------

/**
 * What a token stands for: the operator of a local server, an agent, or one run.
 *
 * @category models
 * @since 0.1.0
 */
export type TokenKind = "opr" | "agt" | "run"

// rules -----------------------------------------------------------------------

/**
 * Makes a token from at least 30 random bytes.
 *
 * **Example** (A token carries its own checksum)
 *
 * ```ts import.meta.vitest
 * import { Token } from "@foreman/core"
 *
 * const token = Token.make("run", crypto.getRandomValues(new Uint8Array(64)))
 *
 * Token.isWellFormed(token) // => true
 * Token.isWellFormed(token.replace("fmn_run_", "fmn_opr_")) // => false
 * ```
 *
 * @category rules
 * @since 0.1.0
 */
export const make = (kind: TokenKind, random: Uint8Array): string => {
  // Bytes above 247 are passed over, so that every character is as likely as any other.
  const fair = Array.from(random).filter((byte) => byte < 248)
  if (fair.length < secretLength) throw new RangeError("A token needs more random bytes")
  const secret = fair.slice(0, secretLength).map((byte) => alphabet[byte % 62])
  const body = `fmn_${kind}_${secret.join("")}`
  return body + checksum(body)
}

/**
 * Says whether a text has the form and the checksum of a token. It may still be nobody's.
 *
 * @category rules
 * @since 0.1.0
 */
export const isWellFormed = (text: string): boolean =>
  pattern.test(text) && checksum(text.slice(0, -6)) === text.slice(-6)

// internal --------------------------------------------------------------------

const secretLength = 30
const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
const pattern = /^fmn_(opr|agt|run)_[0-9A-Za-z]{36}$/

const checksum = (text: string): string => {
  let rest = crc32(new TextEncoder().encode(text))
  let written = ""
  for (let place = 0; place < 6; place++) {
    written = `${alphabet[rest % 62]}${written}`
    rest = Math.floor(rest / 62)
  }
  return written
}

/** CRC-32 as in ISO 3309, bit by bit: tokens are short. */
const crc32 = (bytes: Uint8Array): number => {
  let crc = 0xffffffff
  for (const byte of bytes) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0)
  }
  return (crc ^ 0xffffffff) >>> 0
}
