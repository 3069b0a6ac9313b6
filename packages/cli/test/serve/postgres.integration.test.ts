import { join } from "node:path"
import { execFile } from "node:child_process"
import { readdirSync } from "node:fs"
import { promisify } from "node:util"
import { describe, expect, it, onTestFinished } from "vitest"
import * as FreshDatabase from "../../../../tooling/src/postgres/FreshDatabase.ts"
import { freeze } from "../../../../tooling/src/postgres/freeze.ts"
import { startPostgres } from "../../../../tooling/src/postgres/PostgresServer.ts"
import { databaseUrl } from "../../../../tooling/src/postgres/testServer.ts"
import { program } from "../TestCli.ts"
import { endOf, launch, makeAgent, makeFolder, start } from "./TestServer.ts"

const makeDatabase = async (): Promise<string> => {
  const { drop, url } = await FreshDatabase.make(await databaseUrl())
  onTestFinished(drop)
  return url
}

/** What the doctor prints, and how it ends. */
const examine = (environment: Readonly<Record<string, string>>, ...flags: ReadonlyArray<string>) =>
  carryOut(environment, "doctor", ...flags)

const carryOut = (environment: Readonly<Record<string, string>>, ...args: ReadonlyArray<string>) =>
  promisify(execFile)(process.execPath, ["--conditions=@foreman/source", program, ...args], {
    env: {
      PATH: process.env["PATH"],
      NODE_COMPILE_CACHE: process.env["NODE_COMPILE_CACHE"],
      ...environment
    }
  }).then(
    ({ stdout }) => ({ code: 0, text: stdout }),
    (error: { readonly code: number; readonly stderr: string; readonly stdout: string }) => ({
      code: error.code,
      text: error.stdout + error.stderr
    })
  )

