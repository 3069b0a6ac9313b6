/**
 * What every command about an attempt shares: its place, its key, and the refusal of a dispatcher
 * that is one no more.
 *
 * @since 0.1.0
 */
import { Effect, Schema } from "effect"
import { CurrentActor } from "../operations/Authorization.ts"
import { observedUnder } from "../operations/Observation.ts"
import { system } from "../rules/Actor.ts"
import { RunId, type TaskId } from "../rules/Identifier.ts"
import type { Place } from "./Shell.ts"
import type { Tenure } from "./Tenure.ts"

// errors ----------------------------------------------------------------------

/**
 * The task or the agent is not free any more, or the dispatcher is not the dispatcher any more.
 *
 * @category errors
 * @since 0.1.0
 */
export class NotStarted extends Schema.TaggedError<NotStarted>()(
  "NotStarted",
  {
    reason: Schema.Literals([
      "not_ready",
      "agent_busy",
      "held",
      "elsewhere",
      "paused",
      "scope_taken",
      "not_dispatcher"
    ]),
    /** Where it is to be started, if that is known. */
    home: Schema.optionalKey(Schema.String),
    /** The run that may write there, if that is known. */
    heldBy: Schema.optionalKey(RunId)
  },
  { httpApiStatus: 409 }
) {
  override get message() {
    return `Nothing was started: ${this.reason}`
  }
}

// services --------------------------------------------------------------------

/**
 * Another process dispatches now.
 *
 * @category errors
 * @since 0.1.0
 */
export const gone: NotStarted = new NotStarted({ reason: "not_dispatcher" })

/**
 * Where commands about a task's attempts write: in the queue of the task.
 *
 * @category services
 * @since 0.1.0
 */
export const placeOf = ({ organization }: Pick<Tenure, "organization">, taskId: TaskId): Place => ({
  organization,
  queue: `task:${taskId}`
})

/**
 * Carries out a command of the dispatcher under a key that follows from the run.
 *
 * @category services
 * @since 0.1.0
 */
export const asSystem = <A, E, R>(key: string, effect: Effect.Effect<A, E, R>) =>
  effect.pipe(observedUnder("dispatch", key), Effect.provideService(CurrentActor, system))
