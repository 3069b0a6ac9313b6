import { createHash, randomUUID } from "node:crypto"

import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber, Layer, Stream } from "effect"
import { Client } from "pg"
import { afterAll, beforeAll } from "vitest"

import { ArtifactStore } from "@foreman/core"
import { ArtifactStoreSuite } from "@foreman/testkit"

import * as FreshDatabase from "../../../tooling/src/postgres/FreshDatabase.ts"
import { databaseUrl } from "../../../tooling/src/postgres/testServer.ts"
import * as PostgresArtifacts from "../src/PostgresArtifacts.ts"

let database: FreshDatabase.FreshDatabase
let url = ""
let admin: Client

beforeAll(async () => {
  database = await FreshDatabase.make(await databaseUrl())
  url = database.url
  admin = new Client(url)
  await admin.connect()
})

afterAll(async () => {
  await admin.end()
  await database.drop()
})

/** A store in which nothing is kept. */
const fresh = Layer.unwrap(
  Effect.promise(async () => {
    const { rows } = await admin.query("SELECT FROM pg_namespace WHERE nspname = 'foreman'")
    if (rows.length > 0) {
      await admin.query(
        "TRUNCATE foreman.artifact_contents, foreman.artifact_pieces, foreman.artifact_uploads"
      )
    }
    return PostgresArtifacts.layer({ url })
  })
)

ArtifactStoreSuite.run("in PostgreSQL", fresh)

const organization = "0193a5b2-7f3c-7d4e-8a1b-2c3d4e5f6a7b"
const mebibyte = 1024 * 1024

/** How many rows there are in each of the tables. */
const counted = async () => {
  const { rows } = await admin.query<{ contents: number; pieces: number; uploads: number }>(
    `SELECT (SELECT count(*)::int FROM foreman.artifact_contents) AS contents,
       (SELECT count(*)::int FROM foreman.artifact_pieces) AS pieces,
       (SELECT count(*)::int FROM foreman.artifact_uploads) AS uploads`
  )
  return rows[0]
}

const on = (body: (store: ArtifactStore.ArtifactStore) => Effect.fn.Return<void, unknown>) => () =>
  Effect.flatMap(ArtifactStore.ArtifactStore, Effect.fnUntraced(body)).pipe(Effect.provide(fresh))

/** Bytes that differ from place to place, so many, in chunks of an odd size. */
const bytesOf = (size: number): Stream.Stream<Uint8Array> =>
  Stream.unfold(0, (at) => {
    if (at >= size) return Effect.succeed(undefined)
    const chunk = new Uint8Array(Math.min(99_991, size - at))
    for (let index = 0; index < chunk.length; index++) chunk[index] = ((at + index) * 7919) >> 8
    return Effect.succeed([chunk, at + chunk.length] as const)
  })

