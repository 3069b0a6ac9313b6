/**
 * What would come of dispatching a task now: the dispatcher's own command, rehearsed.
 *
 * @internal
 */
import { Effect, Result } from "effect"
import { SecureRandom } from "effect/crypto"
import * as DryRun from "../operations/DryRun.ts"
import { recordOf } from "../internal/dynamic.ts"
import type { StoreUnavailable } from "../operations/Refusal.ts"
import type { Trial } from "../rules/ExplainModel.ts"
import { AgentId, RunId, type TaskId } from "../rules/Identifier.ts"
import { Hold } from "../rules/TaskWords.ts"
import * as AttemptQueue from "./AttemptQueue.ts"
import type { Policies } from "./Policies.ts"
import type { Shell } from "./Shell.ts"
import type { Tenure } from "./Tenure.ts"

// models ----------------------------------------------------------------------

/** Which task for which agent. */
export interface Wanted {
  readonly taskId: TaskId
  readonly agentId: string
  readonly policies: Policies
}

// services --------------------------------------------------------------------

/** Rehearses a dispatch in the name of whoever holds the tenure. */
export const of = Effect.fnUntraced(function* (
  shell: Shell["Service"],
  tenure: Tenure,
  { agentId, policies, taskId }: Wanted
): Effect.fn.Return<Trial, StoreUnavailable> {
  const dispatch = AttemptQueue.queue(shell, tenure, {
    taskId,
    agentId: AgentId.make(agentId),
    runId: RunId.make(SecureRandom.uuidV7Unsafe()),
    issued: { token: "", steps: [] },
    policies
  })
  const result = yield* Effect.result(DryRun.of(dispatch))
  if (Result.isSuccess(result)) return trialOf(result.success.events)
  const refusal = result.failure
  if (refusal._tag === "StoreUnavailable") return yield* refusal
  if (refusal._tag !== "NotStarted") return { _tag: "Refused", reason: refusal._tag }
  return { _tag: "Refused", reason: refusal.reason }
})

// internal --------------------------------------------------------------------

const trialOf = (events: ReadonlyArray<DryRun.PlannedEvent>): Trial => {
  const dataOf = (type: string) => events.find((event) => event.type === type)?.data
  if (dataOf("run.queued") !== undefined) return { _tag: "Begins" }
  const asked = dataOf("approval.requested")
  if (asked !== undefined) {
    const { reason, risk, rule } = recordOf(asked)
    const _tag = dataOf("approval.rejected") === undefined ? "Asks" : "Forbidden"
    return { _tag, risk: String(risk), rule: String(rule), reason: String(reason) }
  }
  const hold = Hold.literals.find((word) => word === dataOf("task.held")?.["reason"])
  return hold === undefined ? { _tag: "Refused", reason: "held" } : { _tag: "Holds", hold }
}
