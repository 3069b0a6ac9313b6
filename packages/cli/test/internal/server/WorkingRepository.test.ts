import { execFileSync } from "node:child_process"
import { mkdir, mkdtemp, realpath, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Effect } from "effect"
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from "vitest"

import * as WorkingRepository from "../../../src/internal/server/WorkingRepository.ts"

let folder = ""

beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), "foreman-working-")))
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

describe("what a repository lacks in which no task can begin", () => {
  const lackOf = (branch: string, at = folder) =>
    Effect.runPromise(WorkingRepository.lackOf(at, branch))

  it("is a commit while there is none, and nothing once there is", async () => {
    git("init", "--initial-branch=trunk")
    expect(await lackOf("trunk")).toBe("commit")
    git("commit", "--allow-empty", "-m", "First")
    expect(await lackOf("trunk")).toBeUndefined()
    git("pack-refs", "--all")
    expect(await lackOf("trunk")).toBeUndefined()
  })

  it("is the branch where another one is checked out, or none, as a build's checkout leaves it", async () => {
    git("init", "--initial-branch=trunk")
    git("commit", "--allow-empty", "-m", "First")
    expect(await lackOf("main")).toBe("branch")
    git("checkout", "--detach")
    git("branch", "--delete", "--force", "trunk")
    expect(await find()).toEqual({ workingDirectory: folder, defaultBranch: "main" })
    expect(await lackOf("main")).toBe("branch")
    git("branch", "main")
    expect(await lackOf("main")).toBeUndefined()
  })

  it("is the history of a shallow clone, until that is brought", async () => {
    const from = await realpath(await mkdtemp(join(tmpdir(), "foreman-from-")))
    onTestFinished(() => rm(from, { recursive: true, force: true }))
    git("init", "--initial-branch=main", from)
    git("-C", from, "commit", "--allow-empty", "-m", "First")
    git("-C", from, "commit", "--allow-empty", "-m", "Second")
    git("clone", "--depth", "1", `file://${from}`, ".")
    git("worktree", "add", "-b", "aside", "beside")
    const beside = join(folder, "beside")
    expect([await lackOf("main"), await lackOf("main", beside)]).toEqual(["history", "history"])
    git("checkout", "--detach")
    git("branch", "--delete", "--force", "main")
    expect(await lackOf("main")).toBe("history")
    git("fetch", "--unshallow")
    expect(await lackOf("main")).toBe("branch")
  })

  it("is looked for where all checkouts of a repository have their branches", async () => {
    git("init", "--initial-branch=trunk")
    git("commit", "--allow-empty", "-m", "First")
    git("worktree", "add", "-b", "aside", "beside")
    const beside = join(folder, "beside")
    expect(await lackOf("trunk", beside)).toBeUndefined()
    expect(await lackOf("main", beside)).toBe("branch")
  })

  it("is not told of a repository that keeps its references in another form", async () => {
    await mkdir(join(folder, ".git", "reftable"), { recursive: true })
    await writeFile(join(folder, ".git", "HEAD"), "ref: refs/heads/.invalid\n")
    expect(await lackOf("main")).toBeUndefined()
    expect(await find()).toEqual({ workingDirectory: folder, defaultBranch: "main" })
  })
})

describe("the repository above a folder", () => {
  const above = (path: string) => Effect.runPromise(WorkingRepository.above(path))

  it("is the nearest one, and none where nothing above is one", async () => {
    const inner = join(folder, "a", "b")
    await mkdir(join(folder, "a", ".git"), { recursive: true })
    expect(await above(inner)).toBeUndefined()
    git("init")
    expect(await above(inner)).toBe(folder)
    expect(await above(folder)).toBeUndefined()
  })
})
