/**
 * The store that a script fills or changes, and where the bytes of artifacts are.
 */
import { ArtifactFolder } from "@foreman/artifacts-fs"
import { ArtifactStore, type Driver, Settings } from "@foreman/core"
import { PostgresArtifactFolder, PostgresArtifacts, PostgresStore } from "@foreman/store-postgres"
import { SqliteStore } from "@foreman/store-sqlite"
import { Context, Effect, Layer, Result, Stream } from "effect"
import type { Scope } from "effect"
import { mkdirSync } from "node:fs"
import { resolve } from "node:path"

// services --------------------------------------------------------------------

/** Opens a store to write into it. It is made where there is none. */
export const open = ({
  databasePath: filename,
  databaseUrl: url
}: Settings.StorePlace): Effect.Effect<Driver.Driver, Driver.StoreError, Scope.Scope> =>
  url === undefined ? SqliteStore.make({ filename }) : PostgresStore.make({ url })

/**
 * The artifacts of a store, where its server would have them. They are opened when they are used first,
 * so that nothing is made for who has none.
 */
export const artifactsOf = (
  { databaseUrl: url }: Settings.StorePlace,
  environment: NodeJS.ProcessEnv
): Effect.Effect<ArtifactStore.ArtifactStore, never, Scope.Scope> => {
  const { artifactRoot, isArtifactRootSet } = Result.getOrThrow(
    // Where the store is was said in another way, perhaps.
    Settings.read({
      FOREMAN_RUNTIME_ROOT: environment["FOREMAN_RUNTIME_ROOT"],
      FOREMAN_ARTIFACT_ROOT: environment["FOREMAN_ARTIFACT_ROOT"]
    })
  )
  const root = resolve(artifactRoot)
  if (url === undefined) return lazily(ArtifactFolder.layer({ root }))
  if (!isArtifactRootSet) return lazily(PostgresArtifacts.layer({ url }))
  return lazily(Layer.unwrap(Effect.as(shared(url, root), ArtifactFolder.layer({ root }))))
}

// internal --------------------------------------------------------------------

/** The folder that the servers of a database share is marked as theirs. */
const shared = (url: string, root: string) =>
  Effect.suspend(() => {
    mkdirSync(root, { recursive: true, mode: 0o700 })
    return PostgresArtifactFolder.check({ url, root })
  }).pipe(
    Effect.mapError(
      (cause) =>
        new ArtifactStore.ArtifactStoreError({ operation: "open", cause, retryable: false })
    )
  )

const lazily = (
  layer: Layer.Layer<ArtifactStore.ArtifactStore, ArtifactStore.ArtifactStoreError>
): Effect.Effect<ArtifactStore.ArtifactStore, never, Scope.Scope> =>
  Effect.gen(function* () {
    const scope = yield* Effect.scope
    const opened = yield* Effect.cached(
      Effect.map(Layer.buildWithScope(layer, scope), (context) =>
        Context.get(context, ArtifactStore.ArtifactStore)
      )
    )
    return {
      put: (...input) => Effect.flatMap(opened, (store) => store.put(...input)),
      get: (...input) => Stream.unwrap(Effect.map(opened, (store) => store.get(...input))),
      has: (...input) => Effect.flatMap(opened, (store) => store.has(...input)),
      remove: (...input) => Effect.flatMap(opened, (store) => store.remove(...input))
    }
  })
