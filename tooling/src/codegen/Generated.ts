/**
 * A file that is made from the code, and what is needed to keep it true: write it, or compare it.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"

// models ----------------------------------------------------------------------

/** A generated file. */
export interface Generated {
  /** From the root of the repository. */
  readonly path: string
  readonly text: string
}

// rules -----------------------------------------------------------------------

/** JSON as it is checked in. */
export const json = (path: string, value: unknown): Generated => ({
  path,
  text: `${JSON.stringify(value, null, 2)}\n`
})

/** The files that differ from what the code says, or do not exist. */
export const stale = (root: string, files: ReadonlyArray<Generated>): ReadonlyArray<string> =>
  files.filter((file) => present(root, file) !== file.text).map(({ path }) => path)

/** Writes the files that differ, and names them. */
export const write = (root: string, files: ReadonlyArray<Generated>): ReadonlyArray<string> => {
  const changed = files.filter((file) => present(root, file) !== file.text)
  for (const { path, text } of changed) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
  }
  return changed.map(({ path }) => path)
}

// internal --------------------------------------------------------------------

const present = (root: string, { path }: Generated): string | undefined =>
  existsSync(join(root, path)) ? readFileSync(join(root, path), "utf8") : undefined
