/**
 * Tasks that a dispatcher met and that are another node's: it passes over them for a while. Where that
 * node has not been there for a minute, they are held, so that everybody sees why they wait.
 *
 * @internal
 */
import { Effect } from "effect"
import type { TaskId } from "../rules/Identifier.ts"
import * as AttemptHolds from "../services/AttemptHolds.ts"
import type { NotStarted } from "../services/AttemptShell.ts"
import * as Lanes from "../services/Lanes.ts"
import type { ShellFailure } from "../services/Shell.ts"
import type { Tenure } from "../services/Tenure.ts"
import type { Bench } from "./Work.ts"

// models ----------------------------------------------------------------------

/** What is passed over. */
export interface Elsewhere {
  readonly has: (taskId: number) => boolean
  readonly tasks: () => Iterable<number>
  readonly size: () => number
  /** Forgets what has been passed over for long enough. */
  readonly refresh: Effect.Effect<void>
  readonly put: (
    taskId: TaskId,
    home: string | null
  ) => Effect.Effect<void, NotStarted | ShellFailure>
}

// services --------------------------------------------------------------------

/** Begins with nothing that is passed over. */
export const make = ({ clock, shell }: Bench, tenure: Tenure): Elsewhere => {
  const until = new Map<number, number>()
  const silent = new Map<string, number>()
  const { organization } = tenure
  /** Since when nobody has been there, as far as this dispatcher has looked; undefined if somebody is. */
  const silentSince = Effect.fnUntraced(function* (home: string, now: number) {
    const row = yield* shell.read((driver) =>
      driver.get(organization, "singletons", { name: Lanes.at(home) })
    )
    if (row !== undefined && Number(row["until"]) > now) {
      silent.delete(home)
      return undefined
    }
    const since = silent.get(home) ?? now
    silent.set(home, since)
    return since
  })
  return {
    has: (taskId) => until.has(taskId),
    tasks: () => until.keys(),
    size: () => until.size,
    refresh: Effect.map(clock.now, (now) => {
      for (const [taskId, end] of until) if (end <= now) until.delete(taskId)
    }),
    put: Effect.fnUntraced(function* (taskId, home) {
      const now = yield* clock.now
      // What is beyond is met again, and put off with what comes first.
      if (until.size < mostPassed) until.set(taskId, now + passingMicros)
      // Only whoever does the rest speaks for those who are not there.
      if (home === null || tenure.name !== Lanes.anywhere) return
      const since = yield* silentSince(home, now)
      if (since === undefined || now - since < patienceMicros) return
      yield* Effect.logWarning(`Task ${taskId} waits for the node ${home}, which is not there`)
      yield* AttemptHolds.hold(shell, tenure, taskId, "home_away")
    })
  }
}

// internal --------------------------------------------------------------------

/** How far into the queue tasks are looked for behind those of other nodes. */
const mostPassed = 1000

const passingMicros = 15_000_000
const patienceMicros = 60_000_000
