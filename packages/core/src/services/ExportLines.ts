/**
 * Lines of an export on their way out: gathered until they are worth a call, and digested.
 *
 * @internal
 */
import { Data, Effect } from "effect"
import { hasher, hexOf } from "../ports/Sha256.ts"
import * as ExportFormat from "./ExportFormat.ts"

// models ----------------------------------------------------------------------

/** Where lines go. */
export interface Lines<E, R> {
  readonly line: (
    kind: string,
    values: Readonly<Record<string, unknown>>
  ) => Effect.Effect<void, LineTooLarge | E, R>
  /** Writes the trailer, after which nothing comes. */
  readonly end: Effect.Effect<void, LineTooLarge | E, R>
}

// errors ----------------------------------------------------------------------

/**
 * Something is larger than a line may be, so no import would take it.
 *
 * @category errors
 * @since 0.1.0
 */
export class LineTooLarge extends Data.TaggedError("LineTooLarge")<{
  readonly kind: string
  readonly maxBytes: number
}> {
  override get message() {
    return `A line of kind ${this.kind} would be longer than ${this.maxBytes} bytes`
  }
}

// services --------------------------------------------------------------------

/** Lines are gathered until they are worth a call. */
export const make = <E, R>(
  out: (bytes: Uint8Array) => Effect.Effect<void, E, R>,
  written: (bytes: number) => void
): Lines<E, R> => {
  const encoder = new TextEncoder()
  const hash = hasher()
  let gathered = ""
  let count = 0
  const flush = Effect.suspend(() => {
    const bytes = encoder.encode(gathered)
    gathered = ""
    hash.update(bytes)
    written(bytes.length)
    return bytes.length === 0 ? Effect.void : Effect.andThen(out(bytes), Effect.yieldNow)
  })
  const line: Lines<E, R>["line"] = (kind, values) =>
    Effect.suspend((): Effect.Effect<void, LineTooLarge | E, R> => {
      const text = JSON.stringify({ kind, ...values })
      const maxBytes = ExportFormat.maxLineBytes
      // A unit of text is three bytes at most.
      if (text.length * 3 > maxBytes && encoder.encode(text).length > maxBytes) {
        return Effect.fail(new LineTooLarge({ kind, maxBytes }))
      }
      count += 1
      gathered += `${text}\n`
      return gathered.length < gatherLength ? Effect.void : flush
    })
  const end = Effect.suspend(() =>
    flush.pipe(
      Effect.andThen(
        Effect.suspend(() => line("trailer", { lines: count, digest: hexOf(hash.digest()) }))
      ),
      Effect.andThen(
        Effect.suspend(() => {
          const bytes = encoder.encode(gathered)
          written(bytes.length)
          return out(bytes)
        })
      )
    )
  )
  return { line, end }
}

// internal --------------------------------------------------------------------

const gatherLength = 64 * 1024
