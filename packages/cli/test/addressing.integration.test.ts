import { describe, expect, it, onTestFinished } from "vitest"
import * as FreshDatabase from "../../../tooling/src/postgres/FreshDatabase.ts"
import { databaseUrl } from "../../../tooling/src/postgres/testServer.ts"
import { readdirSync } from "node:fs"
import { makeFolder, run } from "./TestCli.ts"

/** Addresses that are none, with a piece of a password in them. */
const wrong = [
  ["postgres://u:secret@127.0.0.1:99999/f", "The port in the address"],
  ["postgres://u:secret@127.0.0.1:0/f", "The port in the address"],
  ["postgres://u:secret@127.0.0.1:abc/f", "The port in the address"],
  ["postgres://u:secret@127.0.0.1/f?port=abc", "The port in the address"],
  ["postgres://foreman:secret/f", "The port in the address"],
  ["postgres://u:secret/more@127.0.0.1/f", "The address"],
  ["postgres://u:more#secret@127.0.0.1/f", "The address"]
] as const

/** What is nearly an address of a database: the rest of this table is in Tell.test.ts. */
const mistyped = ["postgres//u:secret@127.0.0.1:1/f", "u1:secret@127.0.0.1:1/f"]

/** How a server is named, and what a person calls that. */
const serverNames = [
  ["--url", { args: ["--url"], name: "FOREMAN_URL" }],
  ["FOREMAN_API_URL", { variable: "FOREMAN_API_URL", name: "FOREMAN_API_URL" }],
  ["FOREMAN_URL", { variable: "FOREMAN_URL", name: "FOREMAN_URL" }],
  ["OPENCLAW_API_URL", { variable: "OPENCLAW_API_URL", name: "OPENCLAW_API_URL" }]
] as const

const commands = [
  ["task", "list"],
  ["task", "create", "--title", "x"],
  ["doctor"],
  ["export", "store.jsonl"],
  ["rebuild"],
  ["import", "-", "--dry-run"]
] as const

