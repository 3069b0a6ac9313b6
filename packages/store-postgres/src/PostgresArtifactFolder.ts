/**
 * Whether a folder of artifacts is the one that all nodes of a store share.
 *
 * A folder that every node has for itself looks right until somebody reads on one node what another
 * one has kept. So the store has a mark, the first node writes it into its folder, and each other node
 * has to find it in its own.
 *
 * @since 0.1.0
 */
import { open as openFile, readFile } from "node:fs/promises"
import { join } from "node:path"

import { Data, Effect } from "effect"

import type { Driver } from "@foreman/core"

import { failed } from "./PostgresFailure.ts"
import * as Pool from "./PostgresPool.ts"
import { setUp } from "./PostgresSetup.ts"

// models ----------------------------------------------------------------------

/**
 * Which folder, and of which database's store.
 *
 * @category configuration
 * @since 0.1.0
 */
export interface FolderConfig extends Pool.Limits {
  readonly url: string
  /** The folder. It is there already. */
  readonly root: string
  /** Marks nothing: a folder without a mark is taken as it is where the store has none either. */
  readonly readOnly?: boolean
}

// errors ----------------------------------------------------------------------

/**
 * The folder is not the one that the other nodes of the store use.
 *
 * @category errors
 * @since 0.1.0
 */
export class FolderNotShared extends Data.TaggedError("FolderNotShared")<{
  readonly root: string
  readonly reason: "unmarked" | "foreign" | "unusable"
  readonly cause?: unknown
}> {
  override get message() {
    const what = {
      unmarked:
        "is not the one that other nodes of this store use: mount the same one on every node",
      foreign: "holds the artifacts of another store: name a folder of this one's own",
      unusable: `cannot be used: ${this.cause instanceof Error ? this.cause.message : "why is unknown"}`
    }
    return `The folder of artifacts ${this.root} ${what[this.reason]}`
  }
}

// services --------------------------------------------------------------------

/**
 * Finds the mark of the store in the folder, or puts it there when no node has done so yet, unless it
 * may only look.
 *
 * @category operations
 * @since 0.1.0
 */
export const check = (
  config: FolderConfig
): Effect.Effect<void, FolderNotShared | Driver.StoreError> =>
  Effect.tryPromise({
    try: () => compare(config),
    catch: (cause) => (cause instanceof FolderNotShared ? cause : failed("open")(cause))
  })

// internal --------------------------------------------------------------------

const compare = async ({ readOnly = false, root, ...config }: FolderConfig): Promise<void> => {
  const { roles } = await setUp({ ...config, readOnly })
  const client = await Pool.connect({ ...config, role: roles.app })
  try {
    await client.query("BEGIN")
    // The lock makes nodes that start at once look one after the other.
    const { rows } = await client.query<{ mark: string; is_marked: boolean }>(
      `SELECT mark::text, is_marked FROM foreman.artifact_folder ${readOnly ? "" : "FOR UPDATE"}`
    )
    const [known] = rows
    if (known === undefined) throw new Error("the mark of the folder of artifacts is gone")
    const isFirst = await isUnmarked(root, known.mark, known.is_marked)
    if (isFirst && !readOnly) await write(root, known.mark)
    if (!known.is_marked && !readOnly) {
      await client.query("UPDATE foreman.artifact_folder SET is_marked = true")
    }
    await client.query("COMMIT")
  } finally {
    await client.end()
  }
}

/** Whether the folder has no mark and needs none yet. One that is not the right folder is refused. */
const isUnmarked = async (root: string, mark: string, isMarked: boolean): Promise<boolean> => {
  const found = await readFile(join(root, "store"), "utf8").catch((cause) => {
    if (cause instanceof Error && "code" in cause && cause.code === "ENOENT") return undefined
    throw new FolderNotShared({ root, reason: "unusable", cause })
  })
  if (found === undefined && isMarked) throw new FolderNotShared({ root, reason: "unmarked" })
  if (found !== undefined && found.trim() !== mark) {
    throw new FolderNotShared({ root, reason: "foreign" })
  }
  return found === undefined
}

/** It is on the disk before the store says so. */
const write = async (root: string, mark: string): Promise<void> => {
  try {
    const file = await openFile(join(root, "store"), "wx", 0o440)
    try {
      await file.writeFile(`${mark}\n`)
      await file.sync()
    } finally {
      await file.close()
    }
  } catch (cause) {
    throw new FolderNotShared({ root, reason: "unusable", cause })
  }
}
