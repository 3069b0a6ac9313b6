import { execFileSync } from "node:child_process"
import { existsSync } from "node:fs"
import * as fs from "node:fs/promises"
import { createServer, type Server } from "node:net"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"

import { assert, describe, it } from "@effect/vitest"
import { Effect, Stream } from "effect"
import { afterAll } from "vitest"

import { ArtifactIntakeFolder } from "@foreman/artifacts-fs"
import { ArtifactIntake } from "@foreman/core"

const folders: Array<string> = []
const servers: Array<Server> = []

afterAll(async () => {
  for (const server of servers) server.close()
  await Promise.all(folders.map((path) => fs.rm(path, { recursive: true, force: true })))
})

const freshRoot = async () => {
  const folder = await fs.mkdtemp(join(tmpdir(), "foreman-intake-"))
  folders.push(folder)
  return join(await fs.realpath(folder), "intake")
}

const generous: ArtifactIntake.Limits = { maxFiles: 100, maxBytes: 1_000_000 }

type Leave = (path: string) => Promise<unknown>

/** What is taken in of a folder after somebody has left something there, and what is not. */
const taken = Effect.fnUntraced(function* (leave: Leave, limits = generous) {
  const root = yield* Effect.promise(freshRoot)
  const opened = Effect.gen(function* () {
    const intake = yield* ArtifactIntake.ArtifactIntake
    const folder = yield* intake.open("0193a5b2-7f3c-7d4e-8a1b-2c3d4e5f6a7b")
    yield* Effect.promise(() => leave(folder.path))
    const files: Record<string, string> = {}
    const refused = yield* folder.take(
      limits,
      Effect.fnUntraced(function* ({ bytes, name, size }) {
        files[name] = yield* Stream.mkString(Stream.decodeText(bytes))
        return size
      })
    )
    return { files, path: folder.path, refused }
  })
  const sight = yield* Effect.scoped(opened).pipe(
    Effect.provide(ArtifactIntakeFolder.layer({ root }))
  )
  assert.deepStrictEqual(yield* Effect.promise(() => fs.readdir(root)), [], "it is removed")
  return sight
})

const write = async (path: string, ...files: ReadonlyArray<readonly [string, string]>) => {
  for (const [name, text] of files) {
    await fs.mkdir(dirname(join(path, name)), { recursive: true })
    await fs.writeFile(join(path, name), text)
  }
}

