/**
 * What both halves of the store read of the log: heads, versions and receipts.
 *
 * @since 0.1.0
 */
import type { Driver } from "@foreman/core"

import { genesis } from "./SqliteChain.ts"
import type { Connection } from "./SqliteConnection.ts"

// models ----------------------------------------------------------------------

/**
 * Where an organisation stands: its last event, and the latest store time it was given.
 *
 * @category models
 * @since 0.1.0
 */
export interface Head {
  readonly position: number
  readonly hash: Uint8Array
  readonly at: number
}

// services --------------------------------------------------------------------

/**
 * Where an organisation stands.
 *
 * @category services
 * @since 0.1.0
 */
export const headOf = ({ prepare }: Connection, organization: string): Head => {
  const row = prepare("SELECT position, hash, at FROM heads WHERE organization = ?").get(
    organization
  )
  return {
    position: Number(row?.["position"] ?? 0),
    hash: row?.["hash"] instanceof Uint8Array ? row["hash"] : genesis,
    at: Number(row?.["at"] ?? 0)
  }
}

/**
 * The receipt of a scope, if it is kept.
 *
 * @category services
 * @since 0.1.0
 */
export const findReceipt = (
  { prepare }: Connection,
  organization: string,
  key: string
): Driver.Receipt | undefined => {
  const row = prepare("SELECT digest, answer FROM receipts WHERE organization = ? AND key = ?").get(
    organization,
    key
  )
  if (row === undefined) return undefined
  return { organization, key, digest: String(row["digest"]), answer: String(row["answer"]) }
}

/**
 * The versions of streams, in the order asked.
 *
 * @category services
 * @since 0.1.0
 */
export const versionsOf = (
  connection: Connection,
  organization: string,
  streams: ReadonlyArray<string>
): ReadonlyArray<Driver.StreamVersion> =>
  streams.map((stream) => ({ stream, version: versionOf(connection, organization, stream) }))

/**
 * How many events a stream has.
 *
 * @category services
 * @since 0.1.0
 */
export const versionOf = ({ prepare }: Connection, organization: string, stream: string): number =>
  Number(
    prepare("SELECT max(version) AS version FROM events WHERE organization = ? AND stream = ?").get(
      organization,
      stream
    )?.["version"] ?? 0
  )
