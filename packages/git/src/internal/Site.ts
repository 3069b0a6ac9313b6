/**
 * What all parts of the workspaces work with.
 *
 * @since 0.1.0
 */
import type { Limits } from "./Files.ts"
import type { Git } from "./Git.ts"
import type { Locks } from "./Locks.ts"

// models ----------------------------------------------------------------------

/**
 * Where this machine's workspaces stand, and what works on them.
 *
 * @category models
 * @since 0.1.0
 */
export interface Site {
  readonly git: Git
  /** A path without links. */
  readonly root: string
  readonly locks: Locks
  readonly limits: Limits
}
