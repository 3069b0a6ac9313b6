/**
 * The port that keeps the bytes of artifacts, each organization's apart, addressed by their SHA-256.
 *
 * It knows digests and sizes only. Names, kinds, owners and who may read them stand in the store.
 *
 * @since 0.1.0
 */
import { Context, Data } from "effect"
import type { Effect, Stream } from "effect"

// models ----------------------------------------------------------------------

/**
 * Bytes that are kept: the SHA-256 of them in 64 lower-case hex digits, and how many they are.
 *
 * @category models
 * @since 0.1.0
 */
export interface Kept {
  readonly digest: string
  readonly size: number
}

/**
 * Which part of the bytes: from an offset, so many at most.
 *
 * @category models
 * @since 0.1.0
 */
export interface Range {
  readonly offset: number
  readonly length: number
}

// errors ----------------------------------------------------------------------

/**
 * No bytes with this digest are kept for the organization.
 *
 * @category errors
 * @since 0.1.0
 */
export class BytesNotFound extends Data.TaggedError("BytesNotFound")<{
  readonly digest: string
}> {
  override get message() {
    return `No bytes with the digest ${this.digest} are kept`
  }
}

/**
 * The bytes are more than the caller allowed. Nothing of them is kept.
 *
 * @category errors
 * @since 0.1.0
 */
export class TooManyBytes extends Data.TaggedError("TooManyBytes")<{
  readonly maxBytes: number
}> {
  override get message() {
    return `More than ${this.maxBytes} bytes`
  }
}

/**
 * The place where bytes are kept failed.
 *
 * @category errors
 * @since 0.1.0
 */
export class ArtifactStoreError extends Data.TaggedError("ArtifactStoreError")<{
  readonly operation: string
  readonly cause: unknown
  readonly retryable: boolean
}> {
  override get message() {
    const reason = this.cause instanceof Error ? `: ${this.cause.message}` : ""
    return `The artifact store failed at ${this.operation}${reason}`
  }
}

// services --------------------------------------------------------------------

/**
 * A place for the bytes of artifacts.
 *
 * **Gotchas**
 *
 * `put` answers only when the bytes would survive a crash, where the place is durable. Putting the
 * same bytes twice keeps them once. What is kept for one organization is not there for another, and
 * is not forgotten with the other's. A stream that fails or is interrupted leaves nothing behind.
 *
 * @category services
 * @since 0.1.0
 */
export interface ArtifactStore {
  readonly put: <E>(
    organization: string,
    bytes: Stream.Stream<Uint8Array, E>,
    options: { readonly maxBytes: number }
  ) => Effect.Effect<Kept, ArtifactStoreError | TooManyBytes | E>
  /** A chunk is good until the next one is asked for, whose bytes may come in the same place. */
  readonly get: (
    organization: string,
    digest: string,
    range?: Range
  ) => Stream.Stream<Uint8Array, ArtifactStoreError | BytesNotFound>
  readonly has: (organization: string, digest: string) => Effect.Effect<boolean, ArtifactStoreError>
  /**
   * Forgets the bytes, with `idleMillis` only if nobody has put them for so long: whoever did may be
   * about to record them. Forgetting what is not kept is no error.
   */
  readonly remove: (
    organization: string,
    digest: string,
    options?: { readonly idleMillis: number }
  ) => Effect.Effect<void, ArtifactStoreError>
}

/**
 * The artifact store of this process.
 *
 * @category services
 * @since 0.1.0
 */
export const ArtifactStore = Context.Service<ArtifactStore>("@foreman/core/ArtifactStore")