describe("the bytes of artifacts in a database", () => {
  it.live(
    "stand in pieces of a bounded size, once",
    on(function* (store) {
      const size = 3 * mebibyte + 17
      const first = yield* store.put(organization, bytesOf(size), { maxBytes: 4 * mebibyte })
      assert.strictEqual(first.size, size)
      assert.deepStrictEqual(yield* Effect.promise(counted), {
        contents: 1,
        pieces: 13,
        uploads: 0
      })
      const again = yield* store.put(organization, bytesOf(size), { maxBytes: 4 * mebibyte })
      assert.deepStrictEqual(again, first)
      assert.deepStrictEqual(yield* Effect.promise(counted), {
        contents: 1,
        pieces: 13,
        uploads: 0
      })
      const hash = createHash("sha256")
      const largest = yield* Stream.runFold(
        store.get(organization, first.digest),
        () => 0,
        (most, piece) => {
          hash.update(piece)
          return Math.max(most, piece.length)
        }
      )
      assert.strictEqual(hash.digest("hex"), first.digest)
      assert.isAtMost(largest, 256 * 1024)
      yield* store.remove(organization, first.digest)
      assert.deepStrictEqual(yield* Effect.promise(counted), { contents: 0, pieces: 0, uploads: 0 })
    })
  )

  it.live(
    "are read across the borders of pieces, and only as far as is asked",
    on(function* (store) {
      const size = mebibyte
      const { digest } = yield* store.put(organization, bytesOf(size), { maxBytes: size })
      const whole = Buffer.concat(yield* Stream.runCollect(bytesOf(size)))
      const border = 256 * 1024
      for (const [offset, length] of [
        [border - 1, 2],
        [border, border],
        [border - 5, border + 10],
        [size - 1, 10]
      ] as const) {
        const parts = yield* Stream.runCollect(store.get(organization, digest, { offset, length }))
        assert.isTrue(Buffer.concat(parts).equals(whole.subarray(offset, offset + length)))
      }
    })
  )

  it.live(
    "leave nothing of a stream that breaks, is too long, or is interrupted",
    on(function* (store) {
      const large = bytesOf(mebibyte)
      const nothing = { contents: 0, pieces: 0, uploads: 0 }
      const broken = Stream.concat(large, Stream.fail("broken"))
      const put = (bytes: Stream.Stream<Uint8Array, string>, maxBytes = 2 * mebibyte) =>
        store.put(organization, bytes, { maxBytes })
      assert.strictEqual(yield* Effect.flip(put(broken)), "broken")
      assert.deepStrictEqual(yield* Effect.promise(counted), nothing)
      yield* Effect.flip(put(large, mebibyte - 1))
      assert.deepStrictEqual(yield* Effect.promise(counted), nothing)
      const reached = yield* Deferred.make<void>()
      const stuck = Effect.andThen(Deferred.succeed(reached, undefined), Effect.never)
      const fiber = yield* Effect.forkChild(
        put(Stream.concat(large, Stream.drain(Stream.fromEffect(stuck))))
      )
      yield* Deferred.await(reached)
      assert.strictEqual((yield* Effect.promise(counted))?.uploads, 1)
      yield* Fiber.interrupt(fiber)
      assert.deepStrictEqual(yield* Effect.promise(counted), nothing)
    })
  )

  it.live(
    "of an upload that nobody goes on with are cleared away by a later one",
    on(function* (store) {
      const id = randomUUID()
      yield* Effect.promise(async () => {
        await admin.query("SELECT foreman.artifact_begin($1, $2)", [organization, id])
        await admin.query("SELECT foreman.artifact_piece($1, $2, 0, 'x')", [organization, id])
      })
      yield* store.put(organization, bytesOf(mebibyte), { maxBytes: mebibyte })
      assert.deepStrictEqual(yield* Effect.promise(counted), { contents: 1, pieces: 5, uploads: 1 })
      yield* Effect.promise(() =>
        admin.query("UPDATE foreman.artifact_uploads SET begun_at = now() - interval '2 hours'")
      )
      yield* store.put(organization, bytesOf(mebibyte + 1), { maxBytes: 2 * mebibyte })
      assert.deepStrictEqual(yield* Effect.promise(counted), { contents: 2, pieces: 9, uploads: 0 })
    })
  )

  it.live(
    "are not read as a whole when they are not those of their digest any more",
    on(function* (store) {
      const { digest } = yield* store.put(organization, bytesOf(mebibyte), { maxBytes: mebibyte })
      yield* Effect.promise(() =>
        admin.query(
          "UPDATE foreman.artifact_pieces SET bytes = set_byte(bytes, 9, 1) WHERE number = 2"
        )
      )
      const changed = yield* Effect.flip(Stream.runDrain(store.get(organization, digest)))
      assert.include(changed.message, "the bytes are not those of their digest")
      yield* Effect.promise(() =>
        admin.query("DELETE FROM foreman.artifact_pieces WHERE number = 3")
      )
      const missing = yield* Effect.flip(Stream.runDrain(store.get(organization, digest)))
      assert.include(missing.message, "a piece is missing")
    })
  )

  it.live(
    "are seen by no transaction that does not say whose they are",
    on(function* (store) {
      yield* store.put(organization, bytesOf(10), { maxBytes: 10 })
      yield* Effect.promise(async () => {
        const client = new Client(url)
        await client.connect()
        const { rows } = await client.query(
          "SELECT 'foreman_' || oid || '_app' AS role FROM pg_database WHERE datname = current_database()"
        )
        await client.query(`SET ROLE ${String(rows[0]?.role)}`)
        for (const table of ["artifact_contents", "artifact_pieces"]) {
          const question = `SELECT count(*)::int AS count FROM foreman.${table}`
          assert.deepStrictEqual((await client.query(question)).rows, [{ count: 0 }])
          await client.query("SELECT set_config('foreman.organization', $1, false)", [organization])
          assert.deepStrictEqual((await client.query(question)).rows, [{ count: 1 }])
          await client.query("SELECT set_config('foreman.organization', 'other', false)")
        }
        await client.end()
      })
    })
  )

  it.live("say what is wrong when the database is not there", () =>
    Effect.gen(function* () {
      const layer = PostgresArtifacts.layer({ url: "postgres://nobody@127.0.0.1:1/none" })
      const refusal = yield* Effect.flip(Effect.provide(ArtifactStore.ArtifactStore, layer))
      assert.strictEqual(refusal._tag, "ArtifactStoreError")
      assert.include(refusal.message, "PostgreSQL cannot be reached at 127.0.0.1:1")
      assert.isTrue(refusal.retryable)
    })
  )
})
