/**
 * Artifacts: bytes that a run produced. The bytes lie in the artifact store, by their digest.
 *
 * Each has one path, below that of its run, so that a second run of a task overwrites nothing. What
 * the agent answered and what it wrote meanwhile are two artifacts.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"
import { typeOf } from "./ArtifactContent.ts"
import { extensionOf, pathOf } from "./ArtifactPath.ts"
import * as Event from "./Event.ts"
import { ArtifactId, RunId, TaskId, Timestamp } from "./Identifier.ts"

// models ----------------------------------------------------------------------

/**
 * What an artifact is, in one word. The list is open; Foreman itself leaves `assistant_summary`,
 * `run_log` and `import_log`.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Kind = Schema.String.check(Schema.isPattern(/^[a-z][a-z0-9_]{0,63}$/)).annotate({
  description:
    "What it is: assistant_summary (the run's answer), run_log (all it wrote) or another *_log, " +
    "command_result, diff_summary, diff, patch, screenshot, report, html_report, diagram, file, ..."
})
export type Kind = typeof Kind.Type

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
  kind: Kind,
  name: Schema.String,
  path: Schema.String.annotate({ description: "Where it is shown: runs/<run_id>/<name>" }),
  contentType: Schema.String,
  size: Schema.Int.annotate({ description: "Bytes" }),
  digest: Schema.String.annotate({ description: "SHA-256, 64 hex digits" }),
  summary: Schema.String.annotate({
    description: "The beginning of its text, for an assistant_summary or an import_log; else empty"
  }),
  isRemoved: Schema.Boolean.annotate({
    description: "Whether its bytes are gone because they were kept long enough"
  }),
  createdAt: Timestamp
})

const streamOf = ({ runId }: { readonly runId: RunId }): string => `run:${runId}`

export const Created = Event.define(
  "artifact.created",
  {
    artifactId: ArtifactId,
    runId: RunId,
    taskId: TaskId,
    kind: Kind,
    name: Schema.String,
    contentType: Schema.String,
    size: Schema.Int,
    digest: Schema.String,
    // The first artifacts were recorded without these.
    path: Schema.optionalKey(Schema.String),
    summary: Schema.optionalKey(Schema.String)
  },
  streamOf
)

export const Removed = Event.define(
  "artifact.removed",
  {
    artifactId: ArtifactId,
    runId: RunId,
    taskId: TaskId,
    size: Schema.Int.annotate({ description: "Bytes that are gone" }),
    reason: Schema.Literal("retention")
  },
  streamOf
)

/**
 * What happens to artifacts.
 *
 * @category models
 * @since 0.1.0
 */
export type ArtifactEvent = Event.EventOf<typeof Created> | Event.EventOf<typeof Removed>

/**
 * An artifact whose bytes are kept, before it is recorded.
 *
 * @category models
 * @since 0.1.0
 */
export interface Wanted {
  readonly id: ArtifactId
  readonly kind: Kind
  /** Harmless, and unlike those of the other artifacts of the run. */
  readonly name: string
  readonly size: number
  readonly digest: string
  readonly summary?: string
}

// rules -----------------------------------------------------------------------

/**
 * Says whether only Foreman makes artifacts of this kind, so that no agent forges its own answer.
 *
 * @category rules
 * @since 0.1.0
 */
export const isReserved = (kind: Kind): boolean =>
  ["assistant_summary", "import_log", "log", "run_log"].includes(kind)

/**
 * What of a run's artifacts there is room for: Foreman's own in any case, and then those of its agent
 * as far as they fit. The log of what was not taken in names the others.
 *
 * @category rules
 * @since 0.1.0
 */
