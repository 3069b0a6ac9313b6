/**
 * Which process is meant: a pid alone is given to another process sooner or later.
 *
 * @since 0.1.0
 */
import { Effect } from "effect"

import { processTable } from "./internal/processTable.ts"

// models ----------------------------------------------------------------------

/**
 * A process of this machine, told from every other it has had or will have.
 *
 * **Details**
 *
 * `startTime` is in the unit of the operating system (Linux: ticks since the machine started; else
 * seconds since 1970). It is compared and never shown.
 *
 * @category models
 * @since 0.1.0
 */
export interface ProcessIdentity {
  readonly pid: number
  readonly startTime: number
  readonly bootId: string
}

// services --------------------------------------------------------------------

/**
 * The identity of the process that has this pid now, or undefined when none has.
 *
 * @category services
 * @since 0.1.0
 */
export const of = (pid: number): Effect.Effect<ProcessIdentity | undefined> =>
  Effect.sync(() => {
    const row = processTable.read(pid)
    return row && { pid, startTime: row.startTime, bootId: processTable.bootId() }
  })

/**
 * Whether this very process is alive: proof enough not to take its work away.
 *
 * **Gotchas**
 *
 * A process that has ended but that its parent has not noticed is not alive.
 *
 * @category services
 * @since 0.1.0
 */
export const isAlive = (identity: ProcessIdentity): Effect.Effect<boolean> =>
  Effect.sync(() => {
    const row = processTable.read(identity.pid)
    return (
      row !== undefined &&
      row.isAlive &&
      row.startTime === identity.startTime &&
      processTable.bootId() === identity.bootId
    )
  })
