/**
 * The hash chain of an organisation's events: what is hashed, and whether a chain holds.
 *
 * Drivers compute the digest with what is fastest where they run; core only says over which bytes.
 *
 * @since 0.1.0
 */
import type { NewEvent, StoredEvent } from "./Driver.ts"

// models ----------------------------------------------------------------------

/**
 * What one link of the chain binds together.
 *
 * @category models
 * @since 0.1.0
 */
export interface Link extends NewEvent {
  readonly organization: string
  readonly position: number
  readonly version: number
  readonly at: number
}

// rules -----------------------------------------------------------------------

/**
 * The predecessor of the first event: 32 zero bytes.
 *
 * @category models
 * @since 0.1.0
 */
export const genesis: Uint8Array = new Uint8Array(32)

/**
 * The canonical text of an event: a JSON array of stream, version, type and body.
 *
 * **Example** (What is hashed of an event)
 *
 * ```ts import.meta.vitest
 * import { Chain } from "@foreman/core"
 *
 * Chain.canonical({ stream: "task:7", version: 1, type: "task.created", body: '{"a":1}' })
 * // => '["task:7",1,"task.created",{"a":1}]'
 * ```
 *
 * @category models
 * @since 0.1.0
 */
export const canonical = ({
  body,
  stream,
  type,
  version
}: Pick<Link, "body" | "stream" | "type" | "version">): string =>
  `[${JSON.stringify(stream)},${version},${JSON.stringify(type)},${body}]`

/**
 * The bytes whose SHA-256 is the event's hash: the previous hash, the organisation in UTF-8, a zero
 * byte, the position as u64, the store time in microseconds as i64 (both big-endian), and the
 * canonical text in UTF-8.
 *
 * @category models
 * @since 0.1.0
 */
export const preimage = (previous: Uint8Array, link: Link): Uint8Array<ArrayBuffer> => {
  const organization = encoder.encode(link.organization)
  const body = encoder.encode(canonical(link))
  const start = 32 + organization.length + 1
  const bytes = new Uint8Array(start + 16 + body.length)
  const view = new DataView(bytes.buffer)
  bytes.set(previous, 0)
  bytes.set(organization, 32)
  view.setBigUint64(start, BigInt(link.position))
  view.setBigInt64(start + 8, BigInt(link.at))
  bytes.set(body, start + 16)
  return bytes
}

/**
 * SHA-256 by the platform's own means, in a browser too.
 *
 * @category models
 * @since 0.1.0
 */
export const digest = async (bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> =>
  new Uint8Array(await crypto.subtle.digest("SHA-256", bytes))

/**
 * The first position that is missing or whose hash does not follow, if any. Pages may be verified
 * in turn: give the last event of the page before as `from`.
 *
 * @category models
 * @since 0.1.0
 */
export const firstBroken = async (
  events: ReadonlyArray<StoredEvent>,
  from: Pick<StoredEvent, "position" | "hash"> = { position: 0, hash: genesis }
): Promise<number | undefined> => {
  let previous = from
  for (const event of events) {
    if (event.position !== previous.position + 1) return previous.position + 1
    const expected = await digest(preimage(previous.hash, event))
    if (!expected.every((byte, index) => byte === event.hash[index])) return event.position
    previous = event
  }
  return undefined
}

// internal --------------------------------------------------------------------

const encoder = new TextEncoder()
