/**
 * Where an import goes. A file that is made for it is gone again when nothing is imported.
 */
import type { StorePlace } from "@foreman/core"
import { randomUUID } from "node:crypto"
import { existsSync, rmdirSync, rmSync, statSync, truncateSync } from "node:fs"
import { dirname, resolve } from "node:path"

// models ----------------------------------------------------------------------

/** A store that is filled. */
export interface Filled {
  readonly place: StorePlace.StorePlace
  /** What comes after it is closed: refused, all is as it was. */
  readonly end: (outcome: "kept" | "refused") => void
}

// services --------------------------------------------------------------------

/** Before the store is opened. A file that would be made is tried beside its place. */
export const open = (place: StorePlace.StorePlace, isDry: boolean): Filled => {
  const { databasePath, databaseUrl } = place
  const path = resolve(databasePath)
  const isThere = existsSync(path)
  if (databaseUrl !== undefined || (isThere && !isEmpty(path))) {
    return { place, end: () => undefined }
  }
  const folders = missingAbove(path)
  if (isDry) {
    const trial = `${path}.${randomUUID()}.trial`
    const end = () => remove([trial, ...beside(trial)], folders)
    return { place: { databaseUrl: undefined, databasePath: trial }, end }
  }
  return {
    place,
    end: (outcome) => {
      // The last one who closes a store takes these away: somebody else has opened it meanwhile.
      if (outcome === "kept" || beside(path).some((other) => existsSync(other))) return
      if (isThere) truncateSync(path)
      else remove([path], folders)
    }
  }
}

// internal --------------------------------------------------------------------

const isEmpty = (path: string): boolean => {
  const found = statSync(path)
  return found.isFile() && found.size === 0
}

/** The files that SQLite makes beside one while that is open. */
const beside = (path: string): ReadonlyArray<string> => [`${path}-wal`, `${path}-shm`]

/** The folders that are made for a file, the innermost first. */
const missingAbove = (path: string): ReadonlyArray<string> => {
  const folders: Array<string> = []
  for (let folder = dirname(path); !existsSync(folder); folder = dirname(folder)) {
    folders.push(folder)
  }
  return folders
}

const remove = (files: ReadonlyArray<string>, folders: ReadonlyArray<string>): void => {
  for (const file of files) rmSync(file, { force: true })
  for (const folder of folders) {
    try {
      rmdirSync(folder)
    } catch {
      // Something else is in it, or it was never made.
    }
  }
}
