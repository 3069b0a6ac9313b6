/**
 * Other people's queues on PostgreSQL, of which those are measured that are installed.
 *
 * @since 0.1.0
 */
import { fileURLToPath } from "node:url"
import { absent, missing, titleOf, wanted } from "../tooling/src/install-peers.ts"

// models ----------------------------------------------------------------------

/** Their names in the registry. */
export type Name = "graphile-worker" | "pg-boss"

// operations ------------------------------------------------------------------

const root = fileURLToPath(new URL("..", import.meta.url))

/** The names and versions that are to be there. */
export const titles = (): string => wanted(root).map(titleOf).join(", ")

/** Says loudly which of them are not there, and answers which are. */
export const installed = (): ((name: Name) => boolean) => {
  const lacking = absent(root)
  if (lacking.length > 0) console.error(missing(lacking))
  return (name) => !lacking.some((peer) => peer.name === name)
}
