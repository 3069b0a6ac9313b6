/**
 * The bytes of one artifact of an export, on their way into the place where they are kept.
 *
 * @internal
 */
import { Effect, Stream } from "effect"
import type { ArtifactStore } from "../ports/ArtifactStore.ts"
import { hasher, hexOf } from "../ports/Sha256.ts"
import * as ExportFormat from "./ExportFormat.ts"
import type { Lines } from "./ImportLines.ts"

// services --------------------------------------------------------------------

/** Keeps the bytes that come after the line that announces them, or checks them where nobody does. */
export const read = Effect.fnUntraced(function* <E, R>(
  lines: Lines<E, R>,
  { digest, organization, size }: Announced,
  artifacts: ArtifactStore | undefined
) {
  const differ = lines.refuse({ _tag: "BytesDiffer", digest })
  const context = yield* Effect.context<R>()
  const pieces = Stream.provideContext(piecesOf(lines, size), context)
  if (artifacts === undefined) {
    const hash = hasher()
    yield* Stream.runForEach(pieces, (piece) => Effect.sync(() => hash.update(piece)))
    if (hexOf(hash.digest()) !== digest) return yield* differ
    return false
  }
  const kept = yield* artifacts
    .put(organization, pieces, { maxBytes: size })
    .pipe(Effect.catchTag("TooManyBytes", () => Effect.fail(differ)))
  if (kept.digest === digest) return true
  yield* artifacts.remove(organization, kept.digest)
  return yield* differ
})

// internal --------------------------------------------------------------------

type Announced = Extract<ExportFormat.Line, { readonly kind: "bytes" }>

const piecesOf = <E, R>({ next, refuse }: Lines<E, R>, size: number) =>
  Stream.unfold(
    0,
    Effect.fnUntraced(function* (come: number) {
      if (come >= size) return undefined
      const line = yield* next
      if (line === undefined) return yield* refuse({ _tag: "Misplaced", kind: "trailer" })
      if (line.kind !== "piece") return yield* refuse({ _tag: "Misplaced", kind: line.kind })
      const piece = ExportFormat.bytesOf(line.base64)
      if (piece === undefined || piece.length === 0) return yield* refuse({ _tag: "Malformed" })
      return [piece, come + piece.length] as const
    })
  )
