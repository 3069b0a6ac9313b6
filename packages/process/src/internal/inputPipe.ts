/**
 * The stdin of a process that is kept open: written to by one caller after the other, and never
 * more at once than the child takes.
 *
 * @since 0.1.0
 */
import type { Writable } from "node:stream"

import { Effect, Semaphore } from "effect"

import { from, ProcessError } from "../ProcessError.ts"

// models ----------------------------------------------------------------------

/** The end of the pipe that is ours; without a pipe each write fails. */
export interface InputPipe {
  readonly write: (input: string | Uint8Array) => Effect.Effect<void, ProcessError>
  readonly end: Effect.Effect<void>
}

// services --------------------------------------------------------------------

/** Begins with the input, if there is any. */
export const make = (
  stream: Writable | null,
  input: string | Uint8Array | undefined
): InputPipe => {
  if (stream === null) return { write: () => Effect.fail(closed()), end: Effect.void }
  // Whoever writes learns of it; a child that ended early is nothing to end this process for.
  stream.on("error", () => undefined)
  if (input !== undefined) stream.write(input)
  const turn = Semaphore.makeUnsafe(1)
  return {
    write: (bytes) => turn.withPermits(1)(written(stream, bytes)),
    end: Effect.sync(() => stream.end())
  }
}

// internal --------------------------------------------------------------------

const mostWaitingBytes = 64 * 1024

const closed = () =>
  new ProcessError({ operation: "write", reason: "io", detail: "its stdin is closed" })

/** What an interrupted writer left behind is taken first, so that no more than one write waits. */
const written = (stream: Writable, bytes: string | Uint8Array) =>
  Effect.callback<void, ProcessError>((resume) => {
    if (!stream.writable) return resume(Effect.fail(closed()))
    const settle = (result: Effect.Effect<void, ProcessError>) => {
      stop()
      resume(result)
    }
    const onClose = () => settle(Effect.fail(closed()))
    const onDrain = () => {
      if (stream.writableLength <= mostWaitingBytes) write()
    }
    const stop = () => {
      stream.off("close", onClose)
      stream.off("drain", onDrain)
    }
    const write = () => {
      stream.off("drain", onDrain)
      stream.write(bytes, (cause) =>
        settle(cause ? Effect.fail(from("write", cause)) : Effect.void)
      )
      // What waits is little: small messages need not wait for a slow child.
      if (stream.writableLength <= mostWaitingBytes) settle(Effect.void)
    }
    stream.once("close", onClose)
    if (stream.writableLength <= mostWaitingBytes) write()
    else stream.on("drain", onDrain)
    return Effect.sync(stop)
  })
