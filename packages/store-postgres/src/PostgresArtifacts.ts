/**
 * An artifact store in the database itself: what one node keeps, every node reads, and a backup of the
 * database holds all of it.
 *
 * Bytes come and go in pieces, so that neither this process nor a transaction ever holds more than one
 * of them. A content is there when its last piece is. What is read as a whole is compared with its
 * digest.
 *
 * @since 0.1.0
 */
import { createHash, randomUUID } from "node:crypto"

import { Effect, Layer, Stream } from "effect"
import type { Scope } from "effect"

import { ArtifactStore } from "@foreman/core"

import { isPassing } from "./PostgresFailure.ts"
import * as Pool from "./PostgresPool.ts"
import { setUp } from "./PostgresSetup.ts"

// models ----------------------------------------------------------------------

/**
 * Which database keeps the bytes: the one of the store.
 *
 * @category configuration
 * @since 0.1.0
 */
export interface ArtifactsConfig extends Pool.Limits {
  /** `postgres://user:password@host:5432/database`. */
  readonly url: string
  /** How many connections there are at most, besides those of the store: 4 unless said. */
  readonly connections?: number
}

// services --------------------------------------------------------------------

/**
 * Opens an artifact store that lives as long as the scope.
 *
 * @category services
 * @since 0.1.0
 */
export const make: (
  config: ArtifactsConfig
) => Effect.Effect<ArtifactStore.ArtifactStore, ArtifactStore.ArtifactStoreError, Scope.Scope> =
  Effect.fnUntraced(function* (config) {
    const ready = Effect.tryPromise({
      try: () => setUp({ ...config, readOnly: false }),
      catch: failed("open")
    })
    const { app } = (yield* ready).roles
    const { connections = 4 } = config
    const pool = yield* Effect.acquireRelease(
      Effect.sync(() => Pool.open({ ...config, role: app, connections })),
      ({ close }) => Effect.promise(close)
    )
    return serve(attemptOn(pool))
  })

/**
 * An artifact store as that of a composition.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (
  config: ArtifactsConfig
): Layer.Layer<ArtifactStore.ArtifactStore, ArtifactStore.ArtifactStoreError> =>
  Layer.effect(ArtifactStore.ArtifactStore, make(config))

// internal --------------------------------------------------------------------

/** How many bytes go into one row: a transaction's worth, and little enough to hold many of. */
const pieceSize = 256 * 1024

const everything: ArtifactStore.Range = { offset: 0, length: Number.MAX_SAFE_INTEGER }

const serve = (attempt: Attempt): ArtifactStore.ArtifactStore => ({
  put: (organization, bytes, { maxBytes }) =>
    Effect.suspend(() => put({ attempt, organization, id: randomUUID() }, bytes, maxBytes)),
  get: (organization, digest, range) =>
    Stream.unwrap(
      Effect.map(find(attempt, organization, digest), (content) =>
        range === undefined
          ? checked(digest, read(attempt, content, everything))
          : read(attempt, content, range)
      )
    ),
  has: (organization, digest) =>
    find(attempt, organization, digest).pipe(
      Effect.as(true),
      Effect.catchTag("BytesNotFound", () => Effect.succeed(false))
    ),
  remove: (organization, digest, options) => {
    if (!isKept(organization, digest)) return Effect.void
    const idle = options && `${options.idleMillis} milliseconds`
    const forgotten =
      idle === undefined
        ? attempt("remove", "SELECT foreman.artifact_remove($1, $2)", [organization, digest])
        : attempt("remove", "SELECT foreman.artifact_expire($1, $2, $3)", [
            organization,
            digest,
            idle
          ])
    return Effect.asVoid(forgotten)
  }
})

type Attempt = (
  operation: string,
  text: string,
  values: ReadonlyArray<unknown>
) => Effect.Effect<
  ReadonlyArray<Readonly<Record<string, unknown>>>,
  ArtifactStore.ArtifactStoreError
>

interface Upload {
  readonly attempt: Attempt
  readonly organization: string
  readonly id: string
}

interface Content {
  readonly organization: string
  readonly id: string
  readonly size: number
  readonly pieceSize: number
}

/** Each statement is a transaction of its own. */
const attemptOn =
  ({ use }: Pool.Pool): Attempt =>
  (operation, text, values) =>
    Effect.tryPromise({
      try: async () => (await use((client) => client.query(text, [...values]))).rows,
      catch: failed(operation)
    })

const failed =
  (operation: string) =>
  (cause: unknown): ArtifactStore.ArtifactStoreError =>
    new ArtifactStore.ArtifactStoreError({ operation, cause, retryable: isPassing(cause) })