describe("a server on PostgreSQL", () => {
  it("carries out a task, keeps its output where others find it, and is found well", async () => {
    const DATABASE_URL = await makeDatabase()
    const folder = makeFolder()
    const one = await start(folder, { DATABASE_URL })
    const health = await fetch(`${one.url}/health`).then((response) => response.json())
    expect(health).toMatchObject({ store: "postgres", postgres: "ok" })
    const { id: orgId } = await one.foreman.createOrganization({ name: "Acme", slug: "acme" })
    const { id: teamId } = await one.foreman.createTeam({ orgId, name: "Web", slug: "web" })
    const agent = makeAgent(folder, "agent.sh", "cat >/dev/null; echo kept in the database")
    const config = { runner: "command", command: [agent] }
    await one.foreman.createAgent({ teamId, name: "ada", config })
    const { id: taskId } = await one.foreman.createTask({ teamId, title: "Say it" })
    for await (const event of one.foreman.events({
      after: "0",
      signal: AbortSignal.timeout(20_000)
    })) {
      if (event.type === "review.created" && event.data["task_id"] === taskId) break
    }

    // Another server, with nothing of its own, knows all of it.
    const two = await start(makeFolder(), { DATABASE_URL, FOREMAN_DISPATCH: "off" })
    const [run] = (await two.foreman.listTaskRuns({ taskId })).items
    const { text } = await two.foreman.getTaskRunOutput({ runId: run?.id ?? "" })
    expect(text).toBe("kept in the database\n")
    expect(readdirSync(join(folder, ".foreman"))).not.toContain("foreman.db")
    expect(readdirSync(join(folder, ".foreman"))).not.toContain("artifacts")

    const found = await examine({ DATABASE_URL })
    expect(found).toMatchObject({ code: 0 })
    const { host, password, pathname } = new URL(DATABASE_URL)
    expect(found.text).toMatch(/^postgres:\/\/\S+: 1 organization, \d+ events, nothing is wrong$/m)
    expect(found.text).toContain(`postgres://${host}${pathname}`)
    expect(found.text).not.toContain(password)
    expect(await examine({}, "--db", DATABASE_URL)).toMatchObject({ code: 0 })
    // Who says no store is not shown an empty file beside the server's.
    const unsaid = await examine({ FOREMAN_RUNTIME_ROOT: join(folder, ".foreman") })
    expect(unsaid).toMatchObject({ code: 2 })
    expect(unsaid.text).toContain(`keeps its store in postgres://${host}${pathname}: `)
    expect(unsaid.text).not.toContain(password)
    for (const { child } of [one, two]) {
      child.kill("SIGTERM")
      expect(await endOf(child)).toMatchObject({ code: 0 })
    }
  })

  it("is what makes a store in an empty database, as is a first task, and nobody who looks", async () => {
    const DATABASE_URL = await makeDatabase()
    const environment = { DATABASE_URL, FOREMAN_RUNTIME_ROOT: join(makeFolder(), "root") }
    const { host, pathname } = new URL(DATABASE_URL)
    const words =
      `foreman: There is no store postgres://${host}${pathname}, and no server runs here: ` +
      "a first task makes it (foreman task create --title ...), and so does foreman serve\n"
    const made = () =>
      FreshDatabase.ask(DATABASE_URL, "SELECT FROM pg_namespace WHERE nspname = 'foreman'")
    for (const line of ["task list", "org list", "task show 1", "task cancel 1", "watch --for 1"]) {
      const looked = await carryOut(environment, ...line.split(" "))
      expect(looked, line).toEqual({ code: 3, text: words })
    }
    const create = ["task", "create", "--title", "x"]
    const rehearsed = await carryOut(environment, ...create, "--dry-run")
    expect(rehearsed).toMatchObject({ code: 3, text: expect.stringContaining("without --dry-run") })
    for (const line of ["doctor", "export -", "rebuild", "rebuild --write"]) {
      const looked = await carryOut(environment, ...line.split(" "))
      expect(looked, line).toEqual({ code: 3, text: words })
    }
    expect(await made()).toHaveLength(0)

    expect(await carryOut(environment, ...create)).toMatchObject({ code: 0 })
    expect(await made()).toHaveLength(1)
    const listed = await carryOut(environment, "task", "list")
    expect(listed).toMatchObject({ code: 0, text: expect.stringContaining("x") })
  })

  it("refuses a database that it cannot use in one sentence, and leaves it as it is", async () => {
    const [newer, foreign] = [await makeDatabase(), await makeDatabase()]
    const locked = new URL(newer)
    locked.password = "secret"
    const gone = new URL(newer)
    gone.port = "1"
    await start(makeFolder(), { DATABASE_URL: newer })
    await FreshDatabase.ask(newer, "INSERT INTO foreman.migrations VALUES (99, 'later')")
    await FreshDatabase.ask(foreign, "CREATE SCHEMA foreman")
    const refusals = await Promise.all(
      [newer, foreign, locked.href, gone.href].map(async (DATABASE_URL) => {
        const refused = launch(makeFolder(), { DATABASE_URL })
        const { code, stderr, stdout } = await endOf(refused)
        expect({ code, stdout }).toEqual({ code: 4, stdout: "" })
        for (const url of [newer, locked.href]) expect(stderr).not.toContain(new URL(url).password)
        return stderr
      })
    )
    const { host } = locked
    expect(refusals).toEqual([
      expect.stringMatching(/^DATABASE_URL: .* written by a newer Foreman \(schema 99, .*\n$/),
      `DATABASE_URL: The schema foreman of the database ${new URL(foreign).pathname.slice(1)} belongs ` +
        "to something else than Foreman: name another database for the store.\n",
      `DATABASE_URL: PostgreSQL at ${host} does not let postgres in: ` +
        'password authentication failed for user "postgres"\n',
      expect.stringMatching(/^DATABASE_URL: PostgreSQL cannot be reached at 127\.0\.0\.1:1 .*\n$/)
    ])
    const tables = "SELECT count(*)::int AS count FROM pg_tables WHERE schemaname = 'foreman'"
    expect(await FreshDatabase.ask(foreign, tables)).toEqual([{ count: 0 }])
    const seen = await examine({ DATABASE_URL: locked.href })
    expect(seen).toMatchObject({ code: 4 })
    expect(seen.text).toContain(refusals[2]?.replace("DATABASE_URL: ", ""))
  })

  it("says that its database is away, and goes on when it is back", async () => {
    const server = await startPostgres({ fsync: false })
    onTestFinished(server.stop)
    const { child, foreman, url } = await start(makeFolder(), { DATABASE_URL: server.url })
    const health = () => fetch(`${url}/health`).then((response) => response.json())
    const { id: orgId } = await foreman.createOrganization({ name: "Acme", slug: "acme" })
    await server.kill()
    // What a killed server has left behind may answer for a moment.
    await expect.poll(health, { timeout: 20_000 }).toMatchObject({
      status: "degraded",
      store: "postgres",
      postgres: expect.stringMatching(/^error: /)
    })
    const refused = foreman.createTeam({ orgId, name: "Web", slug: "web" })
    await expect(refused).rejects.toMatchObject({ _tag: "StoreUnavailable", retryable: true })
    await server.restart()
    await foreman.createTeam({ orgId, name: "Web", slug: "web" })
    expect(await health()).toMatchObject({ status: "healthy", postgres: "ok" })
    child.kill("SIGTERM")
    expect(await endOf(child)).toMatchObject({ code: 0 })
  })

  it("says in the log what stands when it ends while its database says nothing", async () => {
    const server = await startPostgres({ fsync: false })
    onTestFinished(server.stop)
    const { child } = await start(makeFolder(), { DATABASE_URL: server.url })
    onTestFinished(freeze(server.pid))
    child.kill("SIGTERM")
    const { code, stderr } = await endOf(child)
    expect(code).toBe(1)
    const said = stderr.split("\n").filter((line) => line.includes("could not end in order"))
    expect(said.map((line) => JSON.parse(line))).toEqual([
      {
        time: expect.any(String),
        level: "error",
        message: expect.stringMatching(
          /ten seconds.* ends now\. What was committed stands; .* found lost and go back to the queue$/
        )
      }
    ])
  }, 60_000)

  it("ends with 1 and says so when runs are lost with it, as its database is away", async () => {
    const server = await startPostgres({ fsync: false })
    onTestFinished(server.stop)
    const folder = makeFolder()
    const { child, foreman } = await start(folder, { DATABASE_URL: server.url })
    const { id: orgId } = await foreman.createOrganization({ name: "Acme", slug: "acme" })
    const { id: teamId } = await foreman.createTeam({ orgId, name: "Web", slug: "web" })
    const agent = makeAgent(folder, "agent.sh", "cat >/dev/null; echo begun; sleep 60")
    await foreman.createAgent({
      teamId,
      name: "ada",
      config: { runner: "command", command: [agent] }
    })
    const { id: taskId } = await foreman.createTask({ teamId, title: "Wait" })
    const run = () => foreman.listTaskRuns({ taskId }).then(({ items }) => items[0]?.status)
    await expect.poll(run, { timeout: 20_000 }).toBe("running")
    await server.kill()
    child.kill("SIGTERM")
    const { code, stderr } = await endOf(child)
    expect(code).toBe(1)
    const said = stderr
      .split("\n")
      .filter((line) => line.includes("The end of 1 run could not be recorded"))
    expect(said).toHaveLength(1)
    expect(said[0]).toContain(
      "goes back to the queue. What the agents of 1 of them did and wrote goes"
    )
  }, 60_000)

  it("shares a folder of artifacts only when it is the same one", async () => {
    const DATABASE_URL = await makeDatabase()
    const FOREMAN_ARTIFACT_ROOT = join(makeFolder(), "shared")
    const environment = { DATABASE_URL, FOREMAN_ARTIFACT_ROOT }
    await start(makeFolder(), environment)
    await start(makeFolder(), environment)
    const other = join(makeFolder(), "own")
    const refused = launch(makeFolder(), { ...environment, FOREMAN_ARTIFACT_ROOT: other })
    const { code, stderr } = await endOf(refused)
    expect(code).toBe(2)
    expect(stderr).toBe(
      `The folder of artifacts ${other} is not the one that other nodes of this store use: ` +
        "mount the same one on every node\n"
    )
    const without = await endOf(launch(makeFolder(), { DATABASE_URL }))
    expect(without.code).toBe(2)
    expect(without.stderr).toMatch(
      /^The artifacts of this store lie in a folder .*ARTIFACT_ROOT to it, /
    )
  })
})
