/**
 * One process from its start to the end of its last descendant.
 *
 * @since 0.1.0
 */
import { spawn } from "node:child_process"
import { randomUUID } from "node:crypto"
import { closeSync, openSync, statSync, unlinkSync, writeFileSync } from "node:fs"
import { join } from "node:path"

import { Deferred, Effect, Fiber } from "effect"
import type { Scope } from "effect"

import * as Environment from "../Environment.ts"
import { from, ProcessError } from "../ProcessError.ts"
import * as ProcessTree from "../ProcessTree.ts"
import type { Command, Ending, RunningProcess } from "../Supervisor.ts"
import type { Guard } from "./guard.ts"
import { markerName, markerValue } from "./marker.ts"
import { make as makeInputPipe } from "./inputPipe.ts"
import type { InputPipe } from "./inputPipe.ts"
import { make as makeOutputFiles } from "./outputFiles.ts"
import type { OutputFiles } from "./outputFiles.ts"
import { processTable } from "./processTable.ts"
import { realTime } from "./realTime.ts"

// models ----------------------------------------------------------------------

/** What a supervisor adds to a command. */
export interface Start {
  readonly command: Command
  readonly environment: Environment.Environment
  readonly guard: Guard
  /** The supervisor's mark, of which the process's begins. */
  readonly marker: string
  readonly inherited: string | undefined
}

// services --------------------------------------------------------------------

export const start = Effect.fnUntraced(function* (
  input: Start
): Effect.fn.Return<RunningProcess, ProcessError, Scope.Scope> {
  const { command, guard } = input
  yield* check(command)
  yield* guard.ready
  const files = yield* makeOutputFiles(command.outputFolder)
  const running = yield* Effect.acquireRelease(launched(input, files), ({ end }) =>
    Effect.ignore(end)
  )
  return {
    ...running,
    output: files.combined,
    stdout: files.channel(0),
    stderr: files.channel(1),
    stdoutTail: (maxBytes) => files.tail(0, maxBytes)
  }
})

// internal --------------------------------------------------------------------

const graceSeconds = 2
const watchMillis = 50
const busyWatchMillis = 5
const busyBytes = 1024 * 1024
const reapMillis = 1_000

interface Exit {
  readonly exitCode: number | null
  readonly signal: string | null
}

interface Child {
  readonly tree: ProcessTree.ProcessTree
  readonly exited: Deferred.Deferred<Exit>
  /** Signals the process itself, as long as its pid is certainly its own. */
  readonly kill: () => void
  readonly pipe: InputPipe
}

const check = (command: Command) => {
  const name = Environment.unusable(command.environment)
  const problem =
    name !== undefined
      ? `the variable ${JSON.stringify(name)} cannot be passed on`
      : [command.program, ...command.args].some((word) => word.includes("\0"))
        ? "an argument holds a NUL character"
        : ![command.timeoutSeconds, command.maxOutputBytes].every((limit) => limit > 0)
          ? "its limits must be numbers above zero"
          : undefined
  return problem === undefined
    ? Effect.void
    : Effect.fail(new ProcessError({ operation: "start", reason: "invalid", detail: problem }))
}

const launched = Effect.fnUntraced(function* (input: Start, files: OutputFiles) {
  const child = yield* spawned(input, files)
  const ending = yield* Deferred.make<Ending, ProcessError>()
  const wish = yield* Deferred.make<void>()
  // No fiber owns it: it ends with the process, and whoever closes the scope waits for it.
  yield* Effect.forkDetach(
    supervise(input, files, child, wish).pipe(
      // Whoever follows the output must learn of the end in any case.
      Effect.onError(() => Effect.ignore(files.finish(input.command.maxOutputBytes))),
      Effect.onExit((exit) => Deferred.done(ending, exit)),
      realTime
    ),
    { startImmediately: true }
  )
  const ended = Deferred.await(ending)
  const end = Effect.andThen(Deferred.succeed(wish, undefined), ended)
  const { end: endInput, write } = child.pipe
  return { tree: child.tree, ended, end, write, endInput }
})

// In one go, so that its end cannot be missed and the guardian hears of it at once. The files are opened
// without waiting too: seven trips to the thread pool cost more than the process itself.
const spawned = (input: Start, files: OutputFiles): Effect.Effect<Child, ProcessError> =>
  Effect.callback<Child, ProcessError>((resume) => {
    const { command, guard } = input
    const marker = `${input.marker}.${randomUUID()}`
    const descriptors: Array<number> = []
    const opened = (path: string, flags: string) => {
      const descriptor = openSync(path, flags, 0o600)
      descriptors.push(descriptor)
      return descriptor
    }
    try {
      const stdin = inputOf(command, opened)
      const child = spawn(command.program, command.args, {
        cwd: command.folder,
        detached: true,
        env: environmentOf(input, marker),
        stdio: [stdin, opened(files.paths[0], "a"), opened(files.paths[1], "a")]
      })
      // Stays for later errors too, which would end this process if nobody listened.
      child.on("error", (cause) => resume(Effect.fail(startFailure(command, cause))))
      if (child.pid === undefined) return
      const exited = Deferred.makeUnsafe<Exit>()
      child.once("exit", (exitCode, signal) => {
        Deferred.doneUnsafe(exited, Effect.succeed({ exitCode, signal }))
      })
      const root = identityOf(child.pid)
      guard.watch(root)
      const pipe = makeInputPipe(child.stdin, command.input)
      const kill = () => child.kill("SIGKILL")
      resume(Effect.succeed({ tree: { root, marker }, exited, kill, pipe }))
    } catch (cause) {
      resume(Effect.fail(startFailure(command, cause)))
    } finally {
      for (const descriptor of descriptors) closeSync(descriptor)
    }
  })

