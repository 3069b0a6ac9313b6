/**
 * How a receiver knows that a notification comes from this Foreman, is new, and is whole: the headers
 * of Standard Webhooks, for which there are libraries in most languages.
 *
 * @since 0.1.0
 */
import { createHmac } from "node:crypto"

// models ----------------------------------------------------------------------

/**
 * What is signed.
 *
 * @category models
 * @since 0.1.0
 */
export interface Signed {
  /** Stays the same however often this is sent. */
  readonly key: string
  /** When it is sent, in seconds since 1970. */
  readonly seconds: number
  readonly body: string
}

// rules -----------------------------------------------------------------------

/**
 * Makes the headers: an HMAC-SHA256 over key, time and body, each after a dot. A secret that begins
 * with `whsec_` is base64 behind that; any other is taken as it is written.
 *
 * **Example** (Signed and named)
 *
 * ```ts import.meta.vitest
 * import { Signature } from "@foreman/gateway-openclaw"
 *
 * const headers = Signature.headersOf({ key: "a:1", seconds: 1, body: "{}" }, "secret")
 *
 * headers["webhook-signature"] // => "v1,JawlNuU1Em5OsWNCXGMKN1agTepG6k9u53Nl0Jg9F4A="
 * ```
 *
 * @category rules
 * @since 0.1.0
 */
export const headersOf = (
  { body, key, seconds }: Signed,
  secret: string | undefined
): Readonly<Record<string, string>> => ({
  "idempotency-key": key,
  "webhook-id": key,
  "webhook-timestamp": String(seconds),
  ...(secret === undefined
    ? {}
    : { "webhook-signature": `v1,${hmac(bytesOf(secret), `${key}.${seconds}.${body}`)}` })
})

// internal --------------------------------------------------------------------

const prefix = "whsec_"

const bytesOf = (secret: string): Buffer =>
  secret.startsWith(prefix)
    ? Buffer.from(secret.slice(prefix.length), "base64")
    : Buffer.from(secret, "utf8")

const hmac = (secret: Buffer, text: string): string =>
  createHmac("sha256", secret).update(text, "utf8").digest("base64")
