/**
 * What comes of an attempt whose agent has ended: what it wrote is kept, and its work taken in.
 *
 * @internal
 */
import { Cause, Effect, Exit, Result, Scope } from "effect"
import type { RunnerError, RunResult } from "../ports/AgentRunner.ts"
import type { Folder } from "../ports/ArtifactIntake.ts"
import type { CollectInput, Prepared } from "../ports/Workspace.ts"
import type { TokenUsage } from "../rules/AgentRequest.ts"
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
  /** What it has used, where that is not recorded yet. */
  readonly unrecorded: () => TokenUsage | undefined
  readonly access: "read" | "write"
  /** Completes when nothing is waited for any more. */
  readonly hurry: Effect.Effect<void>
}

/** Where it has worked. */
export type Place = CollectInput & Prepared

/** What is still to be found out. Each may be interrupted and begun again, one at a time. */
export interface Found {
  /** How it ended. */
  readonly ended: Effect.Effect<Ended>
  /** What of it is kept, where nobody asks for its end any more. */
  readonly kept: Effect.Effect<ReadonlyArray<Artifact.Wanted>>
}

// services --------------------------------------------------------------------

/** What can be found out of an attempt. What was kept once is not kept again. */
export const make = (bench: Bench, place: Place, said: Said): Found => {
  const memory = { output: undefined, patience: { times: 8, isOver: said.hurry } }
  const kept = Effect.suspend(() => keep(bench, place, said, memory))
  const { answer, exitCode } = said.result
  const ended = Effect.flatMap(kept, (output) =>
    Effect.map(outcomeOf(bench, place, said), (outcome): Ended => {
      const usage = said.unrecorded()
      return { ...nothing, exitCode, answer, output, usage, ...outcome }
    })
  )
  return {
    ended: told(place.runId, failed("foreman failed; its log says why"), ended),
    kept: told(place.runId, [], kept)
  }
}

/** A defect is an end as well, and told. */
export const told = <A, R>(
  runId: string,
  instead: A,
  effect: Effect.Effect<A, never, R>
): Effect.Effect<A, never, R> =>
  Effect.catchDefect(effect, (defect) =>
    Effect.as(Effect.logError(`Run ${runId} met a defect`, Cause.die(defect)), instead)
  )

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

/** What is kept already, and how long it is still waited for the rest. */
interface Memory {
  output: ReadonlyArray<Artifact.Wanted> | undefined
  readonly patience: ArtifactKeeping.Patience
}

const keep = Effect.fnUntraced(function* (
  bench: Bench,
  place: Place,
  { folder, result, scope }: Said,
  memory: Memory
): Effect.fn.Return<ReadonlyArray<Artifact.Wanted>> {
  const { maxOutputBytes } = bench.limits
  const options = { maxOutputBytes, folder, patience: memory.patience }
  const output = memory.output ?? (yield* ArtifactKeeping.keep(bench, place, result, options))
  memory.output = output
  // Its processes have ended before its work is taken in, whatever the runner says of them.
  yield* Scope.close(scope, Exit.void)
  return output
})

type Outcome = Pick<Ended, "outcome" | "cause"> & Partial<Pick<Ended, "headCommit" | "fault">>

const outcomeOf = (bench: Bench, place: Place, said: Said): Effect.Effect<Outcome> => {
  const { cause, outcome } = said.result
  if (outcome === "succeeded") return takeIn(bench, place, said)
  const isStopped = cause === "cancelled" || cause === Run.stopped || cause === Run.shutdown
  return Effect.succeed({ outcome: isStopped ? "cancelled" : outcome, cause })
}

/** Takes in what a successful agent left in its folder. */
const takeIn = Effect.fnUntraced(function* (
  { workspace }: Bench,
  place: Place,
  { access, result: { cause, outcome } }: Said
): Effect.fn.Return<Outcome> {
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
  const fault = _tag === "ResultNotOnBase" ? "agent" : "infrastructure"
  return { outcome: "failed", cause: message, fault }
})
