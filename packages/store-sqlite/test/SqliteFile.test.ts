import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { expect, it } from "@effect/vitest"
import { Effect } from "effect"

import { Tables } from "@foreman/core"
import { SqliteStore } from "@foreman/store-sqlite"

import * as Migrations from "../src/Migrations.ts"
import * as SqliteConnection from "../src/SqliteConnection.ts"
import * as SqliteKernel from "../src/SqliteKernel.ts"
import * as SqliteFiles from "./SqliteFiles.ts"

/** Why a file is refused, as a sentence. */
const refusal = (filename: string) =>
  SqliteStore.make({ filename }).pipe(
    Effect.flip,
    Effect.map(({ ambiguous, cause, retryable }) => {
      expect({ ambiguous, retryable }).toEqual({ ambiguous: false, retryable: false })
      return cause instanceof Error ? cause.message : String(cause)
    })
  )

const modeOf = (path: string) => (statSync(path).mode & 0o777).toString(8)

it.live("makes its file and the folders above it for their owner alone", () =>
  Effect.gen(function* () {
    const folder = yield* SqliteFiles.folder
    chmodSync(folder, 0o755)
    const filename = join(folder, "a", "b", "foreman.db")
    const store = yield* SqliteStore.make({ filename })
    yield* store.allocate("tasks", 1)
    const paths = [join(folder, "a"), join(folder, "a", "b"), filename, `${filename}-wal`]
    expect(paths.map(modeOf)).toEqual(["700", "700", "600", "600"])
    expect(modeOf(folder)).toBe("755")
  })
)

it.live.skipIf(!existsSync("/proc/self"))("refuses a folder that can never be made", () =>
  Effect.gen(function* () {
    expect(yield* refusal("/proc/nowhere/a/foreman.db")).toContain("ENOENT")
  })
)

it.live("opens what it made before, and leaves its mode alone", () =>
  Effect.gen(function* () {
    const filename = yield* SqliteFiles.file
    const number = Effect.scoped(
      Effect.flatMap(SqliteStore.make({ filename }), (store) => store.allocate("tasks", 5))
    )
    expect(yield* number).toBe(1)
    chmodSync(filename, 0o640)
    expect(yield* number).toBe(6)
    expect(modeOf(filename)).toBe("640")
  })
)

it.live("refuses a database of something else and does not touch it", () =>
  Effect.gen(function* () {
    const filename = yield* SqliteFiles.file
    SqliteFiles.execute(filename, "CREATE TABLE notes (text TEXT)")
    const before = readFileSync(filename)
    expect(yield* refusal(filename)).toBe(
      `${filename} is a database of something else than Foreman: name another file for the store.`
    )
    expect(readFileSync(filename)).toEqual(before)
    expect(existsSync(`${filename}-wal`)).toBe(false)
    SqliteFiles.execute(filename, "PRAGMA application_id = 7")
    expect(yield* refusal(filename)).toContain("something else")
  })
)

it.live("refuses a file that is no database, or that cannot be one", () =>
  Effect.gen(function* () {
    const folder = yield* SqliteFiles.folder
    const text = join(folder, "text.db")
    writeFileSync(text, "hello\n".repeat(1000))
    expect(yield* refusal(text)).toBe(
      `${text} is no SQLite database: name another file for the store.`
    )
    const directory = join(folder, "folder")
    mkdirSync(directory)
    expect(yield* refusal(directory)).toContain("name a file for the store")
    expect(yield* refusal(join(text, "below"))).toContain(text)
    for (const name of ["", ":memory:", "file:x.db"]) {
      expect(yield* refusal(name)).toContain("name a file for the store")
    }
  })
)

it.live("takes a file that another process fills between two looks at it", () =>
  Effect.gen(function* () {
    const filename = yield* SqliteFiles.file
    const connection = SqliteConnection.open(filename, Tables.tables, {
      readOnly: false,
      timeout: 0
    })
    yield* Effect.addFinalizer(() => Effect.sync(() => connection.database.close()))
    let looks = 0
    const prepare = (text: string) => {
      looks += 1
      if (looks === 2) SqliteKernel.open(filename, Tables.tables).close()
      return connection.prepare(text)
    }
    Migrations.refuseStrangers({ ...connection, prepare }, filename)
    expect(looks).toBeGreaterThan(1)
  })
)

it.live("refuses a file that a newer program wrote", () =>
  Effect.gen(function* () {
    const filename = yield* SqliteFiles.file
    yield* Effect.scoped(SqliteStore.make({ filename }))
    const [own] = SqliteFiles.rows(filename, "SELECT max(number) AS newest FROM migrations")
    SqliteFiles.execute(filename, "INSERT INTO migrations VALUES (99, 'later', 0)")
    expect(yield* refusal(filename)).toBe(
      `${filename} was written by a newer Foreman (schema 99, this one knows ${own?.["newest"]}): ` +
        "upgrade this program, or name another file for the store."
    )
  })
)

it.live("keeps the log whole against a console that replaces rows", () =>
  Effect.gen(function* () {
    const filename = yield* SqliteFiles.file
    const store = yield* SqliteStore.make({ filename })
    const event = (stream: string) => ({ stream, type: "t", body: "{}" })
    const events = [event("a"), event("b")]
    yield* store.commit({ organization: "acme", reliesOn: [], steps: [], events })
    const before = yield* store.readAll("acme", { after: 0, limit: 9 })
    for (const values of ["1, 'a', 1", "3, 'a', 1", "3, 'a', 3", "4, 'a', 2", "2, 'c', 1"]) {
      const statement = `INSERT OR REPLACE INTO events (organization, position, stream, version,
        type, body, at, hash) SELECT 'acme', ${values}, 't', '{}', 0, x'00'`
      const refused = yield* SqliteFiles.console.run(filename, statement)
      expect(refused, values).toContain("events_gapless")
    }
    expect(yield* store.readAll("acme", { after: 0, limit: 9 })).toEqual(before)
  })
)
