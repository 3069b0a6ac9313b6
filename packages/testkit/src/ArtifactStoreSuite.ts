/**
 * What an artifact store promises, as tests that every one of them runs.
 *
 * Left open on purpose: where bytes stand, how they are cut into chunks when they are read, and what
 * a reader sees of bytes that are removed while it reads.
 *
 * @since 0.1.0
 */
import { createHash } from "node:crypto"

import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber, Stream } from "effect"
import type { Layer } from "effect"

import { ArtifactStore } from "@foreman/core"

// testing ---------------------------------------------------------------------

/**
 * Runs the promises of the port against a store. Each test builds the layer anew.
 *
 * **Example** (Testing a store)
 *
 * ```ts
 * import { ArtifactStoreMemory } from "@foreman/core"
 * import { ArtifactStoreSuite } from "@foreman/testkit"
 *
 * ArtifactStoreSuite.run("memory", ArtifactStoreMemory.layer)
 * ```
 *
 * @category testing
 * @since 0.1.0
 */
export const run = <E>(name: string, layer: Layer.Layer<ArtifactStore.ArtifactStore, E>): void => {
  describe(`the artifact store ${name}`, () => {
    putting(layer)
    refusing(layer)
    reading(layer)
  })
}

// internal --------------------------------------------------------------------

type StoreLayer<E> = Layer.Layer<ArtifactStore.ArtifactStore, E>

const putting = <E>(layer: StoreLayer<E>) =>
  describe("keeping", () => {
    it.live(
      "answers the digest and the size, and reads the bytes back",
      on(layer, function* (store) {
        const kept = yield* put(store, "abc")
        assert.deepStrictEqual(kept, { digest: digestOf("abc"), size: 3 })
        assert.isTrue(yield* store.has(organization, kept.digest))
        assert.strictEqual(yield* read(store, kept.digest), "abc")
      })
    )

    it.live(
      "keeps no bytes at all as such",
      on(layer, function* (store) {
        const kept = yield* store.put(organization, Stream.empty, { maxBytes: 0 })
        assert.deepStrictEqual(kept, { digest: digestOf(""), size: 0 })
        assert.strictEqual(yield* read(store, kept.digest), "")
      })
    )

    it.live(
      "keeps the same bytes once",
      on(layer, function* (store) {
        const first = yield* put(store, "same")
        assert.deepStrictEqual(yield* put(store, "sa", "me"), first)
        yield* store.remove(organization, first.digest)
        assert.isFalse(yield* store.has(organization, first.digest))
      })
    )

    it.live(
      "takes a copy of each chunk, whose buffer may be used again",
      on(layer, function* (store) {
        const buffer = new Uint8Array(1)
        const chunks = Stream.fromIterable(["a", "b", "c"]).pipe(
          Stream.rechunk(1),
          Stream.map((letter) => {
            buffer.set(encode(letter))
            return buffer
          })
        )
        const kept = yield* store.put(organization, chunks, { maxBytes: 3 })
        assert.strictEqual(yield* read(store, kept.digest), "abc")
      })
    )

    it.live(
      "keeps what many put at once, equal or not",
      on(layer, function* (store) {
        const texts = Array.from({ length: 24 }, (_, index) => `text ${index % 8}`.repeat(5_000))
        const kept = yield* Effect.forEach(texts, (text) => put(store, text), {
          concurrency: "unbounded"
        })
        assert.deepStrictEqual(
          kept.map(({ digest }) => digest),
          texts.map(digestOf)
        )
        for (const text of texts) {
          assert.strictEqual(yield* read(store, digestOf(text)), text)
        }
      })
    )
  })

const refusing = <E>(layer: StoreLayer<E>) =>
  describe("refusing", () => {
    it.live(
      "takes exactly as many bytes as are allowed, and not one more",
      on(layer, function* (store) {
        yield* store.put(organization, Stream.make(encode("12345")), { maxBytes: 5 })
        const refusal = yield* Effect.flip(
          store.put(organization, Stream.make(encode("abc"), encode("def")), { maxBytes: 5 })
        )
        assert.strictEqual(refusal._tag, "TooManyBytes")
        for (const text of ["abc", "abcde", "abcdef"]) {
          assert.isFalse(yield* store.has(organization, digestOf(text)))
        }
      })
    )

    it.live(
      "stops reading a stream that is too long",
      on(layer, function* (store) {
        const endless = Stream.forever(Stream.make(new Uint8Array(1_000)))
        const refusal = yield* Effect.flip(store.put(organization, endless, { maxBytes: 10_000 }))
        assert.strictEqual(refusal._tag, "TooManyBytes")
      })
    )

    it.live(
      "passes on the failure of a stream and keeps nothing of it",
      on(layer, function* (store) {
        const broken = Stream.make(encode("half")).pipe(Stream.concat(Stream.fail("broken")))
        const failure = yield* Effect.flip(store.put(organization, broken, { maxBytes: 100 }))
        assert.strictEqual(failure, "broken")
        assert.isFalse(yield* store.has(organization, digestOf("half")))
      })
    )

    it.live(
      "keeps nothing of a stream that is interrupted",
      on(layer, function* (store) {
        const reached = yield* Deferred.make<void>()
        const stuck = Stream.make(encode("half")).pipe(
          Stream.concat(
            Stream.fromEffect(
              Effect.andThen(Deferred.succeed(reached, undefined), Effect.never)
            ).pipe(Stream.drain)
          )
        )
        const fiber = yield* Effect.forkChild(store.put(organization, stuck, { maxBytes: 100 }))
        yield* Deferred.await(reached)
        yield* Fiber.interrupt(fiber)
        assert.isFalse(yield* store.has(organization, digestOf("half")))
      })
    )
  })

