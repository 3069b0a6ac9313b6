/**
 * A process with everything that descends from it, wherever that went.
 *
 * **Details**
 *
 * A descendant is found by its session, by its parents, and by a mark in its environment, so one that
 * leaves its group or its session, or whose parent has ended, is found as well. On Linux what is left
 * out is a process that all at once wipes its environment, leaves its session and loses its parent
 * before it is looked for. Without `/proc` (macOS) there is no mark and the group stands for the
 * session: there a process that leaves the group and loses its parent is left out. A runner with a
 * sandbox leaves nothing out.
 *
 * @since 0.1.0
 */
import { Effect } from "effect"

import { end as endRoots, finder } from "./internal/ending.ts"
import { processTable } from "./internal/processTable.ts"
import { from } from "./ProcessError.ts"
import type { ProcessError } from "./ProcessError.ts"
import type { ProcessIdentity } from "./ProcessIdentity.ts"

// models ----------------------------------------------------------------------

/**
 * A tree by its first process and by the mark that all of it carries. Worth recording: with it,
 * what a control plane left behind can be found and ended by the next one.
 *
 * @category models
 * @since 0.1.0
 */
export interface ProcessTree {
  readonly root: ProcessIdentity
  readonly marker: string
}

// services --------------------------------------------------------------------

/**
 * The pids of the tree's living processes.
 *
 * @category services
 * @since 0.1.0
 */
export const living = (tree: ProcessTree): Effect.Effect<ReadonlyArray<number>, ProcessError> =>
  Effect.tryPromise({
    try: async () => {
      if (!isOfThisBoot(tree)) return []
      return (await finder(rootsOf(tree))()).map(({ pid }) => pid)
    },
    catch: (cause) => from("follow", cause)
  })

/**
 * Ends the tree: asks with SIGTERM, and after the grace ends it by force. Answers the pids of what
 * withstood even that for five seconds, normally none.
 *
 * **Gotchas**
 *
 * Once begun it runs to its end, also when the fiber is interrupted: half an ending helps nobody.
 *
 * @category services
 * @since 0.1.0
 */
export const end = (
  tree: ProcessTree,
  patience: { readonly graceMillis: number; readonly isUrgent?: () => boolean }
): Effect.Effect<ReadonlyArray<number>, ProcessError> =>
  Effect.uninterruptible(
    Effect.tryPromise({
      try: async () => (isOfThisBoot(tree) ? endRoots(rootsOf(tree), patience) : []),
      catch: (cause) => from("end", cause)
    })
  )

// internal --------------------------------------------------------------------

const isOfThisBoot = (tree: ProcessTree) => processTable.bootId() === tree.root.bootId

const rootsOf = ({ root, marker }: ProcessTree) => ({
  roots: [root],
  marker,
  since: root.startTime
})
