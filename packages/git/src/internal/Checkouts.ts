/**
 * The checkouts of the user's repository in which a branch stands.
 *
 * When the branch moves, their files are moved with it, if nobody would lose anything. Nothing else
 * ever happens in them.
 *
 * @since 0.1.0
 */
import * as fs from "node:fs/promises"
import { dirname, join } from "node:path"

import { Effect, Schedule } from "effect"

import type { Workspace } from "@foreman/core"

import { attempt, kindOf, readSmall } from "./Files.ts"
import { line, run } from "./Git.ts"
import type { Call } from "./Git.ts"
import { paths, pathsInput } from "./Names.ts"
import type { Site } from "./Site.ts"
import type { Source } from "./Sources.ts"

// models ----------------------------------------------------------------------

/**
 * A folder with files and an index of its own.
 *
 * @category models
 * @since 0.1.0
 */
export interface Checkout {
  readonly gitDir: string
  readonly path: string
}

/**
 * The move of a branch from one commit to another.
 *
 * @category models
 * @since 0.1.0
 */
export interface Move {
  readonly from: string
  readonly to: string
}

// services --------------------------------------------------------------------

/**
 * The checkouts in which a branch stands, or into which a rebase will bring it back.
 *
 * @category services
 * @since 0.1.0
 */
export const find = Effect.fnUntraced(function* (
  site: Site,
  source: Source,
  ref: string
): Effect.fn.Return<ReadonlyArray<Checkout>, Workspace.GitError> {
  const all = yield* attempt("look for checkouts", () => list(source))
  const found: Array<Checkout> = []
  for (const checkout of all) {
    const rebased = yield* attempt("look for checkouts", () => rebasedIn(checkout))
    if (rebased === ref || (yield* standsOn(site, checkout)) === ref) found.push(checkout)
  }
  return found
})

/**
 * Whether a checkout can follow its branch: nothing in it was changed, is under way or in the way.
 *
 * @category services
 * @since 0.1.0
 */
export const canFollow = Effect.fnUntraced(function* (
  site: Site,
  checkout: Checkout,
  move: Move
): Effect.fn.Return<boolean, Workspace.GitError> {
  if (yield* attempt("look at the checkout", () => isBusy(checkout))) return false
  const { stdout } = yield* run(site.git, {
    ...on(checkout),
    args: ["status", "--porcelain", "-z", "--untracked-files=no", "--ignore-submodules=all"]
  })
  if (stdout.length > 0) return false
  const changed = yield* differences(site, checkout, move)
  if (yield* isFiltered(site, checkout, changed)) return false
  if (yield* isInTheWay(site, checkout, changed)) return false
  return yield* patiently(tryFollow(site, checkout, move))
})

/**
 * Brings the files and the index of a checkout from one commit to another.
 *
 * Answers false when it cannot, and has then changed nothing.
 *
 * @category services
 * @since 0.1.0
 */
export const follow = (
  site: Site,
  checkout: Checkout,
  move: Move
): Effect.Effect<boolean, Workspace.GitError> =>
  patiently(readTree(site, checkout, { move, dry: false }))

/**
 * Whether the index of a checkout holds the files of a commit.
 *
 * @category services
 * @since 0.1.0
 */
export const holdsCommit = Effect.fnUntraced(function* (
  site: Site,
  checkout: Checkout,
  commit: string
): Effect.fn.Return<boolean, Workspace.GitError> {
  const { code } = yield* run(site.git, {
    ...on(checkout),
    answers: [1],
    args: ["diff-index", "--cached", "--quiet", "--ignore-submodules=all", commit, "--"]
  })
  return code === 0
})

// internal --------------------------------------------------------------------

const smallBytes = 64 * 1024
const underWay = [
  "CHERRY_PICK_HEAD",
  "MERGE_HEAD",
  "REVERT_HEAD",
  "rebase-apply",
  "rebase-merge",
  "sequencer"
]

const maxTries = 5

// Editors look at checkouts all the time, and each look locks the index for a moment.
const patiently = (attempt: Effect.Effect<boolean, Workspace.GitError>) =>
  attempt.pipe(
    Effect.repeat({
      schedule: Schedule.spaced("100 millis"),
      times: maxTries,
      until: (succeeded) => succeeded
    })
  )

const on = (checkout: Checkout): Call => ({
  operation: "look at the checkout",
  gitDir: checkout.gitDir,
  workTree: checkout.path,
  cwd: checkout.path,
  isLong: true,
  args: []
})

const list = async (source: Source): Promise<ReadonlyArray<Checkout>> => {
  const found: Array<Checkout> = []
  if (source.workTree !== null) found.push({ gitDir: source.gitDir, path: source.workTree })
  const linked = join(source.gitDir, "worktrees")
  if ((await kindOf(linked)) !== "folder") return found
  for (const name of await fs.readdir(linked)) {
    const gitDir = join(linked, name)
    const back = (await readSmall(join(gitDir, "gitdir"), smallBytes))?.trim()
    // A checkout whose folder was removed has no files that could fall behind.
    if (back !== undefined && (await kindOf(back)) === "file") {
      found.push({ gitDir, path: dirname(back) })
    }
  }
  return found
}

