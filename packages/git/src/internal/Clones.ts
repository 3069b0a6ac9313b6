/**
 * The clones in which tasks work.
 *
 * A clone shares the objects of Foreman's copy and holds a git folder of its own, which Foreman
 * makes and agents may do with as they please. So no git ever runs on that folder again: its head
 * is read as text, its objects are read through a repository that Foreman made, and before the next
 * run it is thrown away and made anew.
 *
 * @since 0.1.0
 */
import * as fs from "node:fs/promises"
import { join } from "node:path"

import { Effect } from "effect"

import type { Workspace } from "@foreman/core"

import { attempt, kindOf, measure, readSmall, refuse, removeFolder, temporary } from "./Files.ts"
import { fetching, run } from "./Git.ts"
import { isBranch, isObjectId } from "./Names.ts"
import { type Copy, hasCommit } from "./Copies.ts"
import type { Site } from "./Site.ts"

// models ----------------------------------------------------------------------

/**
 * A clone to be made.
 *
 * @category models
 * @since 0.1.0
 */
export interface Wanted {
  readonly path: string
  readonly branch: string
  readonly commit: string
}

// services --------------------------------------------------------------------

/**
 * Makes a folder anew, with the files of a commit, on a branch that begins there.
 *
 * @category services
 * @since 0.1.0
 */
export const rebuild = Effect.fnUntraced(function* (
  site: Site,
  copy: Copy,
  wanted: Wanted
): Effect.fn.Return<void, Workspace.GitError> {
  yield* Effect.scoped(
    Effect.gen(function* () {
      const made = yield* makeGitDir(site, copy, wanted)
      yield* run(site.git, {
        operation: "check out the files",
        gitDir: join(made, ".git"),
        workTree: made,
        cwd: made,
        isLong: true,
        args: ["read-tree", "--reset", "-u", wanted.commit]
      })
      yield* attempt("place the workspace", async () => {
        await removeFolder(wanted.path)
        await fs.mkdir(join(wanted.path, ".."), { recursive: true, mode: 0o700 })
        await fs.rename(made, wanted.path)
      })
    })
  )
})

/**
 * Gives a folder whose files are those of a commit a new git folder, and leaves its files alone.
 *
 * @category services
 * @since 0.1.0
 */
export const renew = Effect.fnUntraced(function* (
  site: Site,
  copy: Copy,
  wanted: Wanted
): Effect.fn.Return<void, Workspace.GitError> {
  yield* Effect.scoped(
    Effect.gen(function* () {
      const made = join(yield* makeGitDir(site, copy, wanted), ".git")
      const call = {
        operation: "renew the git folder",
        gitDir: made,
        workTree: wanted.path,
        cwd: wanted.path,
        isLong: true
      }
      yield* run(site.git, { ...call, args: ["read-tree", wanted.commit] })
      // Answers 1 when a file differs, which is for the agent to see.
      yield* run(site.git, { ...call, answers: [1], args: ["update-index", "-q", "--refresh"] })
      yield* attempt("renew the git folder", async () => {
        await removeFolder(join(wanted.path, ".git"))
        await fs.rename(made, join(wanted.path, ".git"))
      })
    })
  )
})

/**
 * Refuses a clone whose git folder is not the kind that Foreman made, and answers its head.
 *
 * @category services
 * @since 0.1.0
 */
export const headOf = Effect.fnUntraced(function* (
  copy: Copy,
  path: string
): Effect.fn.Return<string, Workspace.GitError> {
  const operation = "read the workspace"
  for (const folder of [".git", ".git/objects", ".git/objects/info"]) {
    const kind = yield* attempt(operation, () => kindOf(join(path, folder)))
    if (kind !== "folder") return yield* refuse(operation, `${folder} is not Foreman's`)
  }
  const found = yield* attempt(operation, () => readSmall(alternatesOf(path), smallBytes))
  if (found !== alternates(copy)) {
    return yield* refuse(operation, "its objects are shared with a folder that is not Foreman's")
  }
  const head = yield* attempt(operation, () => resolveHead(join(path, ".git")))
  return head ?? (yield* refuse(operation, "its HEAD names no commit"))
})

/**
 * Fetches a commit of a clone into the copy and keeps it there under a reference.
 *
 * @category services
 * @since 0.1.0
 */
