/**
 * The store that a program is told of, opened to look at it or to write into it, and where the bytes of
 * its artifacts are. What opens a PostgreSQL is loaded only where there is one.
 *
 * @since 0.1.0
 */
import type { StorePlace } from "@foreman/core"
import { ArtifactStore, Driver, Settings } from "@foreman/core"
import type { PostgresArtifactFolder, PostgresStore } from "@foreman/store-postgres"
import { Context, Effect, Layer, Result, Stream } from "effect"
import type { Scope } from "effect"
import { existsSync, statSync } from "node:fs"
import { dirname, resolve } from "node:path"
import * as Folders from "./internal/server/Folders.ts"

// models ----------------------------------------------------------------------

/**
 * An environment, as far as settings are read from it.
 *
 * @category configuration
 * @since 0.1.0
 */
export type Environment = Readonly<Record<string, string | undefined>>

/**
 * What opens artifacts lazily, or at once.
 *
 * @category models
 * @since 0.1.0
 */
export type ArtifactLayer = Layer.Layer<
  ArtifactStore.ArtifactStore,
  ArtifactStore.ArtifactStoreError
>

// rules -----------------------------------------------------------------------

/**
 * A place in words, without what is secret in its address. An address that is none has no more than the
 * name of its setting, which `called` tells as a person says it.
 *
 * @category configuration
 * @since 0.1.0
 */
export const titleOf = (
  { databasePath, databaseUrl }: StorePlace.StorePlace,
  called = (name: string): string => name
): string => {
  if (databaseUrl === undefined) return databasePath
  if (!URL.canParse(databaseUrl)) return called("DATABASE_URL")
  const { host, pathname } = new URL(databaseUrl)
  return `postgres://${host}${pathname}`
}

/**
 * What went wrong, in a sentence for a terminal.
 *
 * @category errors
 * @since 0.1.0
 */
export const sentenceOf = (error: unknown): string => {
  const unusable = unusableOf(error)
  if (unusable !== undefined) return unusable.message
  return error instanceof Error ? error.message : String(error)
}

/**
 * Whether opening a store failed because there is none at its place.
 *
 * @category errors
 * @since 0.1.0
 */
export const isMissing = (error: unknown): boolean =>
  causeOf(error) instanceof Absent || unusableOf(error)?.reason === "empty"

/**
 * Whether opening a store failed because its address is none, whatever runs there.
 *
 * @category errors
 * @since 0.1.0
 */
export const isMisnamed = (error: unknown): boolean => unusableOf(error)?.reason === "url"

// services --------------------------------------------------------------------

/**
 * Opens a store to look at it, as it is at this moment, while it may be in use. One that is not there
 * is not made.
 *
 * @category services
 * @since 0.1.0
 */
export const look = Effect.fnUntraced(function* ({
  databasePath: filename,
  databaseUrl: url
}: StorePlace.StorePlace): Effect.fn.Return<Driver.Driver, Driver.StoreError, Scope.Scope> {
  if (url !== undefined) {
    const { PostgresStore } = yield* postgres
    return yield* PostgresStore.make({ url, readOnly: true })
  }
  if (statSync(filename, { throwIfNoEntry: false }) === undefined) return yield* absent(filename)
  const { SqliteStore } = yield* sqlite
  return yield* SqliteStore.make({ filename, readOnly: true })
})

/**
 * Whether there is a store at a place. One that cannot be asked says so by failing.
 *
 * @category services
 * @since 0.1.0
 */
export const isThere = (place: StorePlace.StorePlace): Effect.Effect<boolean, Driver.StoreError> =>
  place.databaseUrl === undefined
    ? Effect.sync(() => existsSync(place.databasePath))
    : Effect.scoped(look(place)).pipe(
        Effect.as(true),
        Effect.catch((error) => {
          // One that is only older is brought up to date by who opens it to write.
          if (unusableOf(error)?.reason === "older") return Effect.succeed(true)
          return isMissing(error) ? Effect.succeed(false) : Effect.fail(error)
        })
      )

/**
 * Opens a store to write into it. It is made where there is none, but for a database where `mustExist`
 * says that nobody wants that.
 *
 * @category services
 * @since 0.1.0
 */
