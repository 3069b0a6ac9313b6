/**
 * Artifacts as a manager agent and the board see them: those of the local organisation, with the ways
 * to their task, their run and their bytes.
 *
 * @since 0.1.0
 */
import { Context, Effect, Layer, Schema } from "effect"
import { instantOf } from "../operations/ManagerAnswers.ts"
import type * as Operations from "../operations/ManagerArtifactOperations.ts"
import { ArtifactNotFound } from "../rules/Artifact.ts"
import { ArtifactId } from "../rules/Identifier.ts"
import { Artifacts } from "./Artifacts.ts"
import { seenFrom } from "./ManagerStanding.ts"
import type { Method } from "./Method.ts"
import * as Projection from "./Projection.ts"
import { Shell } from "./Shell.ts"

// services --------------------------------------------------------------------

/**
 * The pages of artifacts.
 *
 * @category services
 * @since 0.1.0
 */
export class ManagerArtifacts extends Context.Service<
  ManagerArtifacts,
  {
    readonly workbench: Method<typeof Operations.getManagerArtifact>
    readonly compare: Method<typeof Operations.compareManagerArtifacts>
  }
>()("@foreman/core/ManagerArtifacts") {
  static readonly layer: Layer.Layer<ManagerArtifacts, never, Artifacts | Shell> = Layer.effect(
    ManagerArtifacts,
    Effect.gen(function* () {
      const [shell, artifacts] = [yield* Shell, yield* Artifacts]
      return {
        workbench: makeWorkbench(shell, artifacts),
        compare: makeCompare(shell, artifacts)
      }
    })
  )
}

// internal --------------------------------------------------------------------

const isId = Schema.is(ArtifactId)

/** An artifact that the caller sees from here, with its task's place. */
const placeOf = Effect.fnUntraced(function* (shell: Shell["Service"], given: string) {
  const text = given.trim().toLowerCase()
  const missing = new ArtifactNotFound({ artifactId: given })
  const organization = yield* seenFrom(shell)
  if (organization === undefined || !isId(text)) return yield* missing
  const row = yield* shell.read((driver) => driver.get(organization, "artifacts", { id: text }))
  if (row === undefined) return yield* missing
  const task = yield* shell.read((driver) =>
    driver.get(organization, Projection.tasks.table, { id: row["task_id"] ?? null })
  )
  if (task === undefined) return yield* missing
  const { moduleId, projectId } = Projection.tasks.fromRow(task)
  return { artifactId: text, moduleId, projectId }
})

const makeWorkbench = (
  shell: Shell["Service"],
  artifacts: Artifacts["Service"]
): ManagerArtifacts["Service"]["workbench"] =>
  Effect.fnUntraced(function* ({ artifactId: given }) {
    const { artifactId, ...place } = yield* placeOf(shell, given)
    const one = yield* artifacts.get({ artifactId })
    const { contentType, kind, path, preview, previewTruncated, runId, siblings, summary } = one
    return {
      artifactId,
      runId,
      taskId: String(one.taskId),
      ...place,
      kind,
      summary,
      path,
      ...(contentType === "" ? {} : { contentType }),
      ...(preview === null ? {} : { preview }),
      previewTruncated,
      runWorkbenchUrl: runUrl(runId),
      rawContentUrl: `/api/manager/artifacts/${artifactId}/content`,
      siblings: siblings.map(({ id, ...sibling }) => ({
        artifactId: id,
        kind: sibling.kind,
        summary: sibling.summary,
        selected: sibling.selected
      }))
    }
  })

const makeCompare = (
  shell: Shell["Service"],
  artifacts: Artifacts["Service"]
): ManagerArtifacts["Service"]["compare"] =>
  Effect.fnUntraced(function* ({ artifactId: given, previousArtifactId }) {
    const { artifactId } = yield* placeOf(shell, given)
    const wanted = previousArtifactId === undefined ? {} : { previousArtifactId }
    const compared = yield* artifacts.compare({ artifactId, ...wanted })
    const { current, diff, history, limits, messages, previous, status } = compared
    return {
      current: sideOf(current),
      previous: previous === null ? null : sideOf(previous),
      status,
      diff,
      limits,
      messages,
      navigation: {
        currentWorkbenchUrl: workbenchUrl(artifactId),
        ...(previous === null ? {} : { previousWorkbenchUrl: workbenchUrl(previous.id) }),
        backToRunUrl: runUrl(current.runId)
      },
      history: history.map(({ createdAt, id, runId, selected, summary }) => ({
        artifactId: id,
        runId,
        createdAt: instantOf(createdAt),
        summary,
        selected,
        compareUrl: `/board/artifacts/compare?artifact_id=${artifactId}&previous_artifact_id=${id}`
      }))
    }
  })

type Side = Effect.Success<ReturnType<Artifacts["Service"]["compare"]>>["current"]

const sideOf = ({ createdAt, id, taskId, ...side }: Side) => ({
  ...side,
  artifactId: id,
  taskId: String(taskId),
  createdAt: instantOf(createdAt)
})

const runUrl = (runId: string) => `/board/runs/workbench?run_id=${runId}`

const workbenchUrl = (id: string) => `/board/artifacts/workbench?artifact_id=${id}`
