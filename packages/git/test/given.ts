import { execFile } from "node:child_process"
import * as fs from "node:fs/promises"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { promisify } from "node:util"

import { Effect } from "effect"
import { assert, onTestFinished } from "vitest"

import { Workspace } from "@foreman/core"
import { Workspaces } from "@foreman/git"

/** A fresh folder that is removed at the end of the test. */
export const folder = async (): Promise<string> => {
  const path = await fs.realpath(await fs.mkdtemp(join(tmpdir(), "foreman-git-")))
  onTestFinished(() => fs.rm(path, { recursive: true, force: true }))
  return path
}

const execute = promisify(execFile)

const environment = {
  PATH: process.env["PATH"],
  HOME: "/nonexistent",
  GIT_CONFIG_NOSYSTEM: "1",
  GIT_CONFIG_GLOBAL: "/dev/null",
  GIT_AUTHOR_NAME: "Person",
  GIT_AUTHOR_EMAIL: "person@example.com",
  GIT_COMMITTER_NAME: "Person",
  GIT_COMMITTER_EMAIL: "person@example.com"
}

/** Git as a person runs it. */
export const git = async (cwd: string, ...args: ReadonlyArray<string>): Promise<string> => {
  const { stdout } = await execute("git", args, { cwd, env: environment })
  return stdout.trimEnd()
}

/** A shell as an agent has it: with the identity that its clone gives it. */
export const shell = async (cwd: string, script: string): Promise<string> => {
  const env = { PATH: environment.PATH, HOME: "/nonexistent", GIT_CONFIG_NOSYSTEM: "1" }
  const { stdout } = await execute("sh", ["-euc", script], { cwd, env })
  return stdout.trimEnd()
}

/** Writes files by their path. */
export const write = async (
  root: string,
  files: Readonly<Record<string, string>>
): Promise<void> => {
  for (const [name, text] of Object.entries(files)) {
    await fs.mkdir(dirname(join(root, name)), { recursive: true })
    await fs.writeFile(join(root, name), text)
  }
}

export const read = (root: string, name: string): Promise<string> =>
  fs.readFile(join(root, name), "utf8")

let repositories = 0

export interface World {
  readonly root: string
  readonly user: string
  readonly place: Workspace.RepositoryPlace
}

/** A user's repository with one commit, and a root for workspaces. */
export const world = async (
  options: { readonly bare?: boolean; readonly format?: "sha1" | "sha256" } = {}
): Promise<World> => {
  const base = await folder()
  const user = join(base, "user")
  await fs.mkdir(user)
  await git(user, "init", "-q", "-b", "main", `--object-format=${options.format ?? "sha1"}`)
  await write(user, { "readme.md": "one\ntwo\nthree\nfour\nfive\n", "src/a.txt": "a\n" })
  await git(user, "add", ".")
  await git(user, "commit", "-q", "-m", "First")
  if (options.bare === true) {
    await git(base, "clone", "-q", "--bare", "user", "bare")
  }
  return {
    root: join(base, "root"),
    user,
    place: {
      organizationId: "local",
      id: `repository-${++repositories}`,
      localPath: options.bare === true ? join(base, "bare") : user,
      defaultBranch: "main"
    }
  }
}

export const task = (
  { place }: World,
  taskId: number,
  wanted: Partial<Workspace.PrepareInput> = {}
): Workspace.PrepareInput & { readonly repository: Workspace.RepositoryPlace } => ({
  organizationId: place.organizationId,
  taskId,
  runId: `run-${taskId}-1`,
  branch: `foreman/task-${taskId}`,
  previous: null,
  ...wanted,
  repository: place
})

export interface Done extends Workspace.Prepared {
  readonly input: Workspace.PrepareInput & { readonly repository: Workspace.RepositoryPlace }
  readonly baseCommit: string
  readonly headCommit: string
}

/** One run: prepares, lets an agent do something in the folder, and collects. */
export const work = Effect.fnUntraced(function* (
  workspace: Workspace.Workspace,
  input: Workspace.PrepareInput & { readonly repository: Workspace.RepositoryPlace },
  agent: (path: string) => Promise<unknown>
) {
  const prepared = yield* workspace.prepare(input)
  yield* Effect.promise(() => agent(prepared.path))
  const { headCommit } = yield* workspace.collect({
    ...input,
    baseCommit: prepared.baseCommit,
    message: `Task ${input.taskId}`
  })
  if (prepared.baseCommit === null || headCommit === null) throw new Error("the run left nothing")
  const done: Done = { ...prepared, input, baseCommit: prepared.baseCommit, headCommit }
  return done
})

export const landing = (
  { input, baseCommit, headCommit }: Done,
  wanted: Partial<Workspace.LandInput> = {}
): Workspace.LandInput => ({
  jobId: input.taskId + 1000,
  taskId: input.taskId,
  repository: input.repository,
  branch: input.branch,
  targetBranch: "main",
  baseCommit,
  headCommit,
  strategy: "merge",
  message: `Task ${input.taskId}`,
  ...wanted
})

/** Runs a test with a world of its own. */
export const on =
  (
    body: (
      given: World & { readonly workspace: Workspace.Workspace }
    ) => Effect.fn.Return<void, unknown>,
    options: Parameters<typeof world>[0] & Partial<Workspaces.Options> = {}
  ) =>
  () =>
    Effect.gen(function* () {
      const made = yield* Effect.promise(() => world(options))
      const workspace = yield* workspacesOf({ ...options, root: made.root })
      yield* Effect.fnUntraced(body)({ ...made, workspace })
    })

export type Service = Workspace.Workspace

export const workspacesOf = (options: Workspaces.Options): Effect.Effect<Workspace.Workspace> =>
  Effect.provide(Workspace.Workspace, Workspaces.layer(options))

/** Foreman's private copy of the world's repository. */
export const copyOf = ({ root, place }: World): string =>
  join(root, "repositories", place.organizationId, `${place.id}.git`)

export const sh = (path: string, script: string): Effect.Effect<string> =>
  Effect.promise(() => shell(path, script))

export const see = (path: string, ...args: ReadonlyArray<string>): Effect.Effect<string> =>
  Effect.promise(() => git(path, ...args))

export const lines = (
  path: string,
  ...args: ReadonlyArray<string>
): Effect.Effect<ReadonlyArray<string>> =>
  Effect.map(see(path, ...args), (text) => text.split("\n"))

export const isClean = Effect.fnUntraced(function* (path: string) {
  assert.strictEqual(yield* see(path, "status", "--porcelain"), "")
})

/** A git that does something else before it does what it is asked. */
export const meddler = async (script: string): Promise<string> => {
  const path = join(await folder(), "git")
  await fs.writeFile(path, `#!/bin/sh\nhere=$(dirname "$0")\n${script}\nexec git "$@"\n`, {
    mode: 0o755
  })
  return path
}
