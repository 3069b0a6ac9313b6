/**
 * The control plane's end of the guardian: starts it when the first process is, tells it of every
 * tree, and starts it again should it be lost.
 *
 * The guardian's program is the file `guardian.ts` beside this one, or `guardian.js` once built. A
 * bundle that swallows this module must ship that file as well and name it in the options.
 *
 * @since 0.1.0
 */
import { spawn } from "node:child_process"
import type { ChildProcess } from "node:child_process"
import { existsSync } from "node:fs"
import { fileURLToPath } from "node:url"

import { Effect } from "effect"
import type { Scope } from "effect"

import { ProcessError } from "../ProcessError.ts"
import type { Environment } from "../Environment.ts"
import { processTable } from "./processTable.ts"

// models ----------------------------------------------------------------------

/** A guardian that is started when it is first needed. */
export interface Guard {
  /** Makes sure that there is a guardian. */
  readonly ready: Effect.Effect<void, ProcessError>
  readonly watch: (root: { readonly pid: number; readonly startTime: number }) => void
  readonly forget: (root: { readonly pid: number }) => void
}

/** Whose guardian it is, and where its program lies. */
export interface Options {
  readonly marker: string
  readonly program: string | undefined
  readonly environment: Environment
}

// services --------------------------------------------------------------------

export const make = (options: Options): Effect.Effect<Guard, never, Scope.Scope> =>
  Effect.map(
    Effect.acquireRelease(
      Effect.sync(() => new State(options)),
      (state) => Effect.promise(() => state.close())
    ),
    (state) => ({
      ready: Effect.suspend(() => {
        const problem = state.ready()
        return problem === undefined ? Effect.void : Effect.fail(problem)
      }),
      watch: (root) => state.watch(root.pid, root.startTime),
      forget: (root) => state.forget(root.pid)
    })
  )

// internal --------------------------------------------------------------------

const quickMillis = 1_000
const mostQuickEnds = 3
const closeMillis = 7_000

class State {
  private readonly options: Options
  private readonly watched = new Map<number, number>()
  private child: ChildProcess | undefined
  private quickEnds = 0
  private isClosed = false

  constructor(options: Options) {
    this.options = options
  }

  ready(): ProcessError | undefined {
    if (this.child !== undefined) return undefined
    const program = this.options.program ?? ownProgram()
    if (!existsSync(program)) return failure(`${program} is missing`)
    if (this.quickEnds >= mostQuickEnds) return failure(`${program} ends as soon as it starts`)
    this.start(program)
    return this.child === undefined ? failure(`${program} cannot be run`) : undefined
  }

  watch(pid: number, startTime: number): void {
    this.watched.set(pid, startTime)
    this.tell(`watch ${pid} ${startTime}`)
  }

  forget(pid: number): void {
    this.watched.delete(pid)
    this.tell(`forget ${pid}`)
  }

  /** Waits until the guardian is gone, which ends first what it still watches. */
  close(): Promise<void> {
    this.isClosed = true
    const child = this.child
    if (child === undefined) return Promise.resolve()
    return new Promise((resolve) => {
      child.ref()
      const late = setTimeout(() => child.kill("SIGKILL"), closeMillis)
      child.once("exit", () => {
        clearTimeout(late)
        resolve()
      })
      child.stdin?.end()
    })
  }

  private tell(line: string): void {
    this.child?.stdin?.write(`${line}\n`)
  }

  private start(program: string): void {
    const startedAt = performance.now()
    const child = spawnGuardian(program, this.options)
    if (child === undefined) return
    child.on("error", () => undefined)
    child.stdin?.on("error", () => undefined)
    if (child.pid === undefined) return
    child.once("exit", () => this.lost(startedAt))
    child.unref()
    // What a child's pipe is made of can be unreferenced, which the type of a stream does not say.
    ;(child.stdin as unknown as { readonly unref?: () => void } | null)?.unref?.()
    this.child = child
    for (const [pid, startTime] of this.watched) this.tell(`watch ${pid} ${startTime}`)
  }

  private lost(startedAt: number): void {
    this.child = undefined
    const isQuick = performance.now() - startedAt < quickMillis
    this.quickEnds = isQuick ? this.quickEnds + 1 : 0
    if (!this.isClosed && this.watched.size > 0) this.ready()
  }
}

// A session of its own and no more of the environment than it was given: neither Ctrl-C nor a stray
// NODE_OPTIONS reaches it. It holds nothing of ours but the pipe whose end is its signal.
const spawnGuardian = (
  program: string,
  { marker, environment }: Options
): ChildProcess | undefined => {
  const since = String(processTable.read(process.pid)?.startTime ?? 0)
  try {
    return spawn(process.execPath, ["--max-semi-space-size=1", program, marker, since], {
      cwd: "/",
      detached: true,
      env: environment,
      stdio: ["pipe", "ignore", "ignore"]
    })
  } catch {
    return undefined
  }
}

const ownProgram = () => {
  const isSource = import.meta.url.endsWith(".ts")
  return fileURLToPath(new URL(isSource ? "./guardian.ts" : "./guardian.js", import.meta.url))
}

const failure = (detail: string) =>
  new ProcessError({ operation: "start", reason: "guardian", detail: `the guardian: ${detail}` })
