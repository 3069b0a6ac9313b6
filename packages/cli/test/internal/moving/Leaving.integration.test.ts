import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { setTimeout } from "node:timers/promises"
import { Client } from "pg"
import { describe, expect, it } from "vitest"
import * as FreshDatabase from "../../../../../tooling/src/postgres/FreshDatabase.ts"
import { endOf, run, start } from "../../TestCli.ts"
import * as Lived from "./Lived.ts"

/** A folder with the export of a small store, and an empty database. */
const prepare = async () => {
  const { folder, url } = await Lived.exported()
  const schemas = "SELECT FROM pg_namespace WHERE nspname = 'foreman'"
  const roles = "SELECT FROM pg_roles WHERE rolname ~ (SELECT '^foreman_' || oid || '_' FROM "
  const own = `${roles}pg_database WHERE datname = current_database())`
  return {
    folder,
    url,
    text: readFileSync(join(folder, "store.jsonl"), "utf8"),
    made: async () => [
      ...(await FreshDatabase.ask(url, schemas)),
      ...(await FreshDatabase.ask(url, own))
    ]
  }
}

describe("an import into an empty database", { timeout: 120_000 }, () => {
  it("leaves it empty when what it reads is no export, be it a file or a pipe", async () => {
    const { folder, made, text, url } = await prepare()
    mkdirSync(join(folder, "folder"))
    const wrong = [
      ["NotAnExport", ""],
      ["NotAnExport", "a letter to somebody\n"],
      ["NotAnExport", "x".repeat(200_000)],
      ["UnknownVersion", text.replace(/"version":\d+/, '"version":99')],
      ["OtherTables", text.replace(/"tables":"[^"]{4}/, '"tables":"beef')]
    ] as const
    for (const [reason, input] of wrong) {
      writeFileSync(join(folder, "wrong.jsonl"), input)
      for (const path of ["wrong.jsonl", "-"]) {
        const refused = await run(folder, ["import", path, "--db", url, "--json"], {
          input: path === "-" ? input : ""
        })
        expect(refused, reason).toMatchObject({ code: 2, out: "" })
        expect(JSON.parse(refused.err)).toMatchObject({
          code: "ImportRefused",
          reason: { _tag: reason },
          line: input === "" ? 0 : 1
        })
      }
    }
    const other = await run(folder, ["import", "folder", "--db", url])
    expect(other).toMatchObject({ code: 2, out: "" })
    expect(other.err).toBe("foreman: folder is a folder\n")
    expect(await made()).toEqual([])
  })

  it("leaves it empty when it only tries, and says what the store would hold", async () => {
    const { folder, made, text, url } = await prepare()
    const [temporary, there] = [join(folder, "tmp"), join(folder, "there")]
    for (const path of [temporary, there]) mkdirSync(path)
    const environment = { TMPDIR: temporary }
    const attempt = (input: string) =>
      run(there, ["import", "-", "--dry-run", "--db", url], { environment, input })
    const tried = await attempt(text)
    expect(tried).toMatchObject({ code: 0, err: "" })
    const { host, pathname } = new URL(url)
    expect(tried.out).toContain(`postgres://${host}${pathname} would hold 1 organization, `)
    const refused = await attempt(text.replace("first", "frist"))
    expect(refused).toMatchObject({ code: 2, out: "" })
    expect(refused.err).toContain("Nothing was imported: line ")
    expect([...readdirSync(temporary), ...readdirSync(there)]).toEqual([])
    expect(await made()).toEqual([])

    expect(await run(folder, ["import", "store.jsonl", "--db", url])).toMatchObject({ code: 0 })
    expect((await made()).length).toBeGreaterThan(0)
    const again = await attempt(text)
    expect(again).toMatchObject({ code: 1, out: "" })
    expect(again.err).toContain("The store is not empty")
  })

  it("leaves it empty when a later line is refused, and fills it with the right one", async () => {
    const { folder, made, text, url } = await prepare()
    const wrong = [
      ["Malformed", text.replace(/\n.*\n/, "\nno line of an export\n")],
      ["NotNext", text.replace("first", "frist")],
      ["Cut", text.slice(0, text.lastIndexOf("\n", text.length - 2) + 1)],
      ["Altered", text.replace(/"digest":"[^"]{4}(?=[^\n]*\n$)/, '"digest":"beef')]
    ] as const
    for (const [reason, input] of wrong) {
      const refused = await run(folder, ["import", "-", "--db", url, "--json"], { input })
      expect(refused, reason).toMatchObject({ code: 2, out: "" })
      const told = JSON.parse(refused.err)
      expect(told).toMatchObject({ code: "ImportRefused", reason: { _tag: reason } })
      expect(told).not.toHaveProperty("leftSchema")
      expect(await made(), reason).toEqual([])
    }
    expect(await run(folder, ["import", "store.jsonl", "--db", url])).toMatchObject({ code: 0 })
  })

  it("leaves it empty when it is interrupted", async () => {
    const { folder, made, text, url } = await prepare()
    const child = start(folder, ["import", "-", "--db", url])
    child.stdin?.write(text.slice(0, text.length / 2))
    for (let turn = 0; turn < 800 && (await made()).length < 3; turn++) await setTimeout(25)
    child.kill("SIGINT")
    expect(await endOf(child)).toMatchObject({ code: 130, out: "", err: "" })
    expect(await made()).toEqual([])
  })

  it("says what stays, and how it goes, where somebody else is connected", async () => {
    const { folder, made, text, url } = await prepare()
    const other = new Client(url)
    await other.connect()
    const input = text.replace("first", "frist")
    const words =
      ". The empty store that was made for it in the database stays, as others are connected to the " +
      "database: the next import fills it, and DROP SCHEMA foreman CASCADE removes it"
    const attempt = (...flags: ReadonlyArray<string>) =>
      run(folder, ["import", "-", "--db", url, ...flags], { input })
    const refused = await attempt("--json")
    expect(refused).toMatchObject({ code: 2, out: "" })
    const { error, leftSchema } = JSON.parse(refused.err)
    expect(error).toMatch(/^Nothing was imported: line /)
    expect(error.slice(-words.length)).toBe(words)
    expect(leftSchema).toBe("foreman")
    expect(await made()).toHaveLength(3)
    // What was there before is not spoken of, and nobody takes it away.
    await other.end()
    const again = await attempt()
    expect(again).toMatchObject({ code: 2, out: "" })
    expect(again.err).not.toContain("DROP SCHEMA")
    expect(await made()).toHaveLength(3)
    await FreshDatabase.ask(url, "DROP SCHEMA foreman CASCADE")
    expect(await run(folder, ["import", "store.jsonl", "--db", url])).toMatchObject({ code: 0 })
  })
})
