import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { Effect } from "effect"
import type { Scope } from "effect"
import { describe, expect } from "vitest"
import { it } from "@effect/vitest"

import * as PostgresDatabases from "../../../../store-postgres/test/PostgresDatabases.ts"
import * as SqliteFiles from "../../../../store-sqlite/test/SqliteFiles.ts"
import { program } from "../../TestCli.ts"
import * as Lived from "./Lived.ts"

type Script = "doctor" | "export" | "import" | "rebuild"

interface Done {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

/** A script in a runtime root, with nothing of this process's own settings. */
const start = (script: Script, root: string, args: ReadonlyArray<string>, url?: string) =>
  Effect.acquireRelease(
    Effect.sync(() =>
      spawn(process.execPath, ["--conditions=@foreman/source", program, script, ...args], {
        env: {
          PATH: process.env["PATH"],
          NODE_COMPILE_CACHE: process.env["NODE_COMPILE_CACHE"],
          FOREMAN_RUNTIME_ROOT: root,
          ...(url === undefined ? {} : { DATABASE_URL: url })
        },
        stdio: ["pipe", "pipe", "pipe"]
      })
    ),
    (child) => Effect.sync(() => child.kill("SIGKILL"))
  )

const ended = async (child: ChildProcess): Promise<Done> => {
  const [out, err]: [Array<string>, Array<string>] = [[], []]
  child.stdout?.on("data", (chunk) => out.push(String(chunk)))
  child.stderr?.on("data", (chunk) => err.push(String(chunk)))
  // Who ends early reads no more.
  child.stdin?.on("error", () => undefined)
  const [code] = await once(child, "close")
  return { code, out: out.join(""), err: err.join("") }
}

const run = (
  script: Script,
  root: string,
  args: ReadonlyArray<string>,
  options: { readonly url?: string; readonly input?: string | Buffer } = {}
): Effect.Effect<Done, never, Scope.Scope> =>
  Effect.flatMap(start(script, root, args, options.url), (child) =>
    Effect.promise(() => {
      const done = ended(child)
      child.stdin.end(options.input ?? "")
      return done
    })
  )

/** A runtime root whose server has lived a little, and is stopped. */
const lived = Effect.gen(function* () {
  const root = yield* SqliteFiles.folder
  const filename = join(root, "foreman.db")
  yield* Lived.live(root)
  return { root, filename }
})

/** All lines but the first and the last, which say when and where they were written. */
const within = (text: string) => text.trimEnd().split("\n").slice(1, -1)

/** Waits until something is so, as the other process makes it. */
const until = Effect.fnUntraced(function* (look: () => boolean | Promise<boolean>) {
  for (let turn = 0; turn < 800; turn++) {
    if (yield* Effect.promise(async () => look())) return
    yield* Effect.sleep("25 millis")
  }
  expect.fail("it never was so")
})

/** Whether all tables are there, so that a lock is not that of who makes them. */
const isMade = (filename: string): boolean =>
  statSync(filename, { throwIfNoEntry: false }) !== undefined &&
  SqliteFiles.rows(filename, "SELECT 1 FROM sqlite_schema WHERE name = 'human_requests'").length > 0

const isLocked = (filename: string): boolean => {
  const database = new DatabaseSync(filename, { timeout: 0 })
  try {
    database.exec("BEGIN IMMEDIATE; ROLLBACK")
    return false
  } catch {
    return true
  } finally {
    database.close()
  }
}

describe("the commands that move a store", () => {
  it.live(
    "carry it from SQLite to PostgreSQL and back, with the bytes of artifacts",
    () =>
      Effect.gen(function* () {
        const { root } = yield* lived
        const url = yield* PostgresDatabases.database
        const [there, back] = [yield* SqliteFiles.folder, yield* SqliteFiles.folder]
        const path = join(root, "store.jsonl")
        const written = yield* run("export", root, [path, "--artifacts", "--json"])
        expect(written).toMatchObject({ code: 0, err: "" })
        const { artifacts, organizations } = JSON.parse(written.out)
        expect(organizations).toBe(1)
        expect(artifacts).toBeGreaterThan(0)
        expect(statSync(path).mode & 0o777).toBe(0o600)

        const tried = yield* run("import", there, [path, "--dry-run"], { url })
        expect(tried).toMatchObject({ code: 0, err: "" })
        expect(tried.out).toContain("would hold 1 organization, ")
        expect(tried.out).toContain(`, ${artifacts} artifacts,`)
        const filled = yield* run("import", there, [path], { url })
        expect(filled).toMatchObject({ code: 0, err: "" })
        expect(filled.out).not.toContain(new URL(url).password)
        expect(yield* run("doctor", there, [], { url })).toMatchObject({ code: 0 })
        const again = yield* run("import", there, [path], { url })
        expect(again).toMatchObject({ code: 1, out: "" })
        expect(again.err).toContain("The store is not empty: there is a history already")

        // There the bytes are in the database, and left there all the same.
        const bare = yield* run("export", there, [join(there, "bare.jsonl")], { url })
        expect(bare.err).toContain("The bytes of artifacts stay behind")
        const piped = yield* run("export", there, ["-", "--artifacts"], { url })
        expect(piped).toMatchObject({ code: 0, err: expect.not.stringContaining("stay behind") })
        expect(yield* run("import", back, ["-"], { input: piped.out })).toMatchObject({ code: 0 })
        expect(within(piped.out)).toEqual(within(readFileSync(path, "utf8")))
        expect(yield* run("rebuild", back, [])).toMatchObject({ code: 0 })
      }).pipe(Effect.scoped),
    60_000
  )

  it.live(
    "refuse what is not right in a sentence, and leave nothing behind",
    () =>
      Effect.gen(function* () {
        const { root } = yield* lived
        const path = join(root, "store.jsonl")
        const leaving = "The bytes of artifacts stay behind: --artifacts takes them along\n"
        expect(yield* run("export", root, [path])).toMatchObject({ code: 0, err: leaving })
        const whole = yield* run("export", root, [join(root, "json.jsonl"), "--json"])
        expect(whole).toMatchObject({ code: 0, err: "" })
        expect(JSON.parse(whole.out)).toMatchObject({ artifacts: 0 })
        const overwritten = yield* run("export", root, [path])
        expect(overwritten).toMatchObject({ code: 2, out: "" })
        expect(overwritten.err).toContain("is there already: name a new file")
        expect(readdirSync(root).filter((name) => name.includes(".part"))).toEqual([])

        const there = yield* SqliteFiles.folder
        const cut = join(root, "cut.jsonl")
        writeFileSync(cut, readFileSync(path).subarray(0, 5_000))
        const refused = yield* run("import", there, [cut])
        expect(refused).toMatchObject({ code: 2, out: "" })
        expect(refused.err).toMatch(
          /^foreman: Nothing was imported: line \d+ .* cut off, so export again\n$/
        )
        expect(readdirSync(there)).toEqual([])

        const nowhere = yield* SqliteFiles.folder
        const missing = yield* run("import", nowhere, [join(root, "none.jsonl")])
        expect(missing.code).toBe(2)
        expect(missing.err).toContain("none.jsonl is not there\n")
        expect(yield* run("import", nowhere, [path, "--dry-run"])).toMatchObject({
          code: 0,
          err: ""
        })
        expect(readdirSync(nowhere)).toEqual([])
        const unnamed = yield* run("export", root, [])
        expect(unnamed).toMatchObject({ code: 2 })
        expect(unnamed.err).toContain("FILE is missing")
        for (const script of ["doctor", "rebuild", "export"] as const) {
          const args = script === "export" ? ["store.jsonl"] : []
          const nothing = yield* run(script, nowhere, args)
          expect(nothing).toEqual({
            code: 3,
            out: "",
            err:
              `foreman: There is no store ${join(nowhere, "foreman.db")}, and no server runs here: ` +
              "a first task makes it (foreman task create --title ...), and so does foreman serve\n"
          })
        }
        expect(readdirSync(nowhere)).toEqual([])
      }).pipe(Effect.scoped),
    60_000
  )

  it.live(
    "leave a store empty when an import is killed, and fill it at the next",
    () =>
      Effect.gen(function* () {
        const { root } = yield* lived
        const path = join(root, "store.jsonl")
        yield* run("export", root, [path])
        const half = readFileSync(path).subarray(0, statSync(path).size / 2)

        const there = yield* SqliteFiles.folder
        const filename = join(there, "foreman.db")
        const child = yield* start("import", there, ["-"])
        child.stdin.write(half)
        yield* until(() => isMade(filename) && isLocked(filename))
        child.kill("SIGKILL")
        yield* Effect.promise(() => once(child, "close"))
        expect(SqliteFiles.rows(filename, "SELECT * FROM events")).toEqual([])
        expect(yield* run("import", there, [path])).toMatchObject({ code: 0 })

        const url = yield* PostgresDatabases.database
        const other = yield* start("import", there, ["-"], url)
        other.stdin.write(half)
        const locked = "SELECT FROM pg_locks WHERE relation = to_regclass('foreman.heads')"
        const held = `${locked} AND mode = 'ExclusiveLock' AND granted`
        const locks = () => PostgresDatabases.rows(url, held)
        yield* until(async () => (await locks()).length > 0)
        other.kill("SIGKILL")
        yield* until(async () => (await locks()).length === 0)
        const counted = "SELECT count(*)::int AS count FROM foreman.events"
        expect(yield* Effect.promise(() => PostgresDatabases.rows(url, counted))).toEqual([
          { count: 0 }
        ])
        expect(yield* run("import", there, [path], { url })).toMatchObject({ code: 0 })
      }).pipe(Effect.scoped),
    60_000
  )
})

describe("the command that makes rows again", () => {
  it.live(
    "says what differs and changes nothing, and puts it right when it is told to",
    () =>
      Effect.gen(function* () {
        const { filename, root } = yield* lived
        SqliteFiles.execute(filename, "UPDATE tasks SET title = 'Forged', rank = 4")
        const found = yield* run("rebuild", root, [])
        expect(found).toMatchObject({ code: 1, err: "" })
        expect(found.out).toContain('tasks {"id":1} differs')
        const titles = () => SqliteFiles.rows(filename, "SELECT title, rank FROM tasks")
        expect(titles()).toEqual([{ title: "Forged", rank: 4 }])
        const unknown = yield* run("rebuild", root, ["--organization", "nope"])
        expect(unknown).toMatchObject({ code: 3 })
        const written = yield* run("rebuild", root, ["--write"])
        expect(written).toMatchObject({ code: 0, err: "" })
        expect(written.out).toContain("nothing differs, 1 put right")
        expect(titles()).toEqual([{ title: "Übung", rank: 4 }])
        expect(yield* run("doctor", root, ["--check"])).toMatchObject({ code: 0 })
      }).pipe(Effect.scoped),
    60_000
  )

  it.live(
    "makes nothing of events that were forged, and says where they begin",
    () =>
      Effect.gen(function* () {
        const { filename, root } = yield* lived
        const created = "WHERE type = 'task.created'"
        const forging = `UPDATE events SET body = replace(body, 'Übung', 'Forged') ${created}`
        yield* SqliteFiles.console.force(filename, forging)
        const [event] = SqliteFiles.rows(filename, `SELECT position FROM events ${created}`)
        const place = Number(event?.["position"])
        const found = yield* run("rebuild", root, [])
        expect(found).toMatchObject({ code: 1, err: "" })
        expect(found.out).toContain('tasks {"id":1} differs')
        expect(found.out).toContain(`the chain of hashes is broken at event ${place}, so`)
        const refused = yield* run("rebuild", root, ["--write"])
        expect(refused).toMatchObject({ code: 1, err: "" })
        const words = `is broken at event ${place}, so nothing was written: restore a backup\n`
        expect(refused.out.replace(/^FAIL The chain of hashes of \S+ /, "")).toBe(words)
        expect(SqliteFiles.rows(filename, "SELECT title FROM tasks")).toEqual([{ title: "Übung" }])
        const told = yield* run("rebuild", root, ["--write", "--json"])
        expect(JSON.parse(told.out)).toMatchObject([{ repaired: 0, firstBroken: place }])
        SqliteFiles.execute(filename, "UPDATE tasks SET title = 'Forged'")
        const same = yield* run("rebuild", root, [])
        expect(same.code).toBe(1)
        expect(same.out).toMatch(/^FAIL .*nothing differs$/m)
        const [last] = SqliteFiles.rows(filename, "SELECT max(position) AS position FROM events")
        const end = Number(last?.["position"])
        const cutting = `DROP TRIGGER events_no_delete; DELETE FROM events WHERE position >= ${place}`
        yield* SqliteFiles.console.force(filename, cutting)
        const cut = `event ${place}, and all events up to position ${end} are missing: restore`
        expect((yield* run("rebuild", root, [])).out).toContain(cut)
      }).pipe(Effect.scoped),
    60_000
  )
})
