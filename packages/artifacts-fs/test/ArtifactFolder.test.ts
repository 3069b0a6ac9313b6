import { createHash } from "node:crypto"
import { existsSync } from "node:fs"
import * as fs from "node:fs/promises"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"

import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Stream } from "effect"
import { afterAll } from "vitest"

import { ArtifactFolder, ArtifactIntakeFolder } from "@foreman/artifacts-fs"
import { ArtifactStore } from "@foreman/core"
import { ArtifactStoreSuite } from "@foreman/testkit"

const folders: Array<string> = []

afterAll(() => Promise.all(folders.map((path) => fs.rm(path, { recursive: true, force: true }))))

const freshRoot = async () => {
  const folder = await fs.mkdtemp(join(tmpdir(), "foreman-artifacts-"))
  folders.push(folder)
  return join(folder, "artifacts")
}

const freshLayer = Layer.unwrap(
  Effect.map(Effect.promise(freshRoot), (root) => ArtifactFolder.layer({ root }))
)

ArtifactStoreSuite.run("in a folder", freshLayer)

const on =
  (
    body: (store: ArtifactStore.ArtifactStore, root: string) => Effect.fn.Return<void, unknown>
  ): (() => Effect.Effect<void, unknown>) =>
  () =>
    Effect.flatMap(Effect.promise(freshRoot), (root) =>
      Effect.flatMap(ArtifactStore.ArtifactStore, (store) =>
        Effect.fnUntraced(body)(store, root)
      ).pipe(Effect.provide(ArtifactFolder.layer({ root })))
    )

const digest = createHash("sha256").update("hello").digest("hex")
const pathIn = (root: string) => join(root, "acme", digest.slice(0, 2), digest.slice(2))
const hello = Stream.make(new TextEncoder().encode("hello"))
const read = (store: ArtifactStore.ArtifactStore) =>
  Stream.mkString(Stream.decodeText(store.get("acme", digest)))
const modeOf = async (path: string) => (await fs.stat(path)).mode & 0o777

describe("a folder that can never be made", () => {
  it.live.skipIf(!existsSync("/proc/self"))("is refused", () =>
    Effect.gen(function* () {
      const root = "/proc/nowhere/a"
      const opened = [
        Effect.asVoid(Layer.build(ArtifactFolder.layer({ root }))),
        Effect.asVoid(Layer.build(ArtifactIntakeFolder.layer({ root })))
      ]
      for (const opening of opened) {
        const { cause } = yield* Effect.flip(Effect.scoped(opening))
        assert.include(String(cause), "ENOENT")
      }
    })
  )
})

describe("a folder that is only read", () => {
  it.live("is not made, and gives what is in it", () =>
    Effect.gen(function* () {
      const root = yield* Effect.promise(freshRoot)
      const inside = <A, E>(
        body: (store: ArtifactStore.ArtifactStore) => Effect.Effect<A, E>,
        readOnly: boolean
      ) =>
        Effect.flatMap(ArtifactStore.ArtifactStore, body).pipe(
          Effect.provide(ArtifactFolder.layer({ root, readOnly }))
        )
      const has = inside((store) => store.has("acme", digest), true)
      assert.isFalse(yield* has)
      assert.isFalse(existsSync(root))
      yield* inside((store) => store.put("acme", hello, { maxBytes: 5 }), false)
      yield* Effect.promise(() => fs.rm(join(root, "tmp"), { recursive: true }))
      assert.isTrue(yield* has)
      assert.strictEqual(yield* inside(read, true), "hello")
      const refusals = [
        yield* Effect.flip(inside((store) => store.put("acme", hello, { maxBytes: 5 }), true)),
        yield* Effect.flip(inside((store) => store.remove("acme", digest), true))
      ]
      for (const { cause } of refusals) assert.include(String(cause), "open for reading only")
      assert.deepStrictEqual(yield* Effect.promise(() => fs.readdir(root)), ["acme"])
    })
  )
})

describe("the files of an artifact folder", () => {
  it.live(
    "stand under their digest, read-only, in private folders",
    on(function* (store, root) {
      yield* store.put("acme", hello, { maxBytes: 5 })
      const path = pathIn(root)
      assert.strictEqual(yield* Effect.promise(() => fs.readFile(path, "utf8")), "hello")
      assert.strictEqual(yield* Effect.promise(() => modeOf(path)), 0o440)
      for (const folder of [root, join(root, "acme"), dirname(path), join(root, "tmp")]) {
        assert.strictEqual(yield* Effect.promise(() => modeOf(folder)), 0o700)
      }
    })
  )

  it.live(
    "have no place for what could not be the id of an organization",
    on(function* (store, root) {
      for (const name of ["", ".", "..", "../acme", "tmp", "Acme", "a/b", "a\0"]) {
        const refusal = yield* Effect.flip(store.put(name, hello, { maxBytes: 5 }))
        assert.strictEqual(refusal._tag, "ArtifactStoreError")
        assert.isFalse(yield* store.has(name, digest))
      }
      assert.deepStrictEqual(yield* Effect.promise(() => fs.readdir(root)), ["tmp"])
    })
  )

  it.live(
    "outlive the store",
    on(function* (store, root) {
      yield* store.put("acme", hello, { maxBytes: 5 })
      const reopened = Effect.flatMap(ArtifactStore.ArtifactStore, read).pipe(
        Effect.provide(ArtifactFolder.layer({ root }))
      )
      assert.strictEqual(yield* reopened, "hello")
    })
  )

  it.live(
    "leave nothing behind when they are refused or broken",
    on(function* (store, root) {
      yield* Effect.flip(store.put("acme", hello, { maxBytes: 4 }))
      yield* Effect.flip(
        store.put("acme", Stream.concat(hello, Stream.fail("broken")), { maxBytes: 9 })
      )
      yield* Effect.sandbox(
        store.put("acme", Stream.concat(hello, Stream.die("dead")), { maxBytes: 9 })
      ).pipe(Effect.flip)
      const left = yield* Effect.promise(() => fs.readdir(root, { recursive: true }))
      assert.deepStrictEqual(left, ["tmp"])
    })
  )

  it.live(
    "are mended when they are put again",
    on(function* (store, root) {
      yield* store.put("acme", hello, { maxBytes: 5 })
      yield* Effect.promise(() => fs.rm(pathIn(root)))
      yield* Effect.promise(() => fs.writeFile(pathIn(root), "damaged"))
      yield* store.put("acme", hello, { maxBytes: 5 })
      assert.strictEqual(yield* read(store), "hello")
    })
  )
})