export const takeIn = Effect.fnUntraced(function* (
  site: Site,
  copy: Copy,
  wanted: { readonly path: string; readonly head: string; readonly ref: string }
): Effect.fn.Return<void, Workspace.GitError> {
  if (yield* hasCommit(site, copy, wanted.head)) return
  yield* Effect.scoped(fetchThrough(site, copy, wanted))
})

// internal --------------------------------------------------------------------

const smallBytes = 4 * 1024
const packedBytes = 32 * 1024 * 1024

const alternates = (copy: Copy): string => `${copy.gitDir}/objects\n`
const alternatesOf = (path: string): string => join(path, ".git", "objects", "info", "alternates")

const settings = `[gc]
\tauto = 0
[maintenance]
\tauto = false
[user]
\tname = Agent
\temail = agent@localhost
`

const makeGitDir = Effect.fnUntraced(function* (site: Site, copy: Copy, wanted: Wanted) {
  const made = yield* temporary(site.root)
  const gitDir = join(made, ".git")
  yield* run(site.git, {
    operation: "make a workspace",
    args: [
      "init",
      "--quiet",
      "--template=",
      `--object-format=${copy.format}`,
      `--initial-branch=${wanted.branch}`,
      "--",
      made
    ]
  })
  yield* attempt("make a workspace", async () => {
    await fs.mkdir(join(gitDir, "objects", "info"), { recursive: true })
    await fs.writeFile(alternatesOf(made), alternates(copy))
    await fs.appendFile(join(gitDir, "config"), settings)
  })
  yield* run(site.git, {
    operation: "make a workspace",
    gitDir,
    args: ["update-ref", "--end-of-options", `refs/heads/${wanted.branch}`, wanted.commit]
  })
  return made
})

// Git would read the clone's own configuration if it were to serve the fetch. This repository has
// none, and sees the clone's objects and nothing else of it.
const fetchThrough = Effect.fnUntraced(function* (
  site: Site,
  copy: Copy,
  wanted: { readonly path: string; readonly head: string; readonly ref: string }
) {
  const objects = join(wanted.path, ".git", "objects")
  yield* attempt("take in the result", () => measure(objects, site.limits))
  const between = join(yield* temporary(site.root), "in.git")
  yield* run(site.git, {
    operation: "take in the result",
    args: ["init", "-q", "--bare", "--template=", `--object-format=${copy.format}`, "--", between]
  })
  yield* attempt("take in the result", async () => {
    await fs.mkdir(join(between, "objects", "info"), { recursive: true })
    await fs.writeFile(
      join(between, "objects", "info", "alternates"),
      `${objects}\n${alternates(copy)}`
    )
    // What stands beside the objects is the agent's word, and not believed.
    await fs.appendFile(
      join(between, "config"),
      "[core]\n\tcommitGraph = false\n\tmultiPackIndex = false\n[pack]\n\tuseBitmaps = false\n"
    )
  })
  yield* run(site.git, {
    operation: "take in the result",
    gitDir: between,
    args: ["update-ref", "--end-of-options", "refs/heads/result", wanted.head]
  })
  yield* run(site.git, {
    operation: "take in the result",
    gitDir: copy.gitDir,
    isLong: true,
    args: [
      "-c",
      "fetch.fsckObjects=true",
      "-c",
      "fetch.unpackLimit=1",
      ...fetching,
      "--end-of-options",
      between,
      `+refs/heads/result:${wanted.ref}`
    ]
  })
})

const resolveHead = async (gitDir: string): Promise<string | undefined> => {
  let name = "HEAD"
  for (let step = 0; step < 5; step++) {
    const text = (await readSmall(join(gitDir, name), smallBytes))?.trim()
    if (text === undefined) return packed(gitDir, name)
    if (isObjectId(text)) return text
    const link = /^ref: (refs\/heads\/(.+))$/.exec(text)
    if (link?.[1] === undefined || link[2] === undefined || !isBranch(link[2])) return undefined
    name = link[1]
  }
  return undefined
}

const packed = async (gitDir: string, name: string): Promise<string | undefined> => {
  const text = (await readSmall(join(gitDir, "packed-refs"), packedBytes)) ?? ""
  const found = text.split("\n").find((entry) => entry.endsWith(` ${name}`))
  const id = found?.slice(0, -name.length - 1)
  return id !== undefined && isObjectId(id) ? id : undefined
}