const reading = <E>(layer: StoreLayer<E>) =>
  describe("reading", () => {
    it.live(
      "reads a part",
      on(layer, function* (store) {
        const { digest } = yield* put(store, "0123456789")
        const part = (offset: number, length: number) => read(store, digest, { offset, length })
        assert.strictEqual(yield* part(0, 4), "0123")
        assert.strictEqual(yield* part(3, 4), "3456")
        assert.strictEqual(yield* part(8, 100), "89")
        assert.strictEqual(yield* part(10, 1), "")
        assert.strictEqual(yield* part(500, 1), "")
        assert.strictEqual(yield* part(2, 0), "")
      })
    )

    it.live(
      "reads a large part back whole",
      on(layer, function* (store) {
        const text = Array.from({ length: 60_000 }, (_, index) => `line ${index}\n`).join("")
        const { digest, size } = yield* put(store, text)
        assert.strictEqual(size, text.length)
        assert.strictEqual(yield* read(store, digest), text)
        const part = yield* read(store, digest, { offset: 100_000, length: 300_000 })
        assert.strictEqual(part, text.slice(100_000, 400_000))
      })
    )

    it.live(
      "refuses what is not kept, whatever the digest looks like",
      on(layer, function* (store) {
        const { digest } = yield* put(store, "kept")
        const strangers = [digestOf("other"), digest.toUpperCase(), `../${digest}`, "", "\0"]
        for (const stranger of strangers) {
          assert.isFalse(yield* store.has(organization, stranger))
          const refusal = yield* Effect.flip(read(store, stranger))
          assert.strictEqual(refusal._tag, "BytesNotFound")
          yield* store.remove(organization, stranger)
        }
        assert.isTrue(yield* store.has(organization, digest))
      })
    )

    it.live(
      "keeps the same bytes of two organizations apart",
      on(layer, function* (store) {
        const other = organization.replaceAll("0", "f")
        const { digest } = yield* put(store, "ours")
        assert.isFalse(yield* store.has(other, digest))
        const refusal = yield* Effect.flip(Stream.runDrain(store.get(other, digest)))
        assert.strictEqual(refusal._tag, "BytesNotFound")
        yield* store.put(other, Stream.make(encode("ours")), { maxBytes: 4 })
        yield* store.remove(other, digest)
        assert.isFalse(yield* store.has(other, digest))
        assert.strictEqual(yield* read(store, digest), "ours")
      })
    )

    it.live(
      "forgets what nobody has put for a while, and nothing that somebody has put just now",
      on(layer, function* (store) {
        const { digest } = yield* put(store, "young")
        yield* store.remove(organization, digest, { idleMillis: 60_000 })
        assert.strictEqual(yield* read(store, digest), "young")
        yield* store.remove(organization, digestOf("never"), { idleMillis: 0 })
        yield* store.remove(organization, "no digest", { idleMillis: 0 })
        yield* store.remove(organization, digest, { idleMillis: 0 })
        assert.isFalse(yield* store.has(organization, digest))
        yield* store.remove(organization, digest, { idleMillis: 0 })
        yield* put(store, "young")
        assert.strictEqual(yield* read(store, digest), "young")
      })
    )

    it.live(
      "forgets what is removed, and keeps it when it is put again",
      on(layer, function* (store) {
        const { digest } = yield* put(store, "gone")
        yield* store.remove(organization, digest)
        yield* store.remove(organization, digest)
        const refusal = yield* Effect.flip(read(store, digest))
        assert.strictEqual(refusal._tag, "BytesNotFound")
        yield* put(store, "gone")
        assert.strictEqual(yield* read(store, digest), "gone")
      })
    )
  })

const on =
  <E>(
    layer: StoreLayer<E>,
    body: (store: ArtifactStore.ArtifactStore) => Effect.fn.Return<void, unknown>
  ) =>
  () =>
    Effect.flatMap(ArtifactStore.ArtifactStore, Effect.fnUntraced(body)).pipe(Effect.provide(layer))

const organization = "0193a5b2-7f3c-7d4e-8a1b-2c3d4e5f6a7b"

const encode = (text: string): Uint8Array => new TextEncoder().encode(text)

const digestOf = (text: string): string => createHash("sha256").update(text).digest("hex")

const put = (store: ArtifactStore.ArtifactStore, ...texts: ReadonlyArray<string>) =>
  store.put(organization, Stream.fromIterable(texts.map(encode)).pipe(Stream.rechunk(1)), {
    maxBytes: 10_000_000
  })

const read = (store: ArtifactStore.ArtifactStore, digest: string, range?: ArtifactStore.Range) =>
  Stream.runFold(
    store.get(organization, digest, range),
    (): ReadonlyArray<Uint8Array> => [],
    (chunks, chunk) => [...chunks, chunk.slice()]
  ).pipe(Effect.map((chunks) => Buffer.concat(chunks).toString("utf8")))
