/**
 * How the program is told to end: by signals, by a reader that goes away, by the end of what started it.
 */
import process from "node:process"

// models ----------------------------------------------------------------------

/** What is heard of the end. */
export interface Signals {
  readonly signal: AbortSignal
  /** The exit code that says by what it was ended, if it was. */
  readonly endedBy: () => number | undefined
  /** Listens no more. */
  readonly close: () => void
}

// services --------------------------------------------------------------------

/** Listens for the end. The second signal ends the process at once. */
export const listen = (): Signals => {
  const ending = new AbortController()
  let code: number | undefined
  let latest = 0
  const end = (number: number) => () => {
    const now = performance.now()
    // One press of Ctrl-C may arrive twice: from the terminal, and from who started this process.
    if (code !== undefined && now - latest > sameMillis) process.exit(code)
    code ??= 128 + number
    latest = now
    ending.abort()
  }
  const handlers = [
    ["SIGINT", end(2)],
    ["SIGTERM", end(15)],
    ["SIGHUP", end(1)]
  ] as const
  for (const [name, handler] of handlers) process.on(name, handler)
  // A reader that has read enough is no failure.
  const onError = (error: Error) => {
    if (isClosedPipe(error)) process.exit(0)
  }
  process.stdout.on("error", onError)
  process.stderr.on("error", () => undefined)
  // Where another process started this one with a channel, it lives no longer than that process.
  process.once("disconnect", () => process.kill(process.pid, "SIGTERM"))
  process.channel?.unref()
  return {
    signal: ending.signal,
    endedBy: () => code,
    close: () => {
      for (const [name, handler] of handlers) process.off(name, handler)
    }
  }
}

/** Whether writing failed because nobody reads any more. */
export const isClosedPipe = (error: unknown): boolean =>
  error instanceof Error && "code" in error && error.code === "EPIPE"

// internal --------------------------------------------------------------------

const sameMillis = 100
