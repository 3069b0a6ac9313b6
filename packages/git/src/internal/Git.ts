/**
 * The one place that runs git.
 *
 * Repositories and folders may have been prepared by somebody who wishes us harm, so every call
 * gets the same empty environment and the same switches, names its git folder, ends in time and
 * answers with so many bytes at most. No other module starts a process.
 *
 * @since 0.1.0
 */
import { spawn } from "node:child_process"
import type { ChildProcess } from "node:child_process"

import { Effect } from "effect"

import { Workspace } from "@foreman/core"

// models ----------------------------------------------------------------------

/**
 * Which git is run, and in which environment.
 *
 * @category models
 * @since 0.1.0
 */
export interface Git {
  readonly program: string
  readonly environment: Readonly<Record<string, string>>
  /** How long a call may take, and how long one that reads or writes many files or objects. */
  readonly millis: { readonly short: number; readonly long: number }
}

/**
 * One call. Without `gitDir` git looks for a repository in `cwd`, and only there.
 *
 * @category models
 * @since 0.1.0
 */
export interface Call {
  /** What the call is for, as it stands in the error. */
  readonly operation: string
  readonly args: ReadonlyArray<string>
  readonly gitDir?: string
  readonly workTree?: string
  readonly cwd?: string
  readonly environment?: Readonly<Record<string, string>>
  readonly stdin?: string | Uint8Array
  /** Exit codes that are answers, besides 0. */
  readonly answers?: ReadonlyArray<number>
  /** Whether it reads or writes many files or objects. */
  readonly isLong?: boolean
}

/**
 * What a call answered. Paths are bytes, so the answer is too.
 *
 * @category models
 * @since 0.1.0
 */
export interface Output {
  readonly code: number
  readonly stdout: Buffer
}

/**
 * The switches with which objects are fetched: no tags, no submodules, nothing written besides.
 *
 * @category configuration
 * @since 0.1.0
 */
export const fetching: ReadonlyArray<string> = [
  "-c",
  "fetch.writeCommitGraph=false",
  "fetch",
  "--quiet",
  "--no-tags",
  "--no-recurse-submodules",
  "--no-write-fetch-head",
  "--no-auto-maintenance",
  "--upload-pack=git-upload-pack"
]

// services --------------------------------------------------------------------

/**
 * Makes the git of this process. Nothing of the caller's environment is passed on but its PATH.
 *
 * @category services
 * @since 0.1.0
 */
export const make = (options: {
  readonly program: string
  readonly path: string
  readonly ceiling: string
  readonly longMillis: number
}): Git => ({
  program: options.program,
  millis: { short: 30_000, long: options.longMillis },
  environment: {
    PATH: options.path,
    HOME: "/nonexistent",
    LC_ALL: "C",
    GIT_ALLOW_PROTOCOL: "file",
    GIT_ATTR_NOSYSTEM: "1",
    GIT_AUTHOR_EMAIL: email,
    GIT_AUTHOR_NAME: name,
    GIT_CEILING_DIRECTORIES: options.ceiling,
    GIT_COMMITTER_EMAIL: email,
    GIT_COMMITTER_NAME: name,
    GIT_CONFIG_GLOBAL: "/dev/null",
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_NO_LAZY_FETCH: "1",
    GIT_NO_REPLACE_OBJECTS: "1",
    GIT_OPTIONAL_LOCKS: "0",
    GIT_TERMINAL_PROMPT: "0"
  }
})

/**
 * Runs git and answers with what it printed, or fails with what it complained of.
 *
 * **Gotchas**
 *
 * An interrupted call has ended, with all it started, when the interruption is over.
 *
 * @category services
 * @since 0.1.0
 */
export const run = (git: Git, call: Call): Effect.Effect<Output, Workspace.GitError> =>
  Effect.callback((resume) => {
    const fail = (detail: string, retryable: boolean, cause?: unknown) =>
      resume(
        Effect.fail(new Workspace.GitError({ operation: call.operation, detail, retryable, cause }))
      )
    const child = spawn(git.program, argumentsOf(call), {
      cwd: call.cwd ?? "/",
      env: { ...git.environment, ...call.environment },
      // Its own group, so that what git starts ends with it.
      detached: true,
      stdio: ["pipe", "pipe", "pipe"]
    })
    let broken: string | undefined
    const give = (reason: string) => {
      broken = reason
      endGroup(child)
    }
    const millis = call.isLong === true ? git.millis.long : git.millis.short
    const timer = setTimeout(() => give(`it took longer than ${millis} ms`), millis)
    const output = collect(child, () => give(`it answered with more than ${outputBytes} bytes`))
    child.once("error", (cause) => {
      clearTimeout(timer)
      fail(`git cannot be started: ${cause.message}`, false, cause)
    })
    child.once("close", (code) => {
      clearTimeout(timer)
      if (broken !== undefined) return fail(broken, true)
      const complaint = complaintOf(output.stderr())
      if (code === null) return fail("it was ended from outside", true)
      if (code !== 0 && !(call.answers ?? []).includes(code)) {
        return fail(complaint, isPassing(complaint))
      }
      resume(Effect.succeed({ code, stdout: output.stdout() }))
    })
    child.stdin.on("error", () => undefined)
    child.stdin.end(call.stdin ?? "")
    return Effect.andThen(
      Effect.sync(() => clearTimeout(timer)),
      ended(child)
    )
  })

