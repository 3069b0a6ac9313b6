import { chmodSync, mkdirSync, statSync, symlinkSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { Effect, Result } from "effect"
import { describe, expect, it } from "vitest"
import * as Folders from "../../../src/internal/server/Folders.ts"
import { makeFolder } from "../../serve/TestServer.ts"

const ensure = async (folder: string) => {
  const made = await Effect.runPromise(Effect.result(Folders.ensure("FOREMAN_X", folder)))
  return Result.isSuccess(made) ? "made" : made.failure.message
}

describe("a folder of the server", () => {
  it("is made with all that is missing above it, for its owner alone, once", async () => {
    const here = makeFolder()
    const folder = join(here, "a", "b", "c")
    expect(await Promise.all([ensure(folder), ensure(folder)])).toEqual(["made", "made"])
    for (const path of [folder, join(here, "a")]) expect(statSync(path).mode & 0o777).toBe(0o700)
    expect(await ensure(folder)).toBe("made")
  })

  it("is refused where nothing can be kept, by whatever name", async () => {
    const here = makeFolder()
    symlinkSync("/proc/self", join(here, "link"))
    for (const path of ["/proc/foreman/a/b", "/proc", "/sys/foreman", join(here, "link", "x")]) {
      const view = path.startsWith("/sys") ? "/sys" : "/proc"
      expect(await ensure(path)).toBe(
        `FOREMAN_X is the folder ${path}, which cannot be used: ${view} keeps no files`
      )
    }
  })

  it("is refused below a file, and as a link to nowhere", async () => {
    const here = makeFolder()
    writeFileSync(join(here, "file"), "")
    expect(await ensure(join(here, "file"))).toContain("file is not a folder")
    expect(await ensure(join(here, "file", "x"))).toContain("cannot be used: ENOTDIR")
    symlinkSync(join(here, "nowhere"), join(here, "dangling"))
    expect(await ensure(join(here, "dangling", "x"))).toContain("cannot be used: ")
  })

  it("is refused where the server may not write, unless it may write everywhere", async () => {
    const here = makeFolder()
    const closed = join(here, "closed")
    mkdirSync(closed)
    chmodSync(closed, 0o500)
    const words = process.getuid?.() === 0 ? /^made$/ : /it cannot be written$/
    for (const path of [closed, join(closed, "x")]) expect(await ensure(path)).toMatch(words)
    chmodSync(closed, 0o700)
  })
})
