/**
 * Hints that something was committed: by this process at once, by another one soon.
 *
 * @since 0.1.0
 */
import type { Driver } from "@foreman/core"

import type { Connection } from "./SqliteConnection.ts"

// models ----------------------------------------------------------------------

/**
 * A look-out on a file.
 *
 * @category models
 * @since 0.1.0
 */
export interface Watching {
  /** This process has committed: there is no need to look. */
  readonly notice: (organization: string, position: number) => void
  readonly stop: () => void
}

// services --------------------------------------------------------------------

/**
 * Looks every so many milliseconds whether anybody has committed, until it is stopped.
 *
 * It goes by the real clock, as other processes do, and keeps no process alive.
 *
 * @category operations
 * @since 0.1.0
 */
export const watch = (
  reader: Connection,
  milliseconds: number,
  publish: (hint: Driver.Hint) => void
): Watching => {
  const positions = new Map<string, number>()
  let version: unknown
  const notice = (organization: string, position: number) => {
    if ((positions.get(organization) ?? 0) >= position) return
    positions.set(organization, position)
    publish({ organization, position })
  }
  const look = () => {
    try {
      // It changes when another connection has committed: our own writer's, or one elsewhere.
      const present = reader.prepare("PRAGMA data_version").get()?.["data_version"]
      if (present === version) return
      for (const row of reader.prepare("SELECT organization, position FROM heads").all()) {
        notice(String(row["organization"]), Number(row["position"]))
      }
      version = present
    } catch {
      // Somebody holds the file for a moment: the next look is soon.
    }
  }
  look()
  const timer = setInterval(look, milliseconds)
  timer.unref()
  return { notice, stop: () => clearInterval(timer) }
}
