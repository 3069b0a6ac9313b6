/**
 * The move of a branch in the user's repository, and of the checkout in which it stands.
 *
 * What is about to happen to a checkout is written down first, so that a crash after the branch has
 * moved and before its files have is mended later.
 *
 * @since 0.1.0
 */
import * as fs from "node:fs/promises"
import { join } from "node:path"

import { Effect, Option, Schema } from "effect"

import type { Workspace } from "@foreman/core"

import * as Checkouts from "./Checkouts.ts"
import type { Copy } from "./Copies.ts"
import { attempt, readSmall, writeDurable } from "./Files.ts"
import { line, run } from "./Git.ts"
import type { Site } from "./Site.ts"
import type { Source } from "./Sources.ts"

// models ----------------------------------------------------------------------

/**
 * A repository of the user's with its copy.
 *
 * @category models
 * @since 0.1.0
 */
export interface Pair {
  readonly source: Source
  readonly copy: Copy
}

/**
 * A move that is wanted.
 *
 * @category models
 * @since 0.1.0
 */
export interface Wanted {
  readonly branch: string
  /** Where the branch stands; null when it is to be made. */
  readonly from: string | null
  readonly to: string
  /** The checkout that follows the branch; null when there is none. */
  readonly checkout: Checkouts.Checkout | null
  /** What the branch's log says of it. */
  readonly message: string
}

// services --------------------------------------------------------------------

/**
 * Moves a branch to a commit that was sent before, and the checkout of the branch with it.
 *
 * Answers false when the branch, or its checkout, was touched meanwhile; nothing has moved then.
 *
 * @category services
 * @since 0.1.0
 */
export const move = (
  site: Site,
  pair: Pair,
  wanted: Wanted
): Effect.Effect<boolean, Workspace.GitError> =>
  // Between the branch and its files nothing may stop but the machine itself.
  Effect.uninterruptible(moveBoth(site, pair, wanted))

/**
 * Ends what a crash left undone: the branch has moved, and its checkout has not followed.
 *
 * @category services
 * @since 0.1.0
 */
export const repair = Effect.fnUntraced(function* (
  site: Site,
  pair: Pair
): Effect.fn.Return<void, Workspace.GitError> {
  const path = recordPath(pair.copy)
  const text = yield* attempt("look for a crash", () => readSmall(path, recordBytes))
  if (text === undefined) return
  const record = Option.getOrUndefined(decodeRecord(text))
  if (record === undefined || (yield* isMended(site, pair, record))) {
    yield* forget(pair.copy)
  }
})

// internal --------------------------------------------------------------------

const recordBytes = 64 * 1024

const MoveRecord = Schema.Struct({
  gitDir: Schema.String,
  path: Schema.String,
  ref: Schema.String,
  from: Schema.String,
  to: Schema.String
})

type MoveRecord = typeof MoveRecord.Type

const decodeRecord = Schema.decodeUnknownOption(Schema.fromJsonString(MoveRecord))

const recordPath = (copy: Copy): string => join(copy.gitDir, "foreman-landing.json")

const forget = (copy: Copy) =>
  attempt("end a landing", () => fs.rm(recordPath(copy), { force: true }))

const moveBoth = Effect.fnUntraced(function* (
  site: Site,
  { source, copy }: Pair,
  { branch, from, to, checkout, message }: Wanted
) {
  const ref = `refs/heads/${branch}`
  if (checkout === null || from === null) {
    return yield* compareAndSet(site, source, { ref, from, to, message })
  }
  const record: MoveRecord = { ...checkout, ref, from, to }
  yield* attempt("begin a landing", () => writeDurable(recordPath(copy), JSON.stringify(record)))
  const moved = yield* compareAndSet(site, source, { ref, from, to, message })
  const followed = moved && (yield* Checkouts.follow(site, checkout, { from, to }))
  if (moved && !followed) {
    // Somebody touched the files just now. The branch goes back, and the next attempt looks again.
    yield* compareAndSet(site, source, { ref, from: to, to: from, message })
  }
  yield* forget(copy)
  return followed
})

const compareAndSet = Effect.fnUntraced(function* (
  site: Site,
  source: Source,
  swap: {
    readonly ref: string
    readonly from: string | null
    readonly to: string
    readonly message: string
  }
) {
  const absent = "0".repeat(swap.to.length)
  const answer = yield* Effect.result(
    run(site.git, {
      operation: "move the branch",
      gitDir: source.gitDir,
      args: [
        "update-ref",
        "-m",
        swap.message,
        "--end-of-options",
        swap.ref,
        swap.to,
        swap.from ?? absent
      ]
    })
  )
  if (answer._tag === "Success") return true
  // Refused since the branch is elsewhere is an answer; refused for another reason is a failure.
  const present = yield* resolve(site, source, swap.ref)
  if (present === swap.to) return true
  if (present !== swap.from) return false
  return yield* answer.failure
})

const resolve = Effect.fnUntraced(function* (site: Site, source: Source, ref: string) {
  const found = yield* line(site.git, {
    operation: "resolve a branch",
    gitDir: source.gitDir,
    answers: [1],
    args: ["rev-parse", "--verify", "--quiet", "--end-of-options", ref]
  })
  return found === "" ? null : found
})

// Answers true when there is nothing left to do, or nothing that Foreman may do.
const isMended = Effect.fnUntraced(function* (site: Site, { source }: Pair, record: MoveRecord) {
  const checkouts = yield* Checkouts.find(site, source, record.ref)
  const checkout = checkouts.find(({ gitDir }) => gitDir === record.gitDir)
  if (checkout === undefined) return true
  if ((yield* resolve(site, source, record.ref)) !== record.to) return true
  if (yield* Checkouts.holdsCommit(site, checkout, record.to)) return true
  return yield* Checkouts.follow(site, checkout, record)
})
