/**
 * What can be asked about artifacts.
 *
 * The raw bytes are no operation: they are streamed, see `Artifacts.open`.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"
import * as Artifact from "../rules/Artifact.ts"
import * as ArtifactCompare from "../rules/ArtifactCompare.ts"
import { ArtifactId, RunId, TaskId, Timestamp } from "../rules/Identifier.ts"
import { RunNotFound } from "../rules/Run.ts"
import * as Operation from "./Operation.ts"

// models ----------------------------------------------------------------------

const Sibling = Schema.Struct({
  id: ArtifactId,
  kind: Artifact.Kind,
  name: Schema.String,
  summary: Schema.String,
  selected: Schema.Boolean
})

const ArtifactDetail = Schema.Struct({
  ...Artifact.Artifact.fields,
  preview: Schema.NullOr(Schema.String).annotate({
    description: "The first 64 KiB as text; null for what is no text, or when its bytes are gone"
  }),
  previewTruncated: Schema.Boolean,
  siblings: Schema.Array(Sibling).annotate({
    description: "The artifacts of the same run, newest first, this one among them"
  })
})

const Side = Schema.Struct({
  id: ArtifactId,
  runId: RunId,
  taskId: TaskId,
  kind: Artifact.Kind,
  contentType: Schema.String,
  createdAt: Timestamp
})

const Comparison = Schema.Struct({
  current: Side,
  previous: Schema.NullOr(Side),
  status: ArtifactCompare.Status,
  diff: Schema.NullOr(
    Schema.Struct({ format: Schema.Literal("text/unified-diff"), content: Schema.String })
  ).annotate({ description: "Only when the status is ready; empty content for equal files" }),
  limits: Schema.Struct({ maxCompareBytes: Schema.Int }),
  messages: Schema.Struct({ title: Schema.String, detail: Schema.String }),
  history: Schema.Array(
    Schema.Struct({
      id: ArtifactId,
      runId: RunId,
      createdAt: Timestamp,
      summary: Schema.String,
      selected: Schema.Boolean
    })
  ).annotate({ description: "The latest before it that it may be compared with, at most 5" })
})

const kind = Schema.optionalKey(
  Artifact.Kind.annotate({ description: "Only artifacts of this kind" })
)

// services --------------------------------------------------------------------

export const listArtifacts = Operation.makeList("list_artifacts", {
  title: "List artifacts",
  description: "Lists what the runs of a task left, newest first. An unknown task has none.",
  permission: "task:read",
  http: { method: "GET", path: "/api/v1/tasks/:task_id/artifacts" },
  cli: "artifact list",
  input: { taskId: TaskId, kind },
  item: Artifact.Artifact,
  errors: [],
  tool: { roles: ["manager", "reviewer"] }
})

export const listRunArtifacts = Operation.makeList("list_run_artifacts", {
  title: "List run artifacts",
  description: "Lists what one run left, newest first. An unknown run has none.",
  permission: "task:read",
  http: { method: "GET", path: "/api/v1/task-runs/:run_id/artifacts" },
  cli: "artifact of-run",
  input: { runId: RunId },
  item: Artifact.Artifact,
  errors: [],
  tool: false
})

export const getArtifact = Operation.make("get_artifact", {
  title: "Get artifact",
  description: "Shows an artifact, the beginning of its text, and what else its run left.",
  kind: "query",
  permission: "task:read",
  http: { method: "GET", path: "/api/v1/artifacts/:artifact_id" },
  cli: "artifact show",
  input: { artifactId: ArtifactId },
  output: ArtifactDetail,
  errors: [Artifact.ArtifactNotFound],
  tool: { roles: ["manager", "reviewer"] }
})

export const compareArtifacts = Operation.make("compare_artifacts", {
  title: "Compare artifacts",
  description:
    "Compares an artifact with an earlier one of the same task and kind: the latest, or one of the " +
    "latest five. Only text of at most 64 KiB is compared.",
  kind: "query",
  permission: "task:read",
  http: { method: "GET", path: "/api/v1/artifacts/:artifact_id/compare" },
  cli: "artifact compare",
  input: {
    artifactId: ArtifactId,
    previousArtifactId: Schema.optionalKey(
      Schema.String.check(Schema.isMaxLength(200)).annotate({
        description: "Which one of its history; the latest if absent or blank"
      })
    )
  },
  output: Comparison,
  errors: [
    Artifact.ArtifactNotFound,
    Artifact.ArtifactGone,
    ArtifactCompare.CompareSelectionInvalid
  ],
  tool: false
})

export const addArtifact = Operation.make("add_artifact", {
  title: "Add artifact",
  description:
    "Keeps a text as an artifact of your own run, for people to read: a report, a diagram, the " +
    "output of a command. Larger files and images go into the folder $FOREMAN_RUN_ARTIFACTS.",
  kind: "command",
  permission: "task:work",
  http: { method: "POST", path: "/api/v1/artifacts", status: 201 },
  cli: "artifact add",
  input: {
    name: Artifact.ArtifactName,
    content: Schema.String.check(Schema.isMaxLength(262_144)).annotate({
      description: "The text, at most 262144 characters"
    }),
    kind: Schema.optionalKey(
      Artifact.Kind.annotate({
        description: "What it is, say report or diagram; by the name's extension if absent"
      })
    )
  },
  output: Artifact.Artifact,
  errors: [
    Artifact.RunNeeded,
    RunNotFound,
    Artifact.KindReserved,
    Artifact.ArtifactExists,
    Artifact.ArtifactLimit
  ],
  tool: { roles: [] }
})