/**
 * Runs git and answers with its one line.
 *
 * @category services
 * @since 0.1.0
 */
export const line = (git: Git, call: Call): Effect.Effect<string, Workspace.GitError> =>
  Effect.map(run(git, call), ({ stdout }) => stdout.toString("utf8").trim())

/**
 * Asks git a question that it answers with exit code 0 for yes and 1 for no.
 *
 * @category services
 * @since 0.1.0
 */
export const holds = (git: Git, call: Call): Effect.Effect<boolean, Workspace.GitError> =>
  Effect.map(run(git, { ...call, answers: [1] }), ({ code }) => code === 0)

// internal --------------------------------------------------------------------

const name = "Foreman"
const email = "foreman@localhost"
const outputBytes = 64 * 1024 * 1024
const complaintBytes = 64 * 1024
const graceMillis = 2_000

// Whatever a repository's own configuration says of these, it does not hold here.
const switches = [
  "core.alternateRefsCommand=true",
  "core.askPass=true",
  "core.attributesFile=/dev/null",
  "core.excludesFile=/dev/null",
  "core.fsmonitor=false",
  "core.hooksPath=/dev/null",
  "core.quotePath=false",
  "core.sshCommand=false",
  "core.untrackedCache=false",
  "credential.helper=",
  "fetch.recurseSubmodules=false",
  "gc.auto=0",
  "i18n.commitEncoding=UTF-8",
  "i18n.logOutputEncoding=UTF-8",
  "log.showSignature=false",
  "maintenance.auto=false",
  "protocol.ext.allow=never",
  "submodule.recurse=false"
].flatMap((setting) => ["-c", setting])

const argumentsOf = (call: Call): ReadonlyArray<string> => [
  "--no-pager",
  ...(call.gitDir === undefined ? [] : [`--git-dir=${call.gitDir}`]),
  ...(call.workTree === undefined ? [] : [`--work-tree=${call.workTree}`]),
  ...switches,
  ...call.args
]

const collect = (child: ChildProcess, overflow: () => void) => {
  const stdout: Array<Buffer> = []
  const stderr: Array<Buffer> = []
  let size = 0
  let complaints = 0
  child.stdout?.on("data", (chunk: Buffer) => {
    if (size > outputBytes) return
    size += chunk.length
    if (size > outputBytes) overflow()
    else stdout.push(chunk)
  })
  child.stderr?.on("data", (chunk: Buffer) => {
    complaints += chunk.length
    if (complaints <= complaintBytes) stderr.push(chunk)
  })
  return {
    stdout: () => Buffer.concat(stdout),
    stderr: () => Buffer.concat(stderr).toString("utf8")
  }
}

// Git removes its lock files when it is asked to end, but not when it is killed.
const endGroup = (child: ChildProcess) => {
  signal(child, "SIGTERM")
  const timer = setTimeout(() => signal(child, "SIGKILL"), graceMillis)
  child.once("close", () => clearTimeout(timer))
}

const signal = (child: ChildProcess, name: NodeJS.Signals) => {
  if (child.pid === undefined) return
  try {
    process.kill(-child.pid, name)
  } catch {
    // The group is gone, which is what was wanted.
  }
}

const ended = (child: ChildProcess): Effect.Effect<void> =>
  Effect.callback((resume) => {
    if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) {
      return resume(Effect.void)
    }
    child.once("close", () => resume(Effect.void))
    endGroup(child)
  })

const complaintOf = (stderr: string): string => {
  const lines = stderr.split("\n").filter((text) => text.trim() !== "")
  const blunt = lines.filter((text) => /^(fatal|error): /.test(text))
  return (blunt.length > 0 ? blunt : lines.slice(-1))
    .map((text) => text.replace(/^(fatal|error): /, ""))
    .join("; ")
    .slice(0, 500)
}

const isPassing = (complaint: string): boolean =>
  /unable to create '.*\.lock'|cannot lock ref|temporarily unavailable/i.test(complaint)
