import { mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import * as Tell from "../../src/internal/Tell.ts"
import { makeFolder } from "../TestCli.ts"

const tell = (
  workingFolder: string,
  environment: Readonly<Record<string, string>> = {},
  flags: Readonly<Record<string, ReadonlyArray<string>>> = {}
) => Tell.tell({ given: { flags, positionals: [] }, environment, workingFolder })

describe("what the program is told", () => {
  it("comes from flags, then the environment, then a file", async () => {
    const folder = makeFolder()
    writeFileSync(
      join(folder, "foreman.json"),
      JSON.stringify({ http_addr: "127.0.0.1:1", node: "file", log_level: "warn" })
    )
    const { gathered, settings } = await tell(
      folder,
      { FOREMAN_NODE: "environment", FOREMAN_HTTP_ADDR: "127.0.0.1:2" },
      { "http-addr": ["127.0.0.1:3"] }
    )
    expect(settings).toMatchObject({ port: 3, node: "environment", logLevel: "Warn" })
    expect([...gathered].map(([name, { from }]) => [name, from])).toEqual([
      ["FOREMAN_HTTP_ADDR", "flags"],
      ["FOREMAN_NODE", "environment"],
      ["FOREMAN_LOG_LEVEL", join(folder, "foreman.json")]
    ])
  })

  it("may stand in the runtime root too, or in a file that is named", async () => {
    const folder = makeFolder()
    mkdirSync(join(folder, "root"))
    writeFileSync(join(folder, "root", "foreman.json"), '{"node":"root"}')
    writeFileSync(join(folder, "named.json"), '{"node":"named"}')
    const root = { FOREMAN_RUNTIME_ROOT: "root" }
    expect((await tell(folder, root)).settings.node).toBe("root")
    const named = { config: [join(folder, "named.json")] }
    expect((await tell(folder, root, named)).settings.node).toBe("named")
    const missing = tell(folder, {}, { config: [join(folder, "none.json")] })
    await expect(missing).rejects.toThrow("none.json cannot be read")
    await expect(tell(folder, {}, { config: ["{bad"] })).rejects.toThrow(
      "--config takes the path of a file of settings, and {bad cannot be read: there is no such file"
    )
    const long = JSON.stringify({ command: ["a".repeat(300), `/${"b".repeat(300)}`] })
    await expect(tell(folder, {}, { config: [long] })).rejects.toMatchObject({
      message: expect.stringMatching(/^[^{]+\{[^{]+\} cannot be read: there is no such file$/)
    })
  })

  it("stands in no file of a workspace, where a run acts", async () => {
    const folder = makeFolder()
    writeFileSync(join(folder, "foreman.json"), '{"api_url":"http://stranger.example"}')
    const { gathered } = await tell(folder, { FOREMAN_RUN_TOKEN: "fmn_run_x" })
    expect(gathered.get("FOREMAN_API_URL")).toBeUndefined()
  })

  it.each([
    ["x.db", { databasePath: "x.db", databaseUrl: undefined }],
    ["sqlite:/x.db", { databasePath: "/x.db", databaseUrl: undefined }],
    ["postgres://h/f", { databaseUrl: "postgres://h/f" }]
  ])("takes %s as the place of the store, whatever the environment says", async (db, place) => {
    const { settings } = await tell(makeFolder(), { DATABASE_URL: "postgres://o/o" }, { db: [db] })
    expect(settings).toMatchObject(place)
  })

  it.each([
    "postgres/foreman.db",
    "C:\\me@home\\x.db",
    "./a//me@home/x.db",
    "/a//me@home/x.db",
    "me@x.db"
  ])("takes %s as a path, however near it is to an address", async (db) => {
    const { settings } = await tell(makeFolder(), {}, { db: [db] })
    expect(settings).toMatchObject({ databasePath: db, databaseUrl: undefined })
  })

  it.each([
    "postgres//u:secret@127.0.0.1:1/f",
    "postgresql//u:secret@127.0.0.1:1/f",
    "postgres:/u:secret@127.0.0.1:1/f",
    "postgres/:u:secret@127.0.0.1:1/f",
    "Postgres://u:secret@127.0.0.1:1/f",
    "postgres//127.0.0.1/secret",
    "postgre://u:secret@127.0.0.1:1/f",
    "pg1//u:secret@127.0.0.1:1/f",
    "//u:secret/more@127.0.0.1:1/f",
    "postgres/u:secret@127.0.0.1:1/f",
    "u:secret@127.0.0.1:1/f",
    "u1:secret@127.0.0.1:1/f"
  ])("is refused where %s is nearly an address, and does not repeat it", async (db) => {
    await expect(tell(makeFolder(), {}, { db: [db] })).rejects.toMatchObject({
      exitCode: 2,
      message:
        "--db should be postgres://user:password@host:5432/database or sqlite:/path/foreman.db, " +
        "and is neither"
    })
  })

  it("is refused in the name of what is wrong", async () => {
    await expect(tell(makeFolder(), { FOREMAN_HTTP_ADR: "x" })).rejects.toThrow(
      "FOREMAN_HTTP_ADR is not a setting"
    )
    await expect(tell(makeFolder(), {}, { db: ["mysql://h/f"] })).rejects.toThrow(
      /^--db should be postgres:/
    )
    await expect(tell(makeFolder(), { DATABASE_URL: "mysql://h/f" })).rejects.toThrow(
      /^DATABASE_URL should be postgres:/
    )
    await expect(tell(makeFolder(), {}, { "http-addr": ["x"] })).rejects.toThrow(
      /^--http-addr should be host:port/
    )
  })
})