export const open = Effect.fnUntraced(function* (
  { databasePath: filename, databaseUrl: url }: StorePlace.StorePlace,
  options: { readonly connections?: number; readonly mustExist?: boolean } = {}
): Effect.fn.Return<Driver.Driver, Driver.StoreError, Scope.Scope> {
  if (url === undefined) {
    yield* makeFolder(dirname(resolve(filename)), unopened)
    return yield* (yield* sqlite).SqliteStore.make({ filename })
  }
  return yield* (yield* postgres).PostgresStore.make({ url, ...options })
})

/**
 * The artifacts of a store, where its server would have them. They are opened when they are used first,
 * so that nothing is made for who has none.
 *
 * @category services
 * @since 0.1.0
 */
export const artifactsOf = (
  { databaseUrl: url }: StorePlace.StorePlace,
  environment: Environment,
  { readOnly = false }: { readonly readOnly?: boolean } = {}
): Effect.Effect<ArtifactStore.ArtifactStore, never, Scope.Scope> => {
  const { artifactRoot, isArtifactRootSet } = Result.getOrThrow(
    // Where the store is was said in another way, perhaps.
    Settings.read({
      FOREMAN_RUNTIME_ROOT: environment["FOREMAN_RUNTIME_ROOT"],
      FOREMAN_ARTIFACT_ROOT: environment["FOREMAN_ARTIFACT_ROOT"]
    })
  )
  const root = resolve(artifactRoot)
  return lazily(
    Effect.gen(function* () {
      if (url !== undefined && !isArtifactRootSet) {
        const { PostgresArtifactFolder, PostgresArtifacts } = yield* postgres
        const unused = PostgresArtifactFolder.mustBeUnused({ url, readOnly })
        yield* Effect.mapError(unused, artifactsUnopened)
        return PostgresArtifacts.layer({ url })
      }
      if (!readOnly) yield* makeFolder(root, artifactsUnopened)
      if (url !== undefined) yield* shared({ url, root, readOnly })
      const { ArtifactFolder } = yield* Effect.promise(() => import("@foreman/artifacts-fs"))
      return ArtifactFolder.layer({ root, readOnly })
    })
  )
}

// internal --------------------------------------------------------------------

const sqlite = Effect.promise(() => import("@foreman/store-sqlite"))

const postgres = Effect.promise(() => import("@foreman/store-postgres"))

/** What opens a store or its artifacts makes folders in a way that never ends where nothing is kept. */
const makeFolder = <E>(folder: string, failed: (cause: Error) => E): Effect.Effect<void, E> =>
  existsSync(folder)
    ? Effect.void
    : Effect.mapError(Folders.make(folder), (problem) =>
        failed(new Error(`the folder ${folder} cannot be used: ${problem}`))
      )

/** Why a database cannot be used, if that is what an error is about. */
const unusableOf = (error: unknown): PostgresStore.DatabaseUnusable | undefined => {
  const cause = causeOf(error)
  const isUnusable = cause instanceof Error && "_tag" in cause && cause._tag === "DatabaseUnusable"
  // As: nothing else has this tag, and its class is loaded only where there is a PostgreSQL.
  return isUnusable ? (cause as PostgresStore.DatabaseUnusable) : undefined
}

const causeOf = (error: unknown): unknown => (error instanceof Error ? error.cause : undefined)

/** There is no file in which a store could be. */
class Absent extends Error {}

const absent = (filename: string) => unopened(new Absent(`there is no file ${filename}`))

const unopened = (cause: Error) =>
  new Driver.StoreError({ operation: "open", cause, ambiguous: false, retryable: false })

const artifactsUnopened = (cause: unknown) =>
  new ArtifactStore.ArtifactStoreError({
    operation: "open",
    cause: cause instanceof Driver.StoreError ? cause.cause : cause,
    retryable: cause instanceof Driver.StoreError && cause.retryable
  })

/** The folder that the servers of a database share is marked as theirs, unless it is only read. */
const shared = Effect.fnUntraced(function* (folder: PostgresArtifactFolder.FolderConfig) {
  yield* (yield* postgres).PostgresArtifactFolder.check(folder)
}, Effect.mapError(artifactsUnopened))

const lazily = Effect.fnUntraced(function* (
  layer: Effect.Effect<ArtifactLayer, ArtifactStore.ArtifactStoreError>
): Effect.fn.Return<ArtifactStore.ArtifactStore, never, Scope.Scope> {
  const scope = yield* Effect.scope
  const opened = yield* Effect.cached(
    Effect.map(Layer.buildWithScope(Layer.unwrap(layer), scope), (context) =>
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
