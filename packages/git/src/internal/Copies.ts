/**
 * The private bare copies that Foreman keeps of the users' repositories.
 *
 * Agents work on a copy's commits, and all that is computed is computed in the copy.
 *
 * @since 0.1.0
 */
import * as fs from "node:fs/promises"
import { dirname, join } from "node:path"

import { Effect } from "effect"

import type { Workspace } from "@foreman/core"

import { attempt, kindOf, removeFolder } from "./Files.ts"
import { fetching, holds, line, run } from "./Git.ts"
import { checkId, flat, isBranch } from "./Names.ts"
import type { Site } from "./Site.ts"
import { refusal } from "./Sources.ts"
import type { Source } from "./Sources.ts"

// models ----------------------------------------------------------------------

/**
 * The private bare copy of a repository.
 *
 * @category models
 * @since 0.1.0
 */
export interface Copy {
  readonly gitDir: string
  readonly format: string
}

/**
 * The head of a branch of the user's, and of the branch that holds what could not land on it.
 *
 * @category models
 * @since 0.1.0
 */
export interface Heads {
  readonly target: string
  readonly aside: string | null
}

// rules -----------------------------------------------------------------------

/**
 * The name of the branch on which changes land while the checkout of their target is not clean.
 *
 * @category rules
 * @since 0.1.0
 */
export const asideOf = (branch: string): string => `foreman/${branch}`

// services --------------------------------------------------------------------

/**
 * Makes the private copy at first use; afterwards finds it.
 *
 * @category services
 * @since 0.1.0
 */
export const ensureCopy = Effect.fnUntraced(function* (
  site: Site,
  place: Workspace.RepositoryPlace,
  format: string
): Effect.fn.Return<Copy, Workspace.GitError> {
  const gitDir = yield* copyPath(site, place)
  if ((yield* attempt("find the copy", () => kindOf(gitDir))) === "folder") {
    return { gitDir, format }
  }
  const making = `${gitDir}.new`
  yield* attempt("make the copy", async () => {
    await fs.mkdir(dirname(gitDir), { recursive: true, mode: 0o700 })
    await removeFolder(making)
  })
  yield* run(site.git, {
    operation: "make the copy",
    args: ["init", "--quiet", "--bare", "--template=", `--object-format=${format}`, "--", making]
  })
  yield* attempt("make the copy", () => fs.rename(making, gitDir))
  return { gitDir, format }
})

/**
 * Where the private copy of a repository stands.
 *
 * @category services
 * @since 0.1.0
 */
export const copyPath = Effect.fnUntraced(function* (
  site: Site,
  place: Workspace.RepositoryPlace
): Effect.fn.Return<string, Workspace.GitError> {
  yield* checkId(place.organizationId)
  yield* checkId(place.id)
  return join(site.root, "repositories", place.organizationId, `${place.id}.git`)
})

/**
 * Fetches a branch of the user's into the copy, and with it the branch beside it, if there is one.
 *
 * @category services
 * @since 0.1.0
 */
export const refresh = Effect.fnUntraced(function* (
  site: Site,
  place: Workspace.RepositoryPlace,
  input: { readonly source: Source; readonly copy: Copy; readonly branch: string }
): Effect.fn.Return<Heads, Workspace.RepositoryUnusable | Workspace.GitError> {
  const { source, copy, branch } = input
  const unusable = refusal(place)
  if (!isBranch(branch)) return yield* unusable(`${JSON.stringify(branch)} is no name for a branch`)
  const target = `refs/heads/${branch}`
  const aside = `refs/heads/${asideOf(branch)}`
  const found = yield* branchesOf(site, source, [target, aside])
  if (found.some((entry) => entry.ref === target && entry.alias !== "")) {
    return yield* unusable(`its branch ${branch} is only another name for a branch`)
  }
  if (!found.some((entry) => entry.ref === target)) {
    return yield* unusable(yield* absence(site, source, branch))
  }
  const here = yield* mirrored(site, copy)
  const isCurrent = found.every((entry) => here.get(mirror(entry.ref)) === entry.id)
  if (!isCurrent) {
    yield* fetchFrom(site, { source, copy, refs: found.map((entry) => entry.ref) })
  }
  const heads = isCurrent ? here : yield* mirrored(site, copy)
  const head = heads.get(mirror(target))
  if (head === undefined) return yield* unusable(yield* absence(site, source, branch))
  const hasAside = found.some((entry) => entry.ref === aside)
  return { target: head, aside: hasAside ? (heads.get(mirror(aside)) ?? null) : null }
})

/**
 * Whether a copy has a commit. One that another root's run made may have come to no repository.
 *
 * @category services
 * @since 0.1.0
 */
