/**
 * An artifact store in a folder: each organization has one of its own in it, and each artifact is a
 * file there that is named by its digest.
 *
 * Bytes go to a temporary file first and are renamed when they are complete and on the disk, so a
 * file under its digest is always whole. Paths are made from ids and digests, never from a text
 * that somebody chose.
 *
 * @since 0.1.0
 */
import { createHash, randomUUID } from "node:crypto"
import { constants } from "node:fs"
import * as fs from "node:fs/promises"
import { dirname, join } from "node:path"

import { Clock, Effect, Layer, Stream } from "effect"

import { ArtifactStore } from "@foreman/core"

import * as Folders from "./internal/folders.ts"
import { attempt, codeOf, read } from "./internal/pieces.ts"

// models ----------------------------------------------------------------------

/**
 * Where the folder stands.
 *
 * @category configuration
 * @since 0.1.0
 */
export interface Options {
  /** An absolute path. It is made if it is not there, and belongs to one store alone. */
  readonly root: string
  /** Makes, takes and clears away nothing. Where there is no folder, nothing is in it. */
  readonly readOnly?: boolean
}

// layers ----------------------------------------------------------------------

/**
 * Provides the artifact store that keeps its bytes below `root`.
 *
 * Opening it makes the folder and removes what unfinished writes left more than an hour ago, unless it
 * is only to be read.
 *
 * **Gotchas**
 *
 * A file that is not a regular one, or that has a second link, was not written by this store:
 * reading it fails instead of answering.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (
  options: Options
): Layer.Layer<ArtifactStore.ArtifactStore, ArtifactStore.ArtifactStoreError> =>
  Layer.effect(ArtifactStore.ArtifactStore, open(options))

// internal --------------------------------------------------------------------

const leftoverMillis = 60 * 60 * 1000

const open = Effect.fnUntraced(function* ({ readOnly = false, root: wanted }: Options) {
  if (!readOnly) yield* attempt("open", () => makeFolder(join(wanted, "tmp")))
  const root = yield* attempt("open", () =>
    fs.realpath(wanted).catch((cause: unknown) => {
      if (readOnly && codeOf(cause) === "ENOENT") return wanted
      throw cause
    })
  )
  if (!readOnly) yield* sweep(join(root, "tmp"))
  return ArtifactStore.ArtifactStore.of({
    put: (organization, bytes, { maxBytes }) =>
      readOnly ? refused("put") : put(root, organization, bytes, maxBytes),
    get: (organization, digest, range) =>
      Stream.unwrap(
        Effect.map(openToRead(root, organization, digest), (handle) => read(handle, range))
      ),
    has: (organization, digest) =>
      Effect.scoped(openToRead(root, organization, digest)).pipe(
        Effect.as(true),
        Effect.catchTag("BytesNotFound", () => Effect.succeed(false))
      ),
    remove: Effect.fnUntraced(function* (organization, digest, options) {
      if (readOnly) return yield* refused("remove")
      const path = pathOf(root, organization, digest)
      if (path === undefined) return
      if (options === undefined) return yield* attempt("remove", () => removeFile(path))
      const latest = (yield* Clock.currentTimeMillis) - options.idleMillis
      yield* attempt("remove", () => removeIdle(join(root, "tmp", randomUUID()), path, latest))
    })
  })
})

const refused = (operation: string) =>
  attempt(operation, () => Promise.reject(new Error("The folder is open for reading only")))

// What a crash left. Younger files may belong to another process that writes at this moment.
const sweep = Effect.fnUntraced(function* (folder: string) {
  const oldest = (yield* Clock.currentTimeMillis) - leftoverMillis
  const names = yield* attempt("open", () => fs.readdir(folder))
  for (const name of names) {
    const path = join(folder, name)
    yield* attempt("open", () => removeOlder(path, oldest))
  }
})

const put = <E>(
  root: string,
  organization: string,
  bytes: Stream.Stream<Uint8Array, E>,
  maxBytes: number
) => {
  const temporary = join(root, "tmp", randomUUID())
  return Effect.acquireUseRelease(
    attempt("put", () => fs.open(temporary, "wx", 0o600)),
    (handle) =>
      Effect.flatMap(fill(handle, bytes, maxBytes), (kept) =>
        // Nothing may come between the moves: an interrupted writer leaves all or nothing.
        Effect.uninterruptible(
          Effect.as(
            attempt("put", () => finish(root, handle, temporary, { organization, ...kept })),
            kept
          )
        )
      ),
    (handle) =>
      Effect.promise(async () => {
        await handle.close().catch(() => undefined)
        await fs.rm(temporary, { force: true }).catch(() => undefined)
      })
  )
}

const fill = Effect.fnUntraced(function* <E>(
  handle: fs.FileHandle,
  bytes: Stream.Stream<Uint8Array, E>,
  maxBytes: number
) {
  const hash = createHash("sha256")
  let size = 0
  const keep = Effect.fnUntraced(function* (chunk: Uint8Array) {
    size += chunk.length
    if (size > maxBytes) return yield* new ArtifactStore.TooManyBytes({ maxBytes })
    hash.update(chunk)
    yield* attempt("put", () => writeAll(handle, chunk))
  })
  yield* Stream.runForEach(bytes, keep)
  return { digest: hash.digest("hex"), size }
})

const writeAll = async (handle: fs.FileHandle, chunk: Uint8Array) => {
  let offset = 0
  while (offset < chunk.length) {
    const { bytesWritten } = await handle.write(chunk, offset)
    offset += bytesWritten
  }
}

// The bytes are on the disk before they have their name, and the name is before anyone is told.
const finish = async (
  root: string,
  handle: fs.FileHandle,
  temporary: string,
  { digest, organization }: { readonly organization: string; readonly digest: string }
) => {
  const path = pathOf(root, organization, digest)
  if (path === undefined) throw new Error(`${organization} is no name of a folder`)
  const home = join(root, organization)
  await handle.chmod(0o440)
  await handle.sync()
  if (await makeFolder(home)) await syncFolder(root)
  if (await makeFolder(dirname(path))) await syncFolder(home)
  await fs.rename(temporary, path)
  await syncFolder(dirname(path))
}

const openToRead = Effect.fnUntraced(function* (
  root: string,
  organization: string,
  digest: string
) {
  const path = pathOf(root, organization, digest)
  if (path === undefined) return yield* new ArtifactStore.BytesNotFound({ digest })
  const handle = yield* Effect.acquireRelease(
    attempt("read", () => openRegular(path)),
    (opened) => Effect.promise(async () => opened?.close().catch(() => undefined))
  )
  if (handle === undefined) return yield* new ArtifactStore.BytesNotFound({ digest })
  return handle
})

const openRegular = async (path: string): Promise<fs.FileHandle | undefined> => {
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK
  const handle = await fs.open(path, flags).catch(ignore("ENOENT"))
  if (handle === undefined) return undefined
  try {
    const stat = await handle.stat()
    if (!stat.isFile() || stat.nlink !== 1 || (await fs.realpath(path)) !== path) {
      throw new Error("a file in the store is a link, or no regular file")
    }
    return handle
  } catch (error) {
    await handle.close()
    throw error
  }
}

const removeFile = async (path: string) => {
  await fs.unlink(path).catch(ignore("ENOENT"))
  await syncFolder(dirname(path)).catch(ignore("ENOENT"))
}

// Put again, the bytes are another file of the same name. It is looked at where nobody can put it, and
// if it is that other one it goes back: what a reader misses in between, it would miss anyway.
const removeIdle = async (aside: string, path: string, latest: number) => {
  const seen = await fs.lstat(path).catch(ignore("ENOENT"))
  if (seen === undefined || seen.mtimeMs > latest) return
  await fs.rename(path, aside).catch(ignore("ENOENT"))
  const taken = await fs.lstat(aside).catch(ignore("ENOENT"))
  if (taken === undefined) return
  await (taken.mtimeMs > latest ? fs.rename(aside, path) : fs.unlink(aside))
  await syncFolder(dirname(path)).catch(ignore("ENOENT"))
}

const removeOlder = async (path: string, oldest: number) => {
  const stat = await fs.lstat(path).catch(ignore("ENOENT"))
  if (stat !== undefined && stat.mtimeMs < oldest) await fs.rm(path, { force: true })
}

// Answers whether it was made now. A link in its place would lead out of the store.
const makeFolder = async (path: string): Promise<boolean> => {
  const isMade = await Folders.make(path)
  if (!(await fs.lstat(path)).isDirectory()) throw new Error("a folder of the store is a link")
  return isMade
}

const syncFolder = async (path: string) => {
  const handle = await fs.open(path, constants.O_RDONLY | constants.O_DIRECTORY)
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

const pathOf = (root: string, organization: string, digest: string): string | undefined =>
  isOrganization(organization) && /^[0-9a-f]{64}$/.test(digest)
    ? join(root, organization, digest.slice(0, 2), digest.slice(2))
    : undefined

// Names that mean the same on every file system. Unfinished files stand in a folder beside them.
const isOrganization = (text: string): boolean =>
  text !== "tmp" && /^[0-9a-z][0-9a-z_-]{0,99}$/.test(text)

const ignore =
  (code: string) =>
  (error: unknown): undefined => {
    if (codeOf(error) !== code) throw error
  }
