/**
 * What a running attempt reports: what its agent was allowed, and what it has used.
 *
 * Each report is a commit of its own on the run's stream. Once the run is over nothing is recorded.
 *
 * @since 0.1.0
 */
import { Effect } from "effect"
import type { AgentRequest, TokenUsage, Verdict } from "../rules/AgentRequest.ts"
import { kindOf, summaryOf } from "../rules/AgentRequest.ts"
import * as Run from "../rules/Run.ts"
import { asSystem, gone, type NotStarted, placeOf } from "./AttemptShell.ts"
import * as Projection from "./Projection.ts"
import type { Shell, ShellFailure } from "./Shell.ts"
import { fenceOf, type Tenure } from "./Tenure.ts"

// models ----------------------------------------------------------------------

/**
 * What was asked, what came of it, and who decided.
 *
 * @category models
 * @since 0.1.0
 */
export interface Decided {
  readonly request: AgentRequest
  readonly verdict: Verdict
  readonly decidedBy: "policy" | "person"
  readonly rule: string | null
  readonly reason: string | null
}

// services --------------------------------------------------------------------

/**
 * Records what the agent was answered. The number counts the requests of the run.
 *
 * @category services
 * @since 0.1.0
 */
export const permissionDecided = (
  shell: Shell["Service"],
  tenure: Tenure,
  run: Run.Run,
  number: number,
  { decidedBy, reason, request, rule, verdict }: Decided
): Effect.Effect<void, NotStarted | ShellFailure> =>
  report(shell, tenure, run, `permission/${number}`, {
    type: "run.permission_decided",
    data: {
      runId: run.id,
      taskId: run.taskId,
      kind: kindOf(request),
      summary: summaryOf(request),
      verdict: verdict._tag === "Allow" ? "allow" : "deny",
      decidedBy,
      rule,
      reason
    }
  })

/**
 * Records what the run has used so far. The number counts its reports.
 *
 * @category services
 * @since 0.1.0
 */
export const usageReported = (
  shell: Shell["Service"],
  tenure: Tenure,
  run: Run.Run,
  number: number,
  total: TokenUsage
): Effect.Effect<void, NotStarted | ShellFailure> =>
  report(shell, tenure, run, `usage/${number}`, usageOf(run, total))

/**
 * What is recorded of what a run has used so far.
 *
 * @category services
 * @since 0.1.0
 */
export const usageOf = (run: Run.Run, total: TokenUsage): Run.RunEvent => ({
  type: "run.usage_reported",
  data: { runId: run.id, taskId: run.taskId, ...total }
})

// internal --------------------------------------------------------------------

const report = (
  shell: Shell["Service"],
  tenure: Tenure,
  { id: runId, taskId }: Run.Run,
  name: string,
  event: Run.RunEvent
): Effect.Effect<void, NotStarted | ShellFailure> =>
  asSystem(
    `run/${runId}/${name}`,
    shell.transact(
      placeOf(tenure, taskId),
      Effect.fnUntraced(function* (session) {
        yield* session.relyOn(`run:${runId}`)
        const run = yield* session.get(Projection.runs, { id: runId })
        if (run === undefined) return yield* Effect.die(`The run ${runId} is gone`)
        return {
          events: Run.isLive(run.status) ? [event] : [],
          guards: [fenceOf(tenure)],
          answer: () => null,
          onGuard: () => gone
        }
      })
    )
  ).pipe(Effect.asVoid)
