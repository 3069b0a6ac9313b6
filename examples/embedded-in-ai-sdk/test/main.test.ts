import { execFile } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { promisify } from "node:util"
import { ArtifactFolder } from "@foreman/artifacts-fs"
import { createForeman } from "@foreman/core"
import { SqliteStore } from "@foreman/store-sqlite"
import { afterAll, beforeAll, describe, expect, it } from "vitest"

const folder = mkdtempSync(join(tmpdir(), "foreman-ai-sdk-"))
const main = join(import.meta.dirname, "../src/main.ts")
const titles = ["List the changes", "Write the release notes", "Announce the release"]

/** Starts the program with the scripted model, and answers what it said. */
const run = async () => {
  const { OPENAI_MODEL: _, ...env } = process.env
  const args = ["--conditions=@foreman/source", main, folder]
  const { stderr, stdout } = await promisify(execFile)(process.execPath, args, { env })
  expect(stderr).toBe("")
  return stdout.trim().split("\n")
}

const open = () =>
  createForeman({
    store: SqliteStore.layer({ filename: join(folder, "foreman.db"), readOnly: true }),
    artifacts: ArtifactFolder.layer({ root: join(folder, "artifacts") })
  })

/** The tasks in the order in which they were planned, with their runs and all that happened. */
const outcome = async () => {
  await using foreman = await open()
  const [org] = (await foreman.listOrganizations({})).items
  const [team] = (await foreman.listTeams({ orgId: org?.id ?? "" })).items
  const { items } = await foreman.listTasks({ teamId: team?.id ?? "" })
  return await Promise.all(
    items.toReversed().map(async (task) => {
      const runs = (await foreman.listTaskRuns({ taskId: task.id })).items
      const events = (await foreman.getTaskEvents({ taskId: task.id, limit: 200 })).items
      const outputs = runs.map(({ id: runId }) => foreman.getTaskRunOutput({ runId }))
      return { task, runs, events, outputs: await Promise.all(outputs) }
    })
  )
}

let lines: ReadonlyArray<string>
beforeAll(async () => {
  lines = await run()
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe("Foreman in the AI SDK", { timeout: 60_000 }, () => {
  it("lets an agent plan, which learns from a refusal", async () => {
    expect(lines.filter((line) => line.startsWith("refused"))).toEqual([
      "refused create_task: Dependency tasks not found: {999}"
    ])
    const tasks = (await outcome()).map(({ task }) => task)
    expect(tasks.map(({ title }) => title)).toEqual(titles)
    expect(tasks.map(({ dependsOn }) => dependsOn)).toEqual([[], [tasks[0]?.id], [tasks[1]?.id]])
  })

  it("has each task done once, after those that it depends on", async () => {
    const all = await outcome()
    const places = all.map(({ events }) => {
      const moves = events.filter(({ type }) => type === "task.status_changed")
      expect(moves.map(({ data }) => data["to"])).toEqual([
        "in_progress",
        "in_review",
        "in_approval",
        "merging",
        "done"
      ])
      return { begin: moves[0]?.id ?? 0, end: moves.at(-1)?.id ?? 0 }
    })
    expect(places[1]?.begin).toBeGreaterThan(places[0]?.end ?? Number.NaN)
    expect(places[2]?.begin).toBeGreaterThan(places[1]?.end ?? Number.NaN)
    expect(all.map(({ task }) => task.status)).toEqual(["done", "done", "done"])
  })

  it("keeps what each run said, which the next one builds on", async () => {
    const all = await outcome()
    expect(all.map(({ runs }) => runs.length)).toEqual([1, 1, 1])
    const said = titles.map((_, index) =>
      titles
        .slice(0, index + 1)
        .map((title) => `${title}: done.`)
        .join(" ")
    )
    expect(all.map(({ outputs }) => outputs[0]?.text)).toEqual(said)
    expect(lines.slice(-2)).toEqual([`result: ${said.at(-1)}`, "tokens: 600 of input"])
  })

  it("plans nothing and asks no model when it is started again", async () => {
    const before = await outcome()
    const again = await run()
    expect(again).toEqual(lines.filter((line) => !/^(refused|planned)/.test(line)))
    expect(await outcome()).toEqual(before)
  })
})