describe("what an agent leaves in its folder", () => {
  it.live("is taken in by the order of names, with its folders", () =>
    Effect.gen(function* () {
      const { files, refused } = yield* taken((path) =>
        write(path, ["b.txt", "two"], ["a/deep/x.md", "one"], [".hidden", "three"], ["c", ""])
      )
      assert.deepStrictEqual(files, {
        ".hidden": "three",
        "a/deep/x.md": "one",
        "b.txt": "two",
        c: ""
      })
      assert.deepStrictEqual(Object.keys(files), [".hidden", "a/deep/x.md", "b.txt", "c"])
      assert.deepStrictEqual(refused, [])
    })
  )

  it.live("is no link, whatever it leads to", () =>
    Effect.gen(function* () {
      const { files, refused } = yield* taken(async (path) => {
        await write(path, ["own.txt", "own"], ["real/x", "x"])
        await fs.symlink("/etc/passwd", join(path, "absolute"))
        await fs.symlink("own.txt", join(path, "relative"))
        await fs.symlink("/etc", join(path, "folder"))
        await fs.symlink("real", join(path, "near"))
        await fs.symlink("nowhere", join(path, "dangling"))
        await fs.writeFile(join(path, "..", "secret"), "secret")
        await fs.link(join(path, "..", "secret"), join(path, "hard"))
        await fs.rm(join(path, "..", "secret"))
        await fs.link(join(path, "hard"), join(path, "hard-2"))
      })
      assert.deepStrictEqual(files, { "own.txt": "own", "real/x": "x" })
      const names = ["absolute", "dangling", "folder", "hard", "hard-2", "near", "relative"]
      assert.deepStrictEqual(
        refused,
        names.map((name) => ({ name, reason: "link" as const }))
      )
    })
  )

  it.live("is a file: no pipe, no socket, nothing that would never end", () =>
    Effect.gen(function* () {
      const { files, refused } = yield* taken(async (path) => {
        execFileSync("mkfifo", [join(path, "pipe")])
        const server = createServer()
        await new Promise<void>((resolve) => {
          server.listen(join(path, "socket"), resolve)
        })
        // Closing removes it, so that is done at the end.
        servers.push(server)
        await write(path, ["file", "file"])
      })
      assert.deepStrictEqual(files, { file: "file" })
      assert.deepStrictEqual(refused, [
        { name: "pipe", reason: "not_a_file" },
        { name: "socket", reason: "not_a_file" }
      ])
    })
  )

  it.live("is limited in number, in bytes and in depth, and what is left over is named", () =>
    Effect.gen(function* () {
      const { files, refused } = yield* taken(
        async (path) => {
          await write(path, ["a", "12345"], ["c", "6789"], ["d", "0"], ["e", ""])
          await fs.mkdir(join(path, "1/2/3/4/5/6/7/8/9"), { recursive: true })
          // Takes no room on the disk, and would be a terabyte.
          const sparse = await fs.open(join(path, "b"), "w")
          await sparse.truncate(2 ** 40)
          await sparse.close()
        },
        { maxFiles: 2, maxBytes: 9 }
      )
      assert.deepStrictEqual(files, { a: "12345", c: "6789" })
      assert.deepStrictEqual(refused, [
        { name: "1/2/3/4/5/6/7/8", reason: "too_deep" },
        { name: "b", reason: "too_large" },
        { name: "d", reason: "too_many" },
        { name: "e", reason: "too_many" }
      ])
    })
  )

  it.live("is not all named where it is without end", () =>
    Effect.gen(function* () {
      const many = Array.from({ length: 150 }, (_, index) => `${index}`)
      const { files, refused } = yield* taken(
        (path) => Promise.all(many.map((name) => fs.symlink("x", join(path, name)))),
        generous
      )
      assert.deepStrictEqual(files, {})
      assert.strictEqual(refused.length, 100)
    })
  )

  it.live("may have any name that the system allows", () =>
    Effect.gen(function* () {
      const names = ["new\nline", "\u202egnp.exe", "back\\slash", "C:stream", "..."]
      const { files, refused } = yield* taken(async (path) => {
        await write(path, ...names.map((name) => [name, name] as const))
        // No text at all in UTF-8: it cannot be asked for again under the name that is read.
        await fs.writeFile(Buffer.concat([Buffer.from(`${path}/`), Buffer.from([0xff])]), "x")
      })
      assert.sameMembers(Object.keys(files), names)
      assert.deepStrictEqual(refused, [{ name: "\ufffd", reason: "unreadable" }])
    })
  )

  it.live("stays what it was opened as, when it is exchanged meanwhile", () =>
    Effect.gen(function* () {
      const root = yield* Effect.promise(freshRoot)
      const seen: Array<string> = []
      const test = Effect.gen(function* () {
        const folder = yield* (yield* ArtifactIntake.ArtifactIntake).open("run")
        const { path } = folder
        yield* Effect.promise(() => write(path, ["a", "first"], ["b", "b"], ["sub/c", "c"]))
        const refused = yield* folder.take(
          generous,
          Effect.fnUntraced(function* ({ bytes, name, size }) {
            yield* Effect.promise(async () => {
              // Now it is a link, and so are the next one and the folder of the last.
              for (const one of [name, "b"]) {
                await fs.rm(join(path, one))
                await fs.symlink("/etc/passwd", join(path, one))
              }
              await fs.rename(join(path, "sub"), join(path, "..", "moved")).catch(() => undefined)
              await fs.symlink("/etc", join(path, "sub")).catch(() => undefined)
            })
            seen.push(yield* Stream.mkString(Stream.decodeText(bytes)))
            return size
          })
        )
        assert.deepStrictEqual(refused, [
          { name: "b", reason: "link" },
          // It was a folder when it was listed, and is none now.
          { name: "sub", reason: "not_a_file" }
        ])
      })
      yield* Effect.scoped(test).pipe(Effect.provide(ArtifactIntakeFolder.layer({ root })))
      assert.deepStrictEqual(seen, ["first"])
    })
  )

  it.live.skipIf(!existsSync("/proc/self/fd"))("is outside once its folder was moved away", () =>
    Effect.gen(function* () {
      const root = yield* Effect.promise(freshRoot)
      const seen: Array<string> = []
      const test = Effect.gen(function* () {
        const folder = yield* (yield* ArtifactIntake.ArtifactIntake).open("run")
        const sub = join(folder.path, "sub")
        yield* Effect.promise(() => write(sub, ["a", "1"], ["b", "2"]))
        return yield* folder.take(generous, ({ name, size }) =>
          Effect.promise(async () => {
            seen.push(name)
            await fs.rename(sub, join(root, "..", "moved"))
            return size
          })
        )
      })
      const refused = yield* Effect.scoped(test).pipe(
        Effect.provide(ArtifactIntakeFolder.layer({ root }))
      )
      assert.deepStrictEqual(refused, [{ name: "sub/b", reason: "outside" }])
      assert.deepStrictEqual(seen, ["sub/a"])
    })
  )

  it.live("is not taken in when keeping it is refused, and the others are", () =>
    Effect.gen(function* () {
      const root = yield* Effect.promise(freshRoot)
      const test = Effect.gen(function* () {
        const folder = yield* (yield* ArtifactIntake.ArtifactIntake).open("run")
        yield* Effect.promise(() => write(folder.path, ["a", "12345"], ["b", "12"]))
        const limits = { maxFiles: 9, maxBytes: 6 }
        return yield* folder.take(limits, ({ size }) =>
          Effect.succeed(size > 2 ? ("no_room" as const) : size)
        )
      })
      const refused = yield* Effect.scoped(test).pipe(
        Effect.provide(ArtifactIntakeFolder.layer({ root }))
      )
      assert.deepStrictEqual(refused, [{ name: "a", reason: "no_room" }])
    })
  )
})

describe("opening an intake", () => {
  it.live("removes what a crash left a week ago", () =>
    Effect.gen(function* () {
      const root = yield* Effect.promise(freshRoot)
      const old = new Date(Date.now() - 8 * 24 * 60 * 60 * 1000)
      yield* Effect.promise(async () => {
        await fs.mkdir(join(root, "old", "x"), { recursive: true })
        await fs.mkdir(join(root, "young"))
        await fs.utimes(join(root, "old"), old, old)
      })
      yield* Effect.provide(ArtifactIntake.ArtifactIntake, ArtifactIntakeFolder.layer({ root }))
      assert.deepStrictEqual(yield* Effect.promise(() => fs.readdir(root)), ["young"])
    })
  )
})
