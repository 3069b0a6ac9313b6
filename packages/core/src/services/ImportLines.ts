/**
 * Lines of an export on their way in: one after the other, each of a known form, none too long. The
 * last one is given only when all lines are what they were when they were written.
 *
 * @internal
 */
import { Effect, Pull, Result, Schema, Stream } from "effect"
import type { Scope } from "effect"
import { hasher, hexOf } from "../ports/Sha256.ts"
import * as ExportFormat from "./ExportFormat.ts"
import { ImportRefused, type Reason } from "./ImportRefusal.ts"

// models ----------------------------------------------------------------------

/** Lines, as they are read. */
export interface Lines<E, R> {
  readonly header: ExportFormat.Header
  /** The next line, or undefined after a trailer that fits. */
  readonly next: Effect.Effect<ExportFormat.Line | undefined, ImportRefused | E, R>
  readonly refuse: (reason: Reason) => ImportRefused
  /** How much was read. */
  readonly bytes: () => number
}

// services --------------------------------------------------------------------

/** Begins to read: an export that is none is refused at once. */
export const make = Effect.fnUntraced(function* <E, R>(
  bytes: Stream.Stream<Uint8Array, E, R>
): Effect.fn.Return<Lines<E, R>, ImportRefused | E, R | Scope.Scope> {
  const raw = yield* makeRaw(bytes)
  const hash = hasher()
  const refuse = (reason: Reason) => new ImportRefused({ reason, line: raw.count() })
  const digest = (line: Uint8Array) => {
    hash.update(line)
    hash.update(newline)
  }
  const first = yield* raw.next
  if (first === undefined) return yield* refuse({ _tag: "NotAnExport" })
  const header = yield* Effect.fromResult(headerOf(first)).pipe(Effect.mapError(refuse))
  digest(first)
  const end = Effect.fnUntraced(function* ({ digest: wanted, lines }: Trailer) {
    const isWhole = hexOf(hash.digest()) === wanted && lines === raw.count() - 1
    if (!isWhole) return yield* refuse({ _tag: "Altered" })
    const more = yield* raw.next
    return more === undefined ? undefined : yield* refuse({ _tag: "Misplaced", kind: "unknown" })
  })
  const next = Effect.gen(function* () {
    const line = yield* raw.next
    if (line === undefined) return yield* refuse({ _tag: "Cut" })
    const decoded = decode(line)
    // What does not decode may be a line that was cut in the middle.
    if (decoded === undefined) {
      return yield* refuse({ _tag: raw.isWhole() ? "Malformed" : "Cut" })
    }
    if (decoded.kind === "trailer") return yield* end(decoded)
    digest(line)
    return decoded
  })
  return { header, next, refuse, bytes: raw.bytes }
})

// internal --------------------------------------------------------------------

type Trailer = Extract<ExportFormat.Line, { readonly kind: "trailer" }>

const newline = new Uint8Array([10])

const decodeText = (line: Uint8Array): unknown => {
  const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(line)
  return JSON.parse(text)
}

const valueOf = (line: Uint8Array): unknown =>
  Result.getOrUndefined(Result.try(() => decodeText(line)))

const decodeLine = Schema.decodeUnknownResult(ExportFormat.Line)

const decode = (line: Uint8Array): ExportFormat.Line | undefined =>
  Result.getOrUndefined(decodeLine(valueOf(line)))

const decodeHeader = Schema.decodeUnknownResult(ExportFormat.Header)

const headerOf = (line: Uint8Array): Result.Result<ExportFormat.Header, Reason> => {
  const header = Result.getOrUndefined(decodeHeader(valueOf(line)))
  if (header === undefined) return Result.fail({ _tag: "NotAnExport" })
  const { version } = header
  const known = ExportFormat.version
  if (version !== known) return Result.fail({ _tag: "UnknownVersion", version, known })
  return header.tables === ExportFormat.tablesDigest
    ? Result.succeed(header)
    : Result.fail({ _tag: "OtherTables" })
}

/** Splits bytes into lines. What is left at the end without a line break is a line that is not whole. */
const makeRaw = Effect.fnUntraced(function* <E, R>(bytes: Stream.Stream<Uint8Array, E, R>) {
  const pull = yield* Stream.toPull(bytes)
  const whole: Array<Uint8Array> = []
  let place = 0
  let parts: Array<Uint8Array> = []
  let length = 0
  let [count, total] = [0, 0]
  let isEnded = false
  const take = (chunk: Uint8Array) => {
    total += chunk.length
    for (let start = 0; start < chunk.length;) {
      const end = chunk.indexOf(10, start)
      const part = chunk.subarray(start, end < 0 ? chunk.length : end)
      parts.push(part)
      length += part.length
      if (length > ExportFormat.maxLineBytes) return false
      if (end < 0) return true
      whole.push(parts.length === 1 ? part : joined(parts, length))
      parts = []
      length = 0
      start = end + 1
    }
    return true
  }
  const more = Pull.matchEffect(pull, {
    onSuccess: (chunks) =>
      Effect.sync(() => {
        for (const chunk of chunks) if (!take(chunk)) return false
        return true
      }),
    onFailure: (cause) => Effect.failCause(cause),
    onDone: () =>
      Effect.sync(() => {
        isEnded = true
        if (length > 0) whole.push(joined(parts, length))
        return true
      })
  })
  const next: Effect.Effect<Uint8Array | undefined, ImportRefused | E, R> = Effect.gen(
    function* () {
      while (place >= whole.length) {
        whole.length = 0
        place = 0
        if (isEnded) return undefined
        if (yield* more) continue
        const maxBytes = ExportFormat.maxLineBytes
        const reason = { _tag: "LineTooLong", maxBytes } as const
        return yield* new ImportRefused({ reason, line: count + whole.length + 1 })
      }
      const line = whole[place]
      place += 1
      count += 1
      return line
    }
  )
  const isWhole = () => !isEnded || place < whole.length || length === 0
  return { next, count: () => count, bytes: () => total, isWhole }
})

const joined = (parts: ReadonlyArray<Uint8Array>, length: number): Uint8Array => {
  const line = new Uint8Array(length)
  let place = 0
  for (const part of parts) {
    line.set(part, place)
    place += part.length
  }
  return line
}
