/**
 * What no file of the repository says: where it was written, and on what.
 */
import type { TextFile } from "./Repository.ts"
import type { Finding } from "./SourceFile.ts"

// models ----------------------------------------------------------------------

/** A phrase that belongs to somebody's machine or desk, and what to do about it. */
export interface Foreign {
  readonly pattern: RegExp
  readonly why: string
}

/** Folders that exist on one machine. A path in a URL or after a variable is another thing. */
const machine = /(?<![\w.$}/:)*-])\/(?:work|tmp|home|root|Users|workspace|mnt)\/[\w.@-]/

/** Phrases that no file has. */
export const foreign: ReadonlyArray<Foreign> = [
  { pattern: machine, why: "names a path of one machine: derive it, or make a temporary folder" },
  {
    pattern: /\bregistry\.[a-z]|\b[\w-]+\.npmjs\.(?:org|com)|artifactor[y]|verdacci[o]/i,
    why: "names a package registry: that is each user's own setting"
  },
  { pattern: /\.\.\/shared\b/, why: "names a folder outside of the repository" },
  {
    pattern: /(?<![\w."'])protot[y]pes?\b(?! (?:pollution|chain))/i,
    why: "tells how this was made"
  },
  {
    pattern: /\b(?:domain|house|reliability|limits|toolchain|effect4)\.md\b/,
    why: "names a page that this repository does not have"
  }
]

// rules -----------------------------------------------------------------------

/** Every such phrase in a file. */
export const foreignPhrases = ({ path, text }: TextFile): ReadonlyArray<Finding> =>
  text
    .split("\n")
    .flatMap((line, index) =>
      foreign
        .filter(({ pattern }) => pattern.test(line))
        .map(({ why }) => ({ path, line: index + 1, message: why }))
    )

/** Addresses in a lock: they say which registry it was made with. */
export const lockedAddresses = ({ path, text }: TextFile): ReadonlyArray<Finding> => {
  if (!path.endsWith("package-lock.json")) return []
  const line = text.split("\n").findIndex((one) => /"resolved": "(?:https?|git)/.test(one))
  if (line === -1) return []
  return [
    {
      path,
      line: line + 1,
      message: "the lock names a host: npm config omit-lockfile-registry-resolved"
    }
  ]
}
