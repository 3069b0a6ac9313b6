/**
 * Files and folders of workspaces: read without following links, and removed whatever their modes.
 *
 * @since 0.1.0
 */
import { randomUUID } from "node:crypto"
import { constants } from "node:fs"
import * as fs from "node:fs/promises"
import { dirname, join } from "node:path"

import { Effect } from "effect"
import type { Scope } from "effect"

import { Workspace } from "@foreman/core"

// models ----------------------------------------------------------------------

/**
 * How much a folder may hold.
 *
 * @category models
 * @since 0.1.0
 */
export interface Limits {
  readonly maxBytes: number
  readonly maxFiles: number
}

// services --------------------------------------------------------------------

/**
 * Does something with files, and fails as workspaces do.
 *
 * @category services
 * @since 0.1.0
 */
export const attempt = <A>(
  operation: string,
  action: () => Promise<A>
): Effect.Effect<A, Workspace.GitError> =>
  Effect.tryPromise({
    try: action,
    catch: (cause) =>
      new Workspace.GitError({
        operation,
        detail: cause instanceof Error ? cause.message : String(cause),
        retryable: passing.has(codeOf(cause) ?? ""),
        cause
      })
  })

/**
 * Refuses what was found in a folder.
 *
 * @category services
 * @since 0.1.0
 */
export const refuse = (
  operation: string,
  detail: string
): Effect.Effect<never, Workspace.GitError> =>
  Effect.fail(new Workspace.GitError({ operation, detail, retryable: false }))

/**
 * What is found under a path without following it.
 *
 * @category services
 * @since 0.1.0
 */
export const kindOf = async (
  path: string | Buffer
): Promise<"file" | "folder" | "link" | "nothing" | "other"> => {
  try {
    const stat = await fs.lstat(path)
    if (stat.isFile()) return "file"
    if (stat.isDirectory()) return "folder"
    return stat.isSymbolicLink() ? "link" : "other"
  } catch (error) {
    if (absent.has(codeOf(error) ?? "")) return "nothing"
    throw error
  }
}

/**
 * The text of a small regular file; undefined when there is none.
 *
 * @category services
 * @since 0.1.0
 */
export const readSmall = async (path: string, maxBytes: number): Promise<string | undefined> => {
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK
  const handle = await fs.open(path, flags).catch((error: unknown) => {
    if (!absent.has(codeOf(error) ?? "")) throw error
  })
  if (handle === undefined) return undefined
  try {
    const stat = await handle.stat()
    if (!stat.isFile() || stat.size > maxBytes) throw new Error("it is no small regular file")
    return await handle.readFile("utf8")
  } finally {
    await handle.close()
  }
}

/**
 * Writes a file that is whole and on the disk once it has its name.
 *
 * @category services
 * @since 0.1.0
 */
export const writeDurable = async (path: string, text: string): Promise<void> => {
  const temporary = `${path}.${randomUUID()}`
  const handle = await fs.open(temporary, "wx", 0o600)
  try {
    await handle.writeFile(text)
    await handle.sync()
  } finally {
    await handle.close()
  }
  await fs.rename(temporary, path)
  const folder = await fs.open(dirname(path), constants.O_RDONLY | constants.O_DIRECTORY)
  await folder.sync().finally(() => folder.close())
}

/**
 * Fails unless a folder holds only files and folders, and within the limits.
 *
 * @category services
 * @since 0.1.0
 */
export const measure = async (root: string, limits: Limits): Promise<void> => {
  const open = [root]
  let bytes = 0
  let files = 0
  for (let folder = open.pop(); folder !== undefined; folder = open.pop()) {
    for (const entry of await fs.readdir(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name)
      files += 1
      if (entry.isDirectory()) open.push(path)
      else if (entry.isFile()) bytes += (await fs.lstat(path)).size
      else throw new Error("its objects hold a link or a special file")
      if (files > limits.maxFiles) throw new Error(`it holds more than ${limits.maxFiles} objects`)
      if (bytes > limits.maxBytes) throw new Error(`it holds more than ${limits.maxBytes} bytes`)
    }
  }
}

/**
 * Removes a folder with all it holds. Links in it are removed, not followed.
 *
 * @category services
 * @since 0.1.0
 */
export const removeFolder = async (path: string): Promise<void> => {
  try {
    await fs.rm(path, { recursive: true, force: true })
  } catch (error) {
    if (!["EACCES", "EPERM"].includes(codeOf(error) ?? "")) throw error
    // Caches of packages are often written without the right to write in their folders.
    await unlock(path)
    await fs.rm(path, { recursive: true, force: true })
  }
}

/**
 * A fresh folder that is removed at the end of the scope.
 *
 * @category services
 * @since 0.1.0
 */
export const temporary = (root: string): Effect.Effect<string, Workspace.GitError, Scope.Scope> =>
  Effect.acquireRelease(
    attempt("make a folder", async () => {
      const path = join(root, "tmp", randomUUID())
      await fs.mkdir(path, { recursive: true, mode: 0o700 })
      return path
    }),
    // What is left here harms nobody, and the sweep at the next start finds it.
    (path) => Effect.promise(() => removeFolder(path).catch(() => undefined))
  )

/**
 * Removes temporary folders that are older than an hour: a crash left them.
 *
 * @category services
 * @since 0.1.0
 */
export const sweep = async (root: string, now: number): Promise<void> => {
  const folder = join(root, "tmp")
  await fs.mkdir(folder, { recursive: true, mode: 0o700 })
  for (const name of await fs.readdir(folder)) {
    const path = join(folder, name)
    const stat = await fs.lstat(path).catch(() => undefined)
    if (stat !== undefined && stat.mtimeMs < now - leftoverMillis) await removeFolder(path)
  }
}

// internal --------------------------------------------------------------------

const leftoverMillis = 60 * 60 * 1000
const absent = new Set(["ENOENT", "ENOTDIR"])
const passing = new Set(["EAGAIN", "EBUSY", "EINTR", "EMFILE", "ENFILE", "ENOSPC", "ENOTEMPTY"])

const codeOf = (error: unknown): string | undefined =>
  error instanceof Error && "code" in error && typeof error.code === "string"
    ? error.code
    : undefined

const unlock = async (path: string): Promise<void> => {
  if ((await kindOf(path)) !== "folder") return
  await fs.chmod(path, 0o700)
  for (const entry of await fs.readdir(path, { withFileTypes: true })) {
    if (entry.isDirectory()) await unlock(join(path, entry.name))
  }
}
