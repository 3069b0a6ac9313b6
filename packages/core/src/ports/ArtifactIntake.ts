/**
 * The port that gives a run's agent a folder for what it wants kept, and takes in what it left there.
 *
 * What an agent leaves is not trusted: not its names, not its kinds of files, not its sizes. Only
 * regular files that lie in the folder itself are taken in; everything else is named with a reason.
 *
 * @since 0.1.0
 */
import { Context } from "effect"
import type { Effect, Scope, Stream } from "effect"
import type { ArtifactStoreError } from "./ArtifactStore.ts"

// models ----------------------------------------------------------------------

/**
 * A file that may be taken in.
 *
 * @category models
 * @since 0.1.0
 */
export interface Found {
  /** Relative to the folder, with slashes, as the agent called it: not harmless yet. */
  readonly name: string
  /** When it was looked at. It may have grown since. */
  readonly size: number
  /** Readable while it is being kept. */
  readonly bytes: Stream.Stream<Uint8Array, ArtifactStoreError>
}

/**
 * Why something that lies in the folder is not taken in.
 *
 * `link`: a symbolic link, or a file that has another name too. `not_a_file`: a pipe, a socket, a
 * device. `outside`: it lies somewhere else. `too_deep`, `too_large`, `too_many`: more than allowed.
 * `unreadable`: the system refuses it. `no_room`: the organisation may keep no more.
 *
 * @category models
 * @since 0.1.0
 */
export type Reason =
  | "link"
  | "not_a_file"
  | "outside"
  | "too_deep"
  | "too_large"
  | "too_many"
  | "unreadable"
  | "no_room"

/**
 * Something that is not taken in.
 *
 * @category models
 * @since 0.1.0
 */
export interface Refused {
  /** As the agent called it. */
  readonly name: string
  readonly reason: Reason
}

/**
 * How much is taken in.
 *
 * @category configuration
 * @since 0.1.0
 */
export interface Limits {
  readonly maxFiles: number
  /** Of all files together. */
  readonly maxBytes: number
}

/**
 * The folder of one run.
 *
 * @category models
 * @since 0.1.0
 */
export interface Folder {
  /** Absolute, and the run's own. */
  readonly path: string
  /**
   * Hands over each file in the order of their names, one after the other, and answers what was not
   * handed over, a hundred at most. `keep` may refuse too; it says how many bytes it has kept.
   */
  readonly take: <E, R>(
    limits: Limits,
    keep: (found: Found, maxBytes: number) => Effect.Effect<number | Reason, E, R>
  ) => Effect.Effect<ReadonlyArray<Refused>, E | ArtifactStoreError, R>
}

// services --------------------------------------------------------------------

/**
 * Where agents leave what they want kept.
 *
 * @category services
 * @since 0.1.0
 */
export interface ArtifactIntake {
  /** Makes an empty folder, and removes it with all that is in it when the scope closes. */
  readonly open: (runId: string) => Effect.Effect<Folder, ArtifactStoreError, Scope.Scope>
}

/**
 * The intake of this process. Without one, agents have no such folder.
 *
 * @category services
 * @since 0.1.0
 */
export const ArtifactIntake = Context.Service<ArtifactIntake>("@foreman/core/ArtifactIntake")
