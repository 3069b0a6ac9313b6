/**
 * What a command may add to its own commit: that the task which it makes ready is begun at once, by an
 * agent that has offered it.
 *
 * @since 0.1.0
 */
import { Context, type Effect } from "effect"
import type { DomainEvent } from "../events/EventTypes.ts"
import type { NewEvent, Step, StoreError } from "../ports/Driver.ts"
import type { Folded, Session } from "./Session.ts"

// models ----------------------------------------------------------------------

/**
 * A command that has been decided.
 *
 * @category models
 * @since 0.1.0
 */
export interface Deciding {
  readonly session: Session
  readonly events: ReadonlyArray<DomainEvent>
  readonly folded: Folded
  /** When it was decided, in microseconds. */
  readonly at: number
  readonly commandId: string
  readonly correlationId: string
}

/**
 * What is committed instead of the command's own steps, and besides its events.
 *
 * @category models
 * @since 0.1.0
 */
export interface Joined {
  readonly guards: ReadonlyArray<Step>
  /** All that the events of both change. */
  readonly steps: ReadonlyArray<Step>
  readonly events: ReadonlyArray<NewEvent>
  /** Tells whoever waits for the attempt of it, if it is short. */
  readonly news: string | undefined
}

/**
 * How tasks are handed over.
 *
 * @category models
 * @since 0.1.0
 */
export interface HandOver {
  /** What to commit with a command; undefined where it makes nothing ready that anybody waits for. */
  readonly join: (deciding: Deciding) => Effect.Effect<Joined | undefined, StoreError>
}

// services --------------------------------------------------------------------

/**
 * How tasks are handed over in this composition: not at all unless something else is provided, so
 * that each waits for its dispatcher.
 *
 * @category services
 * @since 0.1.0
 */
export const HandOver: Context.Reference<HandOver | undefined> = Context.Reference(
  "@foreman/core/HandOver",
  { defaultValue: (): HandOver | undefined => undefined }
)
