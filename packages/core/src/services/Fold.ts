/**
 * What a projection is: one table as the fold of some events.
 *
 * @since 0.1.0
 */
import type { DomainEvent } from "../events/EventTypes.ts"
import type { Row, Step } from "../ports/Driver.ts"
import type { Timestamp } from "../rules/Identifier.ts"
import type * as RowCodec from "./RowCodec.ts"

// models ----------------------------------------------------------------------

/**
 * One table as the fold of some events.
 *
 * @category models
 * @since 0.1.0
 */
export interface Projection<
  State,
  Event extends DomainEvent = DomainEvent
> extends RowCodec.RowCodec<State> {
  readonly table: string
  /** Whether events of this type change the table. */
  readonly folds: (type: string) => boolean
  /** Whether an event of this type is the first of its row, so that there is no row to read. */
  readonly makes?: (type: string) => boolean
  /** The key of the row that an event changes, without the organisation. */
  readonly keyOf: (event: Event) => Row
  readonly evolve: (before: State | undefined, event: Event, at: Timestamp) => State | undefined
  /** Columns that a new row begins with and that only set changes touch afterwards. */
  readonly begins?: Row
  /** What else the event changes, after the row. */
  readonly also?: (event: Event) => ReadonlyArray<Step>
}

/**
 * A projection whose state is not known here.
 *
 * @category models
 * @since 0.1.0
 */
export type AnyProjection = Projection<unknown>

// rules -----------------------------------------------------------------------

/**
 * The step that makes an id known to the directory.
 *
 * @category services
 * @since 0.1.0
 */
export const listed = (kind: string, id: string | number): Step => ({
  _tag: "Insert",
  table: "directory",
  row: { kind, id: String(id) }
})
