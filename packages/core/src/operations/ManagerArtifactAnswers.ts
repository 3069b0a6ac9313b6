/**
 * What a manager agent and the board are answered about artifacts.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"
import { Status } from "../rules/ArtifactCompare.ts"
import { Instant } from "./ManagerWords.ts"

// models ----------------------------------------------------------------------

/**
 * The page of an artifact: what it is, the beginning of its text, and its siblings of the same run.
 *
 * @category models
 * @since 0.1.0
 */
export interface ArtifactWorkbench extends Schema.Schema.Type<typeof ArtifactWorkbench> {}
export const ArtifactWorkbench = Schema.Struct({
  artifactId: Schema.String,
  runId: Schema.String,
  taskId: Schema.String,
  projectId: Schema.String,
  moduleId: Schema.String,
  kind: Schema.String,
  summary: Schema.String,
  path: Schema.String,
  contentType: Schema.optionalKey(Schema.String),
  preview: Schema.optionalKey(
    Schema.String.annotate({ description: "The first 65,536 bytes of what can be shown as text" })
  ),
  previewTruncated: Schema.Boolean,
  runWorkbenchUrl: Schema.String,
  rawContentUrl: Schema.String,
  siblings: Schema.Array(
    Schema.Struct({
      artifactId: Schema.String,
      kind: Schema.String,
      summary: Schema.String,
      selected: Schema.Boolean
    })
  )
})

/**
 * One of two artifacts that are compared.
 *
 * @category models
 * @since 0.1.0
 */
export const Compared = Schema.Struct({
  artifactId: Schema.String,
  runId: Schema.String,
  taskId: Schema.String,
  kind: Schema.String,
  contentType: Schema.String,
  createdAt: Instant
})
export type Compared = typeof Compared.Type

/**
 * An artifact beside an earlier one of the same task and kind.
 *
 * @category models
 * @since 0.1.0
 */
export interface ArtifactComparison extends Schema.Schema.Type<typeof ArtifactComparison> {}
export const ArtifactComparison = Schema.Struct({
  current: Compared,
  previous: Schema.NullOr(Compared),
  status: Status,
  diff: Schema.NullOr(
    Schema.Struct({ format: Schema.Literal("text/unified-diff"), content: Schema.String })
  ),
  limits: Schema.Struct({ maxCompareBytes: Schema.Int }),
  messages: Schema.Struct({ title: Schema.String, detail: Schema.String }),
  navigation: Schema.Struct({
    currentWorkbenchUrl: Schema.String,
    previousWorkbenchUrl: Schema.optionalKey(Schema.String),
    backToRunUrl: Schema.String
  }),
  history: Schema.Array(
    Schema.Struct({
      artifactId: Schema.String,
      runId: Schema.String,
      createdAt: Instant,
      summary: Schema.String,
      selected: Schema.Boolean,
      compareUrl: Schema.String
    })
  )
})
