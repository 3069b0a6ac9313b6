import { execFileSync } from "node:child_process"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Effect } from "effect"
import { afterEach, beforeEach, describe, expect, it } from "vitest"

import * as WorkingRepository from "../../../src/internal/server/WorkingRepository.ts"

let folder = ""

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "foreman-working-"))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const find = () => Effect.runPromise(WorkingRepository.find(folder))

const git = (...args: ReadonlyArray<string>) =>
  execFileSync("git", ["-c", "user.name=T", "-c", "user.email=t@example.com", ...args], {
    cwd: folder,
    stdio: "ignore"
  })

describe("the repository of the working directory", () => {
  it("is none where there is no repository", async () => {
    expect(await find()).toEqual({})
  })

  it("lands on the branch that is checked out, while there is no main", async () => {
    git("init", "--initial-branch=trunk")
    expect(await find()).toEqual({ workingDirectory: folder, defaultBranch: "trunk" })
  })

  it("lands on main, whatever is checked out and however git keeps it", async () => {
    git("init", "--initial-branch=main")
    git("commit", "--allow-empty", "-m", "First")
    git("checkout", "-b", "feature/x")
    const expected = { workingDirectory: folder, defaultBranch: "main" }
    expect(await find()).toEqual(expected)
    git("pack-refs", "--all")
    expect(await find()).toEqual(expected)
  })

  it("is believed to have a main where nothing can be read", async () => {
    await writeFile(join(folder, ".git"), "gitdir: /nowhere")
    expect(await find()).toEqual({ workingDirectory: folder, defaultBranch: "main" })
  })
})
