/**
 * Folders of a benchmark, and how long the disk under them takes.
 *
 * @since 0.1.0
 */
import {
  closeSync,
  fdatasyncSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  rmSync,
  writeSync
} from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { quantile, type Spread, spreadOf } from "./Rounds.ts"

// operations ------------------------------------------------------------------

/**
 * Lends a folder that is removed afterwards.
 *
 * It lies beside what is installed, because the folder for temporary files may be memory.
 */
export const withFolder = async <A>(body: (folder: string) => Promise<A>): Promise<A> => {
  const cache = fileURLToPath(new URL("../node_modules/.cache/", import.meta.url))
  mkdirSync(cache, { recursive: true })
  const folder = mkdtempSync(join(cache, "benchmark-"))
  try {
    return await body(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Milliseconds that it takes to overwrite 4 KiB and make them durable. */
export const fdatasync = (folder: string): Spread => {
  const file = openSync(join(folder, "fdatasync"), "w")
  const block = Buffer.alloc(4096, 1)
  const once = () => {
    const start = performance.now()
    writeSync(file, block, 0, block.length, 0)
    fdatasyncSync(file)
    return performance.now() - start
  }
  const medians = Array.from({ length: 7 }, () => quantile(Array.from({ length: 100 }, once), 0.5))
  closeSync(file)
  return spreadOf(medians)
}
