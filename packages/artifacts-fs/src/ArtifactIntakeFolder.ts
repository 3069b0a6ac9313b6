/**
 * The folders in which agents leave what they want kept, and the way in for what lies there.
 *
 * An agent may leave anything: links, pipes, files of any size, names of any form, and it may still
 * change them while they are taken in. So every file is opened first and looked at then, by its
 * descriptor: it has to be a regular one, to have no second name, and, where the system tells it, to lie
 * where it was found. Folders are opened the same way, and what is in them is opened from there.
 *
 * @since 0.1.0
 */
import { constants, existsSync } from "node:fs"
import * as fs from "node:fs/promises"
import { join, sep } from "node:path"

import { Clock, Effect, Layer } from "effect"
import type { Scope } from "effect"

import { ArtifactIntake, type ArtifactStore } from "@foreman/core"

import * as Folders from "./internal/folders.ts"
import { attempt, codeOf, read } from "./internal/pieces.ts"

// models ----------------------------------------------------------------------

/**
 * Where the folders of runs are made.
 *
 * @category configuration
 * @since 0.1.0
 */
export interface Options {
  /** An absolute path outside of any workspace. It is made if it is not there. */
  readonly root: string
}

// layers ----------------------------------------------------------------------

/**
 * Provides an intake whose folders lie below `root`. Opening it removes what a crash left there a week
 * ago or earlier.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (
  options: Options
): Layer.Layer<ArtifactIntake.ArtifactIntake, ArtifactStore.ArtifactStoreError> =>
  Layer.effect(
    ArtifactIntake.ArtifactIntake,
    Effect.gen(function* () {
      yield* attempt("open", () => Folders.make(options.root))
      const root = yield* attempt("open", () => fs.realpath(options.root))
      yield* sweep(root)
      return { open: (runId: string) => open(root, runId) }
    })
  )

// internal --------------------------------------------------------------------

const leftoverMillis = 7 * 24 * 60 * 60 * 1000

/** As many parts as a name of an artifact has. */
const mostDepth = 8
/** Of all folders together; more are not even looked at. */
const mostEntries = 10_000
const mostRefused = 100

const sweep = Effect.fnUntraced(function* (root: string) {
  const oldest = (yield* Clock.currentTimeMillis) - leftoverMillis
  for (const name of yield* attempt("open", () => fs.readdir(root))) {
    const path = join(root, name)
    const stat = yield* Effect.option(attempt("open", () => fs.lstat(path)))
    if (stat._tag === "Some" && stat.value.mtimeMs < oldest) yield* remove(path)
  }
})

/** What the system will not remove is left for a person. */
const remove = (path: string) =>
  Effect.catch(
    attempt("remove", () => fs.rm(path, { recursive: true, force: true })),
    (error) => Effect.logWarning(`A folder was left behind: ${error.message}`)
  )

const open = (
  root: string,
  runId: string
): Effect.Effect<ArtifactIntake.Folder, ArtifactStore.ArtifactStoreError, Scope.Scope> =>
  Effect.map(
    Effect.acquireRelease(
      attempt("open", () => fs.mkdtemp(join(root, `${runId.replaceAll(/[^\w-]/g, "_")}-`))),
      remove
    ),
    (path) => ({
      path,
      take: <E, R>(limits: ArtifactIntake.Limits, keep: Keep<E, R>) => {
        const visit: Visit<E, R> = { keep, refused: [], entries: 0, files: 0, bytes: 0, limits }
        return Effect.as(walk(visit, { path, place: path, name: "" }, 0), visit.refused)
      }
    })
  )

type Keep<E, R> = (
  found: ArtifactIntake.Found,
  maxBytes: number
) => Effect.Effect<number | ArtifactIntake.Reason, E, R>

/** What has been seen so far. */
interface Visit<E, R> {
  readonly limits: ArtifactIntake.Limits
  readonly keep: Keep<E, R>
  readonly refused: Array<ArtifactIntake.Refused>
  entries: number
  files: number
  bytes: number
}

interface Entry {
  /** By which it is opened: from its folder's descriptor where the system has paths for those. */
  readonly path: string
  /** Where it has to be. */
  readonly place: string
  /** Relative to the run's folder. */
  readonly name: string
}

const refuse = <E, R>(
  { refused }: Visit<E, R>,
  name: string,
  reason: ArtifactIntake.Reason
): Effect.Effect<void> =>
  Effect.sync(() => {
    if (refused.length < mostRefused) refused.push({ name, reason })
  })

