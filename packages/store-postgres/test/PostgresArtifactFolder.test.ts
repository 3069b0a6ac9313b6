import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

import { Effect, Result, Stream } from "effect"
import { describe, expect, it, onTestFinished } from "vitest"

import * as FreshDatabase from "../../../tooling/src/postgres/FreshDatabase.ts"
import { databaseUrl } from "../../../tooling/src/postgres/testServer.ts"
import * as PostgresArtifactFolder from "../src/PostgresArtifactFolder.ts"
import * as PostgresArtifacts from "../src/PostgresArtifacts.ts"
import * as PostgresStore from "../src/PostgresStore.ts"

const makeDatabase = async (): Promise<string> => {
  const { drop, url } = await FreshDatabase.make(await databaseUrl())
  onTestFinished(drop)
  return url
}

const makeFolder = (): string => {
  const root = mkdtempSync(join(tmpdir(), "foreman-shared-"))
  onTestFinished(() => rmSync(root, { recursive: true, force: true }))
  return root
}

const check = async (url: string, root: string, readOnly = false): Promise<string> => {
  const checked = await Effect.runPromise(
    Effect.result(PostgresArtifactFolder.check({ url, root, readOnly }))
  )
  return Result.isSuccess(checked) ? "shared" : checked.failure.message
}

/** Keeps the bytes of an artifact in a database, for the second of two organizations. */
const keep = Effect.fnUntraced(function* (url: string) {
  const store = yield* PostgresStore.make({ url })
  for (const organization of ["acme", "beta"]) {
    yield* store.commit({
      organization,
      reliesOn: [],
      steps: [],
      events: [],
      receipt: { key: "a", digest: "a", answer: "{}" }
    })
  }
  const artifacts = yield* PostgresArtifacts.make({ url })
  yield* artifacts.put("beta", Stream.make(new Uint8Array(3)), { maxBytes: 3 })
})

describe("the folder of artifacts that nodes share", () => {
  it("is the first one that a node comes with, and then this one alone", async () => {
    const [url, shared, own] = [await makeDatabase(), makeFolder(), makeFolder()]
    expect(await check(url, shared)).toBe("shared")
    expect(await check(url, shared)).toBe("shared")
    expect(await check(url, own)).toBe(
      `The folder of artifacts ${own} is not the one that other nodes of this store use: ` +
        "mount the same one on every node"
    )
    rmSync(join(shared, "store"))
    expect(await check(url, shared)).toContain("is not the one that other nodes")
  })

  it("is one and the same when nodes with different folders start at once", async () => {
    const url = await makeDatabase()
    // The schema is there, so that nodes do not wait for each other because of that.
    expect(await check(url, makeFolder())).toBe("shared")
    for (const _ of [1, 2, 3]) {
      await FreshDatabase.ask(url, "UPDATE foreman.artifact_folder SET is_marked = false")
      const answers = await Promise.all(Array.from({ length: 8 }, () => check(url, makeFolder())))
      expect(answers.filter((answer) => answer === "shared")).toHaveLength(1)
      expect(answers.filter((answer) => answer.includes("is not the one"))).toHaveLength(7)
    }
  })

  it("is left without a mark by who only looks, and is still the first one's that comes", async () => {
    const [url, looked, shared] = [await makeDatabase(), makeFolder(), makeFolder()]
    // One that has a store.
    expect(await check(url, shared)).toBe("shared")
    await FreshDatabase.ask(url, "UPDATE foreman.artifact_folder SET is_marked = false")
    expect(await check(url, looked, true)).toBe("shared")
    expect(readdirSync(looked)).toEqual([])
    expect(await check(url, shared)).toBe("shared")
    expect(await check(url, looked, true)).toContain("is not the one that other nodes")
    expect(await check(url, shared, true)).toBe("shared")
  })

  it("is none where the bytes lie in the database, which they do nowhere beside a folder", async () => {
    const [url, root] = [await makeDatabase(), makeFolder()]
    const unused = () =>
      Effect.runPromise(
        PostgresArtifactFolder.mustBeUnused({ url }).pipe(
          Effect.as("unused"),
          Effect.catch(({ message }) => Effect.succeed(message))
        )
      )
    expect(await unused()).toBe("unused")
    await Effect.runPromise(Effect.scoped(keep(url)))
    const refused =
      `The folder of artifacts ${root} is none that this store uses, whose artifacts lie in its ` +
      "database: leave FOREMAN_ARTIFACT_ROOT unset"
    expect([await check(url, root), await check(url, root, true)]).toEqual([refused, refused])
    expect(readdirSync(root)).toEqual([])

    // A mark alone, as one who only looked may once have left it, keeps nobody from what is there.
    await FreshDatabase.ask(url, "UPDATE foreman.artifact_folder SET is_marked = true")
    expect(await unused()).toBe("unused")
    await FreshDatabase.ask(url, "UPDATE foreman.artifact_folder SET is_marked = false")
    await FreshDatabase.ask(url, "DELETE FROM foreman.artifact_contents")
    expect([await check(url, root), await check(url, root)]).toEqual(["shared", "shared"])
    expect(await unused()).toMatch(
      /^The artifacts of this store lie in a folder .* UPDATE foreman.artifact_folder SET is_marked = false$/
    )
  })

  it("is not that of another store", async () => {
    const [one, other, root] = [await makeDatabase(), await makeDatabase(), makeFolder()]
    expect(await check(one, root)).toBe("shared")
    expect(await check(other, root)).toBe(
      `The folder of artifacts ${root} holds the artifacts of another store: ` +
        "name a folder of this one's own"
    )
    expect(readFileSync(join(root, "store"), "utf8")).toMatch(/^[0-9a-f-]{36}\n$/)
    // Who was refused has taken nothing.
    expect(await check(other, makeFolder())).toBe("shared")
  })

  it("is taken up again by who wrote the mark and died before the store knew", async () => {
    const [url, root] = [await makeDatabase(), makeFolder()]
    expect(await check(url, root)).toBe("shared")
    await FreshDatabase.ask(url, "UPDATE foreman.artifact_folder SET is_marked = false")
    expect(await check(url, root)).toBe("shared")
    expect(await check(url, makeFolder())).toContain("is not the one")
  })

  it("is refused where it cannot be read or written, and nothing is taken", async () => {
    const [url, folder] = [await makeDatabase(), makeFolder()]
    writeFileSync(join(folder, "file"), "")
    for (const root of [join(folder, "file"), join(folder, "none")]) {
      expect(await check(url, root)).toContain(`The folder of artifacts ${root} cannot be used: E`)
    }
    expect(await check(url, folder)).toBe("shared")
  })
})
