/**
 * The hash of an event, over the bytes that core's `Chain` names, in one allocation.
 *
 * The writing thread loads nothing of core, whose digest is asynchronous besides; the suite compares
 * the two.
 *
 * @since 0.1.0
 */
import { hash } from "node:crypto"

import type { Chain } from "@foreman/core"

// rules -----------------------------------------------------------------------

/**
 * The predecessor of the first event.
 *
 * @category models
 * @since 0.1.0
 */
export const genesis: Uint8Array = new Uint8Array(32)

/**
 * The hash of an event that follows another.
 *
 * @category models
 * @since 0.1.0
 */
export const next = (previous: Uint8Array, link: Chain.Link): Uint8Array => {
  const { body, organization, stream, type, version } = link
  const text = `[${JSON.stringify(stream)},${version},${JSON.stringify(type)},${body}]`
  const start = 32 + Buffer.byteLength(organization) + 1
  const bytes = Buffer.allocUnsafe(start + 16 + Buffer.byteLength(text))
  bytes.set(previous, 0)
  bytes.write(organization, 32)
  bytes.writeUInt8(0, start - 1)
  bytes.writeBigUInt64BE(BigInt(link.position), start)
  bytes.writeBigInt64BE(BigInt(link.at), start + 8)
  bytes.write(text, start + 16)
  return hash("sha256", bytes, "buffer")
}
