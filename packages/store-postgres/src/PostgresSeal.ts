/**
 * What a hint says of a commit, so that only those understand it, and are understood, who may read the
 * store's rows.
 *
 * Every role that may connect to the database hears its notices and can give some. What is sealed is
 * secret and proven: by AES-256-GCM under a key that is made for it alone of the store's own key, of 128
 * random bits and of the organization. So no key meets two texts, and what was said in one organization
 * says nothing in another one.
 *
 * @since 0.1.0
 */
import { createCipheriv, createDecipheriv, createHmac, randomBytes } from "node:crypto"

// models ----------------------------------------------------------------------

/**
 * Seals and opens with one key.
 *
 * @category models
 * @since 0.1.0
 */
export interface Seal {
  /** The text in base64 that only `open` reads; a third longer, and some. */
  readonly close: (organization: string, text: string) => string
  /** The text, or nothing where it was not sealed with this key for this organization. */
  readonly open: (organization: string, sealed: string) => string | undefined
}

// services --------------------------------------------------------------------

/**
 * A seal with the store's key.
 *
 * @category services
 * @since 0.1.0
 */
export const make = (key: Uint8Array): Seal => {
  const keyOf = (organization: string, salt: Uint8Array) =>
    createHmac("sha256", key).update(salt).update(organization).digest()
  return {
    close: (organization, text) => {
      const salt = randomBytes(saltBytes)
      const cipher = createCipheriv(algorithm, keyOf(organization, salt), first)
      const parts = [salt, cipher.update(text, "utf8"), cipher.final(), cipher.getAuthTag()]
      return Buffer.concat(parts).toString("base64")
    },
    open: (organization, sealed) => {
      const bytes = Buffer.from(sealed, "base64")
      if (bytes.length < saltBytes + tagBytes) return undefined
      const key = keyOf(organization, bytes.subarray(0, saltBytes))
      const cipher = createDecipheriv(algorithm, key, first, { authTagLength: tagBytes })
      cipher.setAuthTag(bytes.subarray(-tagBytes))
      try {
        const text = cipher.update(bytes.subarray(saltBytes, -tagBytes))
        return Buffer.concat([text, cipher.final()]).toString("utf8")
      } catch {
        // Anybody may say something on the channel.
        return undefined
      }
    }
  }
}

// internal --------------------------------------------------------------------

const algorithm = "aes-256-gcm"
const saltBytes = 16
const tagBytes = 16

/** Each key meets one text, so it begins where all begin. */
const first = Buffer.alloc(12)
