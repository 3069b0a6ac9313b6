/**
 * The life of a program that serves until it is told to end.
 *
 * SIGINT and SIGTERM end it: its layer's scope closes, and it exits with 0, or with the
 * `process.exitCode` that somebody has set by then. A second signal, or ten seconds, end it at once.
 *
 * @since 0.1.0
 */
import { Cause, Effect, Exit, Fiber, Layer } from "effect"

// models ----------------------------------------------------------------------

/**
 * How a program behaves at its ends.
 *
 * @category configuration
 * @since 0.1.0
 */
export interface Options {
  /** What a person reads when the program cannot start or fails. */
  readonly explain: (error: unknown) => string
  /** What the program ends with then; 1 unless set. */
  readonly exitCodeOf?: (error: unknown) => number
  /** How long an orderly end may take, in milliseconds; 9,500 unless set. */
  readonly graceMillis?: number
}

// services --------------------------------------------------------------------

/**
 * Builds the layer, and keeps it until a signal comes. Never returns: the process exits.
 *
 * **When to use**
 *
 * Use at the end of a `main.ts`, once, with everything the program is made of.
 *
 * @category services
 * @since 0.1.0
 */
export const launch = <E>(layer: Layer.Layer<never, E>, options: Options): void => {
  const { exitCodeOf = () => 1, explain, graceMillis = 9500 } = options
  const fiber = Effect.runFork(Layer.launch(layer))
  let signals = 0
  let latest = 0
  const stop = () => {
    const now = performance.now()
    // One press of Ctrl-C may arrive twice: from the terminal, and from who started this process.
    if (signals > 0 && now - latest < sameMillis) return
    latest = now
    signals += 1
    if (signals > 1) process.exit(130)
    // Whatever still hangs then is not worth waiting for.
    setTimeout(() => process.exit(1), graceMillis).unref()
    Effect.runFork(Fiber.interrupt(fiber))
  }
  process.on("SIGINT", stop)
  process.on("SIGTERM", stop)
  // A terminal or a log reader that went away is no reason to fail.
  process.stdout.on("error", () => undefined)
  process.stderr.on("error", () => undefined)
  fiber.addObserver((exit) => {
    if (Exit.isFailure(exit) && signals === 0) {
      const error = Cause.squash(exit.cause)
      process.stderr.write(`${explain(error)}\n`)
      process.exit(exitCodeOf(error))
    }
    // What ends may have found something to tell by it.
    process.exit(process.exitCode ?? 0)
  })
  // A fiber alone does not keep the process alive.
  setInterval(() => undefined, 2 ** 30)
}

// internal --------------------------------------------------------------------

const sameMillis = 100
