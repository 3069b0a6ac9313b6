/**
 * The beginning of an artifact as text.
 *
 * @internal
 */
import { Effect, Stream } from "effect"
import type { ArtifactStore, ArtifactStoreError, BytesNotFound } from "../ports/ArtifactStore.ts"
import { maxPreviewBytes } from "../rules/Artifact.ts"

// models ----------------------------------------------------------------------

/** A beginning, and whether there is more. */
export interface Beginning {
  readonly text: string
  readonly isCut: boolean
}

// rules -----------------------------------------------------------------------

/** Cuts before a character of UTF-8 that is not whole. */
export const atCharacter = (bytes: Uint8Array): Uint8Array => {
  const tail = bytes.subarray(Math.max(0, bytes.length - 4))
  const start = tail.findLastIndex((byte) => (byte & 0xc0) !== 0x80)
  const first = tail[start]
  const needed = first === undefined ? 1 : lengthOf(first)
  const isCut = start >= 0 && tail.length - start < needed && bytes.length > 4
  return isCut ? bytes.subarray(0, bytes.length - (tail.length - start)) : bytes
}

// services --------------------------------------------------------------------

/** Reads the first 64 KiB, up to the border of a character. A NUL, which is no text, is replaced. */
export const begin = Effect.fnUntraced(function* (
  store: ArtifactStore,
  organization: string,
  digest: string,
  size: number
): Effect.fn.Return<Beginning, ArtifactStoreError | BytesNotFound> {
  const range = { offset: 0, length: maxPreviewBytes }
  const bytes = yield* Stream.runFold(
    store.get(organization, digest, range),
    (): ReadonlyArray<Uint8Array> => [],
    (parts, part) => [...parts, part.slice()]
  ).pipe(Effect.map(joined))
  const isCut = size > bytes.length
  const text = new TextDecoder().decode(isCut ? atCharacter(bytes) : bytes)
  return { text: text.replaceAll("\0", "\uFFFD"), isCut }
})

// internal --------------------------------------------------------------------

const joined = (parts: ReadonlyArray<Uint8Array>): Uint8Array => {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0))
  let offset = 0
  for (const part of parts) {
    whole.set(part, offset)
    offset += part.length
  }
  return whole
}

const lengthOf = (first: number): number =>
  first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc0 ? 2 : 1