describe("the address of a database", { timeout: 120_000 }, () => {
  it.each(wrong)("is refused as a wrong setting where it is %s", async (url, words) => {
    const folder = makeFolder()
    // What serves reads it in the same way, and refuses it on a way of its own.
    for (const command of url === wrong[0][0] ? [commands[0], ["serve"]] : [commands[0]]) {
      const refused = await run(folder, command, { environment: { DATABASE_URL: url } })
      expect(refused, command.join(" ")).toMatchObject({ code: 2, out: "" })
      expect(refused.err).toContain(`${words} of the database is no`)
      expect(refused.err).toContain("postgres://user:password@host:5432/database")
      expect(refused.err).not.toMatch(/secret|more/)
    }
  })

  it("is refused in the same way by every command, by the name that was typed", async () => {
    const folder = makeFolder()
    const [[url]] = wrong
    const refusals = await Promise.all(
      commands.map((command) => run(folder, [...command, "--db", url, "--json"]))
    )
    for (const refused of refusals) {
      expect(refused).toMatchObject({ code: 2, out: "" })
      expect(JSON.parse(refused.err)).toEqual({
        error:
          "--db: The port in the address of the database is no number from 1 to 65535: one has the " +
          "form postgres://user:password@host:5432/database",
        code: "SettingsInvalid",
        name: "DATABASE_URL"
      })
    }
    expect(readdirSync(folder)).toEqual([])
  })

  it.each(mistyped)("is no path where it is mistyped as %s, and is made nowhere", async (place) => {
    const folder = makeFolder()
    for (const command of [["doctor"], ["task", "create", "--title", "x"]]) {
      const refused = await run(folder, [...command, "--db", place])
      expect(refused, command.join(" ")).toMatchObject({ code: 2, out: "" })
      expect(refused.err).toContain(
        "--db should be postgres://user:password@host:5432/database or "
      )
      expect(refused.err).not.toMatch(/secret|more|127/)
    }
    expect(readdirSync(folder)).toEqual([])
  })

  it("is asked once by who only looks, as by who writes", async () => {
    const server = await databaseUrl()
    const { drop, name, url } = await FreshDatabase.make(server)
    onTestFinished(drop)
    const folder = makeFolder()
    /** How many connections a command opens, of which each is counted before it is gone. */
    const connections = async (...command: ReadonlyArray<string>): Promise<number> => {
      const before = await opened()
      expect(await run(folder, [...command, "--db", url])).toMatchObject({ code: 0 })
      return (await opened()) - before
    }
    const opened = async (): Promise<number> => {
      const open = "SELECT FROM pg_stat_activity WHERE datname = $1"
      const connected = () => FreshDatabase.ask(server, open, [name])
      await expect.poll(connected, { timeout: 20_000 }).toEqual([])
      const text = "SELECT sessions::int AS count FROM pg_stat_database WHERE datname = $1"
      return Number((await FreshDatabase.ask(server, text, [name]))[0]?.["count"])
    }
    await connections("task", "create", "--title", "first")
    const writing = await connections("task", "create", "--title", "second")
    expect(writing).toBeGreaterThan(0)
    expect(await connections("task", "list")).toBeLessThanOrEqual(writing)
    expect(await connections("task", "show", "1")).toBeLessThanOrEqual(writing)
  })

  it("is refused by who only looks where the store is older, and that stays as it is", async () => {
    const { drop, url } = await FreshDatabase.make(await databaseUrl())
    onTestFinished(drop)
    const folder = makeFolder()
    const create = ["task", "create", "--title", "first", "--db", url]
    expect(await run(folder, create)).toMatchObject({ code: 0 })
    const latest = "SELECT max(number)::int AS number FROM foreman.migrations"
    const [before] = await FreshDatabase.ask(url, latest)
    await FreshDatabase.ask(url, "DELETE FROM foreman.migrations WHERE number > 12")
    for (const command of [["doctor"], ["export", "store.jsonl"], ["rebuild"]]) {
      const refused = await run(folder, [...command, "--db", url])
      expect(refused, command.join(" ")).toMatchObject({ code: 4, out: "" })
      expect(refused.err).toContain(
        `was written by an older Foreman (schema 12, this one knows ${String(before?.["number"])}): ` +
          "start this one's server once to bring it up to date"
      )
    }
    expect(await FreshDatabase.ask(url, latest)).toEqual([{ number: 12 }])
  })
})

describe("the address of a server", { timeout: 120_000 }, () => {
  it.each(serverNames)("takes no name and password in %s", async (called, given) => {
    const folder = makeFolder()
    for (const user of called === "--url" ? ["u:secret", "secret"] : ["u:secret"]) {
      const url = `http://${user}@127.0.0.1:1`
      const args = "args" in given ? [...given.args, url] : []
      const environment = "variable" in given ? { [given.variable]: url } : {}
      const refused = await run(folder, ["task", "list", "--json", ...args], { environment })
      const problem = "takes no name and password: say the token by --token or FOREMAN_TOKEN"
      expect(refused).toMatchObject({ code: 2, out: "" })
      expect(JSON.parse(refused.err)).toEqual({
        error: `${called} ${problem}`,
        code: "SettingsInvalid",
        name: given.name,
        problem
      })
    }
  })

  it.each(["ftp://u:secret@127.0.0.1", "u:secret@127.0.0.1:1", "http//u:secret@127.0.0.1"])(
    "is not repeated where it is none and may hold a password: %s",
    async (url) => {
      const refused = await run(makeFolder(), ["task", "list", "--url", url])
      expect(refused).toMatchObject({ code: 2, out: "" })
      expect(refused.err).toContain("the server's URL is an http or https URL\n")
      expect(refused.err).not.toContain("secret")
    }
  )
})
