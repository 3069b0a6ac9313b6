import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { describe, expect, it } from "vitest"
import * as Filled from "../../../src/internal/moving/Filled.ts"
import { makeFolder } from "../../TestCli.ts"

const placeOf = (databasePath: string) => ({ databasePath, databaseUrl: undefined })

/** What stands for a store that is made. */
const make = (path: string): void => {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, "a store")
}

describe("what an import fills", () => {
  it("is gone when it was made for it and refused, and stays when it is kept", () => {
    const folder = makeFolder()
    const path = join(folder, "deep", "er", "new.db")
    const refused = Filled.open(placeOf(path), false)
    make(path)
    refused.end("refused")
    expect(readdirSync(folder)).toEqual([])
    const kept = Filled.open(placeOf(path), false)
    make(path)
    kept.end("kept")
    expect(readFileSync(path, "utf8")).toBe("a store")
  })

  it("stays when somebody else has opened it, or was there before", () => {
    const path = join(makeFolder(), "new.db")
    const { end } = Filled.open(placeOf(path), false)
    make(path)
    writeFileSync(`${path}-shm`, "")
    end("refused")
    expect(existsSync(path)).toBe(true)
    Filled.open(placeOf(path), false).end("refused")
    expect(existsSync(path)).toBe(true)
  })

  it("stands beside its place for a trial, and goes with all that lies beside it", () => {
    const folder = makeFolder()
    const { end, place } = Filled.open(placeOf(join(folder, "deep", "new.db")), true)
    make(place.databasePath)
    writeFileSync(`${place.databasePath}-wal`, "")
    expect(readdirSync(join(folder, "deep"))).not.toContain("new.db")
    end("kept")
    expect(readdirSync(folder)).toEqual([])
  })
})
