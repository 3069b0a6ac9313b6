/**
 * Artifacts: what runs left, for those who ask, and the way to their bytes.
 *
 * @since 0.1.0
 */
import { Context, Effect, Layer, Stream } from "effect"
import type * as Operations from "../operations/ArtifactOperations.ts"
import { CurrentActor } from "../operations/Authorization.ts"
import { PermissionDenied, StoreUnavailable } from "../operations/Refusal.ts"
import { ArtifactStore, type ArtifactStoreError, type Range } from "../ports/ArtifactStore.ts"
import type { Row } from "../ports/Driver.ts"
import { may } from "../rules/Actor.ts"
import * as Artifact from "../rules/Artifact.ts"
import { ArtifactId } from "../rules/Identifier.ts"
import * as ArtifactAdding from "./ArtifactAdding.ts"
import { makeCompare } from "./ArtifactComparing.ts"
import * as ArtifactText from "./ArtifactText.ts"
import { lookUp, organizationOf } from "./Directory.ts"
import type { Method } from "./Method.ts"
import * as Paging from "./Paging.ts"
import * as Projection from "./Projection.ts"
import { Shell } from "./Shell.ts"

// models ----------------------------------------------------------------------

/**
 * An artifact whose bytes were there a moment ago.
 *
 * @category models
 * @since 0.1.0
 */
export interface Opened {
  readonly artifact: Artifact.Artifact
  /** All of them, or a part; they are read as they are asked for. */
  readonly bytes: (
    range?: Range
  ) => Stream.Stream<Uint8Array, ArtifactStoreError | Artifact.ArtifactGone>
}

// services --------------------------------------------------------------------

/**
 * The artifacts of this store, for those who ask.
 *
 * @category services
 * @since 0.1.0
 */
export class Artifacts extends Context.Service<
  Artifacts,
  {
    readonly list: Method<typeof Operations.listArtifacts>
    readonly listOfRun: Method<typeof Operations.listRunArtifacts>
    readonly get: Method<typeof Operations.getArtifact>
    readonly compare: Method<typeof Operations.compareArtifacts>
    readonly add: Method<typeof Operations.addArtifact>
    /** The way to the bytes, for whoever may read tasks. It is no operation: it answers no value. */
    readonly open: (
      artifactId: Artifact.Artifact["id"]
    ) => Effect.Effect<
      Opened,
      Artifact.ArtifactNotFound | Artifact.ArtifactGone | PermissionDenied | StoreUnavailable,
      CurrentActor
    >
  }
>()("@foreman/core/Artifacts") {
  static readonly layer: Layer.Layer<Artifacts, never, Shell | ArtifactStore> = Layer.effect(
    Artifacts,
    Effect.gen(function* () {
      const [shell, store] = [yield* Shell, yield* ArtifactStore]
      return {
        ...makeReads(shell, store),
        compare: makeCompare(shell, store),
        add: ArtifactAdding.make(shell, store),
        open: makeOpen(shell, store)
      }
    })
  )
}

// internal --------------------------------------------------------------------

const makeReads = (
  shell: Shell["Service"],
  store: ArtifactStore
): Pick<Artifacts["Service"], "get" | "list" | "listOfRun"> => {
  const page = Effect.fnUntraced(function* (
    organization: string | undefined,
    index: string,
    equals: Row,
    input: Paging.PageInput
  ) {
    if (organization === undefined) return Paging.empty
    const query = { organization, table: "artifacts", index, equals } as const
    const toItem = Projection.artifacts.fromRow
    return yield* shell.read((driver) =>
      Paging.find(driver, { ...query, direction: "descending", toItem }, input)
    )
  })
  return {
    list: Effect.fnUntraced(function* ({ kind, taskId, ...input }) {
      const organization = yield* organizationOf(shell, "task", taskId)
      return kind === undefined
        ? yield* page(organization, "artifacts_by_task", { task_id: taskId }, input)
        : yield* page(organization, "artifacts_by_kind", { task_id: taskId, kind }, input)
    }),
    listOfRun: Effect.fnUntraced(function* ({ runId, ...input }) {
      const organization = yield* organizationOf(shell, "run", runId)
      return yield* page(organization, "artifacts_by_run", { run_id: runId }, input)
    }),
    get: Effect.fnUntraced(function* ({ artifactId }) {
      const { organization, thing } = yield* artifactOf(shell, artifactId)
      const beginning = yield* previewOf(store, organization, thing)
      const ofRun = { run_id: thing.runId }
      const { items } = yield* page(organization, "artifacts_by_run", ofRun, {
        limit: mostSiblings
      })
      const siblings = items.map(({ id, kind, name, summary }) => ({
        id,
        kind,
        name,
        summary,
        selected: id === thing.id
      }))
      const { isCut = false, text: preview = null } = beginning ?? {}
      return { ...thing, preview, previewTruncated: isCut, siblings }
    })
  }
}

const mostSiblings = 200

const artifactOf = (shell: Shell["Service"], artifactId: ArtifactId) =>
  lookUp(
    shell,
    Projection.artifacts,
    "artifact",
    artifactId,
    () => new Artifact.ArtifactNotFound({ artifactId })
  )

/** What cannot be read now is not shown, and everything else about it is. */
const previewOf = (store: ArtifactStore, organization: string, artifact: Artifact.Artifact) =>
  artifact.isRemoved || !Artifact.isPreviewable(artifact.contentType)
    ? Effect.succeed(undefined)
    : Effect.catch(
        ArtifactText.begin(store, organization, artifact.digest, artifact.size),
        (error) => Effect.as(Effect.logDebug(error.message), undefined)
      )

const makeOpen = (shell: Shell["Service"], store: ArtifactStore): Artifacts["Service"]["open"] =>
  Effect.fnUntraced(function* (id) {
    const actor = yield* CurrentActor
    const permission = "task:read"
    if (!may(actor, permission)) return yield* new PermissionDenied({ permission })
    // The id may come from a path as it was typed.
    const artifactId = ArtifactId.make(id.toLowerCase())
    const { organization, thing: artifact } = yield* artifactOf(shell, artifactId)
    const { digest, isRemoved } = artifact
    const isThere = isRemoved
      ? false
      : yield* Effect.mapError(
          store.has(organization, digest),
          ({ retryable }) => new StoreUnavailable({ retryable })
        )
    const reason = isRemoved ? "retention" : "missing"
    const gone = new Artifact.ArtifactGone({ artifactId, reason })
    if (!isThere) return yield* gone
    const bytes: Opened["bytes"] = (range) =>
      Stream.catchTag(store.get(organization, digest, range), "BytesNotFound", () =>
        Stream.fail(gone)
      )
    return { artifact, bytes }
  })
