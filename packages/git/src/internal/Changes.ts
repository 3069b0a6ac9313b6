/**
 * What a change looks like on top of its target, made of objects alone: no files, no index.
 *
 * The last commit of a change carries two trailers: `Foreman-Merge` with the number of its merge job,
 * and `Foreman-Head` with the commit that it brings, because two stores that land in one repository
 * count their jobs alike. Nobody else's message keeps lines of this kind, so they can be believed.
 *
 * @since 0.1.0
 */
import { Effect } from "effect"

import { Workspace } from "@foreman/core"

import { refuse } from "./Files.ts"
import { line, run } from "./Git.ts"
import { paths } from "./Names.ts"
import { treeOf } from "./Copies.ts"
import type { Copy } from "./Copies.ts"
import type { Site } from "./Site.ts"

// models ----------------------------------------------------------------------

/**
 * A change that is to stand on a tip.
 *
 * @category models
 * @since 0.1.0
 */
export interface Wanted {
  readonly tip: string
  readonly baseCommit: string
  readonly headCommit: string
  readonly strategy: Workspace.Strategy
  readonly jobId: number
  readonly message: string
}

// rules -----------------------------------------------------------------------

/**
 * A message with the trailers of a job, and no other line that looks like one of them.
 *
 * @category rules
 * @since 0.1.0
 */
export const withTrailers = (
  message: string,
  { headCommit, jobId }: Pick<Wanted, "headCommit" | "jobId">
): string => {
  const own = clean(message)
  const paragraphs = own.split("\n\n")
  const last = paragraphs.at(-1) ?? ""
  const hasTrailers = paragraphs.length > 1 && last.split("\n").every((text) => isTrailer(text))
  const trailers = `${jobTrailer}: ${jobId}\n${headTrailer}: ${headCommit}\n`
  return `${own}${hasTrailers ? "\n" : "\n\n"}${trailers}`
}

// services --------------------------------------------------------------------

/**
 * Makes the commits of a change on top of a tip, and answers the last of them.
 *
 * **Gotchas**
 *
 * A change that the tip holds already still gets a commit, an empty one, so that each job has one.
 *
 * @category services
 * @since 0.1.0
 */
export const stack = Effect.fnUntraced(function* (
  site: Site,
  copy: Copy,
  wanted: Wanted
): Effect.fn.Return<string, Workspace.LandingConflict | Workspace.GitError> {
  if (wanted.strategy === "rebase") return yield* rebase(site, copy, wanted)
  const tree = yield* mergeTrees(site, copy, { ...wanted, ours: wanted.tip })
  const squash = wanted.strategy === "squash"
  return yield* commit(site, copy, {
    tree,
    parents: squash ? [wanted.tip] : [wanted.tip, wanted.headCommit],
    message: withTrailers(wanted.message, wanted),
    author: squash ? (yield* read(site, copy, wanted.headCommit)).author : {}
  })
})

/**
 * The commit of a job's change among those that came to a branch after a base; undefined when it is
 * not there.
 *
 * @category services
 * @since 0.1.0
 */
export const find = Effect.fnUntraced(function* (
  site: Site,
  copy: Copy,
  wanted: Pick<Wanted, "baseCommit" | "headCommit" | "jobId"> & { readonly head: string }
): Effect.fn.Return<string | undefined, Workspace.GitError> {
  const answer = yield* line(site.git, {
    operation: "look for a landing",
    gitDir: copy.gitDir,
    args: [
      "log",
      "--first-parent",
      "--extended-regexp",
      `--grep=^${jobTrailer}: ${wanted.jobId}$`,
      `--format=%H %cn ${valueOf(jobTrailer)} ${valueOf(headTrailer)}`,
      "--end-of-options",
      wanted.head,
      `^${wanted.baseCommit}`
    ]
  })
  const suffix = ` Foreman ${wanted.jobId} ${wanted.headCommit}`
  return answer
    .split("\n")
    .find((entry) => entry.endsWith(suffix))
    ?.slice(0, -suffix.length)
})

// internal --------------------------------------------------------------------

const jobTrailer = "Foreman-Merge"
const headTrailer = "Foreman-Head"

const valueOf = (trailer: string) => `%(trailers:key=${trailer},valueonly,separator=%x20)`

const maxCommits = 1000
const maxPaths = 100

interface Author {
  readonly GIT_AUTHOR_NAME?: string
  readonly GIT_AUTHOR_EMAIL?: string
  readonly GIT_AUTHOR_DATE?: string
}

interface Draft {
  readonly tree: string
  readonly parents: ReadonlyArray<string>
  readonly message: string
  readonly author: Author
}

