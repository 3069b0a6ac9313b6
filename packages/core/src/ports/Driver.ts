/**
 * The port that every store implements: it moves rows and says what happened.
 *
 * Core encodes, decides and retries; a driver locks, checks, writes, numbers and hashes. It knows
 * tables by name and no rule at all. `Tables.ts` is the list of what it holds, and the suite in
 * `@foreman/testkit` says whether it conforms.
 *
 * @since 0.1.0
 */
import { Context, Data } from "effect"
import type { Effect, Stream } from "effect"
import type {
  Answer,
  Batch,
  Question,
  Receipt,
  Row,
  StoredEvent,
  StreamVersion,
  Value
} from "./Batch.ts"
import type { Fill, Hold } from "./Transfer.ts"

// models ----------------------------------------------------------------------

/**
 * A page of one declared index (or of `key`), in its order. `after` is the last row of the page
 * before.
 *
 * @category models
 * @since 0.1.0
 */
export interface Find {
  readonly organization: string
  readonly table: string
  readonly index: string
  readonly equals: Row
  readonly range?: { readonly column: string; readonly from?: Value; readonly to?: Value }
  readonly after?: Row
  readonly direction?: "ascending" | "descending"
  readonly limit: number
}

/**
 * Something up to `position` exists. Hints may be lost and repeated.
 *
 * @category models
 * @since 0.1.0
 */
export interface Hint {
  readonly organization: string
  readonly position: number
  /** What the batch that was committed there had to say. */
  readonly news?: string | undefined
}

/**
 * What a store can do. The suites ask, nobody guesses.
 *
 * @category models
 * @since 0.1.0
 */
export interface Capabilities {
  /** `sqlite`, `postgres`, `memory`: what `/health` names. */
  readonly name: string
  /** An acknowledged commit outlives the process and the machine's power. */
  readonly durable: boolean
  /** Several processes can share it. */
  readonly manyProcesses: boolean
}

/**
 * Which events of an order: those after a place, so many at most.
 *
 * @category models
 * @since 0.1.0
 */
export interface Page {
  readonly after: number
  readonly limit: number
}

// errors ----------------------------------------------------------------------

/**
 * The store itself failed.
 *
 * When `ambiguous` the batch may have been committed: repeat it with its receipt.
 *
 * @category errors
 * @since 0.1.0
 */
export class StoreError extends Data.TaggedError("StoreError")<{
  readonly operation: string
  readonly cause: unknown
  readonly retryable: boolean
  readonly ambiguous: boolean
}> {
  override get message() {
    const reason = this.cause instanceof Error ? `: ${this.cause.message}` : ""
    return `The store failed at ${this.operation}${reason}`
  }
}

// services --------------------------------------------------------------------

/**
 * A store.
 *
 * **Gotchas**
 *
 * A commit that was interrupted may still happen: interruption stops the waiting, not the writing.
 *
 * @category services
 * @since 0.1.0
 */
export interface Driver {
  readonly capabilities: Capabilities
  /** Takes `count` numbers of a store-wide sequence and answers the first. Gaps are normal. */
  readonly allocate: (sequence: string, count: number) => Effect.Effect<number, StoreError>
  readonly commit: (batch: Batch) => Effect.Effect<Answer, StoreError>
  /** The versions of streams, in the order asked; 0 for one that is not there. */
  readonly versions: (
    organization: string,
    streams: ReadonlyArray<string>
  ) => Effect.Effect<ReadonlyArray<StreamVersion>, StoreError>
  readonly readStream: (
    organization: string,
    stream: string,
    page: Page
  ) => Effect.Effect<ReadonlyArray<StoredEvent>, StoreError>
  readonly readAll: (
    organization: string,
    page: Page
  ) => Effect.Effect<ReadonlyArray<StoredEvent>, StoreError>
  /** The receipt of a command, if it is still kept. */
  readonly receipt: (
    organization: string,
    key: string
  ) => Effect.Effect<Receipt | undefined, StoreError>
  readonly get: (
    organization: string,
    table: string,
    key: Row
  ) => Effect.Effect<Row | undefined, StoreError>
  readonly find: (query: Find) => Effect.Effect<ReadonlyArray<Row>, StoreError>
  readonly ask: (
    organization: string,
    name: Question,
    parameters: Row
  ) => Effect.Effect<ReadonlyArray<Row>, StoreError>
  readonly changes: Stream.Stream<Hint>
  /** Holds the store still to read all of it, where it can. */
  readonly hold?: Hold
  /** Fills the store with what another one held, where it can. */
  readonly fill?: Fill
}

/**
 * The store of this process.
 *
 * @category services
 * @since 0.1.0
 */
export const Driver = Context.Service<Driver>("@foreman/core/Driver")

export * from "./Batch.ts"
