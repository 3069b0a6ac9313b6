/**
 * Folders that are made with those above them.
 *
 * @internal
 */
import * as fs from "node:fs/promises"
import { dirname } from "node:path"

import { codeOf } from "./pieces.ts"

// services --------------------------------------------------------------------

/**
 * Makes a folder and those above it, for their owner alone, and says whether it was not there. A
 * recursive `mkdir` goes round for ever where a file system takes no folder and says that there is none,
 * as /proc does.
 */
export const make = async (path: string): Promise<boolean> => {
  try {
    return await makeOne(path)
  } catch (cause) {
    if (codeOf(cause) !== "ENOENT" || dirname(path) === path) throw cause
    await make(dirname(path))
    return await makeOne(path)
  }
}

// internal --------------------------------------------------------------------

const makeOne = async (path: string): Promise<boolean> => {
  try {
    await fs.mkdir(path, { mode: 0o700 })
    return true
  } catch (cause) {
    // Whatever is there is looked at by whoever needs it.
    if (codeOf(cause) === "EEXIST") return false
    throw cause
  }
}
