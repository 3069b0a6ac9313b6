/**
 * What is written together: steps on rows, events, and the receipt of the command; and what became
 * of it.
 *
 * @since 0.1.0
 */

// models ----------------------------------------------------------------------

/**
 * What a column can hold. Core encodes everything else.
 *
 * @category models
 * @since 0.1.0
 */
export type Value = string | number | boolean | Uint8Array | null

/**
 * One row of a table by column name.
 *
 * @category models
 * @since 0.1.0
 */
export type Row = Readonly<Record<string, Value>>

/**
 * A comparison of a row with a value or with another of its columns.
 *
 * Several columns are summed, so that `{ columns: ["spent", "reserved"], is: "<=", than: { column:
 * "ceiling" } }` is a budget. Equality treats null as a value; an order with null never holds.
 *
 * @category models
 * @since 0.1.0
 */
export interface Condition {
  readonly columns: readonly [string, ...Array<string>]
  readonly is: "=" | "<>" | "<" | "<=" | ">" | ">="
  readonly than: Value | { readonly column: string }
}

/**
 * Addresses one row by its key (without the organisation) and guards the change.
 *
 * The step fails as a guard when the row is not there. `where` is read before the change, `after`
 * on its result.
 *
 * @category models
 * @since 0.1.0
 */
export interface Guarded {
  readonly key: Row
  readonly where?: ReadonlyArray<Condition>
  readonly after?: ReadonlyArray<Condition>
}

/**
 * One step of a batch. Steps run in order and each sees what those before it did.
 *
 * @category models
 * @since 0.1.0
 */
export type Step =
  | { readonly _tag: "Insert"; readonly table: string; readonly row: Row }
  | ({ readonly _tag: "Set"; readonly table: string; readonly row: Row } & Guarded)
  | ({
      readonly _tag: "Add"
      readonly table: string
      readonly row: Readonly<Record<string, number>>
    } & Guarded)
  | ({ readonly _tag: "Delete"; readonly table: string } & Guarded)
  | ({ readonly _tag: "Require"; readonly table: string } & Guarded)
  /** Holds when the question answers with rows, or with none. */
  | {
      readonly _tag: "Ask"
      readonly name: Question
      readonly parameters: Row
      readonly expect: "none" | "some"
    }
  | { readonly _tag: "Apply"; readonly name: SetChange; readonly parameters: Row }

/**
 * The closed list of questions that run next to the data, alone or as a step.
 *
 * @category models
 * @since 0.1.0
 */
export type Question =
  | "heads"
  | "idle_agents"
  | "old_receipts"
  | "organizations"
  | "overlapping_leases"
  | "path"
  | "ready"
  | "ready_for_agent"
  | "startable"
  | "working_agents"

/**
 * The closed list of changes to sets of rows that run next to the data.
 *
 * @category models
 * @since 0.1.0
 */
export type SetChange =
  | "count_dependencies"
  | "expire_receipts"
  | "forget_run"
  | "rank_task"
  | "renew_runs"
  | "unblock"

/**
 * How many events a stream has; 0 for a stream that is not there.
 *
 * @category models
 * @since 0.1.0
 */
export interface StreamVersion {
  readonly stream: string
  readonly version: number
}

/**
 * An event before the store has numbered it.
 *
 * `body` is core's canonical JSON: the driver hashes it as text and never parses it.
 *
 * @category models
 * @since 0.1.0
 */
export interface NewEvent {
  readonly stream: string
  readonly type: string
  readonly body: string
}

/**
 * An event as the store keeps it.
 *
 * @category models
 * @since 0.1.0
 */
export interface StoredEvent extends NewEvent {
  readonly organization: string
  /** The place in its organisation's one order: 1, 2, 3 and so on without a gap. */
  readonly position: number
  /** The place in its stream: 1, 2, 3 and so on without a gap. */
  readonly version: number
  /** Store time in microseconds since 1970. */
  readonly at: number
  /** SHA-256, 32 bytes; `Chain.ts` says over what. */
  readonly hash: Uint8Array
}

/**
 * The answer of a command, kept so that its repetition finds it.
 *
 * @category models
 * @since 0.1.0
 */
export interface Receipt {
  /** Whose receipts it is found among; the batch's organisation unless said. */
  readonly organization?: string
  readonly key: string
  /** Tells the same wish from another one under the same key. */
  readonly digest: string
  readonly answer: string
}

/**
 * What is written together or not at all, in one organisation.
 *
 * @category models
 * @since 0.1.0
 */
export interface Batch {
  readonly organization: string
  readonly reliesOn: ReadonlyArray<StreamVersion>
  readonly steps: ReadonlyArray<Step>
  readonly events: ReadonlyArray<NewEvent>
  readonly receipt?: Receipt
  /**
   * What the hint of this commit may say besides, for those who follow the store. It is said to nobody
   * if the batch is refused. A store may leave it out, and shows it to nobody who may not read its rows.
   */
  readonly news?: string | undefined
}

/**
 * What became of a batch. All but `Committed` left no trace.
 *
 * @category models
 * @since 0.1.0
 */
export type Answer =
  | {
      readonly _tag: "Committed"
      /** The organisation's head after the batch; its events are the last ones up to here. */
      readonly position: number
      /** Store time in microseconds since 1970. */
      readonly at: number
      readonly versions: ReadonlyArray<StreamVersion>
    }
  | { readonly _tag: "Conflict"; readonly actual: ReadonlyArray<StreamVersion> }
  | { readonly _tag: "Duplicate"; readonly receipt: Receipt }
  /** `step` is its place in the batch; `rows` is what its question found, say the path of a cycle. */
  | { readonly _tag: "GuardFailed"; readonly step: number; readonly rows: ReadonlyArray<Row> }
  | { readonly _tag: "ConstraintBroken"; readonly constraint: string }
