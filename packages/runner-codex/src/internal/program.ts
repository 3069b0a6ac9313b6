/**
 * Which program is Codex, and whether it is new enough.
 *
 * @since 0.1.0
 */
import { constants } from "node:fs"
import { access, mkdir, mkdtemp, realpath, rm, stat } from "node:fs/promises"
import { dirname, isAbsolute, join } from "node:path"

import { Effect, Stream } from "effect"

import { AgentRunner } from "@foreman/core"
import type { Supervisor } from "@foreman/process"
import type { Options } from "../CodexRunner.ts"

// models ----------------------------------------------------------------------

/** What looking for it takes. */
export interface Surroundings {
  readonly supervisor: Supervisor.Supervisor["Service"]
  readonly options: Options
  readonly oldestVersion: string
}

/** Codex as it was found. */
export interface CodexProgram {
  readonly path: string
  readonly version: string
}

/** Looks for Codex. What was looked at once is known until its file changes. */
export interface Programs {
  readonly locate: (
    wished: string | undefined
  ) => Effect.Effect<CodexProgram, AgentRunner.RunnerError>
}

// rules -----------------------------------------------------------------------

/** Whether one version is another one or a later one. What is no version is not. */
export const isAtLeast = (version: string, oldest: string): boolean => {
  const [have, want] = [numbersOf(version), numbersOf(oldest)]
  if (have === undefined || want === undefined) return false
  for (const [place, number] of want.entries()) {
    const difference = (have[place] ?? 0) - number
    if (difference !== 0) return difference > 0
  }
  return true
}

// services --------------------------------------------------------------------

export const make = (surroundings: Surroundings): Programs => {
  const known = new Map<string, string>()
  return {
    locate: Effect.fnUntraced(function* (wished) {
      const found = yield* find(surroundings, wished)
      const { key, path } = yield* Effect.tryPromise({
        try: () => identify(found),
        catch: (cause) => unavailable(cause instanceof Error ? cause.message : String(cause))
      })
      const version = known.get(key) ?? (yield* versionOf(surroundings, path))
      known.set(key, version)
      if (isAtLeast(version, surroundings.oldestVersion)) return { path, version }
      const { oldestVersion } = surroundings
      return yield* unavailable(
        `${path} is version ${version}; ${oldestVersion} or newer is needed (${howToInstall})`
      )
    })
  }
}

// internal --------------------------------------------------------------------

const versionSeconds = 20
const howToInstall = `npm install --global @openai/codex, or set codex_path`

const numbersOf = (version: string) => /^(\d+)\.(\d+)\.(\d+)/.exec(version)?.slice(1).map(Number)

const find = Effect.fnUntraced(function* (
  { options, supervisor }: Surroundings,
  wished: string | undefined
) {
  const named = wished ?? options.codexPath
  if (named !== undefined) {
    const problem = yield* problemOf(named)
    return problem === undefined ? named : yield* unavailable(`${named} ${problem}`)
  }
  // A relative folder of PATH would be looked for in the workspace, whose content is the agent's.
  for (const folder of (supervisor.environment["PATH"] ?? "").split(":").filter(isAbsolute)) {
    const path = join(folder, "codex")
    if ((yield* problemOf(path)) === undefined) return path
  }
  return yield* unavailable(`codex is in no folder of PATH (${howToInstall})`)
})

const problemOf = (path: string) =>
  Effect.promise(async () => {
    const isFile = await stat(path).then(
      (found) => found.isFile(),
      () => undefined
    )
    if (isFile !== true) return isFile === undefined ? "does not exist" : "is not a file"
    return access(path, constants.X_OK).then(
      () => undefined,
      () => "is not executable (chmod +x)"
    )
  })

const identify = async (found: string) => {
  const path = await nativeOf(found)
  const { mtimeMs, size } = await stat(path)
  return { path, key: `${path} ${mtimeMs} ${size}` }
}

// What npm installs under the name is a script that starts this program as its child.
const nativeOf = async (path: string): Promise<string> => {
  const real = await realpath(path)
  if (!real.endsWith("/bin/codex.js")) return real
  const triple = triples[`${process.platform}-${process.arch}`]
  const name = `codex-${process.platform}-${process.arch}`
  if (triple === undefined) return real
  const own = dirname(dirname(real))
  for (const folder of [join(dirname(own), name), join(own, "node_modules/@openai", name)]) {
    const native = join(folder, "vendor", triple, "bin/codex")
    const found = await stat(native).catch(() => undefined)
    if (found?.isFile() === true) return native
  }
  return real
}

const triples: Readonly<Record<string, string>> = {
  "darwin-arm64": "aarch64-apple-darwin",
  "darwin-x64": "x86_64-apple-darwin",
  "linux-arm64": "aarch64-unknown-linux-musl",
  "linux-x64": "x86_64-unknown-linux-musl"
}

/** What the program says of its version; what it says otherwise when it says none. */
const versionOf = Effect.fnUntraced(
  function* ({ options, supervisor }: Surroundings, path: string) {
    const folder = yield* Effect.acquireRelease(
      Effect.promise(async () => {
        await mkdir(options.stateFolder, { recursive: true, mode: 0o700 })
        return mkdtemp(join(options.stateFolder, "version-"))
      }),
      (made) => Effect.promise(() => rm(made, { recursive: true, force: true }))
    )
    const running = yield* supervisor.start({
      program: path,
      args: ["--version"],
      folder,
      environment: { CODEX_HOME: folder },
      outputFolder: folder,
      timeoutSeconds: versionSeconds,
      maxOutputBytes: 10_000
    })
    const { cause } = yield* running.ended
    const said = yield* Stream.mkString(Stream.decodeText(running.output))
    const version = /\b(\d+\.\d+\.\d+\S*)/.exec(said)?.[1]
    if (version !== undefined) return version
    return yield* unavailable(`${path} does not say its version (${cause})`)
  },
  Effect.scoped,
  Effect.catchTag("ProcessError", (error) => Effect.fail(unavailable(error.detail)))
)

const unavailable = (detail: string) =>
  new AgentRunner.RunnerError({
    runner: "codex",
    reason: "unavailable",
    detail,
    retryable: false
  })
