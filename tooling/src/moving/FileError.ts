/**
 * A file that cannot be read or written, in the words of the system.
 */
import { Data } from "effect"

export class FileError extends Data.TaggedError("FileError")<{ readonly cause: unknown }> {
  override get message() {
    return this.cause instanceof Error ? this.cause.message : String(this.cause)
  }
}
