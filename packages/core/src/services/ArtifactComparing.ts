/**
 * Comparing an artifact with an earlier one of its task and kind.
 *
 * @internal
 */
import { Effect } from "effect"
import type { compareArtifacts } from "../operations/ArtifactOperations.ts"
import { StoreUnavailable } from "../operations/Refusal.ts"
import type { ArtifactStore } from "../ports/ArtifactStore.ts"
import type { Row } from "../ports/Driver.ts"
import * as Artifact from "../rules/Artifact.ts"
import { maxHistory, messages, select, statusOf } from "../rules/ArtifactCompare.ts"
import { unified } from "../rules/ArtifactDiff.ts"
import * as ArtifactText from "./ArtifactText.ts"
import { lookUp } from "./Directory.ts"
import type { Method } from "./Method.ts"
import * as Projection from "./Projection.ts"
import type { Shell } from "./Shell.ts"

// services --------------------------------------------------------------------

/** What answers the operation. */
export const makeCompare = (
  shell: Shell["Service"],
  store: ArtifactStore
): Method<typeof compareArtifacts> =>
  Effect.fnUntraced(function* ({ artifactId, previousArtifactId }) {
    const missing = () => new Artifact.ArtifactNotFound({ artifactId })
    const found = yield* lookUp(shell, Projection.artifacts, "artifact", artifactId, missing)
    const { organization, row, thing: current } = found
    const history = yield* historyOf(shell, organization, row)
    const previous = yield* Effect.fromResult(select(current, history, previousArtifactId))
    const status = statusOf(current, previous)
    const isReady = previous !== undefined && status === "ready"
    const content = isReady
      ? unified(
          { id: previous.id, text: yield* textOf(store, organization, previous) },
          { id: current.id, text: yield* textOf(store, organization, current) }
        )
      : ""
    return {
      current: sideOf(current),
      previous: previous === undefined || status === "no_previous" ? null : sideOf(previous),
      status,
      diff: isReady ? { format: "text/unified-diff" as const, content } : null,
      limits: { maxCompareBytes: Artifact.maxPreviewBytes },
      messages: messages[status],
      history: history.map(({ createdAt, id, runId, summary }) => ({
        id,
        runId,
        createdAt,
        summary,
        selected: id === previous?.id
      }))
    }
  })

// internal --------------------------------------------------------------------

/** Those before it in the order of time, and of ids among those of one time, latest first. */
const historyOf = (shell: Shell["Service"], organization: string, row: Row) => {
  const { created_at: createdAt = null, id = null, kind = null, task_id: taskId = null } = row
  const equals = { task_id: taskId, kind }
  return shell
    .read((driver) =>
      driver.find({
        organization,
        table: "artifacts",
        index: "artifacts_by_kind",
        equals,
        direction: "descending",
        after: { ...equals, created_at: createdAt, id },
        limit: maxHistory
      })
    )
    .pipe(Effect.map((rows) => rows.map(Projection.artifacts.fromRow)))
}

const textOf = Effect.fnUntraced(function* (
  store: ArtifactStore,
  organization: string,
  { digest, id: artifactId, isRemoved, size }: Artifact.Artifact
) {
  if (isRemoved) return yield* new Artifact.ArtifactGone({ artifactId, reason: "retention" })
  const { text } = yield* ArtifactText.begin(store, organization, digest, size).pipe(
    Effect.catchTags({
      BytesNotFound: () =>
        Effect.fail(new Artifact.ArtifactGone({ artifactId, reason: "missing" })),
      ArtifactStoreError: ({ retryable }) => Effect.fail(new StoreUnavailable({ retryable }))
    })
  )
  return text
})

const sideOf = ({ contentType, createdAt, id, kind, runId, taskId }: Artifact.Artifact) => ({
  id,
  runId,
  taskId,
  kind,
  contentType,
  createdAt
})
