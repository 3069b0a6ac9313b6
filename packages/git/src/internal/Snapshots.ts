/**
 * The state of a task's folder as a commit: the head of its clone, and on top what was left.
 *
 * What was left is recorded with the copy as git folder, the workspace as files and an index of its
 * own, so that nothing which the agent configured has a part in it. Repositories inside the folder
 * are left out, and submodules stay as the head has them.
 *
 * @since 0.1.0
 */
import * as fs from "node:fs/promises"
import { join } from "node:path"

import { Effect } from "effect"

import type { Workspace } from "@foreman/core"

import { headOf, takeIn } from "./Clones.ts"
import { attempt, kindOf, refuse, temporary } from "./Files.ts"
import { line, run } from "./Git.ts"
import type { Call } from "./Git.ts"
import { paths, pathsInput } from "./Names.ts"
import { keep, treeOf } from "./Copies.ts"
import type { Copy } from "./Copies.ts"
import type { Site } from "./Site.ts"

// services --------------------------------------------------------------------

/**
 * Keeps the state of a folder under a reference of the copy, and answers its commit.
 *
 * Taken again of the same state under the same reference, it answers the same commit.
 *
 * @category services
 * @since 0.1.0
 */
export const take = Effect.fnUntraced(function* (
  site: Site,
  copy: Copy,
  wanted: { readonly path: string; readonly ref: string; readonly message: string }
): Effect.fn.Return<string, Workspace.GitError> {
  const head = yield* headOf(copy, wanted.path)
  const before = yield* known(site, copy, wanted.ref)
  yield* takeIn(site, copy, { path: wanted.path, head, ref: wanted.ref })
  const tree = yield* Effect.scoped(record(site, copy, { path: wanted.path, head }))
  const commit = yield* commitFor(site, copy, { ...wanted, head, tree, before })
  yield* keep(site, copy, { ref: wanted.ref, commit })
  return commit
})

// internal --------------------------------------------------------------------

interface Link {
  readonly path: string
  readonly id: string
}

const known = (site: Site, copy: Copy, ref: string) =>
  line(site.git, {
    operation: "look for a result",
    gitDir: copy.gitDir,
    answers: [1],
    args: ["rev-parse", "--verify", "--quiet", "--end-of-options", `${ref}^{commit}`]
  })

const commitFor = Effect.fnUntraced(function* (
  site: Site,
  copy: Copy,
  state: {
    readonly head: string
    readonly tree: string
    readonly before: string
    readonly message: string
  }
) {
  if (state.tree === (yield* treeOf(site, copy, state.head))) return state.head
  if (state.before !== "" && (yield* isSame(site, copy, state))) return state.before
  return yield* line(site.git, {
    operation: "commit what was left",
    gitDir: copy.gitDir,
    stdin: state.message.replaceAll("\0", ""),
    args: ["commit-tree", state.tree, "-p", state.head, "-F", "-"]
  })
})

const isSame = Effect.fnUntraced(function* (
  site: Site,
  copy: Copy,
  state: { readonly head: string; readonly tree: string; readonly before: string }
) {
  const found = yield* line(site.git, {
    operation: "look for a result",
    gitDir: copy.gitDir,
    args: ["log", "-1", "--format=%T %P", "--end-of-options", state.before]
  })
  return found === `${state.tree} ${state.head}`
})

const record = Effect.fnUntraced(function* (
  site: Site,
  copy: Copy,
  state: { readonly path: string; readonly head: string }
) {
  const index = join(yield* temporary(site.root), "index")
  const call: Call = {
    operation: "record what was left",
    gitDir: copy.gitDir,
    workTree: state.path,
    cwd: state.path,
    environment: { GIT_INDEX_FILE: index },
    isLong: true,
    args: []
  }
  yield* run(site.git, { ...call, args: ["read-tree", state.head] })
  const links = yield* dropLinks(site, call)
  // Answers 1 when a file differs, and spares the calls below to read those that do not.
  yield* run(site.git, { ...call, answers: [1], args: ["update-index", "-q", "--refresh"] })
  const nested = yield* checkChanged(site, call)
  yield* run(site.git, {
    ...call,
    args: ["add", "--all", "--pathspec-from-file=-", "--pathspec-file-nul"],
    // Without a path git would add nothing, so the whole stands first.
    stdin: pathsInput([":(top)", ...nested.map((path) => `:(top,exclude,literal)${path}`)])
  })
  yield* restoreLinks(site, call, { links, nested })
  return yield* line(site.git, { ...call, args: ["write-tree"] })
})

// Git looks into submodules to see whether they changed, and would run there what they configure.
const dropLinks = Effect.fnUntraced(function* (site: Site, call: Call) {
  const { stdout } = yield* run(site.git, { ...call, args: ["ls-files", "--stage", "-z"] })
  const links = paths(stdout).flatMap((entry): ReadonlyArray<Link> => {
    const match = /^160000 ([0-9a-f]+) 0\t([^]+)$/.exec(entry)
    return match?.[1] === undefined || match[2] === undefined
      ? []
      : [{ id: match[1], path: match[2] }]
  })
  if (links.length === 0) return links
  yield* run(site.git, {
    ...call,
    args: ["update-index", "-z", "--force-remove", "--stdin"],
    stdin: pathsInput(links.map(({ path }) => path))
  })
  return links
})

// Refuses more than the limits allow, and answers the repositories inside the folder.
const checkChanged = Effect.fnUntraced(function* (site: Site, call: Call) {
  const { stdout } = yield* run(site.git, {
    ...call,
    args: ["ls-files", "-z", "--others", "--modified", "--exclude-standard"]
  })
  const listed = paths(stdout)
  const changed = listed.filter((path) => !path.endsWith("/"))
  const { maxBytes, maxFiles } = site.limits
  if (changed.length > maxFiles) {
    return yield* refuse(call.operation, `more than ${maxFiles} files were changed`)
  }
  let bytes = 0
  for (const path of changed) {
    bytes += yield* attempt(call.operation, () => sizeOf(call, path))
    if (bytes > maxBytes) {
      return yield* refuse(call.operation, `more than ${maxBytes} bytes were changed`)
    }
  }
  return listed.filter((path) => path.endsWith("/")).map((path) => path.slice(0, -1))
})

const placeOf = (call: Call, path: string): Buffer =>
  Buffer.concat([Buffer.from(`${call.workTree}/`), Buffer.from(path, "latin1")])

const sizeOf = async (call: Call, path: string): Promise<number> =>
  fs.lstat(placeOf(call, path)).then(
    (stat) => stat.size,
    () => 0
  )

// A submodule stays unless its folder is gone, or something else stands in its place.
const restoreLinks = Effect.fnUntraced(function* (
  site: Site,
  call: Call,
  found: { readonly links: ReadonlyArray<Link>; readonly nested: ReadonlyArray<string> }
) {
  const lines: Array<string> = []
  for (const { path, id } of found.links) {
    const stays = yield* attempt(call.operation, async () => {
      if (found.nested.includes(path)) return true
      const place = placeOf(call, path)
      return (await kindOf(place)) === "folder" && (await fs.readdir(place)).length === 0
    })
    if (stays) lines.push(`160000 ${id} 0\t${path}`)
  }
  if (lines.length === 0) return
  yield* run(site.git, {
    ...call,
    args: ["update-index", "-z", "--index-info"],
    stdin: pathsInput(lines)
  })
})
