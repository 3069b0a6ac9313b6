/**
 * The account that a server runs as, and the folders that it can use.
 *
 * PostgreSQL refuses to run as root. Where this process is root, the server gets an account without
 * rights; everywhere else it runs as whoever asks for it.
 */
import { execFileSync, spawnSync } from "node:child_process"
import { chownSync, mkdtempSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

// models ----------------------------------------------------------------------

/** A user and group to run as; none of either is the one of this process. */
export interface Account {
  readonly uid?: number
  readonly gid?: number
}

// services --------------------------------------------------------------------

/** The account for a server: this process's own, or for root `postgres`, else `nobody`. */
export const find = (): Account => {
  if (process.getuid?.() !== 0) return {}
  for (const name of ["postgres", "nobody"]) {
    const uid = idOf("-u", name)
    const gid = idOf("-g", name)
    if (uid !== undefined && gid !== undefined && uid !== 0) return { uid, gid }
  }
  throw new Error("PostgreSQL refuses root, and there is no user postgres or nobody to run it as")
}

/** Makes a folder that the account owns and can reach, and that nobody else can open. */
export const makeFolder = (account: Account): string => {
  for (const place of new Set([tmpdir(), "/tmp", "/var/tmp"])) {
    const { status } = spawnSync("test", ["-w", place, "-a", "-x", place], account)
    if (status !== 0) continue
    const folder = mkdtempSync(join(place, "foreman-postgres-"))
    give(folder, account)
    return folder
  }
  throw new Error(`There is no temporary folder that user ${account.uid} can write; set TMPDIR`)
}

/** Makes the account the owner of a file or folder. */
export const give = (path: string, { gid, uid }: Account): void => {
  if (uid !== undefined && gid !== undefined) chownSync(path, uid, gid)
}

// internal --------------------------------------------------------------------

const idOf = (flag: string, name: string): number | undefined => {
  try {
    const stdio = ["ignore", "pipe", "ignore"] as const
    return Number(execFileSync("id", [flag, name], { encoding: "utf8", stdio: [...stdio] }))
  } catch {
    return undefined
  }
}
