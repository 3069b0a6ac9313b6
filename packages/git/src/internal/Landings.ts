/**
 * The way of a change into the user's repository.
 *
 * The commits are made in the copy and fetched over without a reference; then the branch moves, if
 * it still is where it was. When the checkout of the branch holds work of its own, the change goes
 * to a branch beside it, and the next one that can land takes it along.
 *
 * @since 0.1.0
 */
import { Effect } from "effect"

import { Workspace } from "@foreman/core"

import * as Changes from "./Changes.ts"
import * as Checkouts from "./Checkouts.ts"
import { asideOf, descends, keep, refresh, tipOf } from "./Copies.ts"
import type { Copy, Heads } from "./Copies.ts"
import { fetching, run } from "./Git.ts"
import { move, repair } from "./Moves.ts"
import type { Pair } from "./Moves.ts"
import type { Site } from "./Site.ts"

// services --------------------------------------------------------------------

/**
 * Lands a change, or finds that it has landed. The caller holds the repository's lock.
 *
 * @category services
 * @since 0.1.0
 */
export const land = Effect.fnUntraced(function* (
  site: Site,
  pair: Pair,
  input: Workspace.LandInput
): Effect.fn.Return<
  Workspace.Landed,
  Workspace.LandingConflict | Workspace.RepositoryUnusable | Workspace.GitError
> {
  yield* repair(site, pair)
  for (let attempts = 0; attempts < maxAttempts; attempts++) {
    const landed = yield* landOnce(site, pair, input)
    if (landed !== undefined) return landed
  }
  return yield* new Workspace.GitError({
    operation: "land the change",
    detail: `${input.targetBranch} moved ${maxAttempts} times meanwhile`,
    retryable: true
  })
})

// internal --------------------------------------------------------------------

const maxAttempts = 5

// Answers undefined when somebody else moved the branch, or touched its checkout, meanwhile.
const landOnce = Effect.fnUntraced(function* (site: Site, pair: Pair, input: Workspace.LandInput) {
  const branch = input.targetBranch
  const heads = yield* refresh(site, input.repository, { ...pair, branch })
  const before = yield* findLanded(site, pair.copy, { input, heads })
  if (before !== undefined) return before
  const tip = yield* tipOf(site, pair.copy, heads)
  const commit = yield* stackAndSend(site, pair, { input, tip })
  const outcome = yield* put(site, pair, { input, branch, from: heads.target, to: commit })
  if (outcome === "moved") return undefined
  if (outcome === "landed") return { commit, branch }
  return yield* landAside(site, pair, { input, heads, stacked: { tip, commit } })
})

const landAside = Effect.fnUntraced(function* (
  site: Site,
  pair: Pair,
  wanted: {
    readonly input: Workspace.LandInput
    readonly heads: Heads
    readonly stacked: { readonly tip: string; readonly commit: string }
  }
) {
  const { input, heads, stacked } = wanted
  const branch = asideOf(input.targetBranch)
  const tip = yield* asideTip(site, pair.copy, heads)
  const isStacked = stacked.tip === tip
  const commit = isStacked ? stacked.commit : yield* stackAndSend(site, pair, { input, tip })
  const outcome = yield* put(site, pair, { input, branch, from: heads.aside, to: commit })
  if (outcome === "moved") return undefined
  if (outcome === "landed") return { commit, branch }
  return yield* new Workspace.GitError({
    operation: "land the change",
    detail: `the checkouts of ${input.targetBranch} and ${branch} hold work that is not committed`,
    retryable: true
  })
})

// "occupied" means that a checkout holds something which the change would disturb.
const put = Effect.fnUntraced(function* (
  site: Site,
  pair: Pair,
  wanted: {
    readonly input: Workspace.LandInput
    readonly branch: string
    readonly from: string | null
    readonly to: string
  }
): Effect.fn.Return<"landed" | "moved" | "occupied", Workspace.GitError> {
  const { branch, from, input, to } = wanted
  const checkouts = yield* Checkouts.find(site, pair.source, `refs/heads/${branch}`)
  const [checkout = null] = checkouts
  if (checkout !== null) {
    if (checkouts.length > 1 || from === null) return "occupied"
    if (!(yield* Checkouts.canFollow(site, checkout, { from, to }))) return "occupied"
  }
  const message = `foreman: land task ${input.taskId}`
  const moved = yield* move(site, pair, { branch, from, to, checkout, message })
  return moved ? "landed" : "moved"
})

// What stands beside the target and is not in it is built upon, never thrown away.
const asideTip = Effect.fnUntraced(function* (site: Site, copy: Copy, heads: Heads) {
  if (heads.aside === null) return heads.target
  const isPast = yield* descends(site, copy, { from: heads.aside, commit: heads.target })
  return isPast ? heads.target : heads.aside
})

const findLanded = Effect.fnUntraced(function* (
  site: Site,
  copy: Copy,
  { input, heads }: { readonly input: Workspace.LandInput; readonly heads: Heads }
) {
  const places = [
    { branch: input.targetBranch, head: heads.target },
    { branch: asideOf(input.targetBranch), head: heads.aside }
  ]
  for (const { branch, head } of places) {
    if (head === null) continue
    const commit = yield* Changes.find(site, copy, { ...input, head })
    if (commit !== undefined) return { commit, branch }
  }
  return undefined
})

const stackAndSend = Effect.fnUntraced(function* (
  site: Site,
  { source, copy }: Pair,
  { input, tip }: { readonly input: Workspace.LandInput; readonly tip: string }
) {
  const commit = yield* Changes.stack(site, copy, { ...input, tip })
  const ref = `refs/foreman/landing/${input.jobId}`
  yield* keep(site, copy, { ref, commit })
  yield* run(site.git, {
    operation: "send the change",
    gitDir: source.gitDir,
    isLong: true,
    args: [...fetching, "--end-of-options", copy.gitDir, ref]
  })
  return commit
})
