import { execFile } from "node:child_process"
import { resolve } from "node:path"
import { promisify } from "node:util"
import { catalogue } from "@foreman/core"
import { describe, expect, it } from "vitest"
import { partsOf } from "../src/internal/OperationCommands.ts"
import * as Scope from "../src/internal/Scope.ts"
import { environmentOf, makeFolder, run, serve } from "./TestCli.ts"

const fixture = resolve(import.meta.dirname, "fixtures/story.ts")

type Told = readonly [line: string, code: number, out: string, err: string]

const tell = async (folder: string, lines: ReadonlyArray<string>): Promise<ReadonlyArray<Told>> => {
  const args = ["--conditions=@foreman/source", fixture, JSON.stringify(lines)]
  const options = { cwd: folder, env: environmentOf(folder) }
  return JSON.parse((await promisify(execFile)(process.execPath, args, options)).stdout)
}

/** The lists for which nothing has to be said. */
const lists = partsOf(catalogue)
  .filter(({ operation }) => operation.isList)
  .filter(({ fields }) =>
    fields.every(({ isRequired, name }) => !isRequired || Scope.scopes.includes(name))
  )
  .map(({ words }) => words.join(" "))

const nothing = { items: [], next_cursor: null }

const beginning = "make it with a first task: foreman task create --title ..."

describe("a list before anything is made", { timeout: 60_000 }, () => {
  it("is empty, whatever is listed, and says to a person how to begin", async () => {
    expect(lists).toEqual(expect.arrayContaining(["task list", "team list", "agent list"]))
    const folder = makeFolder()
    const made = await run(folder, ["org", "create", "--name", "Acme", "--slug", "acme"])
    expect(made.code).toBe(0)
    const others = lists.filter((line) => line !== "org list")
    // Each process carries out a few: what it writes to is listened to by every command.
    const halves = [others.slice(0, 5), others.slice(5)]
    const told = (await Promise.all(halves.map((lines) => tell(folder, lines)))).flat()
    expect(told.map(([line, code, out]) => [line, code, out])).toEqual(
      others.map((line) => [line, 0, ""])
    )
    // These look in all organizations, or in a project.
    const elsewhere = ["approval list", "project list", "project module list"]
    // And what there is none of.
    for (const [line, , , err] of told) {
      expect(err, line).toMatch(/^(No [a-z ]+s found|Nothing in the [a-z]+)\.\n$/m)
    }
    const hinted = told.flatMap(([line, , , err]) => (err.includes(beginning) ? [line] : []))
    expect(hinted).toEqual(others.filter((line) => !elsewhere.includes(line)))
  })

  it("is the same document that a list of something is", async () => {
    const folder = makeFolder()
    const [, page, all, watched] = await tell(folder, [
      "org create --name Acme --slug acme",
      "task list --json",
      "task list --all --json",
      "watch task list --for 1 --json"
    ])
    for (const one of [page, all, watched]) {
      expect([one?.[1], JSON.parse(one?.[2] ?? ""), one?.[3]], one?.[0]).toEqual([0, nothing, ""])
    }
    const [, some] = await tell(folder, ["task create --title x", "task list --json"])
    expect(Object.keys(JSON.parse(some?.[2] ?? ""))).toEqual(Object.keys(nothing))
  })

  it("says once what it has none of, and not where there is something or more of it", async () => {
    const [, , some, all, none, events] = await tell(makeFolder(), [
      "task create --title x",
      "task create --title y",
      "task list --limit 1",
      "task list --limit 1 --all",
      "task list --status done --all",
      "watch task list --status done --for 1"
    ])
    expect([some?.[3], all?.[3]]).toEqual([expect.stringMatching(/^There is more: /), ""])
    expect(none?.slice(1)).toEqual([0, "", "No tasks found.\n"])
    expect(events?.slice(1)).toEqual([0, "", "No tasks found.\n"])
  })

  it("is an error where somebody is named that is not there", async () => {
    const lines = ["task list --assignee ada", "task list --team web", "task list --org web"]
    const [, ...told] = await tell(makeFolder(), ["org create --name A --slug a", ...lines])
    expect(told.map(([line, code, out]) => [line, code, out])).toEqual(
      lines.map((line) => [line, 3, ""])
    )
  })

  it("is empty through a server too", async () => {
    const folder = makeFolder()
    await serve(folder, ["--dispatch", "off"])
    const listed = await run(folder, ["task", "list"])
    expect(listed).toMatchObject({ code: 0, out: "", err: expect.stringContaining(beginning) })
  })
})
