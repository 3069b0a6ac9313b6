/**
 * Why something cannot be done with an artifact.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"
import { ArtifactName } from "./ArtifactPath.ts"
import { ArtifactId, RunId } from "./Identifier.ts"

// errors ----------------------------------------------------------------------

/**
 * There is no such artifact, or the caller may not see it.
 *
 * @category errors
 * @since 0.1.0
 */
export class ArtifactNotFound extends Schema.TaggedError<ArtifactNotFound>()(
  "ArtifactNotFound",
  { artifactId: Schema.String },
  { httpApiStatus: 404 }
) {
  override get message() {
    return "Artifact not found"
  }
}

/**
 * The artifact is known, but its bytes are not there any more.
 *
 * @category errors
 * @since 0.1.0
 */
export class ArtifactGone extends Schema.TaggedError<ArtifactGone>()(
  "ArtifactGone",
  {
    artifactId: ArtifactId,
    reason: Schema.Literals(["retention", "missing"])
  },
  { httpApiStatus: 410 }
) {
  override get message() {
    return this.reason === "retention"
      ? "The bytes of this artifact were kept long enough and are gone"
      : "The bytes of this artifact are not where they should be"
  }
}

/**
 * The run has an artifact of that name. Its bytes stay as they are.
 *
 * @category errors
 * @since 0.1.0
 */
export class ArtifactExists extends Schema.TaggedError<ArtifactExists>()(
  "ArtifactExists",
  { runId: RunId, name: ArtifactName },
  { httpApiStatus: 409 }
) {
  override get message() {
    return `The run has an artifact ${this.name} already`
  }
}

/**
 * A kind that only Foreman itself gives.
 *
 * @category errors
 * @since 0.1.0
 */
export class KindReserved extends Schema.TaggedError<KindReserved>()(
  "KindReserved",
  { kind: Schema.String },
  { httpApiStatus: 409 }
) {
  override get message() {
    return `Artifacts of the kind ${this.kind} are made by Foreman alone`
  }
}

/**
 * Only a run keeps artifacts, and the caller is none.
 *
 * @category errors
 * @since 0.1.0
 */
export class RunNeeded extends Schema.TaggedError<RunNeeded>()(
  "RunNeeded",
  { actor: Schema.String },
  { httpApiStatus: 409 }
) {
  override get message() {
    return `Only a run keeps artifacts, with its own token; ${this.actor} is none`
  }
}

/**
 * There is no room for the artifact: the run has as many as it may, or they or all artifacts of the
 * organisation together have as many bytes as they may.
 *
 * @category errors
 * @since 0.1.0
 */
export class ArtifactLimit extends Schema.TaggedError<ArtifactLimit>()(
  "ArtifactLimit",
  {
    limit: Schema.Literals(["run_files", "run_bytes", "organization_bytes"]),
    most: Schema.Int
  },
  { httpApiStatus: 413 }
) {
  override get message() {
    return `There is no room for another artifact: ${this.limit} is at most ${this.most}`
  }
}
