/**
 * A file that cannot be read or written: its name, and what the system says, in a sentence.
 */
import { Data } from "effect"

// errors ----------------------------------------------------------------------

export class FileError extends Data.TaggedError("FileError")<{
  readonly path: string
  readonly cause: unknown
}> {
  override get message() {
    return `${this.path} ${problemOf(this.cause)}`
  }
}

// internal --------------------------------------------------------------------

const problems: Readonly<Record<string, string>> = {
  ENOENT: "is not there",
  ENOTDIR: "is not there",
  EACCES: "may not be read or written by you",
  EPERM: "may not be read or written by you",
  EROFS: "cannot be written: its file system is read-only",
  EISDIR: "is a folder",
  ENOSPC: "cannot be written: the disk is full",
  EEXIST: "is there already: name a new file"
}

const problemOf = (cause: unknown): string => {
  const code =
    typeof cause === "object" && cause !== null && "code" in cause ? String(cause.code) : ""
  return (
    problems[code] ?? `cannot be used: ${cause instanceof Error ? cause.message : String(cause)}`
  )
}
