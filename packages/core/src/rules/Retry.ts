/**
 * What follows when a run failed: another one after a while, or a person has to look.
 *
 * What an agent gets wrong is tried again as often as its team says, which is not at all unless it says
 * so. What fails around it is tried a few times in any case. Who may use no more for now waits until
 * then. After the last time the task is held where everybody sees it.
 *
 * @since 0.1.0
 */
import { micros, type Timestamp, timestamp } from "./Identifier.ts"
import type { Task } from "./TaskModel.ts"
import type { Hold, Outcome } from "./TaskWords.ts"

// models ----------------------------------------------------------------------

/**
 * Where it lies that a run failed: with its agent, with what it stands on, or with what it may use.
 *
 * @category models
 * @since 0.1.0
 */
export type Fault = "agent" | "infrastructure" | "quota"

/**
 * What becomes of the task of a run that did not succeed: whether another one follows by itself, and
 * what keeps the task out of the queue until when; null is until a person acts.
 *
 * @category models
 * @since 0.1.0
 */
export interface Aftermath {
  readonly hold: Hold
  readonly until: Timestamp | null
  readonly isAgain: boolean
}

// rules -----------------------------------------------------------------------

/**
 * How often in a row a run is begun again that failed for want of something around it.
 *
 * @category rules
 * @since 0.1.0
 */
export const infrastructureRetries = 3

/**
 * What follows a failure; null is nothing: the task has failed and waits for a person.
 *
 * **Example** (An agent's failure is tried again when its team says so)
 *
 * ```ts import.meta.vitest
 * import { Retry } from "@foreman/core"
 *
 * const failed = { cause: "exit:1", fault: "agent" } as const
 * const task = { id: 1, failures: 0 }
 *
 * Retry.after(task, failed, { now: 0, retries: 0 }) // => null
 * Retry.after(task, failed, { now: 0, retries: 1 })?.hold // => "backoff"
 * Retry.after({ ...task, failures: 1 }, failed, { now: 0, retries: 1 })?.hold // => "dead_letter"
 * ```
 *
 * @category rules
 * @since 0.1.0
 */
export const after = (
  task: { readonly id: number } & Pick<Task, "failures">,
  failed: { readonly cause: string; readonly fault: Fault },
  facts: {
    /** In microseconds. */
    readonly now: number
    readonly retries: number
  }
): Aftermath | null => {
  const { now, retries } = facts
  const limit = limits[failed.fault](retries)
  if (limit === 0) return null
  if (task.failures >= limit) return { hold: "dead_letter", until: null, isAgain: false }
  const wait = waitMicros(task)
  if (failed.fault !== "quota") return again("backoff", now + wait)
  const resetsAt = quotaOf(failed.cause)?.resetsAt ?? null
  const until = resetsAt === null ? now + Math.max(wait, unknownMicros) : micros(resetsAt)
  // Whoever says so is not believed in everything.
  return again("quota", Math.min(Math.max(until, now + shortestMicros), now + longestMicros))
}

/**
 * Where it lies that a run failed, as far as its end says so. Who saw it fail may know better.
 *
 * @category rules
 * @since 0.1.0
 */
export const faultOf = ({
  cause,
  outcome
}: {
  readonly cause: string
  readonly outcome: Outcome
}): Fault => {
  if (quotaOf(cause) !== undefined) return "quota"
  return outcome === "lost" || cause === "unreachable" ? "infrastructure" : "agent"
}

/**
 * What a run's cause says of a quota: `quota`, or `quota:<when it is lifted, ISO 8601>`; undefined if it
 * says nothing of one.
 *
 * @category rules
 * @since 0.1.0
 */
export const quotaOf = (cause: string): { readonly resetsAt: Timestamp | null } | undefined => {
  if (cause === "quota") return { resetsAt: null }
  if (!cause.startsWith("quota:")) return undefined
  const millis = Date.parse(cause.slice("quota:".length))
  const isInstant = Number.isFinite(millis) && millis >= 0 && millis < farMillis
  return { resetsAt: isInstant ? timestamp(millis * 1000) : null }
}

/**
 * How long a task waits that has failed so often before, in microseconds: twice as long each time, up to
 * ten minutes, and a little longer for some than for others, so that they do not all come back at once.
 *
 * @category rules
 * @since 0.1.0
 */
export const waitMicros = ({
  failures,
  id
}: { readonly id: number } & Pick<Task, "failures">): number => {
  const seconds = Math.min(600, 5 * 2 ** Math.min(failures, 10))
  const spread = ((id * 7919 + failures * 104_729) % 100) / 400
  return Math.round(seconds * (1 + spread) * 1e6)
}

// internal --------------------------------------------------------------------

const limits: Readonly<Record<Fault, (retries: number) => number>> = {
  agent: (retries) => retries,
  infrastructure: (retries) => Math.max(retries, infrastructureRetries),
  quota: () => 10
}

const shortestMicros = 60 * 1e6
const unknownMicros = 5 * 60 * 1e6
const longestMicros = 7 * 24 * 3600 * 1e6

/** The year 10000: instants have four digits for it. */
const farMillis = 253_402_300_800_000

const again = (hold: Hold, until: number): Aftermath => ({
  hold,
  until: timestamp(until),
  isAgain: true
})