const isTrailer = (text: string): boolean => /^[A-Za-z0-9-]+: \S/.test(text)

const clean = (message: string): string => {
  const lines = message.replaceAll("\0", "").split(/\r?\n/)
  const kept = lines
    .filter((text) => !/^\s*foreman-(merge|head)\s*:/i.test(text))
    .map((text) => text.trimEnd())
  const text = kept.join("\n").trim()
  return text === "" ? "Change without a message" : text
}

// Each commit is laid on the tip so far by merging it with a commit that has the tip's files and
// the same parent: what differs from the parent on either side is what the merge takes.
const rebase = Effect.fnUntraced(function* (site: Site, copy: Copy, wanted: Wanted) {
  const drafts: Array<Omit<Draft, "parents">> = []
  let tree = yield* treeOf(site, copy, wanted.tip)
  for (const id of yield* list(site, copy, wanted)) {
    const original = yield* read(site, copy, id)
    const parent = original.parents[0]
    if (parent === undefined) {
      return yield* refuse("rebase the change", `${id} has no parent`)
    }
    const ours = yield* commit(site, copy, { tree, parents: [parent], message: "tip", author: {} })
    const next = yield* mergeTrees(site, copy, { ours, headCommit: id, tip: wanted.tip })
    if (next === tree) continue
    tree = next
    drafts.push({ tree, message: clean(original.message), author: original.author })
  }
  if (drafts.length === 0) drafts.push({ tree, message: wanted.message, author: {} })
  let tip = wanted.tip
  for (const [index, draft] of drafts.entries()) {
    const isLast = index === drafts.length - 1
    const message = isLast ? withTrailers(draft.message, wanted) : `${draft.message}\n`
    tip = yield* commit(site, copy, { ...draft, parents: [tip], message })
  }
  return tip
})

// A merge among the commits counts as one commit that brings what its other parents brought.
const list = Effect.fnUntraced(function* (site: Site, copy: Copy, wanted: Wanted) {
  const answer = yield* line(site.git, {
    operation: "list the commits of the change",
    gitDir: copy.gitDir,
    args: [
      "rev-list",
      "--first-parent",
      "--reverse",
      `--max-count=${maxCommits + 1}`,
      "--end-of-options",
      wanted.headCommit,
      `^${wanted.baseCommit}`
    ]
  })
  const commits = answer.split("\n").filter((id) => id !== "")
  if (commits.length > maxCommits) {
    return yield* refuse("rebase the change", `it has more than ${maxCommits} commits`)
  }
  return commits
})

const read = Effect.fnUntraced(function* (site: Site, copy: Copy, id: string) {
  const { stdout } = yield* run(site.git, {
    operation: "read a commit",
    gitDir: copy.gitDir,
    args: [
      "log",
      "-1",
      "--date=raw",
      "--format=%P%x00%an%x00%ae%x00%ad%x00%B",
      "--end-of-options",
      id
    ]
  })
  const [parents = "", name = "", email = "", date = "", ...message] = stdout
    .toString("utf8")
    .split("\0")
  return {
    parents: parents.split(" ").filter((parent) => parent !== ""),
    message: message.join(""),
    author: {
      GIT_AUTHOR_NAME: name === "" ? "Unknown" : name,
      GIT_AUTHOR_EMAIL: email,
      GIT_AUTHOR_DATE: `@${date}`
    }
  }
})

const commit = (site: Site, copy: Copy, draft: Draft) =>
  line(site.git, {
    operation: "make a commit",
    gitDir: copy.gitDir,
    environment: { ...draft.author },
    stdin: draft.message,
    args: ["commit-tree", draft.tree, ...draft.parents.flatMap((id) => ["-p", id]), "-F", "-"]
  })

const mergeTrees = Effect.fnUntraced(function* (
  site: Site,
  copy: Copy,
  wanted: { readonly ours: string; readonly headCommit: string; readonly tip: string }
) {
  const { code, stdout } = yield* run(site.git, {
    operation: "merge the change",
    gitDir: copy.gitDir,
    answers: [1],
    args: [
      "merge-tree",
      "--write-tree",
      "-z",
      "--name-only",
      "--no-messages",
      "--end-of-options",
      wanted.ours,
      wanted.headCommit
    ]
  })
  const [tree = "", ...conflicting] = paths(stdout)
  if (code === 0) return tree
  const names = new Set(conflicting.map((path) => Buffer.from(path, "latin1").toString("utf8")))
  return yield* new Workspace.LandingConflict({
    targetCommit: wanted.tip,
    paths: [...names].slice(0, maxPaths)
  })
})
