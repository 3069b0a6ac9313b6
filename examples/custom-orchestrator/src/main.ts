/**
 * An orchestrator of one's own. It decides which task is begun, by whom, and what a failure means;
 * Foreman keeps what is true and refuses what must not be. Stop it at any moment, even with `kill -9`,
 * and start it again: what was done is not done again, a command that was under way is run again.
 *
 * One at a time for a team: what is in progress when it starts, it takes for its own.
 */
import { createForeman, type FullCatalogue, type Operation } from "@foreman/core"
import { SqliteStore } from "@foreman/store-sqlite"
import { execFile } from "node:child_process"
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs"
import { promisify } from "node:util"

type Task = Operation.PlainOutput<FullCatalogue["getTask"]>
type Agent = Operation.PlainOutput<FullCatalogue["createAgent"]>

// What there is to do. A step reads what the steps before it printed.
const steps: Readonly<Record<string, { readonly after: Array<string>; readonly run: string }>> = {
  imports: { after: [], run: "grep ^import main.ts" },
  count: { after: ["imports"], run: "wc -l" },
  digest: { after: ["imports"], run: 'test "$ATTEMPT" -gt 1 && cksum' }, // fails once, as networks do
  report: { after: ["count", "digest"], run: "paste -s -d ' ' -" }
}

const filename = process.argv[2] ?? ".foreman/orchestrator.db"
await using foreman = await createForeman({ store: SqliteStore.layer({ filename }) })

const stop = new AbortController()
for (const name of ["SIGINT", "SIGTERM"]) process.once(name, () => stop.abort(name))

// Everything is looked for before it is made, so a second start plans nothing twice.
const { items: orgs } = await foreman.listOrganizations({})
const [{ id: orgId } = await foreman.createOrganization({ name: "Acme", slug: "acme" })] = orgs
const { items: teams } = await foreman.listTeams({ orgId })
const [{ id: teamId } = await foreman.createTeam({ orgId, name: "Tools", slug: "tools" })] = teams
const { agents: known } = await foreman.getTeam({ teamId })
const agents: Array<Agent> = []
for (const name of ["ada", "bob"]) {
  const agent = known.find((agent) => agent.name === name)
  agents.push(agent ?? (await foreman.createAgent({ teamId, name })))
}
const { items: left } = await foreman.listTasks({ teamId, limit: 500 })
const ids = new Map(left.map(({ id, title }) => [title, id]))
for (const [title, { after }] of Object.entries(steps)) {
  if (ids.has(title)) continue
  const dependsOn = after.flatMap((before) => ids.get(before) ?? [])
  ids.set(title, (await foreman.createTask({ teamId, title, dependsOn })).id)
}

// #region attempt
// An attempt. What came of it stands in the task, where the next start finds it.
const attemptOf = ({ metadata }: Task) => Number(metadata["attempt"] ?? 1)
const resultOf = ({ metadata: { result } }: Task) => (typeof result === "string" ? result : null)

const busy = new Set<string>()

const carryOut = async (task: Task, agent: Agent) => {
  const { id: taskId, title } = task
  const attempt = attemptOf(task)
  if (task.status === "todo") {
    const actor = { type: "agent", id: agent.id, role: "engineer", organizationId: orgId } as const
    await foreman.assignTask({ taskId, assigneeId: agent.id })
    await foreman.as(actor).changeTaskStatus({ taskId, status: "in_progress" })
  }
  const result = resultOf(task) ?? (await runStep(task).catch(() => null))
  busy.delete(agent.id)
  if (result !== null) return deliver(task, result)
  if (stop.signal.aborted) return // It stays in progress: the next start makes this attempt again.
  console.log(`${title} failed`)
  if (attempt === 3) throw new Error(`${title} failed three times`)
  await foreman.changeTaskStatus({ taskId, status: "todo" })
  await foreman.updateTask({ taskId, metadata: { attempt: attempt + 1 } })
}
// #endregion attempt

const runStep = async (task: Task) => {
  const before = task.dependsOn.map((taskId) => foreman.getTask({ taskId }))
  const input = (await Promise.all(before)).map(resultOf).join("")
  const running = promisify(execFile)("sh", ["-c", steps[task.title]?.run ?? "false"], {
    cwd: import.meta.dirname,
    env: { ...process.env, ATTEMPT: `${attemptOf(task)}` },
    signal: stop.signal,
    timeout: 60_000
  })
  running.child.stdin?.on("error", () => undefined) // A command need not read what it is given.
  running.child.stdin?.end(input)
  return (await running).stdout
}

const deliver = async (task: Task, result: string) => {
  const { id: taskId, metadata } = task
  if (resultOf(task) === null) {
    await foreman.updateTask({ taskId, metadata: { ...metadata, result } })
  }
  const way = ["in_review", "in_approval", "merging", "done"] as const
  const rest = way.slice(way.findIndex((status) => status === task.status) + 1)
  for (const status of rest) await foreman.changeTaskStatus({ taskId, status })
}

// #region rule
// The rule: oldest task first, agents in turn, one task for each at a time.
const nextAgent = () => {
  const idle = agents.find(({ id }) => !busy.has(id))
  if (idle !== undefined) agents.push(...agents.splice(agents.indexOf(idle), 1))
  return idle
}

const begun = new Map<string, Promise<void>>()
const begin = (task: Task, agent: Agent) => {
  busy.add(agent.id)
  const fail = (error: unknown) => stop.abort(error)
  begun.set(`${task.id}/${attemptOf(task)}`, carryOut(task, agent).catch(fail))
}

const fill = async () => {
  const { items } = await foreman.listTasks({ teamId, limit: 500 })
  const done = new Set(items.filter(({ status }) => status === "done").map(({ id }) => id))
  for (const task of items.toReversed()) {
    const isReady = task.status === "todo" && task.dependsOn.every((id) => done.has(id))
    if (!isReady || begun.has(`${task.id}/${attemptOf(task)}`)) continue
    const agent = nextAgent()
    if (agent !== undefined) begin(task, agent)
  }
  return items.filter(({ status }) => status !== "done" && status !== "cancelled").length
}
// #endregion rule

// What the last start left comes first. Then each event may make something ready; the cursor of the
// last one is kept, so the story goes on where it was interrupted.
for (const task of left) {
  const agent = agents.find(({ id }) => id === task.assigneeId)
  if (agent && !["todo", "done", "cancelled"].includes(task.status)) begin(task, agent)
}
const place = `${filename}.cursor`
const after = existsSync(place) ? readFileSync(place, "utf8") : "0"
const titles = new Map([...ids].map(([title, id]) => [id, title]))
if ((await fill()) > 0) {
  for await (const { cursor, data, type } of foreman.events({ after, signal: stop.signal })) {
    if (type === "task.status_changed") {
      console.log(`${titles.get(Number(data["task_id"]))} is ${data["to"]}`)
    }
    writeFileSync(`${place}.new`, cursor)
    renameSync(`${place}.new`, place) // so that it is never half written
    if ((await fill()) === 0) break
  }
}
await Promise.all(begun.values())
if (stop.signal.reason instanceof Error) throw stop.signal.reason
const report = await foreman.getTask({ taskId: ids.get("report") ?? 0 })
console.log(stop.signal.aborted ? "stopped; start it again to go on" : resultOf(report)?.trim())
