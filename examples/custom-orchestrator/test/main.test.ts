import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createForeman } from "@foreman/core"
import { SqliteStore } from "@foreman/store-sqlite"
import { afterAll, describe, expect, it } from "vitest"

const folders: Array<string> = []
const children: Array<ChildProcess> = []
const main = join(import.meta.dirname, "../src/main.ts")

/** Ends its own process as soon as that has said something: who does it from outside may be late. */
const ending = (after: string, signal: NodeJS.Signals) => `
  const write = process.stdout.write.bind(process.stdout)
  let isOver = false
  process.stdout.write = (text, ...rest) => {
    const answer = write(text, ...rest)
    if (!isOver && String(text).includes(${JSON.stringify(after)})) {
      isOver = true
      process.kill(process.pid, "${signal}")
    }
    return answer
  }`

/** Starts the orchestrator, which ends once it has said something. */
const run = async (
  filename: string,
  end?: { readonly after: string; readonly signal: NodeJS.Signals }
) => {
  const source = end === undefined ? "" : ending(end.after, end.signal)
  const before = `--import=data:text/javascript,${encodeURIComponent(source)}`
  const args = ["--conditions=@foreman/source", before, main, filename]
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"] })
  children.push(child)
  let stdout = ""
  let stderr = ""
  child.stderr.on("data", (text) => (stderr += text))
  child.stdout.on("data", (text) => (stdout += text))
  const [code] = await once(child, "close")
  return { code, stderr, lines: stdout.trim().split("\n") }
}

const makeFile = () => {
  const folder = mkdtempSync(join(tmpdir(), "foreman-orchestrator-"))
  folders.push(folder)
  return join(folder, "foreman.db")
}

/** All that happened to the tasks, in order. */
const historyIn = async (filename: string) => {
  await using foreman = await createForeman({
    store: SqliteStore.layer({ filename, readOnly: true })
  })
  const [org] = (await foreman.listOrganizations({})).items
  const [team] = (await foreman.listTeams({ orgId: org?.id ?? "" })).items
  const { items } = await foreman.listTasks({ teamId: team?.id ?? "" })
  const pages = await Promise.all(
    items.map(({ id: taskId }) => foreman.getTaskEvents({ taskId, limit: 200 }))
  )
  const events = pages.flatMap(({ items }) => items).toSorted((one, other) => one.id - other.id)
  const titles = new Map<unknown, string>(items.map(({ id, title }) => [id, title]))
  const moves = events
    .filter(({ type }) => type === "task.status_changed")
    .map(({ data }) => `${titles.get(data["task_id"])} ${data["to"]}`)
  const results = events
    .filter(({ data, type }) => type === "task.updated" && JSON.stringify(data).includes("result"))
    .map(({ data }) => titles.get(data["task_id"]))
  const tasks = new Map(items.map((task) => [task.title, task]))
  return {
    agents: (await foreman.getTeam({ teamId: team?.id ?? "" })).agents,
    moves,
    results,
    tasks
  }
}

const titles = ["imports", "count", "digest", "report"]
const countOf = (moves: ReadonlyArray<string>, move: string) =>
  moves.filter((one) => one === move).length

afterAll(() => {
  children.forEach((child) => child.kill("SIGKILL"))
  folders.forEach((folder) => rmSync(folder, { recursive: true, force: true }))
})

describe("the custom orchestrator", { timeout: 60_000 }, () => {
  it("carries out its plan in order, and makes a failed attempt again", async () => {
    const filename = makeFile()
    const { code, lines, stderr } = await run(filename)
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" })
    const { agents, moves, results, tasks } = await historyIn(filename)
    expect([...tasks.values()].map(({ status }) => status)).toEqual(titles.map(() => "done"))
    expect(results.toSorted()).toEqual(titles.toSorted())
    for (const [title, before] of [
      ["count", "imports"],
      ["digest", "imports"],
      ["report", "count"],
      ["report", "digest"]
    ]) {
      expect(moves.indexOf(`${title} in_progress`)).toBeGreaterThan(moves.indexOf(`${before} done`))
    }
    expect(titles.map((title) => countOf(moves, `${title} in_progress`))).toEqual([1, 1, 2, 1])
    expect(titles.map((title) => countOf(moves, `${title} done`))).toEqual([1, 1, 1, 1])
    expect(tasks.get("digest")?.metadata).toMatchObject({ attempt: 2 })
    const report = String(tasks.get("report")?.metadata["result"]).trim()
    expect(report).toMatch(/^\d+ \d+ \d+$/)
    expect(lines.at(-1)).toBe(report)
    expect(lines.filter((line) => / (is|failed)/.test(line))).toHaveLength(moves.length + 1)
    // Agents take turns.
    const names = new Map(agents.map(({ id, name }) => [id, name]))
    const [first, second] = ["imports", "count"].map((title) => tasks.get(title)?.assigneeId ?? "")
    expect([names.get(first ?? ""), names.get(second ?? "")]).toEqual(["ada", "bob"])
  })

  it.each(["SIGTERM", "SIGKILL"] as const)(
    "goes on after %s, and does nothing twice",
    async (signal) => {
      const filename = makeFile()
      const { code, lines } = await run(filename, { after: "imports is done", signal })
      const isAsked = signal === "SIGTERM"
      expect(code).toBe(isAsked ? 0 : null)
      expect(lines.includes("stopped; start it again to go on")).toBe(isAsked)
      const before = await historyIn(filename)
      expect(countOf(before.moves, "imports done")).toBe(1)
      expect(countOf(before.moves, "report done")).toBe(0)

      const second = await run(filename)
      expect({ code: second.code, stderr: second.stderr }).toEqual({ code: 0, stderr: "" })
      // It tells only what it has not told before.
      expect(second.lines).not.toContain("imports is in_progress")
      const after = await historyIn(filename)
      expect([...after.tasks.keys()].toSorted()).toEqual(titles.toSorted())
      expect(titles.map((title) => countOf(after.moves, `${title} done`))).toEqual([1, 1, 1, 1])
      expect(after.results.toSorted()).toEqual(titles.toSorted())
      expect(countOf(after.moves, "imports in_progress")).toBe(1)
      expect(countOf(after.moves, "count in_progress")).toBe(1)

      const third = await run(filename)
      expect(third.lines).toEqual([second.lines.at(-1)])
      expect(await historyIn(filename)).toEqual(after)
    }
  )
})
