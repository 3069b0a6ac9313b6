/**
 * The files of the repository: what git tracks, and what it would track.
 */
import { execFileSync } from "node:child_process"
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { parse, type SourceFile } from "./SourceFile.ts"

// models ----------------------------------------------------------------------

/** A text file that is not looked into as code. */
export interface TextFile {
  readonly path: string
  readonly text: string
}

/** What the checks read. */
export interface Repository {
  readonly sources: ReadonlyArray<SourceFile>
  /** Every text file, the sources among them. */
  readonly texts: ReadonlyArray<TextFile>
}

// rules -----------------------------------------------------------------------

/** The folder of the repository that this file is part of. */
export const root: string = fileURLToPath(new URL("../../../", import.meta.url))

/** The paths of all files that git does not ignore, sorted. */
export const paths = (folder: string = root): ReadonlyArray<string> =>
  execFileSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], {
    cwd: folder,
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024
  })
    .split("\0")
    .filter((path) => path !== "" && existsSync(join(folder, path)))
    .toSorted()

/** Reads the repository. */
export const read = (folder: string = root): Repository => {
  const texts = paths(folder).flatMap((path) => {
    const text = readFileSync(join(folder, path), "utf8")
    return text.includes("\0") ? [] : [{ path, text }]
  })
  const sources = texts
    .filter(({ path }) => /\.(ts|mts|cts|js|mjs|cjs)$/.test(path))
    .map(({ path, text }) => parsed(path, text))
  return { sources, texts }
}

// internal --------------------------------------------------------------------

const parsed = (path: string, text: string): SourceFile => {
  try {
    return parse(path, text)
  } catch (cause) {
    throw new SyntaxError(`${path} cannot be read as code`, { cause })
  }
}
