/**
 * Workspaces made by git: a clone for each task, and a safe way of its result into the repository.
 *
 * Foreman keeps a private bare copy of each repository below `root`, and the clones of tasks beside
 * it. What an agent puts into its clone, configuration, hooks and links included, never runs here.
 * No failure names `root`: `<workspace>` stands for it.
 *
 * @since 0.1.0
 */
import * as fs from "node:fs/promises"
import { join } from "node:path"

import { Clock, Effect, Layer } from "effect"

import { Workspace } from "@foreman/core"

import { rebuild, renew } from "./internal/Clones.ts"
import { discreet } from "./internal/Discretion.ts"
import { attempt, kindOf, refuse, removeFolder, sweep } from "./internal/Files.ts"
import type { Limits } from "./internal/Files.ts"
import { line, make as makeGit } from "./internal/Git.ts"
import { land as landChange } from "./internal/Landings.ts"
import { make as makeLocks } from "./internal/Locks.ts"
import { repair } from "./internal/Moves.ts"
import type { Pair } from "./internal/Moves.ts"
import { checkBranch, checkCommit, checkId, checkNumber } from "./internal/Names.ts"
import * as Copies from "./internal/Copies.ts"
import type { Copy } from "./internal/Copies.ts"
import type { Site } from "./internal/Site.ts"
import * as Snapshots from "./internal/Snapshots.ts"
import { inspect } from "./internal/Sources.ts"

// models ----------------------------------------------------------------------

/**
 * Where workspaces stand, and how much a result may hold.
 *
 * @category configuration
 * @since 0.1.0
 */
export interface Options {
  /** An absolute path outside of every repository. It is made if it is not there. */
  readonly root: string
  /** The git to run: by default the `git` of this process's PATH. It must be 2.38 or newer. */
  readonly program?: string
  /** The bytes that a run may add or change. By default 1 GiB. */
  readonly maxBytes?: number
  /** The files and objects that a run may add or change. By default 200,000. */
  readonly maxFiles?: number
  /** How long git may take to fetch, check out or read all files. By default 60 seconds. */
  readonly timeoutMillis?: number
}

// layers ----------------------------------------------------------------------

