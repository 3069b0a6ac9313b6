import { execFile, spawn } from "node:child_process"
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join, resolve } from "node:path"
import { promisify } from "node:util"
import { describe, expect, it, onTestFinished } from "vitest"
import * as FreshDatabase from "../../../tooling/src/postgres/FreshDatabase.ts"
import { databaseUrl } from "../../../tooling/src/postgres/testServer.ts"
import { endOf, environmentOf, makeFolder, run, serve } from "./TestCli.ts"

const bin = resolve(import.meta.dirname, "../bin/foreman.js")

const main = resolve(import.meta.dirname, "../src/main.ts")

const fixture = resolve(import.meta.dirname, "fixtures/story.ts")

/** A story that a script tells, one command after the other. */
const story: ReadonlyArray<readonly [string, number]> = [
  ["task list", 3],
  ["project create --name Web --id web", 0],
  ["project create --name Web --id web", 1],
  ["project module create --project-id web --name Login --id login", 0],
  ["task create --title first", 0],
  ["task create --module-id login --project-id web --title second --priority 30", 0],
  ["task create --title keyed --idempotency-key k", 0],
  ["task create --title keyed --idempotency-key k", 0],
  ["task create --title other --idempotency-key k", 1],
  ["task create --title dry --dry-run", 0],
  ["task reprioritize ID --priority 40", 0],
  ["task status ID --status done", 1],
  ["task cancel ID", 0],
  ["task retry ID", 1],
  ["task approve ID", 1],
  ["task show 987654", 3],
  ["manager board --project nowhere", 3],
  ["manager dispatch ID", 1],
  ["task show ID --json", 0],
  ["task create --title", 2],
  ["task create --titel x", 2],
  ["task create --team nowhere --title x", 3],
  ["task status ID --status nothing", 2],
  ["agent create --name ada --role engineer", 0],
  ["agent list", 0],
  ["agent pause ada", 0],
  ["agent resume nobody", 3],
  ["task create --title named --assignee ada", 0],
  ["project list --json", 0],
  ["task list --limit 1", 0],
  ["task list --all --json", 0],
  ["inbox 01a1fd7a-e0c6-72ea-a695-af0cab939419", 0],
  ["inbox ada", 0]
]

/** What differs from one store to the next. */
const same = (text: string): string =>
  text
    .replaceAll(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, "UUID")
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z?(\+00:00)?/g, "TIME")
    .replaceAll(/http:\/\/[\d.:]+|\.foreman\/foreman\.db/g, "WHERE")
    .replaceAll(/--cursor \S+/g, "--cursor CURSOR")

type Told = readonly [string, number, string, string]

const tell = async (
  folder: string,
  lines: ReadonlyArray<string> = story.map(([line]) => line),
  environment: Readonly<Record<string, string>> = {}
): Promise<ReadonlyArray<Told>> => {
  const args = ["--conditions=@foreman/source", fixture, JSON.stringify(lines)]
  const options = { cwd: folder, env: environmentOf(folder, environment) }
  const { stdout } = await promisify(execFile)(process.execPath, args, options)
  const told: ReadonlyArray<Told> = JSON.parse(stdout)
  return told.map(([line, code, out, err]) => [line, code, same(out), same(err)])
}

