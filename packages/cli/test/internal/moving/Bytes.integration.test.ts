import { Effect } from "effect"
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it, onTestFinished } from "vitest"
import * as FreshDatabase from "../../../../../tooling/src/postgres/FreshDatabase.ts"
import { databaseUrl } from "../../../../../tooling/src/postgres/testServer.ts"
import { makeFolder, run } from "../../TestCli.ts"
import * as Lived from "./Lived.ts"

/** A folder whose server has kept the artifacts of a run, how many these are, and two exports. */
const exported = async (): Promise<{ readonly folder: string; readonly count: number }> => {
  const folder = makeFolder()
  const root = join(folder, ".foreman")
  mkdirSync(root)
  await Effect.runPromise(Lived.live(root))
  expect(await run(folder, ["export", "without.jsonl"])).toMatchObject({ code: 0 })
  const whole = await run(folder, ["export", "with.jsonl", "--artifacts", "--json"])
  const { artifacts: count } = JSON.parse(whole.out)
  expect(count).toBeGreaterThan(1)
  return { folder, count }
}

const brings =
  "import into an empty store what foreman export FILE --artifacts writes of the other one"

describe("an import without the bytes of artifacts", { timeout: 120_000 }, () => {
  it("says how many are missing and where they go, and is right with them", async () => {
    const { count, folder } = await exported()
    const there = makeFolder()
    const filled = await run(there, ["import", join(folder, "without.jsonl")])
    const place = join(there, ".foreman", "artifacts")
    expect(filled).toMatchObject({ code: 0, out: expect.stringContaining(", 0 artifacts, ") })
    expect(filled.err).toBe(
      `The bytes of ${count} artifacts are not here: copy what is in the other store's folder of artifacts ` +
        `to ${place}, or ${brings}\n`
    )
    expect(await run(there, ["doctor", "--check"])).toMatchObject({ code: 1 })
    cpSync(join(folder, ".foreman", "artifacts"), place, { recursive: true })
    expect(await run(there, ["doctor", "--check"])).toMatchObject({ code: 0 })

    const told = await run(makeFolder(), ["import", join(folder, "without.jsonl"), "--json"])
    expect(told).toMatchObject({ code: 0, err: "" })
    expect(JSON.parse(told.out)).toMatchObject({ artifacts: 0, missing: count })
    const whole = await run(makeFolder(), ["import", join(folder, "with.jsonl"), "--json"])
    expect(whole).toMatchObject({ code: 0, err: "" })
    expect(JSON.parse(whole.out)).toMatchObject({ artifacts: count, missing: 0 })
    const tried = makeFolder()
    const rehearsed = await run(tried, ["import", join(folder, "without.jsonl"), "--dry-run"])
    expect(rehearsed).toMatchObject({ code: 0, err: "" })
    expect(existsSync(join(tried, ".foreman"))).toBe(false)
  })

  it("says it of a database, which has no folder to copy them to", async () => {
    const { count, folder } = await exported()
    const { drop, url } = await FreshDatabase.make(await databaseUrl())
    onTestFinished(drop)
    const filled = await run(makeFolder(), ["import", join(folder, "without.jsonl"), "--db", url])
    expect(filled).toMatchObject({
      code: 0,
      err: `The bytes of ${count} artifacts are not here: ${brings}\n`
    })
    // Who only looks for them in a folder makes none, and marks none.
    const environment = { FOREMAN_ARTIFACT_ROOT: join(folder, "shared") }
    const looked = await run(folder, ["doctor", "--check", "--db", url], { environment })
    expect(looked).toMatchObject({ code: 1, out: expect.stringContaining("no bytes where they") })
    const again = ["export", "again.jsonl", "--artifacts", "--db", url, "--json"]
    const kept = await run(folder, again, { environment })
    expect(JSON.parse(kept.out)).toMatchObject({ artifacts: 0, missing: count })
    expect(existsSync(environment.FOREMAN_ARTIFACT_ROOT)).toBe(false)
    const marks = "SELECT is_marked FROM foreman.artifact_folder"
    expect(await FreshDatabase.ask(url, marks)).toEqual([{ is_marked: false }])
  })

  it("names the mark that a refused one leaves in a folder, which goes with the store", async () => {
    const { folder } = await exported()
    const { drop, url } = await FreshDatabase.make(await databaseUrl())
    onTestFinished(drop)
    const environment = { FOREMAN_ARTIFACT_ROOT: join(folder, "shared") }
    const path = join(folder, "shared", "store")
    const attempt = (name: string, ...flags: ReadonlyArray<string>) =>
      run(folder, ["import", name, "--db", url, ...flags], { environment })
    const text = readFileSync(join(folder, "with.jsonl"), "utf8")
    writeFileSync(join(folder, "cut.jsonl"), text.slice(0, -20))
    const refused = await attempt("cut.jsonl", "--json")
    expect(refused).toMatchObject({ code: 2, out: "" })
    const { error, ...facts } = JSON.parse(refused.err)
    expect(facts).toMatchObject({ leftSchema: "foreman", leftFile: path })
    expect(error).toContain(
      ", as the folder of artifacts is marked as its own: the next import fills it, and DROP SCHEMA " +
        `foreman CASCADE removes it. The file ${path} has to go with it, or the next store is refused ` +
        "the folder"
    )
    await FreshDatabase.ask(url, "DROP SCHEMA foreman CASCADE")
    const foreign = await attempt("with.jsonl")
    expect(foreign).toMatchObject({ code: 4, err: expect.stringContaining("of another store") })
    rmSync(path)
    expect(await attempt("with.jsonl")).toMatchObject({ code: 0, err: "" })
  })
})
