/**
 * An artifact store in memory: the port's meaning in its plainest form, for tests and for a try.
 *
 * What it keeps ends with the layer.
 *
 * @since 0.1.0
 */
import { Clock, Effect, Layer, Stream } from "effect"

import { ArtifactStore, ArtifactStoreError, BytesNotFound, TooManyBytes } from "./ArtifactStore.ts"
import type { Range } from "./ArtifactStore.ts"

// layers ----------------------------------------------------------------------

/**
 * Provides an empty artifact store in memory.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer: Layer.Layer<ArtifactStore> = Layer.sync(ArtifactStore, () => {
  const kept = new Map<string, { readonly whole: Uint8Array; readonly at: number }>()
  // A digest has no slash, so no two organizations meet.
  const keyOf = (organization: string, digest: string) => `${organization}/${digest}`
  return {
    put: Effect.fnUntraced(function* <E>(
      organization: string,
      bytes: Stream.Stream<Uint8Array, E>,
      { maxBytes }: { readonly maxBytes: number }
    ) {
      const whole = yield* collect(bytes, maxBytes)
      const digest = yield* digestOf(whole)
      kept.set(keyOf(organization, digest), { whole, at: yield* Clock.currentTimeMillis })
      return { digest, size: whole.length }
    }),
    get: (organization, digest, range) =>
      Stream.suspend(() => {
        const found = kept.get(keyOf(organization, digest))
        return found === undefined
          ? Stream.fail(new BytesNotFound({ digest }))
          : Stream.succeed(part(found.whole, range))
      }),
    has: (organization, digest) => Effect.sync(() => kept.has(keyOf(organization, digest))),
    remove: Effect.fnUntraced(function* (organization, digest, { idleMillis } = { idleMillis: 0 }) {
      const key = keyOf(organization, digest)
      const { at } = kept.get(key) ?? { at: 0 }
      if (at <= (yield* Clock.currentTimeMillis) - idleMillis) kept.delete(key)
    })
  }
})

// internal --------------------------------------------------------------------

// The chunks are copied, since a producer may use its buffer again.
const collect = Effect.fnUntraced(function* <E>(
  bytes: Stream.Stream<Uint8Array, E>,
  maxBytes: number
) {
  const chunks: Array<Uint8Array> = []
  let size = 0
  yield* Stream.runForEach(bytes, (chunk) => {
    size += chunk.length
    if (size > maxBytes) return Effect.fail(new TooManyBytes({ maxBytes }))
    chunks.push(chunk.slice())
    return Effect.void
  })
  const whole = new Uint8Array(size)
  let offset = 0
  for (const chunk of chunks) {
    whole.set(chunk, offset)
    offset += chunk.length
  }
  return whole
})

const digestOf = (bytes: Uint8Array<ArrayBuffer>): Effect.Effect<string, ArtifactStoreError> =>
  Effect.tryPromise({
    try: async () => {
      const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes))
      return Array.from(hash, (byte) => byte.toString(16).padStart(2, "0")).join("")
    },
    catch: (cause) => new ArtifactStoreError({ operation: "digest", cause, retryable: false })
  })

const part = (bytes: Uint8Array, range: Range | undefined): Uint8Array =>
  range === undefined ? bytes.slice() : bytes.slice(range.offset, range.offset + range.length)
