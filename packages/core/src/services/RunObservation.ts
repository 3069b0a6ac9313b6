/**
 * What is seen of a run that this process carries out: its ids in each line of the log, its state
 * and its end in the measures, and a span where somebody traces.
 *
 * @since 0.1.0
 */
import { Clock, Effect, Metric } from "effect"
import { traced } from "../operations/Tracing.ts"
import { dispatchSeconds, runs, runsEnded } from "../rules/Measure.ts"
import type { Run } from "../rules/Run.ts"

// services --------------------------------------------------------------------

/**
 * What watches one run.
 *
 * @category services
 * @since 0.1.0
 */
export interface RunObservation {
  /** Surrounds all of the run. */
  readonly around: <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
  /** The run's agent lives. */
  readonly begun: Effect.Effect<void>
  /** The run's end is recorded. */
  readonly ended: (outcome: Outcome) => Effect.Effect<void>
}

/**
 * How a run ends.
 *
 * @category models
 * @since 0.1.0
 */
export type Outcome = "succeeded" | "failed" | "cancelled" | "lost"

/**
 * Watches a run of an organization.
 *
 * @category services
 * @since 0.1.0
 */
export const make = (organization: string, { id, runner, taskId }: Run): RunObservation => {
  let state: "starting" | "running" = "starting"
  let startedAt = 0
  const arrive = Effect.gen(function* () {
    startedAt = yield* Clock.currentTimeMillis
    yield* Metric.modify(runs(state), 1)
  })
  const leave = Effect.suspend(() => Metric.modify(runs(state), -1))
  return {
    around: (effect) =>
      traced(
        "run",
        Effect.acquireUseRelease(
          arrive,
          () => effect,
          () => leave
        ),
        () => ({
          attributes: {
            "foreman.organization.id": organization,
            "foreman.run.id": id,
            "foreman.task.id": taskId,
            "foreman.runner": runner
          }
        })
      ).pipe(Effect.annotateLogs({ organization_id: organization, run_id: id, task_id: taskId })),
    begun: Effect.gen(function* () {
      const now = yield* Clock.currentTimeMillis
      yield* leave
      state = "running"
      yield* Metric.modify(runs(state), 1)
      yield* Metric.update(dispatchSeconds, (now - startedAt) / 1000)
    }),
    ended
  }
}

/**
 * Counts a run whose end is recorded, though it was another process that carried it out.
 *
 * @category services
 * @since 0.1.0
 */
export const ended = (outcome: Outcome): Effect.Effect<void> => Metric.update(runsEnded(outcome), 1)
