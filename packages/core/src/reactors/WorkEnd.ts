/**
 * What comes of an attempt whose agent has ended: what it wrote is kept, and its work taken in.
 *
 * @internal
 */
import { Effect, Exit, Result, Scope } from "effect"
import type { RunnerError, RunResult } from "../ports/AgentRunner.ts"
import type { Folder } from "../ports/ArtifactIntake.ts"
import type { CollectInput, Prepared } from "../ports/Workspace.ts"
import type * as Artifact from "../rules/Artifact.ts"
import { CommitId } from "../rules/Identifier.ts"
import type { Fault } from "../rules/Retry.ts"
import * as Run from "../rules/Run.ts"
import type { Hold } from "../rules/TaskWords.ts"
import * as ArtifactKeeping from "../services/ArtifactKeeping.ts"
import type { Ended } from "../services/Attempts.ts"
import type { Bench } from "./Work.ts"

// models ----------------------------------------------------------------------

/** What an agent that has ended has said and left. */
export interface Said {
  readonly result: RunResult
  /** In it the output can be read. */
  readonly scope: Scope.Closeable
  readonly folder: Folder | undefined
  /** Records what the agent has used. */
  readonly settle: Effect.Effect<void>
  readonly access: "read" | "write"
}

/** Where it has worked. */
export type Place = CollectInput & Prepared

// services --------------------------------------------------------------------

/**
 * Finds out how an attempt ended. Whoever is interrupted there can begin again: what was kept by then
 * is not kept twice.
 */
export const make = (bench: Bench, place: Place, said: Said): Effect.Effect<Ended> => {
  const memory = { output: undefined }
  return Effect.suspend(() => find(bench, place, said, memory))
}

/** An end that is no success, before anything was written. */
export const failed = (cause: string, hold: Hold | null = null, fault: Fault = "agent"): Ended => ({
  ...nothing,
  outcome: "failed",
  cause,
  fault,
  hold
})

/** The end of what did not begin. */
export const cancelled = (cause: string): Ended => ({ ...nothing, outcome: "cancelled", cause })

/** The end that a runner makes that cannot go on. */
export const unusable = ({ detail, reason, retryable }: RunnerError): Ended =>
  reason === "failed"
    ? failed(detail, null, retryable ? "infrastructure" : "agent")
    : failed(detail, "runner_unusable")

// internal --------------------------------------------------------------------

const nothing = { exitCode: null, answer: null, headCommit: null, hold: null, output: null }

/** What is kept already. */
interface Memory {
  output: ReadonlyArray<Artifact.Wanted> | undefined
}

const find = Effect.fnUntraced(function* (
  bench: Bench,
  place: Place,
  { folder, result, scope, settle, access }: Said,
  memory: Memory
): Effect.fn.Return<Ended> {
  const { maxOutputBytes } = bench.limits
  const { answer, cause, exitCode, outcome } = result
  const output =
    memory.output ?? (yield* ArtifactKeeping.keep(bench, place, result, { maxOutputBytes, folder }))
  memory.output = output
  // Its processes have ended before its work is taken in, whatever the runner says of them.
  yield* Scope.close(scope, Exit.void)
  yield* settle
  const ended = { ...nothing, exitCode, answer, output }
  if (outcome === "succeeded") return { ...ended, ...(yield* takeIn(bench, place, result, access)) }
  const isStopped = cause === "cancelled" || cause === Run.stopped || cause === Run.shutdown
  return { ...ended, outcome: isStopped ? "cancelled" : outcome, cause }
})

/** Takes in what a successful agent left in its folder. */
const takeIn = Effect.fnUntraced(function* (
  { workspace }: Bench,
  place: Place,
  { cause, outcome }: RunResult,
  access: Said["access"]
) {
  const collected = yield* Effect.result(workspace.collect(place))
  if (Result.isSuccess(collected)) {
    const { headCommit } = collected.success
    if (headCommit === null) return { outcome, cause }
    if (access === "write") return { outcome, cause, headCommit: CommitId.make(headCommit) }
    // It held no scope: others may write the same at the same time.
    yield* Effect.logWarning(
      `Run ${place.runId} has changed files, though its task is of type read: ` +
        `commit ${headCommit} is not brought in`
    )
    return { outcome, cause }
  }
  if (access === "read") return { outcome, cause }
  const { _tag, message } = collected.failure
  const fault = _tag === "ResultNotOnBase" ? ("agent" as const) : ("infrastructure" as const)
  return { outcome: "failed" as const, cause: message, fault }
})
