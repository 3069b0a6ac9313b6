/**
 * A dry run: a command is decided as ever, and what it would write is shown instead of written.
 *
 * Permission, refusals, versions and guards count as they do for the command itself. Nothing is
 * committed, no receipt is kept and no number is taken.
 *
 * @since 0.1.0
 */
import { Context, Effect, Schema } from "effect"

// models ----------------------------------------------------------------------

/**
 * An event that a command would write.
 *
 * @category schemas
 * @since 0.1.0
 */
export const PlannedEvent = Schema.Struct({
  stream: Schema.String.annotate({ description: "What it is about: `task:42`" }),
  type: Schema.String,
  data: Schema.Record(Schema.String, Schema.Unknown).annotate({
    description: "As it would stand in the history"
  })
})
export type PlannedEvent = typeof PlannedEvent.Type

/**
 * What a command would do.
 *
 * **Gotchas**
 *
 * Names that the command gives, the ids of what it makes, are given again when it is carried out: a
 * number shows as `placeholder`, a UUID as one that nothing will have.
 *
 * @category models
 * @since 0.1.0
 */
export interface DryRun<Answer> {
  readonly dryRun: true
  /** In the order in which they would be written. */
  readonly events: ReadonlyArray<PlannedEvent>
  /** The command has more steps, and what they would write follows from these events. */
  readonly more: boolean
  /** What the command would answer; absent when that follows from further steps. */
  readonly answer?: Answer
}

/**
 * What is kept of a dry run while it lasts.
 *
 * @category models
 * @since 0.1.0
 */
export interface Rehearsal {
  readonly events: Array<PlannedEvent>
  /** A transaction of the command would have written something. */
  hasWritten: boolean
}

/**
 * The number that things show which get theirs only when they are made.
 *
 * @category configuration
 * @since 0.1.0
 */
export const placeholder: number = Number.MAX_SAFE_INTEGER

// services --------------------------------------------------------------------

/**
 * The dry run that is under way, if one is. Whatever it calls is part of it, under whatever name.
 *
 * @category services
 * @since 0.1.0
 */
export const CurrentRehearsal = Context.Reference<Rehearsal | undefined>(
  "@foreman/core/CurrentRehearsal",
  { defaultValue: () => undefined }
)

/**
 * Carries out a command as a dry run.
 *
 * **Details**
 *
 * What follows a transaction that would have written something cannot see what was not written. So
 * it is not asked: the events so far are shown, and that more follow.
 *
 * @category operations
 * @since 0.1.0
 */
export const of = <A, E, R>(call: Effect.Effect<A, E, R>): Effect.Effect<DryRun<A>, E, R> =>
  Effect.suspend(() => {
    const rehearsal: Rehearsal = { events: [], hasWritten: false }
    const { events } = rehearsal
    const begun: DryRun<A> = { dryRun: true, events, more: true }
    return Effect.provideService(call, CurrentRehearsal, rehearsal).pipe(
      Effect.map((answer): DryRun<A> => ({ dryRun: true, events, more: false, answer })),
      // A refusal after something would have been written may only mean that it was not.
      Effect.catch((error) => (rehearsal.hasWritten ? Effect.succeed(begun) : Effect.fail(error))),
      Effect.catchDefect((defect) =>
        defect === nextStep ? Effect.succeed(begun) : Effect.die(defect)
      )
    )
  })

/**
 * Begins a transaction of a command: in a dry run the one after another that would have written
 * something ends it.
 *
 * @category services
 * @since 0.1.0
 */
export const begin: Effect.Effect<Rehearsal | undefined> = Effect.withFiber((fiber) => {
  const rehearsal = fiber.getRef(CurrentRehearsal)
  return rehearsal?.hasWritten === true ? Effect.die(nextStep) : Effect.succeed(rehearsal)
})

/**
 * The schema of a dry run whose answer has this schema.
 *
 * @category schemas
 * @since 0.1.0
 */
export const schemaOf = <Answer extends Schema.Constraint>(answer: Answer) =>
  Schema.Struct({
    dryRun: Schema.Literal(true),
    events: Schema.Array(PlannedEvent),
    more: Schema.Boolean.annotate({
      description: "The command has more steps, which follow from what these events say"
    }),
    answer: Schema.optionalKey(answer)
  })

// internal --------------------------------------------------------------------

/** What ends a dry run whose next step would need what was not written. */
const nextStep = { _tag: "NextStepOfDryRun" }
