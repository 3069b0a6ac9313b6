/**
 * The runs that this process carried out, that nobody works at any more, and whose ends could not be
 * written.
 *
 * It is the memory of the process, so it outlives a tenure and never the process: whoever ends its runs
 * because it cannot renew its tenure, and has it again, knows what became of them. Whether they are still
 * live is for the store to say.
 *
 * @internal
 */
import { Context, Effect, Exit, Scope } from "effect"
import type { Run } from "../rules/Run.ts"
import type { Found } from "./WorkEnd.ts"

// models ----------------------------------------------------------------------

/** One of them. */
export interface Ending {
  readonly run: Run
  /** What is to be found out of its end; undefined if it was stopped before it came to an end. */
  readonly found: Found | undefined
  /** Holds what its agent wrote, for that. */
  readonly scope?: Scope.Closeable
}

/** Those of one lane, by their ids. */
export type Adrift = Map<string, Ending>

/** Those of all lanes of a process. */
export interface Memory {
  /** Begins with none for one more lane. */
  readonly lane: () => Adrift
  /** Whether a run's end is known here, and waits for its lane to be this process's again. */
  readonly knows: (runId: string) => boolean
}

/**
 * Hears at the end of a process of how many runs it does not know their ends to be recorded. Those that
 * are live in the store are found lost.
 *
 * @category configuration
 * @since 0.1.0
 */
export const Unrecorded = Context.Reference<(count: number) => Effect.Effect<void>>(
  "@foreman/core/Unrecorded",
  { defaultValue: () => () => Effect.void }
)

// services --------------------------------------------------------------------

/** Begins with no lane. What is adrift when the scope closes is told and forgotten. */
export const make: Effect.Effect<Memory, never, Scope.Scope> = Effect.map(
  Effect.acquireRelease(
    Effect.sync((): Array<Adrift> => []),
    (lanes) => Effect.andThen(tell(lanes), Effect.forEach(lanes, forgetAll, { discard: true }))
  ),
  (lanes) => ({
    lane: () => {
      const lane: Adrift = new Map()
      lanes.push(lane)
      return lane
    },
    knows: (runId) => lanes.some((lane) => lane.has(runId))
  })
)

/** Nobody asks for it any more: what its agent wrote is kept, or given up. */
export const forget = (adrift: Adrift, runId: string): Effect.Effect<void> =>
  Effect.suspend(() => {
    const scope = adrift.get(runId)?.scope
    adrift.delete(runId)
    return scope === undefined ? Effect.void : close(scope)
  })

/** What cannot be closed keeps nobody from going on. */
export const close = (scope: Scope.Closeable): Effect.Effect<void> =>
  Effect.catchCause(Scope.close(scope, Exit.void), (cause) =>
    Effect.logError("What a run has left open cannot be closed", cause)
  )

// internal --------------------------------------------------------------------

const tell = Effect.fnUntraced(function* (lanes: ReadonlyArray<Adrift>) {
  const left = lanes.flatMap((lane) => [...lane.values()])
  if (left.length === 0) return
  const known = left.filter(({ found }) => found !== undefined).length
  const ends = left.length === 1 ? "The end of 1 run" : `The ends of ${left.length} runs`
  const lost = known === 0 ? "" : `. What the agents of ${known} of them did and wrote goes with it`
  yield* Effect.logError(
    `${ends} could not be recorded before this server ends: where the store does not have it yet, a ` +
      `run is found lost, and its task goes back to the queue${lost}`
  )
  yield* (yield* Unrecorded)(left.length)
})

function forgetAll(adrift: Adrift): Effect.Effect<void> {
  return Effect.forEach([...adrift.keys()], (runId) => forget(adrift, runId), { discard: true })
}
