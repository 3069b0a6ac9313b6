/**
 * Starts processes, follows them and ends them, each with everything that it started itself.
 *
 * **Details**
 *
 * A process gets its arguments as they are, never through a shell; its input as a file that has an
 * end, or when asked for as a pipe that is kept open; an environment by allow-list; a session of its
 * own. It writes stdout and stderr to two files, not to pipes: a file is never full, loses nothing
 * when the control plane dies, and does not keep a reader waiting for a grandchild that holds it open.
 * Two files, since the answer of an agent is what stands on stdout; in what order both were written
 * is noted while they grow (twenty times a second, at the ends of lines), and the combined output is
 * read in that order.
 *
 * However it ends (by itself, by its limits, because its scope closes, because the control plane is
 * killed) nothing that descends from it stays alive; see {@link ProcessTree} for how far that goes.
 * The last case is the guardian's: one small process per supervisor, started with the first process,
 * that ends what is left when the supervisor's process is gone.
 *
 * **Gotchas**
 *
 * Between the start of a process and the moment at which the guardian has heard of it lie some
 * microseconds. On Linux the guardian also looks for the mark, which closes that gap. Without `/proc`
 * (macOS) it stays open. Windows is not supported.
 *
 * @since 0.1.0
 */
import { randomUUID } from "node:crypto"

import { Context, Effect, Layer } from "effect"
import type { Scope, Stream } from "effect"

import * as Environment from "./Environment.ts"
import { make as makeGuard } from "./internal/guard.ts"
import { markerName } from "./internal/marker.ts"
import { start } from "./internal/running.ts"
import type { ProcessError } from "./ProcessError.ts"
import type { ProcessTree } from "./ProcessTree.ts"

// models ----------------------------------------------------------------------

/**
 * What is to be started, and how long and how much it may.
 *
 * @category models
 * @since 0.1.0
 */
export interface Command {
  /** Absolute path of the program. */
  readonly program: string
  readonly args: ReadonlyArray<string>
  /** The working folder, absolute. */
  readonly folder: string
  /** Added to what the child inherits by the allow-list, and stronger than it. */
  readonly environment: Environment.Environment
  /** What the child reads on stdin; without it stdin is empty. */
  readonly input?: string | Uint8Array
  /** Keeps stdin open behind the input, for {@link RunningProcess}'s `write`. */
  readonly keepsInputOpen?: boolean
  /** An existing folder for `stdout.log` and `stderr.log`, which must not exist there yet. */
  readonly outputFolder: string
  readonly timeoutSeconds: number
  /** More than this on both channels together ends the process, at once and by force. */
  readonly maxOutputBytes: number
  /** From SIGTERM to SIGKILL; 2 unless set. */
  readonly graceSeconds?: number
}

/**
 * How a process ended.
 *
 * @category models
 * @since 0.1.0
 */
export interface Ending {
  /** `exit:<code>`, `signal:<name>`, `timeout` or `output_limit`. */
  readonly cause: string
  readonly exitCode: number | null
  readonly signal: string | null
  readonly stdoutBytes: number
  readonly stderrBytes: number
  /** Pids of what withstood even force, normally none: a process that waits for a broken disk. */
  readonly survivors: ReadonlyArray<number>
}

/**
 * A process that was started. Its output can be read until its scope closes; the files stay.
 *
 * @category models
 * @since 0.1.0
 */
export interface RunningProcess {
  readonly tree: ProcessTree
  /** Waits until the process and all its descendants have ended. */
  readonly ended: Effect.Effect<Ending, ProcessError>
  /** Ends them, and waits for that. */
  readonly end: Effect.Effect<Ending, ProcessError>
  /**
   * Both channels in the order in which they were written, until the process has ended. A chunk is
   * good until the next one is asked for.
   */
  readonly output: Stream.Stream<Uint8Array, ProcessError>
  readonly stdout: Stream.Stream<Uint8Array, ProcessError>
  readonly stderr: Stream.Stream<Uint8Array, ProcessError>
  /** The last bytes of stdout so far. */
  readonly stdoutTail: (maxBytes: number) => Effect.Effect<Uint8Array, ProcessError>
  /**
   * Writes to a stdin that was kept open, one caller after the other, and waits until the child has
   * taken so much of it that no more than 64 KiB wait. A child that has ended or closed its stdin is
   * a `ProcessError`.
   */
  readonly write: (input: string | Uint8Array) => Effect.Effect<void, ProcessError>
  /** Ends a stdin that was kept open, which many programs take as the request to end. */
  readonly endInput: Effect.Effect<void>
}

/**
 * What a supervisor takes from its surroundings.
 *
 * @category configuration
 * @since 0.1.0
 */
export interface Options {
  /** The environment of which children inherit the allowed part; `process.env` unless given. */
  readonly environment?: Readonly<Record<string, string | undefined>>
  /** Where the guardian's program lies, for bundles; beside this package's own files unless given. */
  readonly guardianProgram?: string
}

// services --------------------------------------------------------------------

/**
 * The supervisor of this process's children.
 *
 * @category services
 * @since 0.1.0
 */
export class Supervisor extends Context.Service<
  Supervisor,
  {
    /** What every child inherits. */
    readonly environment: Environment.Environment
    /** When the scope closes, the process and all its descendants are ended before it has closed. */
    readonly start: (command: Command) => Effect.Effect<RunningProcess, ProcessError, Scope.Scope>
  }
>()("@foreman/process/Supervisor") {}

// layers ----------------------------------------------------------------------

/**
 * Provides a supervisor. Its guardian ends with the layer.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (options: Options = {}): Layer.Layer<Supervisor> =>
  Layer.effect(Supervisor, make(options))

/**
 * Makes a supervisor that lives as long as its scope.
 *
 * @category services
 * @since 0.1.0
 */
export const make = Effect.fnUntraced(function* (
  options: Options = {}
): Effect.fn.Return<Supervisor["Service"], never, Scope.Scope> {
  const surroundings = options.environment ?? process.env
  const environment = Environment.inherit(surroundings)
  // Inside a run of another Foreman its marks pass on, so that it finds what is started here.
  const inherited = surroundings[markerName]
  const marker = randomUUID()
  const guard = yield* makeGuard({
    marker,
    program: options.guardianProgram,
    environment: inherited === undefined ? {} : { [markerName]: inherited }
  })
  return {
    environment,
    start: (command) => start({ command, environment, guard, marker, inherited })
  }
})
