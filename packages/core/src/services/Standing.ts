/**
 * In whose name a caller acts, and whether a task is its own.
 *
 * @since 0.1.0
 */
import { Effect } from "effect"
import { CurrentActor } from "../operations/Authorization.ts"
import {
  type Actor,
  ActsForAnother,
  NotYourTask,
  principalOf,
  speaksForOthers
} from "../rules/Actor.ts"
import type { Task } from "../rules/Task.ts"

// services --------------------------------------------------------------------

/**
 * The principal in whose name the caller acts: itself, or the one it names if it may.
 *
 * @category services
 * @since 0.1.0
 */
export const onBehalfOf = (
  named: string | null | undefined
): Effect.Effect<string, ActsForAnother, CurrentActor> =>
  CurrentActor.use((actor) => {
    const own = principalOf(actor)
    if (named === null || named === undefined || named === own) return Effect.succeed(own)
    return speaksForOthers(actor)
      ? Effect.succeed(named)
      : Effect.fail(new ActsForAnother({ actor: own, named }))
  })

/**
 * Lets a run act on its one task only, and an engineer on those assigned to it.
 *
 * @category services
 * @since 0.1.0
 */
export const mustOwn = (actor: Actor, task: Task): Effect.Effect<void, NotYourTask> => {
  const refusal = new NotYourTask({ actor: principalOf(actor), taskId: task.id })
  if (actor.run !== undefined) {
    return actor.run.taskId === task.id ? Effect.void : Effect.fail(refusal)
  }
  return actor.role === "engineer" && task.assigneeId !== actor.id
    ? Effect.fail(refusal)
    : Effect.void
}
