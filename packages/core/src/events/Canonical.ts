/**
 * JSON in its one canonical form: keys in order of their UTF-16 code units, no spaces, nothing
 * undefined. The same data is the same text everywhere, so it can be hashed and compared.
 *
 * @since 0.1.0
 */
import { hexOf, sha256 } from "../ports/Sha256.ts"

// rules -----------------------------------------------------------------------

/**
 * Writes a JSON value canonically.
 *
 * **Example** (The order of keys does not matter)
 *
 * ```ts import.meta.vitest
 * import { Canonical } from "@foreman/core"
 *
 * Canonical.stringify({ b: [1, null], a: "x", c: undefined }) // => '{"a":"x","b":[1,null]}'
 * ```
 *
 * @category models
 * @since 0.1.0
 */
export const stringify = (value: unknown): string =>
  // What is in order already is written several times as fast.
  isOrdered(value) ? (JSON.stringify(value) ?? "null") : write(value)

/**
 * The SHA-256 of a text in 64 lower-case hex digits.
 *
 * @category models
 * @since 0.1.0
 */
export const digest = async (text: string): Promise<string> => {
  const bytes = encoder.encode(text)
  // The platform's is done by another thread, which a short text does not repay.
  if (bytes.length <= maxOwn) return hexOf(sha256(bytes))
  return hexOf(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)))
}

// internal --------------------------------------------------------------------

const encoder = new TextEncoder()

/** In bytes: some 30 microseconds of work. */
const maxOwn = 2048

const isOrdered = (value: unknown): boolean => {
  if (typeof value !== "object" || value === null) return true
  if (Array.isArray(value)) return value.every(isOrdered)
  let last = ""
  for (const key of Object.keys(value)) {
    if (key < last || !isOrdered(Reflect.get(value, key))) return false
    last = key
  }
  return true
}

const write = (value: unknown): string => {
  if (Array.isArray(value)) return `[${value.map(writeItem).join(",")}]`
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "null"
  let fields = ""
  for (const key of Object.keys(value).toSorted()) {
    const field: unknown = Reflect.get(value, key)
    if (field === undefined) continue
    fields += `${fields === "" ? "" : ","}${JSON.stringify(key)}:${write(field)}`
  }
  return `{${fields}}`
}

const writeItem = (item: unknown): string => write(item ?? null)