export const hasCommit = (
  site: Site,
  copy: Copy,
  commit: string
): Effect.Effect<boolean, Workspace.GitError> =>
  Effect.map(
    line(site.git, {
      operation: "look for a commit",
      gitDir: copy.gitDir,
      answers: [128],
      args: ["cat-file", "-t", commit]
    }),
    (kind) => kind === "commit"
  )

/**
 * The tree of a commit.
 *
 * @category services
 * @since 0.1.0
 */
export const treeOf = (
  site: Site,
  copy: Copy,
  commit: string
): Effect.Effect<string, Workspace.GitError> =>
  line(site.git, {
    operation: "resolve a tree",
    gitDir: copy.gitDir,
    args: ["rev-parse", "--verify", "--end-of-options", `${commit}^{tree}`]
  })

/**
 * Whether a commit descends from another one, or is it.
 *
 * @category services
 * @since 0.1.0
 */
export const descends = (
  site: Site,
  copy: Copy,
  { from, commit }: { readonly from: string; readonly commit: string }
): Effect.Effect<boolean, Workspace.GitError> =>
  holds(site.git, {
    operation: "compare commits",
    gitDir: copy.gitDir,
    args: ["merge-base", "--is-ancestor", "--end-of-options", from, commit]
  })

/**
 * The commit on which new work begins: what landed beside a branch counts once it is ahead of it.
 *
 * @category services
 * @since 0.1.0
 */
export const tipOf = Effect.fnUntraced(function* (
  site: Site,
  copy: Copy,
  heads: Heads
): Effect.fn.Return<string, Workspace.GitError> {
  if (heads.aside === null) return heads.target
  const ahead = yield* descends(site, copy, { from: heads.target, commit: heads.aside })
  return ahead ? heads.aside : heads.target
})

/**
 * Points a reference of a copy to a commit.
 *
 * @category services
 * @since 0.1.0
 */
export const keep = (
  site: Site,
  copy: Copy,
  { ref, commit }: { readonly ref: string; readonly commit: string }
): Effect.Effect<void, Workspace.GitError> =>
  Effect.asVoid(
    run(site.git, {
      operation: "keep a commit",
      gitDir: copy.gitDir,
      args: ["update-ref", "--end-of-options", ref, commit]
    })
  )

// internal --------------------------------------------------------------------

const mirror = (ref: string): string => `refs/foreman/source/${flat(ref)}`

const branchesOf = Effect.fnUntraced(function* (
  site: Site,
  source: Source,
  refs: ReadonlyArray<string>
) {
  const listed = yield* line(site.git, {
    operation: "list branches",
    gitDir: source.gitDir,
    args: ["for-each-ref", "--format=%(refname) %(objectname) %(symref)", ...refs]
  })
  return listed.split("\n").flatMap((entry) => {
    const [ref = "", id = "", alias = ""] = entry.split(" ")
    return refs.includes(ref) ? [{ ref, id, alias }] : []
  })
})

const mirrored = Effect.fnUntraced(function* (site: Site, copy: Copy) {
  const listed = yield* line(site.git, {
    operation: "list branches",
    gitDir: copy.gitDir,
    args: ["for-each-ref", "--format=%(refname) %(objectname)", "refs/foreman/source/"]
  })
  return new Map(
    listed.split("\n").map((entry) => {
      const [ref = "", id = ""] = entry.split(" ")
      return [ref, id] as const
    })
  )
})

const fetchFrom = (
  site: Site,
  wanted: { readonly source: Source; readonly copy: Copy; readonly refs: ReadonlyArray<string> }
) =>
  run(site.git, {
    operation: "fetch from the repository",
    gitDir: wanted.copy.gitDir,
    isLong: true,
    args: [
      ...fetching,
      "--end-of-options",
      wanted.source.path,
      ...wanted.refs.map((ref) => `+${ref}:${mirror(ref)}`)
    ]
  })

/** What is checked out may be a commit of no branch, as a build's checkout leaves it. */
const absence = Effect.fnUntraced(function* (site: Site, source: Source, branch: string) {
  const hasCommit = yield* holds(site.git, {
    operation: "look for a commit",
    gitDir: source.gitDir,
    args: ["rev-parse", "--verify", "--quiet", "--end-of-options", "HEAD^{commit}"]
  })
  if (hasCommit) return `it has no branch ${branch}`
  const any = yield* line(site.git, {
    operation: "list branches",
    gitDir: source.gitDir,
    args: ["for-each-ref", "--count=1", "--format=%(refname)"]
  })
  return any === "" ? "it has no commits yet" : `it has no branch ${branch}`
})