describe("the command line", { timeout: 120_000 }, () => {
  it("gives the same answers through a server as on the store itself", async () => {
    const [embedded, served] = [makeFolder(), makeFolder()]
    const { child } = await serve(served, ["--dispatch", "off"])
    const [own, other] = await Promise.all([tell(embedded), tell(served)])
    expect(own.map(([line, code]) => [line, code])).toEqual(story)
    // Where there is no store yet, a server has one all the same.
    expect(own[0]?.[3]).toContain("There is no store WHERE")
    expect(other.slice(1).map((one) => withoutNumbers(one))).toEqual(
      own.slice(1).map((one) => withoutNumbers(one))
    )
    const said = new Map(own.map(([line, , out]) => [line, out]))
    expect(said.get("project create --name Web --id web")).toBe("")
    expect(own[1]?.[2]).toBe("created project web (Web)\n")
    expect(own[3]?.[2]).toBe("created module login (Login)\n")
    expect(own[4]?.[2]).toMatch(/^created task \d+ state=ready\n$/)
    expect(said.get("task reprioritize ID --priority 40")).toMatch(
      /^task \d+ state=ready priority=40\n$/
    )
    expect(said.get("task cancel ID")).toMatch(/^task \d+ state=canceled\n$/)
    expect(said.get("task create --title dry --dry-run")).toMatch(
      /^would write task:NEW task.created/
    )
    child.kill("SIGTERM")
    expect(await endOf(child)).toMatchObject({ code: 0, err: "" })
    // The server of the folder is gone, and its store is opened here.
    expect(await run(served, ["task", "list", "--status", "todo"])).toMatchObject({ code: 0 })
    expect(existsSync(join(served, ".foreman", "server.json"))).toBe(false)
  })

  it("makes nothing where it only looks or rehearses", async () => {
    const folder = makeFolder()
    const told = await tell(folder, [
      "task list",
      "task create --title x --dry-run",
      "task cancel 1",
      "task approve 1",
      "watch task show 1 --until status=done",
      "watch --for 1",
      "org list --db not/there.db"
    ])
    expect(told.map(([, code, out]) => [code, out])).toEqual(told.map(() => [3, ""]))
    for (const [line, , , err] of told) expect(err, line).toContain("There is no store")
    expect(readdirSync(folder)).toEqual([])
    const [, first, rest] = await tell(folder, [
      "org create --name Acme --slug acme",
      "task create --title x --dry-run",
      "org list"
    ])
    expect(first?.slice(1, 3)).toEqual([
      0,
      expect.stringMatching(/^would write .* organization.created .*"local".*\nand more/)
    ])
    expect(rest?.[2]).not.toContain("local")
  })

  it("says what would do in the place of what was typed", async () => {
    const folder = makeFolder()
    const told = await tell(folder, [
      "task create --title x",
      "agent pause ada",
      "run show ada",
      "explain task abc",
      "task list --status nope",
      "watch task show ID --until bogus=done",
      "watch --until bogus=done",
      "org pause",
      "org resume",
      "help exit"
    ])
    const words = told.map(([, code, out, err]) => [code, (out + err).split("\n")[0]])
    expect(words.slice(1)).toEqual([
      [3, expect.stringMatching(/^foreman: the team has no agent ada: foreman agent list /)],
      [2, "foreman: RUN-ID is the id of the run, as foreman run list shows, not ada"],
      [2, "foreman: TASK-ID is the number of a task, say 42, not abc"],
      [2, expect.stringContaining("--status is one of todo, in_progress, ")],
      [2, expect.stringContaining("no answer has: bogus; there are id, ")],
      [2, expect.stringContaining("no answer has: bogus; there are id, ")],
      [0, "org UUID state=paused"],
      [0, "org UUID state=active"],
      [0, expect.stringMatching(/^0 /)]
    ])
  })

  it("asks no stranger that got the port of a server that was killed", async () => {
    const folder = makeFolder()
    const { child, url } = await serve(folder, ["--dispatch", "off"])
    expect((await run(folder, ["task", "create", "--title", "x"])).code).toBe(0)
    child.kill("SIGKILL")
    await endOf(child)
    expect(readFileSync(join(folder, ".foreman", "server.json"), "utf8")).toContain(url)
    expect(await run(folder, ["task", "list"])).toMatchObject({ code: 0, err: "" })
    const named = await run(folder, ["task", "list", "--url", url, "--json"])
    expect(named).toMatchObject({ code: 4, out: "" })
    expect(JSON.parse(named.err)).toMatchObject({ code: "ServerUnreachable", url })
  })

  it("says who is not let in, and shows no token to whom a file names", async () => {
    const folder = makeFolder()
    const { url } = await serve(folder, ["--dispatch", "off"])
    const denied = await run(folder, ["org", "list", "--token", "fmn_opr_nobody"])
    expect(denied).toMatchObject({ code: 5, out: "" })
    expect(denied.err).toContain("does not know the token")
    writeFileSync(join(folder, "foreman.json"), JSON.stringify({ api_url: url }))
    const given = { environment: { FOREMAN_TOKEN: "fmn_opr_mine" } }
    const refused = await run(folder, ["org", "list"], given)
    expect(refused).toMatchObject({ code: 2, out: "" })
    expect(refused.err).toContain("say both in one place")
    expect(await run(folder, ["org", "list"])).toMatchObject({ code: 0 })
  })

  it("touches nothing when it is only asked what there is", async () => {
    const folder = makeFolder()
    const environment = { FOREMAN_HTTP_ADDR: "nonsense", FOREMAN_ODD: "x" }
    const lines = [
      "--help",
      "task --help",
      "task create -h",
      "serve --help",
      "help exit-codes",
      "completion bash",
      "--version"
    ]
    const [nothing, ...told] = await tell(folder, ["", ...lines], environment)
    expect(told.map(([line, code, , err]) => [line, code, err])).toEqual(
      lines.map((line) => [line, 0, ""])
    )
    for (const [line, , out] of told) expect(out.length, line).toBeGreaterThan(5)
    expect(nothing?.slice(0, 2)).toEqual(["", 2])
    expect(nothing?.[2]).toContain("foreman task create")
    expect(nothing?.[3]).toBe("foreman: subcommand required\n")
    const tools = await run(folder, ["mcp", "--help"], { environment })
    expect(tools).toMatchObject({ code: 0, out: expect.stringContaining("--role"), err: "" })
    expect(readdirSync(folder)).toEqual([])
  })

  it("reads what is given on the standard input, and is quiet when nobody reads on", async () => {
    const folder = makeFolder()
    const input = JSON.stringify({ title: "from a file", tags: ["a"] })
    const made = await run(folder, ["task", "create", "--input", "-", "--tag", "b"], { input })
    expect(made).toMatchObject({ code: 0 })
    const task = JSON.parse((await run(folder, ["task", "list", "--json"])).out)
    expect(task.items[0]).toMatchObject({ title: "from a file", tags: ["b"] })
    const program = `${process.execPath} --conditions=@foreman/source ${main}`
    const shell = `set -o pipefail; ${program} help task create | head -1; echo "$?"`
    const { stderr, stdout } = await promisify(execFile)("bash", ["-c", shell], {
      cwd: folder,
      env: environmentOf(folder)
    })
    expect([stdout.trim().split("\n").at(-1), stderr]).toEqual(["0", ""])
  })

  it("opens the database that it is told of, where no server runs on it", async () => {
    const { drop, url } = await FreshDatabase.make(await databaseUrl())
    onTestFinished(drop)
    const folder = makeFolder()
    const { code, out } = await run(folder, ["task", "create", "--title", "kept", "--db", url])
    expect([code, out]).toEqual([0, expect.stringMatching(/^created task \d+ state=ready\n$/)])
    const environment = { DATABASE_URL: url }
    const listed = await run(folder, ["task", "list"], { environment })
    expect(listed).toMatchObject({ code: 0, out: expect.stringContaining("kept"), err: "" })
    expect(readdirSync(folder)).toEqual([])
    const gone = url.replace(/:\d+\//, ":1/")
    const away = await run(folder, ["task", "list", "--db", gone, "--json"])
    expect(away).toMatchObject({ code: 4, out: "" })
    expect(JSON.parse(away.err)).toMatchObject({ code: "StoreUnavailable" })
    expect(away.err).not.toContain(new URL(url).password || "no password")
  })

  it("shows where each setting comes from", async () => {
    const folder = makeFolder()
    writeFileSync(join(folder, "foreman.json"), '{"node":"disk-1"}')
    const environment = { FOREMAN_TOKEN: "fmn_opr_secret" }
    const args = ["config", "--json", "--http-addr", "127.0.0.1:0"]
    const { code, out } = await run(folder, args, { environment })
    expect(code).toBe(0)
    const shown: ReadonlyArray<{ readonly name: string }> = JSON.parse(out).settings
    const named = (name: string) => shown.find((setting) => setting.name === name)
    expect(named("FOREMAN_HTTP_ADDR")).toMatchObject({ value: "127.0.0.1:0", from: "flags" })
    expect(named("FOREMAN_TOKEN")).toMatchObject({ value: "***", from: "environment" })
    expect(named("FOREMAN_NODE")).toMatchObject({ from: join(folder, "foreman.json") })
    expect(readdirSync(folder)).toEqual(["foreman.json"])
  })

  it("starts on any Node, and ends with what it started", async () => {
    const folder = makeFolder()
    const child = spawn("node", [bin, "serve", "--http-addr", "127.0.0.1:0"], {
      cwd: folder,
      env: environmentOf(folder)
    })
    const ready = await new Promise<string>((done) => {
      child.stdout.on("data", (bytes: Buffer) => done(String(bytes)))
    })
    expect(ready).toMatch(/^foreman ready /)
    const { process: server } = JSON.parse(
      readFileSync(join(folder, ".foreman", "server.json"), "utf8")
    )
    child.kill("SIGTERM")
    expect((await endOf(child)).code).toBe(0)
    expect(() => process.kill(server.pid, 0)).toThrow("ESRCH")
  })

  it("is a table in colours at a terminal", async () => {
    const folder = makeFolder()
    await run(folder, ["task", "create", "--title", "Fix the login"])
    const program = `${process.execPath} --conditions=@foreman/source ${main}`
    const atTerminal = (environment: Readonly<Record<string, string>>) =>
      promisify(execFile)("script", ["-qec", `${program} task list`, "/dev/null"], {
        cwd: folder,
        env: environmentOf(folder, { COLUMNS: "80", TERM: "xterm", ...environment })
      }).then(({ stdout }) => stdout)
    const coloured = await atTerminal({})
    expect(coloured).toContain("\u001B[1mID\u001B[0m")
    expect(coloured).toContain("Fix the login")
    const plain = await atTerminal({ NO_COLOR: "1" })
    expect(plain).toMatch(/^ID +TYPE +STATUS/)
    expect(plain).not.toContain("\u001B")
  })
})

/** Numbers are handed out in blocks, by whoever serves. */
const withoutNumbers = ([line, code, out, err]: Told) => [
  line,
  code,
  ...[out, err].map((text) => text.replaceAll(/\b\d+\b/g, "N"))
]
