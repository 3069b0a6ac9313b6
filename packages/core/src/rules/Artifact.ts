/**
 * Artifacts: bytes that a run produced. The bytes lie in the artifact store, by their digest.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"
import * as Event from "./Event.ts"
import { ArtifactId, RunId, TaskId, Timestamp } from "./Identifier.ts"

// models ----------------------------------------------------------------------

/**
 * An artifact.
 *
 * @category models
 * @since 0.1.0
 */
export interface Artifact extends Schema.Schema.Type<typeof Artifact> {}
export const Artifact = Schema.Struct({
  id: ArtifactId,
  runId: RunId,
  taskId: TaskId,
  kind: Schema.Literals(["log"]).annotate({ description: "log: everything the run wrote" }),
  name: Schema.String,
  contentType: Schema.String,
  size: Schema.Int.annotate({ description: "Bytes" }),
  digest: Schema.String.annotate({ description: "SHA-256, 64 hex digits" }),
  createdAt: Timestamp
})

export const Created = Event.define(
  "artifact.created",
  {
    artifactId: ArtifactId,
    runId: RunId,
    taskId: TaskId,
    kind: Artifact.fields.kind,
    name: Schema.String,
    contentType: Schema.String,
    size: Schema.Int,
    digest: Schema.String
  },
  ({ runId }) => `run:${runId}`
)

/**
 * What happens to artifacts.
 *
 * @category models
 * @since 0.1.0
 */
export type ArtifactEvent = Event.EventOf<typeof Created>

// rules -----------------------------------------------------------------------

/**
 * Folds one event into the artifact.
 *
 * @category rules
 * @since 0.1.0
 */
export const evolve = (
  _before: Artifact | undefined,
  { data }: ArtifactEvent,
  at: Timestamp
): Artifact => {
  const { artifactId, ...rest } = data
  return { id: artifactId, ...rest, createdAt: at }
}