const walk = <E, R>(
  visit: Visit<E, R>,
  folder: Entry,
  depth: number
): Effect.Effect<void, E | ArtifactStore.ArtifactStoreError, R> =>
  withHandle(
    visit,
    folder,
    constants.O_DIRECTORY,
    Effect.fnUntraced(function* (handle) {
      const path = ownPath(handle) ?? folder.path
      const listed = yield* Effect.result(
        attempt("read", () => list(path, mostEntries - visit.entries))
      )
      if (listed._tag === "Failure") return yield* refuse(visit, folder.name, "unreadable")
      const { isCut, items } = listed.success
      visit.entries += items.length
      if (isCut) yield* refuse(visit, folder.name, "too_many")
      for (const { isFolder, isLink, name: part } of items) {
        const name = folder.name === "" ? part : `${folder.name}/${part}`
        const entry = { path: join(path, part), place: join(folder.place, part), name }
        if (isLink) yield* refuse(visit, name, "link")
        else if (!isFolder) yield* takeFile(visit, entry)
        else if (depth + 1 >= mostDepth) yield* refuse(visit, name, "too_deep")
        else yield* walk(visit, entry, depth + 1)
      }
    })
  )

const list = async (path: string, most: number) => {
  const items: Array<{ name: string; isFolder: boolean; isLink: boolean }> = []
  for await (const entry of await fs.opendir(path)) {
    if (items.length >= most) return { items: sorted(items), isCut: true }
    const { name } = entry
    items.push({ name, isFolder: entry.isDirectory(), isLink: entry.isSymbolicLink() })
  }
  return { items: sorted(items), isCut: false }
}

const sorted = <A extends { readonly name: string }>(items: ReadonlyArray<A>) =>
  items.toSorted((one, other) => (one.name < other.name ? -1 : 1))

const takeFile = <E, R>(visit: Visit<E, R>, entry: Entry) =>
  withHandle(
    visit,
    entry,
    constants.O_NONBLOCK,
    Effect.fnUntraced(function* (handle) {
      const { limits } = visit
      const { name } = entry
      const stat = yield* attempt("read", () => handle.stat())
      if (!stat.isFile()) return yield* refuse(visit, name, "not_a_file")
      // Nobody else may change it under another name, and it may not be somebody else's.
      if (stat.nlink !== 1) return yield* refuse(visit, name, "link")
      if (visit.files >= limits.maxFiles) return yield* refuse(visit, name, "too_many")
      const left = limits.maxBytes - visit.bytes
      if (stat.size > left) return yield* refuse(visit, name, "too_large")
      const kept = yield* visit.keep({ name, size: stat.size, bytes: read(handle) }, left)
      if (typeof kept === "string") return yield* refuse(visit, name, kept)
      visit.files += 1
      visit.bytes += kept
    })
  )

/** Opens without following a link, looks where that has led, and closes at the end. */
const withHandle = <E, R, E2, R2>(
  visit: Visit<E, R>,
  entry: Entry,
  flags: number,
  use: (handle: fs.FileHandle) => Effect.Effect<void, E2, R2>
): Effect.Effect<void, E2, R2> =>
  Effect.acquireUseRelease(
    Effect.promise(() =>
      fs.open(entry.path, constants.O_RDONLY | constants.O_NOFOLLOW | flags).catch(reasonOf)
    ),
    (handle) =>
      typeof handle === "string"
        ? refuse(visit, entry.name, handle)
        : Effect.flatMap(
            Effect.promise(() => isAt(handle, entry.place)),
            (isThere) => (isThere ? use(handle) : refuse(visit, entry.name, "outside"))
          ),
    (handle) =>
      typeof handle === "string"
        ? Effect.void
        : Effect.promise(() => handle.close().catch(() => undefined))
  )

const reasonOf = (error: unknown): ArtifactIntake.Reason => {
  const code = codeOf(error) ?? ""
  if (code === "ELOOP" || code === "EMLINK") return "link"
  return code === "ENXIO" || code === "ENOTDIR" ? "not_a_file" : "unreadable"
}

/** The path of an open file by its descriptor, on systems that have one. */
const ownPath = (handle: fs.FileHandle): string | undefined =>
  existsSync("/proc/self/fd") ? `/proc/self/fd/${handle.fd}` : undefined

const isAt = async (handle: fs.FileHandle, place: string): Promise<boolean> => {
  const own = ownPath(handle)
  if (own === undefined) return true
  const target = await fs.readlink(own).catch(() => undefined)
  // Who has no /proc is told nothing; a link was not followed in any case.
  return target === undefined || target === place || `${target}${sep}` === place
}