// The name is removed before the child starts, so that nobody else reads the input and none is left.
const inputOf = (
  { input, keepsInputOpen, outputFolder }: Command,
  opened: (path: string, flags: string) => number
): number | "ignore" | "pipe" => {
  if (keepsInputOpen === true) return "pipe"
  if (input === undefined) return "ignore"
  const path = join(outputFolder, "stdin")
  writeFileSync(opened(path, "wx"), input)
  const reader = opened(path, "r")
  unlinkSync(path)
  return reader
}

const environmentOf = ({ command, environment, inherited }: Start, marker: string) => ({
  ...environment,
  ...command.environment,
  [markerName]: markerValue(inherited, marker)
})

// A missing program, a missing interpreter of it and a missing folder are the same to the system.
const startFailure = ({ program, folder }: Command, cause: unknown): ProcessError => {
  const error = from("start", cause)
  if (error.reason !== "missing") return error
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) {
    const detail = `there is no working folder ${folder}`
    return new ProcessError({ operation: "start", reason: "folder", detail, cause })
  }
  const detail = `${program} is missing, or the interpreter that its first line names`
  return new ProcessError({ operation: "start", reason: "missing", detail, cause })
}

// The process cannot be gone from the table: it stays there until this thread has seen its end.
const identityOf = (pid: number) => ({
  pid,
  startTime: processTable.read(pid)?.startTime ?? 0,
  bootId: processTable.bootId()
})

const supervise = Effect.fnUntraced(function* (
  { command, guard }: Start,
  files: OutputFiles,
  child: Child,
  wish: Deferred.Deferred<void>
): Effect.fn.Return<Ending, ProcessError> {
  const over = yield* Deferred.make<void, ProcessError>()
  const watcher = yield* Effect.forkChild(watch(files, command.maxOutputBytes, over))
  const first = yield* Effect.exit(
    Effect.raceAllFirst([
      Effect.as(Deferred.await(child.exited), undefined),
      Effect.as(Deferred.await(wish), undefined),
      Effect.as(Deferred.await(over), "output_limit"),
      Effect.as(Effect.sleep(command.timeoutSeconds * 1_000), "timeout")
    ])
  )
  const survivors = yield* ProcessTree.end(child.tree, {
    graceMillis: (command.graceSeconds ?? graceSeconds) * 1_000,
    isUrgent: () => Deferred.isDoneUnsafe(over)
  }).pipe(Effect.onError(() => Effect.sync(child.kill)))
  if (survivors.length > 0) {
    yield* Effect.logWarning(`Processes that cannot be ended: ${survivors.join(", ")}`)
  } else guard.forget(child.tree.root)
  yield* Fiber.interrupt(watcher)
  const limit = yield* first
  const exit = yield* exitOf(child)
  const written = yield* files.observe
  const [stdoutBytes, stderrBytes] = yield* files.finish(command.maxOutputBytes)
  const cause = limit ?? (written > command.maxOutputBytes ? "output_limit" : causeOf(exit))
  return { cause, ...exit, stdoutBytes, stderrBytes, survivors }
})

const watch = Effect.fnUntraced(
  function* (files: OutputFiles, maxBytes: number, over: Deferred.Deferred<void, ProcessError>) {
    for (let before = 0; ;) {
      const bytes = yield* files.observe
      if (bytes > maxBytes) yield* Deferred.succeed(over, undefined)
      yield* Effect.sleep(bytes - before > busyBytes ? busyWatchMillis : watchMillis)
      before = bytes
    }
  },
  (watching, _files, _maxBytes, over) =>
    Effect.catch(watching, (error) => Deferred.fail(over, error))
)

// Whoever withstands force has no exit yet.
const exitOf = (child: Child): Effect.Effect<Exit> =>
  Deferred.await(child.exited).pipe(
    Effect.timeoutOrElse({
      duration: reapMillis,
      orElse: () => Effect.succeed({ exitCode: null, signal: "SIGKILL" })
    })
  )

const causeOf = ({ exitCode, signal }: Exit) =>
  exitCode === null ? `signal:${signal}` : `exit:${exitCode}`