describe("bytes that nobody needs any more", () => {
  it.live(
    "go when nobody has put them for so long, and stay when somebody puts them again",
    on(function* (store, root) {
      const hour = { idleMillis: 60 * 60 * 1000 }
      const age = () =>
        Effect.promise(() => {
          const old = new Date(Date.now() - 2 * hour.idleMillis)
          return fs.utimes(pathIn(root), old, old)
        })
      yield* store.put("acme", hello, { maxBytes: 5 })
      yield* age()
      yield* store.put("acme", hello, { maxBytes: 5 })
      yield* store.remove("acme", digest, hour)
      assert.strictEqual(yield* read(store), "hello")
      yield* age()
      yield* store.remove("acme", digest, hour)
      assert.isFalse(yield* store.has("acme", digest))
      assert.deepStrictEqual(yield* Effect.promise(() => fs.readdir(join(root, "tmp"))), [])
    })
  )
})

describe("a file that the store did not write", () => {
  const refused = (store: ArtifactStore.ArtifactStore) =>
    Effect.flip(read(store)).pipe(
      Effect.tap((error) => Effect.sync(() => assert.strictEqual(error._tag, "ArtifactStoreError")))
    )

  it.live(
    "is not read when it is a link to another file",
    on(function* (store, root) {
      yield* Effect.promise(() => fs.mkdir(dirname(pathIn(root)), { recursive: true }))
      yield* Effect.promise(() => fs.symlink("/etc/passwd", pathIn(root)))
      yield* refused(store)
    })
  )

  it.live(
    "is not read when it has a second name",
    on(function* (store, root) {
      yield* store.put("acme", hello, { maxBytes: 5 })
      yield* Effect.promise(() => fs.link(pathIn(root), join(root, "second")))
      yield* refused(store)
    })
  )

  it.live(
    "is not read when it is a folder",
    on(function* (store, root) {
      yield* Effect.promise(() => fs.mkdir(pathIn(root), { recursive: true }))
      yield* refused(store)
    })
  )

  it.live(
    "is neither read nor written through a folder that is a link",
    on(function* (store, root) {
      const elsewhere = join(root, "..", "elsewhere")
      yield* Effect.promise(() => fs.mkdir(elsewhere))
      yield* Effect.promise(() => fs.writeFile(join(elsewhere, digest.slice(2)), "hello"))
      yield* Effect.promise(() => fs.mkdir(join(root, "acme")))
      yield* Effect.promise(() => fs.symlink(elsewhere, dirname(pathIn(root))))
      yield* refused(store)
      const refusal = yield* Effect.flip(store.put("acme", hello, { maxBytes: 5 }))
      assert.strictEqual(refusal._tag, "ArtifactStoreError")
    })
  )
})

describe("opening an artifact folder", () => {
  it.live("removes what old writes left, and nothing that is young", () =>
    Effect.gen(function* () {
      const root = yield* Effect.promise(freshRoot)
      const opened = Effect.provide(ArtifactStore.ArtifactStore, ArtifactFolder.layer({ root }))
      yield* opened
      const old = new Date(Date.now() - 2 * 60 * 60 * 1000)
      yield* Effect.promise(() => fs.writeFile(join(root, "tmp", "young"), ""))
      yield* Effect.promise(() => fs.writeFile(join(root, "tmp", "old"), ""))
      yield* Effect.promise(() => fs.utimes(join(root, "tmp", "old"), old, old))
      yield* opened
      assert.deepStrictEqual(yield* Effect.promise(() => fs.readdir(join(root, "tmp"))), ["young"])
    })
  )

  it.live("fails when a file is in the way", () =>
    Effect.gen(function* () {
      const root = yield* Effect.promise(freshRoot)
      yield* Effect.promise(() => fs.writeFile(root, ""))
      const opened = Effect.provide(ArtifactStore.ArtifactStore, ArtifactFolder.layer({ root }))
      const failure = yield* Effect.flip(opened)
      assert.strictEqual(failure._tag, "ArtifactStoreError")
      assert.isFalse(failure.retryable)
    })
  )
})
