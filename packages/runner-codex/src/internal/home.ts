/**
 * What a run of Codex has for itself alone: its `CODEX_HOME`, a folder for temporary files, and a
 * folder for its output.
 *
 * The home belongs to the task's workspace and agent. It goes with the run, unless the run was cut
 * short: then the next one finds the thread and goes on with it, within a week.
 *
 * @since 0.1.0
 */
import { createHash } from "node:crypto"
import {
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  realpath,
  rm,
  rmdir,
  stat,
  symlink,
  utimes,
  writeFile
} from "node:fs/promises"
import { dirname, join } from "node:path"

import { Clock, Effect } from "effect"
import type { Scope } from "effect"

import { AgentRunner } from "@foreman/core"
import type { Options } from "../CodexRunner.ts"

// models ----------------------------------------------------------------------

/** The folders of one run. */
export interface Home {
  readonly codexHome: string
  readonly temporaryFolder: string
  readonly outputFolder: string
  /** The workspace without symbolic links, as Codex names it. */
  readonly workspace: string
  /** The thread that an earlier run of the task left unfinished. */
  readonly keptThread: string | undefined
  readonly keepThread: (threadId: string) => Effect.Effect<void>
  /** Has the home removed with the scope. Without it the thread stays. */
  readonly abandon: Effect.Effect<void>
}

// services --------------------------------------------------------------------

/** Makes the folders, and takes them away with the scope. */
export const open = Effect.fnUntraced(function* (
  { loginFile, stateFolder }: Options,
  spec: AgentRunner.RunSpec
): Effect.fn.Return<Home, AgentRunner.RunnerError, Scope.Scope> {
  const now = yield* Clock.currentTimeMillis
  let isAbandoned = false
  const folders = yield* Effect.acquireRelease(
    making(stateFolder, async () => {
      const workspace = await realpath(spec.workspace)
      const [homes, runs] = [join(stateFolder, "homes"), join(stateFolder, "runs")]
      for (const folder of [homes, runs]) await mkdir(folder, { recursive: true, mode: 0o700 })
      await sweep(homes, now)
      // Of servers that were killed; what their runs wrote was never taken in.
      await sweep(runs, now)
      const root = join(homes, nameOf(workspace, spec))
      const [codexHome, temporaryFolder] = [join(root, "home"), join(root, "tmp")]
      await mkdir(codexHome, { recursive: true, mode: 0o700 })
      await mkdir(temporaryFolder, { recursive: true, mode: 0o700 })
      await utimes(root, now / 1_000, now / 1_000)
      await writeFile(join(codexHome, "config.toml"), settings(workspace), { mode: 0o600 })
      if (loginFile !== undefined) await linkLogin(loginFile, codexHome)
      const outputFolder = await mkdtemp(join(runs, `${spec.runId.replaceAll(/[^\w-]/g, "_")}-`))
      return { root, codexHome, temporaryFolder, outputFolder, workspace }
    }),
    ({ outputFolder, root }) =>
      Effect.promise(async () => {
        await remove(outputFolder)
        if (isAbandoned) await remove(root)
      })
  )
  yield* tidied(folders.workspace)
  const file = join(folders.codexHome, threadFile)
  return {
    ...folders,
    keptThread: yield* Effect.promise(() => readThread(file)),
    // A thread that cannot be noted down is one that is not gone on with, and no more.
    keepThread: (threadId) =>
      Effect.promise(() => writeFile(file, threadId, { mode: 0o600 }).catch(() => undefined)),
    abandon: Effect.sync(() => void (isAbandoned = true))
  }
})

// internal --------------------------------------------------------------------

const threadFile = "foreman-thread"
const keptMillis = 7 * 86_400_000
const mostSwept = 1_000

const nameOf = (workspace: string, { agent, taskId }: AgentRunner.RunSpec) =>
  createHash("sha256")
    .update(JSON.stringify([workspace, taskId, agent.id]))
    .digest("hex")
    .slice(0, 24)

// Three features ask servers on the internet at each start, the fourth tries a refused port for ever.
// Codex trusts a folder that it may write in, and would then start whatever programs the repository's
// own .codex/config.toml names, outside of every sandbox.
const settings = (workspace: string) => `check_for_update_on_startup = false

[features]
plugins = false
remote_plugin = false
apps = false
unbounded_connection_retries = false

[history]
persistence = "none"

[projects.${JSON.stringify(workspace)}]
trust_level = "untrusted"
`

const linkLogin = async (loginFile: string, codexHome: string) => {
  const link = join(codexHome, "auth.json")
  await rm(link, { force: true })
  // A link, since Codex renews the login in its file and makes the old one void.
  const found = await stat(loginFile).catch(() => undefined)
  if (found?.isFile() === true) await symlink(loginFile, link)
}

const readThread = async (file: string) => {
  const text = await readFile(file, "utf8").catch(() => "")
  return /^[\w-]{1,100}$/.test(text) ? text : undefined
}

const sweep = async (folder: string, now: number) => {
  const names = await readdir(folder)
  for (const name of names.slice(0, mostSwept)) {
    const path = join(folder, name)
    const found = await stat(path).catch(() => undefined)
    if (found !== undefined && now - found.mtimeMs > keptMillis) await remove(path)
  }
}

// What cannot be removed now is swept later.
const remove = (path: string) =>
  rm(path, { recursive: true, force: true, maxRetries: 3 }).catch(() => undefined)

// The sandbox shows these in every folder that may be written, and now and then leaves them behind,
// beside the workspace too. Only empty ones that were not there before are taken away.
const strays = [".git", ".codex", ".agents", ".aws"]

const tidied = (workspace: string) =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      const paths = [workspace, dirname(workspace)].flatMap((folder) =>
        strays.map((name) => join(folder, name))
      )
      const found = await Promise.all(paths.map((path) => stat(path).catch(() => undefined)))
      return paths.filter((_, place) => found[place] === undefined)
    }),
    (missing) =>
      Effect.promise(async () => {
        for (const path of missing) await rmdir(path).catch(() => undefined)
      })
  )

const making = <A>(folder: string, make: () => Promise<A>) =>
  Effect.tryPromise({
    try: make,
    catch: (cause) =>
      new AgentRunner.RunnerError({
        runner: "codex",
        reason: "failed",
        detail: `no folder for the run can be made in ${folder}`,
        retryable: true,
        cause
      })
  })
