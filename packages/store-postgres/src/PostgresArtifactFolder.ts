/**
 * Whether a folder of artifacts is the one that all nodes of a store share.
 *
 * A folder that every node has for itself looks right until somebody reads on one node what another
 * one has kept. So the store has a mark, the first node writes it into its folder, and each other node
 * has to find it in its own. For the same reason the bytes of a store lie either in such a folder or in
 * its database. Both is looked at when a node starts, and not again.
 *
 * @since 0.1.0
 */
import { open as openFile, readFile } from "node:fs/promises"
import { join } from "node:path"

import { Data, Effect } from "effect"
import type pg from "pg"

import type { Driver } from "@foreman/core"

import { failed } from "./PostgresFailure.ts"
import * as Pool from "./PostgresPool.ts"
import { setUp } from "./PostgresSetup.ts"
import type { Roles } from "./Roles.ts"

// models ----------------------------------------------------------------------

/**
 * Which folder, and of which database's store.
 *
 * @category configuration
 * @since 0.1.0
 */
export interface FolderConfig extends Pool.Limits {
  readonly url: string
  /** The folder. It is there already, unless it is only read. */
  readonly root: string
  /** Marks nothing: a folder without a mark is taken as it is where the store has none either. */
  readonly readOnly?: boolean
}

// errors ----------------------------------------------------------------------

/**
 * The folder is not the one that the other nodes of the store use, or they use none, or only they do.
 *
 * @category errors
 * @since 0.1.0
 */
export class FolderNotShared extends Data.TaggedError("FolderNotShared")<{
  /** Empty where one is needed. */
  readonly root: string
  readonly reason: "unmarked" | "foreign" | "unusable" | "unused" | "needed"
  readonly cause?: unknown
}> {
  override get message() {
    if (this.reason === "needed") {
      return (
        "The artifacts of this store lie in a folder that all its nodes share: set " +
        "FOREMAN_ARTIFACT_ROOT to it, and where it is gone for good, UPDATE foreman.artifact_folder " +
        "SET is_marked = false"
      )
    }
    const what = {
      unmarked:
        "is not the one that other nodes of this store use: mount the same one on every node",
      foreign: "holds the artifacts of another store: name a folder of this one's own",
      unused:
        "is none that this store uses, whose artifacts lie in its database: leave " +
        "FOREMAN_ARTIFACT_ROOT unset",
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

/**
 * Refuses to keep the bytes in the database where the nodes of the store share a folder, and the database
 * has none of them.
 *
 * @category operations
 * @since 0.1.0
 */
export const mustBeUnused = (
  config: Omit<FolderConfig, "root">
): Effect.Effect<void, FolderNotShared | Driver.StoreError> =>
  Effect.tryPromise({
    try: async () => {
      const isNeeded = await withClient(config, async (client, roles) => {
        await client.query("BEGIN READ ONLY")
        const { rows } = await client.query<Known>(knownText)
        return rows[0]?.is_marked === true && !(await isInDatabase(client, roles))
      })
      if (isNeeded) throw new FolderNotShared({ root: "", reason: "needed" })
    },
    catch: (cause) => (cause instanceof FolderNotShared ? cause : failed("open")(cause))
  })

// internal --------------------------------------------------------------------

interface Known {
  readonly mark: string
  readonly is_marked: boolean
}

const knownText = "SELECT mark::text, is_marked FROM foreman.artifact_folder"

const withClient = async <A>(
  { readOnly = false, ...config }: Omit<FolderConfig, "root">,
  body: (client: pg.Client, roles: Roles) => Promise<A>
): Promise<A> => {
  const { roles } = await setUp({ ...config, readOnly })
  const client = await Pool.connect({ ...config, role: roles.app })
  try {
    return await body(client, roles)
  } finally {
    await Pool.end(client)
  }
}

const compare = ({ root, ...config }: FolderConfig): Promise<void> =>
  withClient(config, async (client, roles) => {
    const readOnly = config.readOnly === true
    await client.query("BEGIN")
    // The lock makes nodes that start at once look one after the other.
    const { rows } = await client.query<Known>(`${knownText} ${readOnly ? "" : "FOR UPDATE"}`)
    const [known] = rows
    if (known === undefined) throw new Error("the mark of the folder of artifacts is gone")
    const isFirst = await isUnmarked(root, known.mark, known.is_marked)
    if (!known.is_marked && (await isInDatabase(client, roles))) {
      throw new FolderNotShared({ root, reason: "unused" })
    }
    if (isFirst && !readOnly) await write(root, known.mark)
    if (!known.is_marked && !readOnly) {
      await client.query("UPDATE foreman.artifact_folder SET is_marked = true")
    }
    await client.query("COMMIT")
  })

/** Whether the database keeps bytes. It shows those of one organization at a time. */
const isInDatabase = async (client: pg.Client, roles: Roles): Promise<boolean> => {
  for (let after = ""; ;) {
    await client.query("SELECT set_config('role', $1, true)", [roles.reactor])
    const { rows } = await client.query<{ organization: string }>(headsText, [after])
    await client.query("SELECT set_config('role', $1, true)", [roles.app])
    for (const { organization } of rows) {
      await client.query("SELECT set_config('foreman.organization', $1, true)", [organization])
      const { rowCount } = await client.query("SELECT FROM foreman.artifact_contents LIMIT 1")
      if (rowCount !== 0) return true
    }
    const last = rows.at(-1)
    if (last === undefined) return false
    after = last.organization
  }
}

const headsText = `SELECT organization FROM foreman.heads
  WHERE organization > $1 ORDER BY organization LIMIT 500`

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