export const fitting = (
  artifacts: ReadonlyArray<Wanted>,
  room: number
): { readonly fitting: ReadonlyArray<Wanted>; readonly out: ReadonlyArray<Wanted> } => {
  const own = artifacts.filter(({ kind }) => isReserved(kind))
  let left = room - own.reduce((sum, { size }) => sum + size, 0)
  const out = new Set<Wanted>()
  for (const artifact of artifacts) {
    if (isReserved(artifact.kind)) continue
    if (artifact.size <= left) left -= artifact.size
    else out.add(artifact)
  }
  const lines = Array.from(out, ({ name }) => `\nno_room: ${name}`).join("")
  return {
    out: [...out],
    fitting: artifacts
      .filter((artifact) => !out.has(artifact))
      .map((artifact) =>
        lines !== "" && artifact.kind === "import_log"
          ? { ...artifact, summary: `${artifact.summary ?? ""}${lines}` }
          : artifact
      )
  }
}

/**
 * The kind of a file that an agent has left: the folder that it stands in if that is a kind, else
 * what its extension is used for.
 *
 * @category rules
 * @since 0.1.0
 */
export const kindOf = (name: string): Kind => {
  const [folder = "", ...rest] = name.split("/")
  const isKind = folders.has(folder) || /^[a-z][a-z0-9_]{0,40}_log$/.test(folder)
  if (rest.length > 0 && isKind && !isReserved(folder)) return folder
  return kinds.get(extensionOf(name)) ?? "file"
}

/**
 * Records that a run has kept an artifact.
 *
 * @category rules
 * @since 0.1.0
 */
export const create = (
  run: { readonly id: RunId; readonly taskId: TaskId },
  { digest, id, kind, name, size, summary = "" }: Wanted
): ArtifactEvent => {
  const path = pathOf(run.id, name)
  const contentType = typeOf(path, kind)
  const place = { artifactId: id, runId: run.id, taskId: run.taskId }
  const data = { ...place, kind, name, path, contentType, size, digest, summary }
  return { type: "artifact.created", data }
}

/**
 * Records that the bytes of an artifact are not kept any more. What is gone stays gone.
 *
 * @category rules
 * @since 0.1.0
 */
export const remove = ({
  id: artifactId,
  isRemoved,
  runId,
  size,
  taskId
}: Artifact): ReadonlyArray<ArtifactEvent> =>
  isRemoved
    ? []
    : [{ type: "artifact.removed", data: { artifactId, runId, taskId, size, reason: "retention" } }]

/**
 * Folds one event into the artifact. The first artifacts were logs, and had no path yet.
 *
 * @category rules
 * @since 0.1.0
 */
export const evolve = (
  before: Artifact | undefined,
  { data, type }: ArtifactEvent,
  at: Timestamp
): Artifact | undefined => {
  if (type === "artifact.removed") return before && { ...before, isRemoved: true }
  const { artifactId: id, kind, path = pathOf(data.runId, data.name), summary = "", ...rest } = data
  const isLog = kind === "log"
  const createdAt = at
  return { ...rest, id, kind: isLog ? "run_log" : kind, path, summary, isRemoved: false, createdAt }
}

export * from "./ArtifactContent.ts"
export * from "./ArtifactPath.ts"
export * from "./ArtifactRefusal.ts"

// internal --------------------------------------------------------------------

const folders = new Set([
  "command_result",
  "diagram",
  "diff",
  "diff_summary",
  "file",
  "html_report",
  "patch",
  "report",
  "screenshot"
])

const kinds: ReadonlyMap<string, Kind> = new Map([
  ...["gif", "jpeg", "jpg", "png", "webp"].map((end) => [end, "screenshot"] as const),
  ...["dot", "mmd", "puml", "svg"].map((end) => [end, "diagram"] as const),
  ...["htm", "html"].map((end) => [end, "html_report"] as const),
  ...["markdown", "md", "pdf"].map((end) => [end, "report"] as const),
  ...["csv", "json", "txt", "xml", "yaml", "yml"].map((end) => [end, "command_result"] as const),
  ["diff", "diff"],
  ["log", "agent_log"],
  ["patch", "patch"]
])
