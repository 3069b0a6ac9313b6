/**
 * How a whole store is read at one moment, and how an empty one is filled with what another one held.
 *
 * Positions, versions, times and hashes are taken over as they were, and a store checks that each
 * event follows from the one before it. What is written comes into being together or not at all.
 *
 * @since 0.1.0
 */
import { Data } from "effect"
import type { Effect, Scope } from "effect"
import type { Step, StoredEvent } from "./Batch.ts"
import type { Driver, StoreError } from "./Driver.ts"

// models ----------------------------------------------------------------------

/**
 * Where an organisation stands.
 *
 * @category models
 * @since 0.1.0
 */
export interface Standing {
  readonly organization: string
  /** The position of its last event; 0 where it has none. */
  readonly position: number
  /** The latest store time that it was given, in microseconds since 1970; it never goes back. */
  readonly at: number
}

/**
 * A receipt with the time at which it was written, in microseconds since 1970.
 *
 * @category models
 * @since 0.1.0
 */
export interface KeptReceipt {
  readonly key: string
  readonly digest: string
  readonly answer: string
  readonly at: number
}

/**
 * A store-wide sequence and the number that it hands out next.
 *
 * @category models
 * @since 0.1.0
 */
export interface Sequence {
  readonly name: string
  readonly next: number
}

/**
 * Which of what has a name: those after a name, so many at most.
 *
 * @category models
 * @since 0.1.0
 */
export interface NamePage {
  readonly after: string
  readonly limit: number
}

// errors ----------------------------------------------------------------------

/**
 * An event does not follow from the one before it: its position, its version or its hash is wrong.
 *
 * @category errors
 * @since 0.1.0
 */
export class NotNext extends Data.TaggedError("NotNext")<{
  readonly organization: string
  readonly position: number
}> {
  override get message() {
    return `The event ${this.position} of ${this.organization} does not follow from what is there`
  }
}

/**
 * Something is in the store already, so nothing was put into it.
 *
 * @category errors
 * @since 0.1.0
 */
export class StoreNotEmpty extends Data.TaggedError("StoreNotEmpty")<{
  /** A table in which something is. */
  readonly table: string
}> {
  override get message() {
    // Where organisations stand is a part of every history.
    const what = this.table === "heads" ? "a history" : `something in ${this.table}`
    return `The store is not empty: there is ${what} already. Name a new one`
  }
}

// services --------------------------------------------------------------------

/**
 * A store at one moment: whatever is written meanwhile is not seen.
 *
 * @category services
 * @since 0.1.0
 */
export interface Snapshot extends Pick<Driver, "find" | "get" | "readAll"> {
  /** Every organisation of which anything is kept, by name, also where it is only a receipt. */
  readonly organizations: (page: NamePage) => Effect.Effect<ReadonlyArray<Standing>, StoreError>
  /** By their keys. */
  readonly receipts: (
    organization: string,
    page: NamePage
  ) => Effect.Effect<ReadonlyArray<KeptReceipt>, StoreError>
  readonly sequences: Effect.Effect<ReadonlyArray<Sequence>, StoreError>
}

/**
 * A store that is being filled. Reads see what was written before them.
 *
 * Whatever fails here is the end of it all: nothing is written after a failure, and nothing stays.
 *
 * @category services
 * @since 0.1.0
 */
export interface Filling extends Snapshot {
  /** Appends the next events of one organisation as they were. */
  readonly append: (events: ReadonlyArray<StoredEvent>) => Effect.Effect<void, StoreError | NotNext>
  readonly keep: (
    organization: string,
    receipts: ReadonlyArray<KeptReceipt>
  ) => Effect.Effect<void, StoreError>
  readonly number: (sequences: ReadonlyArray<Sequence>) => Effect.Effect<void, StoreError>
  /** Takes over the store time of an organisation: before its events, once. */
  readonly stand: (
    standing: Pick<Standing, "organization" | "at">
  ) => Effect.Effect<void, StoreError>
  /** Carries out steps on the rows of an organisation. A step that is refused is a failure. */
  readonly write: (
    organization: string,
    steps: ReadonlyArray<Step>
  ) => Effect.Effect<void, StoreError>
}

/**
 * Holds a store still for as long as the scope lives.
 *
 * **Gotchas**
 *
 * A store that is held keeps what others delete meanwhile, so its files grow until it is let go.
 *
 * @category services
 * @since 0.1.0
 */
export type Hold = Effect.Effect<Snapshot, StoreError, Scope.Scope>

/**
 * Fills a store that has never been used, all or nothing: what fails, is interrupted or dies leaves it
 * empty. Nobody else can write meanwhile.
 *
 * **Gotchas**
 *
 * It may work on the calling thread, so it belongs into a process that serves nobody.
 *
 * @category services
 * @since 0.1.0
 */
export type Fill = <A, E, R>(
  fill: (into: Filling) => Effect.Effect<A, E, R>
) => Effect.Effect<A, E | StoreError | StoreNotEmpty, R>
