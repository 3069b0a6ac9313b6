/**
 * What goes wrong when a process is started, followed or ended: the one error of this package.
 *
 * @since 0.1.0
 */
import { Data } from "effect"

// errors ----------------------------------------------------------------------

/**
 * The operating system refused something about a process.
 *
 * **Details**
 *
 * The reasons: `invalid` (an argument, variable or input that no process can be given), `folder` (the
 * working folder is missing), `missing` and `forbidden` (the program is not there, or must not be
 * run), `exhausted` (too many processes or files, or no memory: trying again later helps), `guardian`
 * (the process that would end this one if its control plane died cannot be started), `io`
 * (everything else).
 *
 * @category errors
 * @since 0.1.0
 */
export class ProcessError extends Data.TaggedError("ProcessError")<{
  readonly operation: "start" | "follow" | "read" | "write" | "end"
  readonly reason: "invalid" | "folder" | "missing" | "forbidden" | "exhausted" | "guardian" | "io"
  /** What is wrong, for a person to read. */
  readonly detail: string
  readonly cause?: unknown
}> {
  override get message() {
    return `Failed to ${this.operation} a process: ${this.detail}`
  }

  /** Whether the same wish may succeed later. */
  get retryable(): boolean {
    return this.reason === "exhausted" || this.reason === "guardian"
  }
}

// rules -----------------------------------------------------------------------

/**
 * Wraps what the operating system threw.
 *
 * @category errors
 * @since 0.1.0
 */
export const from = (operation: ProcessError["operation"], cause: unknown): ProcessError => {
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : ""
  const detail = cause instanceof Error ? cause.message : String(cause)
  return new ProcessError({ operation, reason: reasons[code] ?? "io", detail, cause })
}

// internal --------------------------------------------------------------------

const reasons: Readonly<Record<string, ProcessError["reason"]>> = {
  E2BIG: "invalid",
  EACCES: "forbidden",
  EAGAIN: "exhausted",
  EMFILE: "exhausted",
  ENFILE: "exhausted",
  ENOENT: "missing",
  ENOMEM: "exhausted",
  EPERM: "forbidden",
  ERR_INVALID_ARG_VALUE: "invalid"
}
