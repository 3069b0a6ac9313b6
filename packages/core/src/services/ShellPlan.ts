/**
 * What a command wants to write, and where.
 *
 * @since 0.1.0
 */
import { Effect, Result } from "effect"
import type { DomainEvent } from "../events/EventTypes.ts"
import type { Row, Step } from "../ports/Driver.ts"
import type { Decision } from "../rules/Decision.ts"
import type * as Session from "./Session.ts"

// models ----------------------------------------------------------------------

/**
 * What an attempt wants to write, and what it answers when that is written.
 *
 * @category models
 * @since 0.1.0
 */
export interface Plan<A, E> {
  readonly events: ReadonlyArray<DomainEvent>
  /** Checks that must hold where the batch is written. */
  readonly guards?: ReadonlyArray<Step>
  /** Operational rows that belong to the decision. */
  readonly also?: ReadonlyArray<Step>
  readonly answer: (folded: Session.Folded) => A
  /** What a guard that does not hold means; absent, the attempt is made again. */
  readonly onGuard?: (rows: ReadonlyArray<Row>, guard: number) => E
  /** What a broken constraint means, by its name; others mean another attempt. */
  readonly onConstraint?: Readonly<Record<string, () => E>>
}

/**
 * Where a command writes.
 *
 * @category models
 * @since 0.1.0
 */
export interface Place {
  readonly organization: string
  /** Commands of this process with the same queue go one after the other. */
  readonly queue?: string
  /** Where the receipt is kept, if not in the organisation. */
  readonly receipts?: string
  /** The command's key was made just now for this call: it cannot have a receipt yet. */
  readonly isKeyNew?: boolean
  /** What the first try need not read. If it was out of date, the next one reads everything. */
  readonly known?: Session.Known
}

// services --------------------------------------------------------------------

/**
 * The events of a decision, or its refusal as a failure.
 *
 * @category services
 * @since 0.1.0
 */
export const decided = <Event, Refusal>(
  decision: Decision<Event, Refusal>
): Effect.Effect<ReadonlyArray<Event>, Refusal> =>
  Result.isSuccess(decision) ? Effect.succeed(decision.success) : Effect.fail(decision.failure)
