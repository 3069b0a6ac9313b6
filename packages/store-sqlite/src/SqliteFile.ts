/**
 * The file of a store before SQLite opens it: whose it is, and who may read it.
 *
 * @since 0.1.0
 */
import { randomUUID } from "node:crypto"
import { existsSync, linkSync, mkdirSync, rmSync, writeFileSync } from "node:fs"
import { dirname, resolve } from "node:path"

// services --------------------------------------------------------------------

/**
 * The absolute path of a store's file.
 *
 * @category operations
 * @since 0.1.0
 */
export const pathOf = (filename: string): string => {
  if (filename === "" || filename.startsWith(":memory:") || filename.startsWith("file:")) {
    throw new Error(
      `"${filename}" is no file: name a file for the store, or use DriverMemory for one that is forgotten.`
    )
  }
  return resolve(filename)
}

/**
 * Makes the file and the folders above it when they are not there, for their owner alone.
 *
 * SQLite gives its other files (`-wal`, `-shm`) the mode of this one.
 *
 * @category operations
 * @since 0.1.0
 */
export const prepare = (path: string): void => {
  makeFolder(dirname(path))
  if (existsSync(path)) return
  // Made under another name and closed before it gets its own: closing a file takes away the locks
  // that other connections of this process hold on it.
  const draft = `${path}.${randomUUID()}`
  writeFileSync(draft, "", { mode: 0o600, flag: "wx" })
  try {
    linkSync(draft, path)
  } catch (cause) {
    if (!existsSync(path)) throw cause
  } finally {
    rmSync(draft, { force: true })
  }
}

// internal --------------------------------------------------------------------

/**
 * A recursive `mkdir` goes round for ever where a file system takes no folder and says that there is
 * none, as /proc does.
 */
const makeFolder = (path: string): void => {
  try {
    makeOne(path)
  } catch (cause) {
    if (codeOf(cause) !== "ENOENT" || dirname(path) === path) throw cause
    makeFolder(dirname(path))
    makeOne(path)
  }
}

const makeOne = (path: string): void => {
  try {
    mkdirSync(path, { mode: 0o700 })
  } catch (cause) {
    if (codeOf(cause) !== "EEXIST") throw cause
  }
}

const codeOf = (cause: unknown): unknown =>
  cause instanceof Error && "code" in cause ? cause.code : undefined