const standsOn = (site: Site, checkout: Checkout) =>
  line(site.git, {
    operation: "look for checkouts",
    gitDir: checkout.gitDir,
    answers: [128],
    args: ["rev-parse", "--symbolic-full-name", "HEAD"]
  })

const rebasedIn = async (checkout: Checkout): Promise<string | undefined> => {
  for (const name of ["rebase-merge", "rebase-apply"]) {
    const text = await readSmall(join(checkout.gitDir, name, "head-name"), smallBytes)
    if (text !== undefined) return text.trim()
  }
  return undefined
}

const isBusy = async (checkout: Checkout): Promise<boolean> => {
  for (const name of underWay) {
    if ((await kindOf(join(checkout.gitDir, name))) !== "nothing") return true
  }
  return false
}

const tryFollow = Effect.fnUntraced(function* (site: Site, checkout: Checkout, move: Move) {
  // The index may only seem to differ, after a copy or a touch: this notes the times of its files.
  const refreshed = yield* run(site.git, {
    ...on(checkout),
    answers: [1, 128],
    args: ["update-index", "-q", "--refresh", "--ignore-submodules"]
  })
  return refreshed.code === 0 && (yield* readTree(site, checkout, { move, dry: true }))
})

const readTree = (
  site: Site,
  checkout: Checkout,
  { move, dry }: { readonly move: Move; readonly dry: boolean }
) =>
  Effect.map(
    run(site.git, {
      ...on(checkout),
      operation: "update the checkout",
      answers: [1, 128],
      args: ["read-tree", "-m", "-u", ...(dry ? ["-n"] : []), move.from, move.to]
    }),
    ({ code }) => code === 0
  )

interface Difference {
  /** "A" for a path that is new. */
  readonly kind: string
  readonly path: string
}

const differences = Effect.fnUntraced(function* (site: Site, checkout: Checkout, move: Move) {
  const { stdout } = yield* run(site.git, {
    ...on(checkout),
    args: ["diff-tree", "-r", "-z", "--name-status", "--no-renames", move.from, move.to]
  })
  const fields = paths(stdout)
  return fields.flatMap((kind, index): ReadonlyArray<Difference> => {
    const path = fields[index + 1]
    return index % 2 === 1 || path === undefined ? [] : [{ kind, path }]
  })
})

// Filters are set up in the configuration of the person, which is not read here: files that pass
// through one would be written without it.
const isFiltered = Effect.fnUntraced(function* (
  site: Site,
  checkout: Checkout,
  changed: ReadonlyArray<Difference>
) {
  const { stdout } = yield* run(site.git, {
    ...on(checkout),
    stdin: pathsInput(changed.map(({ path }) => path)),
    args: ["check-attr", "-z", "--stdin", "filter"]
  })
  return stdout
    .toString("latin1")
    .split("\0")
    .some((text, index) => index % 3 === 2 && text !== "unspecified" && text !== "unset")
})

// Git itself protects untracked files, but not those that are ignored.
const isInTheWay = Effect.fnUntraced(function* (
  site: Site,
  checkout: Checkout,
  changed: ReadonlyArray<Difference>
) {
  const added = changed.filter(({ kind }) => kind === "A").map(({ path }) => path)
  if (added.length === 0) return false
  const { stdout } = yield* run(site.git, {
    ...on(checkout),
    args: ["ls-files", "-z", "--others", "--directory"]
  })
  const untracked = new Set(paths(stdout))
  const above = new Set([...untracked].flatMap(foldersOf))
  for (const path of added) {
    const folders = foldersOf(path)
    if (untracked.has(path) || untracked.has(`${path}/`) || above.has(path)) return true
    if (folders.some((folder) => untracked.has(folder))) return true
    if (!folders.some((folder) => untracked.has(`${folder}/`))) continue
    if (yield* attempt("look at the checkout", () => isTaken(checkout, path))) return true
  }
  return false
})

const isTaken = async (checkout: Checkout, path: string): Promise<boolean> => {
  const kindAt = (part: string) =>
    kindOf(Buffer.concat([Buffer.from(`${checkout.path}/`), Buffer.from(part, "latin1")]))
  for (const folder of foldersOf(path)) {
    const kind = await kindAt(folder)
    if (kind === "nothing") return false
    if (kind !== "folder") return true
  }
  return (await kindAt(path)) !== "nothing"
}

const foldersOf = (path: string): ReadonlyArray<string> => {
  const parts = path.split("/").filter((part) => part !== "")
  return parts.slice(0, -1).map((_, index) => parts.slice(0, index + 1).join("/"))
}