/** What could be kept: no other text has to be asked for, and a NUL cannot be. */
const isKept = (organization: string, digest: string): boolean =>
  /^[0-9a-f]{64}$/.test(digest) && !organization.includes("\0")

const put = <E>(upload: Upload, bytes: Stream.Stream<Uint8Array, E>, maxBytes: number) => {
  const piece = Buffer.allocUnsafe(Math.min(pieceSize, Math.max(maxBytes, 1)))
  const hash = createHash("sha256")
  let [size, used, count, isBegun] = [0, 0, 0, false]
  const send = Effect.fnUntraced(function* () {
    if (!isBegun) {
      isBegun = true
      yield* call(upload, "artifact_begin($1, $2)")
    }
    yield* call(upload, "artifact_piece($1, $2, $3, $4)", count, piece.subarray(0, used))
    count += 1
    used = 0
  })
  const take = Effect.fnUntraced(function* (chunk: Uint8Array) {
    size += chunk.length
    if (size > maxBytes) return yield* new ArtifactStore.TooManyBytes({ maxBytes })
    hash.update(chunk)
    for (let offset = 0; offset < chunk.length;) {
      // Only what more bytes follow is sent on its own: a content of one piece is kept at once.
      if (used === piece.length) yield* send()
      const part = chunk.subarray(offset, offset + piece.length - used)
      piece.set(part, used)
      used += part.length
      offset += part.length
    }
  })
  const finish = Effect.fnUntraced(function* () {
    const kept = { digest: hash.digest("hex"), size }
    if (!isBegun) {
      yield* call(upload, "artifact_keep($1, $2, $3, $4)", kept.digest, piece.subarray(0, used))
      return kept
    }
    yield* send()
    yield* call(upload, "artifact_finish($1, $2, $3, $4, $5)", kept.digest, size, piece.length)
    return kept
  })
  return Effect.andThen(Stream.runForEach(bytes, take), finish()).pipe(
    // What cannot be given up now is cleared away when it is old.
    Effect.onError(() => (isBegun ? giveUp(upload) : Effect.void))
  )
}

const giveUp = (upload: Upload) =>
  call(upload, "artifact_abort($1, $2)").pipe(Effect.timeout("5 seconds"), Effect.ignore)

const call = (
  { attempt, id, organization }: Upload,
  text: string,
  ...values: ReadonlyArray<unknown>
) => attempt("put", `SELECT foreman.${text}`, [organization, id, ...values])

const find = Effect.fnUntraced(function* (attempt: Attempt, organization: string, digest: string) {
  const text = "SELECT id, size::float8 AS size, piece_size FROM foreman.artifact_find($1, $2)"
  const rows = isKept(organization, digest)
    ? yield* attempt("read", text, [organization, digest])
    : []
  const [row] = rows
  if (row === undefined) return yield* new ArtifactStore.BytesNotFound({ digest })
  return {
    organization,
    id: String(row["id"]),
    size: Number(row["size"]),
    pieceSize: Number(row["piece_size"])
  }
})

/** Each piece is a read of its own, and only of the part of it that is asked for. */
const read = (attempt: Attempt, content: Content, { length, offset }: ArtifactStore.Range) => {
  const end = Math.min(content.size, offset + length)
  return Stream.unfold(offset, (at) => {
    if (at >= end) return Effect.succeed(undefined)
    const number = Math.floor(at / content.pieceSize)
    const first = at - number * content.pieceSize
    const count = Math.min(content.pieceSize - first, end - at)
    return Effect.map(
      readPiece(attempt, content, number, first, count),
      (bytes) => [bytes, at + count] as const
    )
  })
}

const readPiece = Effect.fnUntraced(function* (
  attempt: Attempt,
  { id, organization }: Content,
  ...part: readonly [number: number, first: number, count: number]
) {
  const text = "SELECT foreman.artifact_read($1, $2, $3, $4, $5) AS bytes"
  const [row] = yield* attempt("read", text, [organization, id, ...part])
  const bytes = row?.["bytes"]
  if (!(bytes instanceof Uint8Array) || bytes.length !== part[2]) {
    return yield* failed("read")(new Error("a piece is missing: it was removed meanwhile, or lost"))
  }
  return bytes
})

/** Ends with a failure when the bytes were not those of the digest. */
const checked = <E>(digest: string, bytes: Stream.Stream<Uint8Array, E>) =>
  Stream.suspend(() => {
    const hash = createHash("sha256")
    const compare = Effect.suspend(() =>
      hash.digest("hex") === digest
        ? Effect.void
        : Effect.fail(failed("read")(new RangeError("the bytes are not those of their digest")))
    )
    return bytes.pipe(
      Stream.tap((piece) => Effect.sync(() => hash.update(piece))),
      Stream.concat(Stream.drain(Stream.fromEffect(compare)))
    )
  })