/**
 * Provides workspaces below `root`. Nothing is made or started before the first one is asked for.
 *
 * **Gotchas**
 *
 * One process at a time may use a root: what belongs together is locked inside the process.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (options: Options): Layer.Layer<Workspace.Workspace> =>
  Layer.sync(Workspace.Workspace, () => {
    const site = openOnce(options)
    const at = <A, E extends { readonly _tag: string }>(
      use: (opened: Site) => Effect.Effect<A, E>
    ) =>
      Effect.flatMap(discreet([options.root])(site), (opened) =>
        discreet([options.root, opened.root])(use(opened))
      )
    return {
      prepare: (input) => at((opened) => prepare(opened, input)),
      collect: (input) => at((opened) => collect(opened, input)),
      land: (input) => at((opened) => land(opened, input)),
      discard: (task) => at((opened) => discard(opened, task))
    }
  })

// internal --------------------------------------------------------------------

const defaults: Limits = { maxBytes: 1024 * 1024 * 1024, maxFiles: 200_000 }
const oldest = [2, 38] as const

// A failure is not kept, so that git may be installed while the server runs.
const openOnce = (options: Options) => {
  const opening = makeLocks()
  let opened: Site | undefined
  return opening.under("open")(
    Effect.gen(function* () {
      opened ??= yield* open(options)
      return opened
    })
  )
}

const open = Effect.fnUntraced(function* (options: Options) {
  if (!options.root.startsWith("/") || /[\0\n]/.test(options.root)) {
    return yield* refuse("open the workspaces", "their root is no absolute path")
  }
  const now = yield* Clock.currentTimeMillis
  const root = yield* attempt("open the workspaces", async () => {
    await fs.mkdir(options.root, { recursive: true, mode: 0o700 })
    const real = await fs.realpath(options.root)
    await sweep(real, now)
    return real
  })
  const git = makeGit({
    program: options.program ?? "git",
    path: process.env["PATH"] ?? "/usr/local/bin:/usr/bin:/bin",
    ceiling: root,
    longMillis: options.timeoutMillis ?? 60_000
  })
  const version = yield* line(git, { operation: "look at git's version", args: ["version"] })
  const [major = 0, minor = 0] = (/(\d+)\.(\d+)/.exec(version) ?? []).slice(1).map(Number)
  if (major < oldest[0] || (major === oldest[0] && minor < oldest[1])) {
    return yield* refuse("look at git's version", `${version} is older than ${oldest.join(".")}`)
  }
  const limits: Limits = {
    maxBytes: options.maxBytes ?? defaults.maxBytes,
    maxFiles: options.maxFiles ?? defaults.maxFiles
  }
  return { git, root, locks: makeLocks(), limits } satisfies Site
})

type Task = Pick<Workspace.PrepareInput, "organizationId" | "taskId" | "repository">

const folderOf = Effect.fnUntraced(function* (site: Site, task: Task) {
  yield* checkId(task.organizationId)
  yield* checkNumber(task.taskId)
  if (task.repository !== null) yield* checkId(task.repository.id)
  const folder = join(site.root, "workspaces", task.organizationId, `task-${task.taskId}`)
  // No id begins with this sign, so the empty folder meets no repository.
  return join(folder, task.repository?.id ?? "_empty")
})

const prepare = Effect.fnUntraced(function* (site: Site, input: Workspace.PrepareInput) {
  const path = yield* folderOf(site, input)
  yield* checkId(input.runId)
  if (input.repository === null) {
    yield* attempt("make a folder", () => fs.mkdir(path, { recursive: true, mode: 0o700 }))
    return { path, baseCommit: null }
  }
  yield* checkBranch(input.branch)
  if (input.previous !== null) {
    yield* checkCommit(input.previous.baseCommit)
    yield* checkCommit(input.previous.headCommit)
  }
  const { copy, tip } = yield* present(site, input.repository)
  const wanted = { path, branch: input.branch }
  return yield* site.locks.under(path)(
    Effect.gen(function* () {
      const saved = yield* save(site, copy, { ...input, path })
      const previous = yield* found(site, copy, input)
      if (previous === null) {
        yield* rebuild(site, copy, { ...wanted, commit: tip })
        return { path, baseCommit: tip }
      }
      const { baseCommit, headCommit } = previous
      const commit = yield* continuation(site, copy, { saved, previous })
      if (commit === undefined) yield* rebuild(site, copy, { ...wanted, commit: headCommit })
      else yield* renew(site, copy, { ...wanted, commit })
      return { path, baseCommit }
    })
  )
})

// The copy, brought up to date, and the commit on which new work begins.
const present = (site: Site, repository: Workspace.RepositoryPlace) =>
  withRepository(
    site,
    repository,
    Effect.fnUntraced(function* (pair) {
      yield* repair(site, pair)
      const branch = repository.defaultBranch
      const heads = yield* Copies.refresh(site, repository, { ...pair, branch })
      return { copy: pair.copy, tip: yield* Copies.tipOf(site, pair.copy, heads) }
    })
  )

const withRepository = Effect.fnUntraced(function* <A, E>(
  site: Site,
  repository: Workspace.RepositoryPlace,
  use: (pair: Pair) => Effect.Effect<A, E>
) {
  const name = yield* Copies.copyPath(site, repository)
  return yield* site.locks.under(name)(
    Effect.gen(function* () {
      const source = yield* inspect(site, repository)
      const copy = yield* Copies.ensureCopy(site, repository, source.format)
      return yield* use({ source, copy })
    })
  )
})

// Whatever stands in the folder is kept under a reference before the folder changes. A folder that
// is not sound any more cannot be kept, and the run gets a new one.
const save = Effect.fnUntraced(function* (
  site: Site,
  copy: Copy,
  input: Workspace.PrepareInput & { readonly path: string }
) {
  if ((yield* attempt("look for a folder", () => kindOf(input.path))) !== "folder") return undefined
  return yield* Snapshots.take(site, copy, {
    path: input.path,
    ref: `refs/foreman/saved/task-${input.taskId}/${input.runId}`,
    message: `State before run ${input.runId}`
  }).pipe(
    Effect.catchIf(
      (error) => !error.retryable,
      (error) =>
        Effect.as(Effect.logWarning(`A workspace cannot be continued: ${error.message}`), undefined)
    )
  )
})

// What an earlier run left, if it is here. Where it lay on a disk that is gone, or under another root,
// nothing of it could ever be gone on with.
const found = Effect.fnUntraced(function* (
  site: Site,
  copy: Copy,
  { previous, taskId }: Workspace.PrepareInput
) {
  if (previous === null) return null
  for (const commit of [previous.baseCommit, previous.headCommit]) {
    if (yield* Copies.hasCommit(site, copy, commit)) continue
    yield* Effect.logWarning(
      `Task ${taskId} begins anew: the commit ${commit} of an earlier run is not on this server's disk`
    )
    return null
  }
  return previous
})

// The commit with which a folder goes on as it is; undefined when it has to be made anew.
const continuation = Effect.fnUntraced(function* (
  site: Site,
  copy: Copy,
  state: {
    readonly saved: string | undefined
    readonly previous: { readonly baseCommit: string; readonly headCommit: string }
  }
) {
  const { previous, saved } = state
  if (saved === undefined) return undefined
  const tree = yield* Copies.treeOf(site, copy, saved)
  if (tree === (yield* Copies.treeOf(site, copy, previous.headCommit))) {
    return previous.headCommit
  }
  const from = previous.baseCommit
  return (yield* Copies.descends(site, copy, { from, commit: saved })) ? saved : undefined
})

const collect = Effect.fnUntraced(function* (site: Site, input: Workspace.CollectInput) {
  const { baseCommit, repository } = input
  if (repository === null || baseCommit === null) return { headCommit: null }
  const path = yield* folderOf(site, input)
  yield* checkId(input.runId)
  yield* checkCommit(baseCommit)
  const gitDir = yield* Copies.copyPath(site, repository)
  const format = baseCommit.length === 40 ? "sha1" : "sha256"
  const copy: Copy = { gitDir, format }
  const ref = `refs/foreman/in/${input.runId}`
  const commit = yield* site.locks.under(path)(
    Snapshots.take(site, copy, { path, ref, message: input.message })
  )
  if (!(yield* Copies.descends(site, copy, { from: baseCommit, commit }))) {
    return yield* new Workspace.ResultNotOnBase({ baseCommit, headCommit: commit })
  }
  return { headCommit: commit === baseCommit ? null : commit }
})

const land = Effect.fnUntraced(function* (site: Site, input: Workspace.LandInput) {
  yield* checkNumber(input.jobId)
  yield* checkCommit(input.baseCommit)
  yield* checkCommit(input.headCommit)
  return yield* withRepository(site, input.repository, (pair) => landChange(site, pair, input))
})

const discard = Effect.fnUntraced(function* (site: Site, task: Task) {
  const path = yield* folderOf(site, task)
  yield* site.locks.under(path)(
    attempt("discard a workspace", async () => {
      await removeFolder(path)
      // The folder above stays while the task works in another repository too.
      await fs.rmdir(join(path, "..")).catch(() => undefined)
    })
  )
})
