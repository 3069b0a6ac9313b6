/**
 * What the operating system knows of its processes, in the few facts that ending a tree needs.
 *
 * Plain functions without Effect: the guardian loads this module and is to start fast and stay small.
 *
 * @since 0.1.0
 */
import { linuxTable } from "./linuxTable.ts"
import { psTable } from "./psTable.ts"

// models ----------------------------------------------------------------------

/** One process. `startTime` has the system's own unit; it is compared, never shown. */
export interface ProcessRow {
  readonly pid: number
  readonly parent: number
  readonly group: number
  /** What is inherited by every descendant that does not leave it on purpose. */
  readonly session: number
  readonly startTime: number
  /** False for a process that has ended and only waits for its parent to notice. */
  readonly isAlive: boolean
}

/** A way to read the processes of this machine. */
export interface ProcessTable {
  readonly read: (pid: number) => ProcessRow | undefined
  readonly list: () => Promise<ReadonlyArray<ProcessRow>>
  /** Whether the environment of a process holds the marker; `unclear` while there is none to see. */
  readonly marked: (pid: number, marker: string) => "yes" | "no" | "unclear"
  /** Tells this start of the machine from every other, so that a recorded pid can be trusted. */
  readonly bootId: () => string
}

// services --------------------------------------------------------------------

export const processTable: ProcessTable = process.platform === "linux" ? linuxTable : psTable
