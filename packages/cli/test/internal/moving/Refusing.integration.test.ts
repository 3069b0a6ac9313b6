import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { setTimeout } from "node:timers/promises"
import { describe, expect, it } from "vitest"
import * as SqliteFiles from "../../../../store-sqlite/test/SqliteFiles.ts"
import { endOf, makeFolder, run, start } from "../../TestCli.ts"

/** A folder with the export of a small store, and the text of that. */
const exported = async (change?: string) => {
  const folder = makeFolder()
  expect(await run(folder, ["task", "create", "--title", "first"])).toMatchObject({ code: 0 })
  if (change !== undefined) SqliteFiles.execute(join(folder, ".foreman", "foreman.db"), change)
  expect(await run(folder, ["export", "store.jsonl"])).toMatchObject({ code: 0, err: "" })
  const path = join(folder, "store.jsonl")
  return { folder, path, text: readFileSync(path, "utf8") }
}

/** Texts that are no export that can be used, by why they are refused. */
const wrong = (text: string): ReadonlyArray<readonly [reason: string, content: string]> => [
  ["NotAnExport", "a letter to somebody\n"],
  ["NotAnExport", ""],
  ["UnknownVersion", text.replace(/"version":\d+/, '"version":99')],
  ["Cut", text.slice(0, text.lastIndexOf("\n", text.length - 2) + 1)],
  ["NotNext", text.replace("first", "frist")],
  ["Altered", text.replace(/"digest":"[^"]{4}(?=[^\n]*\n$)/, '"digest":"beef')]
]

describe("an import that is refused", { timeout: 120_000 }, () => {
  it("ends with 2 where the file is wrong, and leaves nothing that was not there", async () => {
    const { folder, text } = await exported()
    const there = join(folder, "there")
    mkdirSync(there)
    for (const [reason, content] of wrong(text)) {
      writeFileSync(join(folder, "wrong.jsonl"), content)
      const args = ["import", "../wrong.jsonl", "--db", "deep/new.db", "--json"]
      const refused = await run(there, args)
      expect(refused, reason).toMatchObject({ code: 2, out: "" })
      const place = content === "" ? "the file is empty and is no export: " : "line [1-9]\\d* "
      expect(JSON.parse(refused.err)).toMatchObject({
        code: "ImportRefused",
        reason: { _tag: reason },
        error: expect.stringMatching(new RegExp(`^Nothing was imported: ${place}`))
      })
      expect(readdirSync(there), reason).toEqual([])
    }
  })

  it("ends with 1 where the store it comes from is wrong, until its events are trusted", async () => {
    const { folder, path } = await exported("UPDATE tasks SET title = 'Forged'")
    const args = ["import", path, "--db", "new.db"]
    const refused = await run(folder, args)
    expect(refused).toMatchObject({ code: 1, out: "", err: expect.stringContaining("rebuild it") })
    expect(readdirSync(folder).toSorted()).toEqual([".foreman", "store.jsonl"])
    expect(await run(folder, [...args, "--trust-events"])).toMatchObject({ code: 0, err: "" })
    expect(readdirSync(folder).toSorted()).toEqual([".foreman", "new.db", "store.jsonl"])
  })

  it("ends at once where the folder of a new store can never be made", async () => {
    const { folder, path } = await exported()
    const db = "/proc/foreman/deep/new.db"
    const words =
      `foreman: ${db}: The store failed at open: ` +
      "the folder /proc/foreman/deep cannot be used: /proc keeps no files\n"
    const [create, serve] = [["task", "create", "--title", "x"], ["serve"]]
    for (const args of [["import", path], ["import", path, "--dry-run"], create]) {
      const refused = await run(folder, [...args, "--db", db])
      expect(refused, args.join(" ")).toEqual({ code: 4, out: "", err: words })
    }
    for (const [args, code] of [
      [["export", "-"], 3],
      [["task", "list"], 3],
      [serve, 2]
    ] as const) {
      const refused = await run(folder, [...args, "--db", db])
      expect(refused, args.join(" ")).toMatchObject({ code, out: "" })
      expect(refused.err).toContain("/proc/foreman/deep")
    }
  })

  it("leaves a file that was there as it was", async () => {
    const { folder, path, text } = await exported()
    const wrongPath = join(folder, "wrong.jsonl")
    writeFileSync(wrongPath, text.slice(0, -20))
    const used = join(folder, ".foreman", "foreman.db")
    const [empty, other] = [join(folder, "empty.db"), join(folder, "letter.txt")]
    writeFileSync(empty, "")
    writeFileSync(other, "a letter to somebody\n")
    for (const [file, given, code] of [
      [used, path, 1],
      [used, wrongPath, 1],
      [other, path, 4],
      [empty, wrongPath, 2]
    ] as const) {
      const [before, names] = [readFileSync(file), readdirSync(folder)]
      const refused = await run(folder, ["import", given, "--db", file])
      expect(refused, file).toMatchObject({ code, out: "" })
      expect(readFileSync(file).equals(before), file).toBe(true)
      expect(readdirSync(folder)).toEqual(names)
    }
    expect(readdirSync(join(folder, ".foreman"))).toEqual(["foreman.db"])
    expect(await run(folder, ["import", path, "--db", empty])).toMatchObject({ code: 0, err: "" })
  })

  it("leaves nothing either when it is interrupted", async () => {
    const { folder, text } = await exported()
    const child = start(folder, ["import", "-", "--db", "deep/new.db"])
    child.stdin?.write(text.slice(0, text.length / 2))
    for (let turn = 0; turn < 800 && !existsSync(join(folder, "deep", "new.db")); turn++) {
      await setTimeout(25)
    }
    expect(existsSync(join(folder, "deep", "new.db"))).toBe(true)
    child.kill("SIGINT")
    expect(await endOf(child)).toMatchObject({ code: 130, out: "" })
    expect(existsSync(join(folder, "deep"))).toBe(false)
  })
})
