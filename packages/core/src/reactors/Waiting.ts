/**
 * Tasks that a dispatcher met and whose scope another run holds: it passes over them until that one
 * gives it back.
 *
 * @internal
 */

// models ----------------------------------------------------------------------

/** What waits. */
export interface Waiting {
  readonly has: (taskId: number) => boolean
  readonly tasks: () => Iterable<number>
  readonly size: () => number
  /** How often something was given back: what was read before the next time may be out of date. */
  readonly released: () => number
  /** Passes over a task, for a run that holds its scope, if nothing was given back since then. */
  readonly put: (taskId: number, wait: Wait) => void
  /** A run has given back what it held. */
  readonly release: (runId: string) => void
  /** Nothing at all may be begun in the organisation; that is looked at again after a while. */
  readonly pause: (now: number, since: number) => void
  readonly isPaused: (now: number) => boolean
  readonly resume: () => void
  /** Forgets what has waited for long, in case nobody said that it need not any more. */
  readonly refresh: (now: number) => void
}

/** Why a task waits. */
export interface Wait {
  /** The run that holds its scope; null where that is not known. */
  readonly heldBy: string | null
  /** What `released` said before somebody looked. */
  readonly since: number
  /** In microseconds. */
  readonly now: number
}

// services --------------------------------------------------------------------

/** Begins with nothing that waits. */
export const make = (): Waiting => {
  const waits = new Map<number, { readonly heldBy: string | null; readonly until: number }>()
  let released = 0
  let pausedUntil = 0
  return {
    has: (taskId) => waits.has(taskId),
    tasks: () => waits.keys(),
    size: () => waits.size,
    released: () => released,
    put: (taskId, { heldBy, now, since }) => {
      // What is beyond is met again, and put off with what comes first.
      if (since !== released || waits.size >= mostWaiting) return
      waits.set(taskId, { heldBy, until: now + waitingMicros })
    },
    release: (runId) => {
      released += 1
      for (const [taskId, { heldBy }] of waits) {
        if (heldBy === null || heldBy === runId) waits.delete(taskId)
      }
    },
    pause: (now, since) => {
      if (since === released) pausedUntil = now + waitingMicros
    },
    isPaused: (now) => pausedUntil > now,
    resume: () => {
      released += 1
      pausedUntil = 0
    },
    refresh: (now) => {
      for (const [taskId, { until }] of waits) if (until <= now) waits.delete(taskId)
    }
  }
}

// internal --------------------------------------------------------------------

/** How far into the queue tasks are looked for behind those that wait. */
const mostWaiting = 1000

/** Events say when to look again; this is for one that was missed. */
const waitingMicros = 15_000_000
