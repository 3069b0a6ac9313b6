/**
 * Where the server keeps what it knows: in a SQLite file and a folder beside it, or in PostgreSQL, where
 * any number of servers may share it.
 */
import { ArtifactFolder } from "@foreman/artifacts-fs"
import type { ArtifactStore, Driver, Settings } from "@foreman/core"
import { PostgresArtifactFolder, PostgresArtifacts, PostgresStore } from "@foreman/store-postgres"
import { SqliteStore } from "@foreman/store-sqlite"
import { Effect, Layer } from "effect"
import { dirname, resolve } from "node:path"
import * as Folders from "./Folders.ts"

/** Makes the folders that are needed, and answers the store and the place of artifacts. */
export const make = Effect.fnUntraced(function* (
  settings: Settings.Settings
): Effect.fn.Return<
  Layer.Layer<
    Driver.Driver | ArtifactStore.ArtifactStore,
    Driver.StoreError | ArtifactStore.ArtifactStoreError | PostgresArtifactFolder.FolderNotShared
  >,
  Settings.SettingsInvalid
> {
  const { databaseUrl: url, isArtifactRootSet } = settings
  const root = resolve(settings.artifactRoot)
  if (url === undefined) {
    const filename = resolve(settings.databasePath)
    yield* Folders.ensure("FOREMAN_DB_PATH", dirname(filename), "is in")
    yield* Folders.ensure("FOREMAN_ARTIFACT_ROOT", root)
    return Layer.merge(SqliteStore.layer({ filename }), ArtifactFolder.layer({ root }))
  }
  const store = PostgresStore.layer({ url })
  if (!isArtifactRootSet) {
    const inside = Layer.unwrap(
      Effect.as(PostgresArtifactFolder.mustBeUnused({ url }), PostgresArtifacts.layer({ url }))
    )
    return Layer.provideMerge(inside, store)
  }
  yield* Folders.ensure("FOREMAN_ARTIFACT_ROOT", root)
  const shared = Layer.unwrap(
    Effect.as(PostgresArtifactFolder.check({ url, root }), ArtifactFolder.layer({ root }))
  )
  return Layer.provideMerge(shared, store)
})
