/**
 * Reading an open file piece by piece, so that only one of them is ever in memory.
 *
 * @internal
 */
import type { FileHandle } from "node:fs/promises"

import { Effect, Stream } from "effect"

import { ArtifactStore } from "@foreman/core"

// services --------------------------------------------------------------------

/**
 * The bytes of a part of the file, or of all of it. It stays open. All pieces come in one buffer: the
 * memory of millions would be given back much later than it is used.
 */
export const read = (
  handle: FileHandle,
  range: ArtifactStore.Range = everything
): Stream.Stream<Uint8Array, ArtifactStore.ArtifactStoreError> =>
  Stream.suspend(() => {
    const buffer = new Uint8Array(Math.max(0, Math.min(pieceBytes, range.length)))
    return Stream.unfold({ ...range }, ({ offset, length }) =>
      Effect.map(
        attempt("read", () => readPiece(handle, buffer, offset, length)),
        (piece) =>
          piece.length === 0
            ? undefined
            : ([piece, { offset: offset + piece.length, length: length - piece.length }] as const)
      )
    )
  })

/** What the system refuses is a failure of the store, which may pass. */
export const attempt = <A>(operation: string, run: () => Promise<A>) =>
  Effect.tryPromise({
    try: run,
    catch: (cause) =>
      new ArtifactStore.ArtifactStoreError({
        operation,
        cause,
        retryable: passing.has(codeOf(cause) ?? "")
      })
  })

/** The system's word for what went wrong. */
export const codeOf = (error: unknown): string | undefined =>
  error instanceof Error && "code" in error && typeof error.code === "string"
    ? error.code
    : undefined

// internal --------------------------------------------------------------------

const pieceBytes = 64 * 1024
const passing = new Set(["EAGAIN", "EBUSY", "EINTR", "EMFILE", "ENFILE"])

const everything: ArtifactStore.Range = { offset: 0, length: Number.MAX_SAFE_INTEGER }

const readPiece = async (
  handle: FileHandle,
  buffer: Uint8Array<ArrayBuffer>,
  offset: number,
  length: number
) => {
  if (length <= 0) return buffer.subarray(0, 0)
  const wanted = Math.min(length, buffer.length)
  const { bytesRead } = await handle.read(buffer, 0, wanted, offset)
  return buffer.subarray(0, bytesRead)
}
