import { spawn } from "node:child_process"
import { once } from "node:events"
import { join } from "node:path"
import { Doctor } from "@foreman/core"
import { PostgresStore } from "@foreman/store-postgres"
import { Effect } from "effect"
import { describe, expect, it, onTestFinished } from "vitest"
import { ask } from "../../../../tooling/src/postgres/FreshDatabase.ts"
import { endOf, launch, makeFolder, start } from "./TestServer.ts"

const fixture = join(import.meta.dirname, "../../../../tooling/test/postgres/fixtures/tinyDisk.ts")

/** A server whose disk is small, where this user may make such a disk. */
const makeServer = async (): Promise<string | undefined> => {
  const child = spawn("unshare", ["--mount", process.execPath, fixture], {
    stdio: ["pipe", "pipe", "pipe"]
  })
  onTestFinished(async () => {
    if (child.exitCode !== null || child.pid === undefined) return
    const ended = once(child, "exit")
    child.stdin.end()
    await ended
  })
  const failed = once(child, "error").then(() => undefined)
  const ended = endOf(child).then(() => undefined)
  const line = once(child.stdout, "data").then(([bytes]) => String(JSON.parse(String(bytes))))
  return Promise.race([line, ended, failed])
}

const makeDatabase = async (server: string, name: string): Promise<string> => {
  await ask(server, `CREATE DATABASE ${name} TABLESPACE tiny TEMPLATE template0 ENCODING 'UTF8'`)
  const url = new URL(server)
  url.pathname = `/${name}`
  return url.href
}

/** Writes until there is no page left on the disk. */
const fill = async (url: string): Promise<void> => {
  await ask(url, "CREATE TABLE filler (bytes text)")
  await ask(url, "ALTER TABLE filler ALTER bytes SET STORAGE PLAIN")
  const loop =
    "DO $$ BEGIN LOOP INSERT INTO filler VALUES (repeat('x', 7000)); COMMIT; END LOOP; END $$"
  await expect(ask(url, loop)).rejects.toThrow(/No space left on device/)
}

/** A text that no database makes smaller. */
const dense = (): string =>
  Array.from({ length: 200 }, () => crypto.randomUUID().replaceAll("-", "")).join("")

const check = (url: string) =>
  Effect.runPromise(
    Effect.scoped(Effect.flatMap(PostgresStore.make({ url, readOnly: true }), Doctor.check))
  )

describe("a server whose disk is full", () => {
  it("refuses what it cannot keep, lives on, and goes on when there is room", async () => {
    const server = await makeServer()
    if (server === undefined) {
      console.warn("NOT TRIED: this user may not mount a small disk, so no disk was filled")
      return
    }
    const [used, other] = [await makeDatabase(server, "used"), await makeDatabase(server, "other")]
    const { child, foreman, url } = await start(makeFolder(), { DATABASE_URL: used })
    const { id: orgId } = await foreman.createOrganization({ name: "Acme", slug: "acme" })
    const { id: teamId } = await foreman.createTeam({ orgId, name: "Web", slug: "web" })
    await fill(used)

    // What is free inside of pages that are there is used up first.
    const titles: Array<string> = []
    const failure = await (async () => {
      for (let count = 0; count < 200; count++) {
        const title = `Task ${count}`
        try {
          await foreman.createTask({ teamId, title, description: dense() })
          titles.push(title)
        } catch (error) {
          return error
        }
      }
      return undefined
    })()
    expect(failure).toMatchObject({ _tag: "StoreUnavailable", retryable: true })
    expect((await foreman.listTasks({ teamId, limit: 200 })).items).toHaveLength(titles.length)
    expect((await fetch(`${url}/health`)).status).toBe(200)

    // Nor does a server start there, and it leaves nothing half made, as is seen when there is room.
    const { code, stderr } = await endOf(launch(makeFolder(), { DATABASE_URL: other }))
    expect(code).toBe(4)
    expect(stderr).toMatch(
      /^DATABASE_URL: The disk of PostgreSQL at \S+ is full \(.*\): make room there\.\n$/
    )

    await ask(used, "DROP TABLE filler")
    const schemas = "SELECT count(*)::int AS count FROM pg_namespace WHERE nspname = 'foreman'"
    expect(await ask(other, schemas)).toEqual([{ count: 0 }])
    await foreman.createTask({ teamId, title: "There is room", description: dense() })
    const { items } = await foreman.listTasks({ teamId, limit: 200 })
    expect(items.map(({ title }) => title).toSorted()).toEqual(
      [...titles, "There is room"].toSorted()
    )
    child.kill("SIGTERM")
    expect((await endOf(child)).code).toBe(0)
    expect(await check(used)).toMatchObject({ violations: 0 })
  }, 60_000)
})
