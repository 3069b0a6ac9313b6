/**
 * What a run's agent keeps by itself while the run is live.
 *
 * @internal
 */
import { Effect, Stream } from "effect"
import { SecureRandom } from "effect/crypto"
import type { addArtifact } from "../operations/ArtifactOperations.ts"
import { CurrentActor } from "../operations/Authorization.ts"
import { CurrentRehearsal } from "../operations/DryRun.ts"
import { StoreUnavailable } from "../operations/Refusal.ts"
import type { ArtifactStore, Kept } from "../ports/ArtifactStore.ts"
import { hasher, hexOf } from "../ports/Sha256.ts"
import { principalOf } from "../rules/Actor.ts"
import * as Artifact from "../rules/Artifact.ts"
import { ArtifactId, type RunId } from "../rules/Identifier.ts"
import * as Run from "../rules/Run.ts"
import { ArtifactLimits, type Limits } from "./ArtifactLimits.ts"
import { roomOf, type Standing, standingIn, standingOf } from "./ArtifactStanding.ts"
import { organizationOf } from "./Directory.ts"
import type { Method } from "./Method.ts"
import * as Projection from "./Projection.ts"
import type { Shell } from "./Shell.ts"

// services --------------------------------------------------------------------

/** What answers the operation. */
export const make = (shell: Shell["Service"], store: ArtifactStore): Method<typeof addArtifact> =>
  Effect.fnUntraced(function* ({ content, kind: asked, name }) {
    const actor = yield* CurrentActor
    const { run: acting } = actor
    if (acting === undefined) return yield* new Artifact.RunNeeded({ actor: principalOf(actor) })
    const { id: runId } = acting
    const organization = yield* organizationOf(shell, "run", runId)
    if (organization === undefined) return yield* new Run.RunNotFound({ runId })
    const kind = asked ?? Artifact.kindOf(name)
    if (Artifact.isReserved(kind)) return yield* new Artifact.KindReserved({ kind })
    const limits = yield* ArtifactLimits
    const bytes = new TextEncoder().encode(content)
    const wanted = { runId, name, size: bytes.length }
    // What is certain to be refused leaves no bytes behind, unless it is a repetition.
    const fits = (standing: Standing) => admitted(standing, limits, wanted)
    const before = yield* Effect.result(
      Effect.flatMap(standingOf(shell, organization, runId), fits)
    )
    const isWritten = before._tag === "Success" && (yield* CurrentRehearsal) === undefined
    const kept = isWritten ? yield* put(store, organization, bytes) : keptAs(bytes)
    const id = ArtifactId.make(SecureRandom.uuidV7Unsafe())
    return yield* shell.transact(
      { organization },
      Effect.fnUntraced(function* (session) {
        yield* session.relyOn(`run:${runId}`)
        const run = yield* session.get(Projection.runs, { id: runId })
        if (run === undefined) return yield* new Run.RunNotFound({ runId })
        if (before._tag === "Failure") return yield* Effect.fail(before.failure)
        yield* fits(yield* standingIn(session.driver, organization, runId))
        return {
          events: [Artifact.create(run, { ...kept, id, kind, name })],
          // Other runs may have kept something since: their streams are not relied on.
          guards: roomOf(limits, kept.size),
          onGuard: () => {
            const most = limits.organizationBytes ?? 0
            return new Artifact.ArtifactLimit({ limit: "organization_bytes", most })
          },
          answer: ({ after }) => after<Artifact.Artifact>(Projection.artifacts, { id })
        }
      })
    )
  })

// internal --------------------------------------------------------------------

const put = (store: ArtifactStore, organization: string, bytes: Uint8Array) =>
  store.put(organization, Stream.succeed(bytes), { maxBytes: bytes.length }).pipe(
    Effect.catchTags({
      TooManyBytes: Effect.die,
      ArtifactStoreError: ({ retryable }) => Effect.fail(new StoreUnavailable({ retryable }))
    })
  )

/** What a store would answer, for a run that is only tried. */
const keptAs = (bytes: Uint8Array): Kept => {
  const hash = hasher()
  hash.update(bytes)
  return { digest: hexOf(hash.digest()), size: bytes.length }
}

/** Whether there is room for one more of that name and size. */
const admitted = (
  { bytes, files, names, roomFor }: Standing,
  limits: Limits,
  wanted: { readonly runId: RunId; readonly name: string; readonly size: number }
): Effect.Effect<void, Artifact.ArtifactExists | Artifact.ArtifactLimit> => {
  const { organizationBytes, runBytes, runFiles } = limits
  const { name, runId, size } = wanted
  if (names.has(name)) return Effect.fail(new Artifact.ArtifactExists({ runId, name }))
  const full = (limit: Artifact.ArtifactLimit["limit"], most: number) =>
    Effect.fail(new Artifact.ArtifactLimit({ limit, most }))
  if (files >= runFiles) return full("run_files", runFiles)
  if (bytes + size > runBytes) return full("run_bytes", runBytes)
  return organizationBytes !== null && size > roomFor(limits)
    ? full("organization_bytes", organizationBytes)
    : Effect.void
}
