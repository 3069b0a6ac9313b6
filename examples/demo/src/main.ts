/**
 * The demo: a plan goes in over MCP, real agent processes carry it out two at a time, each result is
 * reviewed and merged, and in the end the demo counts that main holds every change exactly once.
 */
import { createClient } from "@foreman/client"
import { join } from "node:path"
import { parseArgs } from "node:util"
import { call, plan, tell } from "./Plan.ts"
import { type Crew, gather } from "./Crew.ts"
import { examine } from "./Examination.ts"
import { git, open, type Sandbox } from "./Sandbox.ts"
import { kinds } from "./Store.ts"
import { paint, say, table } from "./Terminal.ts"

const { values } = parseArgs({
  options: {
    runner: { type: "string", default: "command" },
    store: { type: "string", default: "sqlite" },
    keep: { type: "boolean", default: false },
    help: { type: "boolean", default: false }
  }
})

if (values.help) {
  console.log(`npm run demo [-- --runner codex] [--store postgres] [--keep]

Runs a plan of ${plan.length} tasks from an MCP tool call to merged commits, in a folder of its own.

  --runner command   a shell script does the tasks; the default
  --runner codex     the real Codex does them, with a scripted model on this machine
  --store sqlite     Foreman keeps what it knows in a file; the default
  --store postgres   in PostgreSQL: a database on the server of DATABASE_URL, else a server of its own
  --keep             leave the folder, with the repository and Foreman's files, for you to look at`)
  process.exit(0)
}

if (values.runner !== "command" && values.runner !== "codex") {
  console.error(`There is no runner ${values.runner} in the demo; there are command and codex`)
  process.exit(2)
}
const store = kinds.find((kind) => kind === values.store)
if (store === undefined) {
  console.error(`There is no store ${values.store} in the demo; there are ${kinds.join(" and ")}`)
  process.exit(2)
}
const crew = await gather(values.runner).catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error)
  process.exit(1)
})
const deadline = AbortSignal.timeout(values.runner === "codex" ? 110_000 : 55_000)
const sandbox = await open({ keep: values.keep, store }).catch(async (error: unknown) => {
  console.error(error instanceof Error ? error.message : error)
  await crew.end()
  process.exit(1)
})
try {
  process.exitCode = await run(sandbox, crew)
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
} finally {
  await sandbox.end()
  await crew.end()
  if (process.exitCode === 0) process.exitCode = await examine(sandbox.store)
  await sandbox.remove()
  if (values.keep) say(`kept ${sandbox.folder}`)
}

async function run(
  { mcp, site, store, token, url }: Sandbox,
  { about, config }: Crew
): Promise<number> {
  say(`server ${url}, ${(await mcp.listTools()).tools.length} MCP tools`)
  if (store.title !== "SQLite") say(`store ${store.title}`)
  if (about !== undefined) say(`agents ${about}`)
  const foreman = createClient({ url, token })
  const org = await call<{ readonly id: string }>(mcp, "create_org", { name: "Demo", slug: "demo" })
  const team = await call<{ readonly id: string }>(mcp, "create_team", {
    org_id: org.id,
    name: "Site",
    slug: "site"
  })
  await call(mcp, "register_repo", { team_id: team.id, name: "site", local_path: site })
  for (const name of ["ada", "grace"]) {
    await foreman.createAgent({ teamId: team.id, name, config })
  }
  const reviewer = await foreman.createAgent({ teamId: team.id, name: "edsger", role: "reviewer" })

  const names = new Map<string, string>()
  for (const { id, name } of (await foreman.getTeam({ teamId: team.id })).agents)
    names.set(id, name)
  const feed = foreman.events({ after: "0", organizationId: org.id, signal: deadline })
  const ids = await tell(mcp, team.id)
  const edges = plan.reduce((sum, { after }) => sum + after.length, 0)
  say(`planned ${ids.length} tasks with ${edges} dependencies, a diamond among them`)

  let done = 0
  for await (const { data, type } of feed) {
    const title = plan[ids.indexOf(Number(data["task_id"]))]?.title ?? ""
    const what = `task ${String(data["task_id"])} ${paint("bold", title)}`
    if (type === "task.dispatched") say(`${what} -> ${names.get(String(data["agent_id"]))}`)
    if (type === "run.failed") say(`${what} ${paint("red", "failed")}: ${String(data["cause"])}`)
    if (type === "review.created") {
      const taskId = Number(data["task_id"])
      await call(mcp, "approve_task", { task_id: taskId, reviewer_id: reviewer.id })
      say(`${what} ${paint("cyan", "approved")} by ${reviewer.name}`)
    }
    if (type === "merge.completed") {
      say(`${what} ${paint("green", "merged")} as ${String(data["merge_commit"]).slice(0, 8)}`)
    }
    if (type === "task.status_changed" && data["to"] === "done" && ++done === ids.length) break
  }
  if (done < ids.length) throw new Error(`Only ${done} of ${ids.length} tasks were done in time`)

  const rows: Array<ReadonlyArray<string>> = []
  for (const taskId of ids) {
    const task = await foreman.getTask({ taskId })
    const [latest] = (await foreman.listTaskRuns({ taskId })).items
    const { mergeJobs } = await foreman.getMergeStatus({ taskId })
    const seconds = (Date.parse(latest?.endedAt ?? "") - Date.parse(latest?.startedAt ?? "")) / 1000
    const commit = mergeJobs[0]?.mergeCommit?.slice(0, 8) ?? ""
    const agent = names.get(latest?.agentId ?? "") ?? ""
    rows.push([
      `${taskId} ${task.title}`,
      agent,
      `#${latest?.attempt}`,
      `${seconds.toFixed(1)}s`,
      commit
    ])
  }
  console.log(`\n${table(["task", "agent", "run", "duration", "commit"], rows)}\n`)
  await foreman.close()
  return check(site, ids.length)
}

/** Counts on the repository itself, not on what Foreman says. */
function check(site: string, expected: number): number {
  const commits = git(site, "log", "--format=%H", "main").split("\n").length - 1
  const trailers = git(site, "log", "--format=%(trailers:key=Foreman-Merge,valueonly)", "main")
  const jobs = trailers.split("\n").filter((line) => line !== "")
  const problems = plan.flatMap(({ title }) => {
    const file = join("site", `${title.toLowerCase().replaceAll(" ", "-")}.html`)
    const added = git(site, "log", "--format=%H", "--diff-filter=A", "main", "--", file)
    const times = added.split("\n").filter((line) => line !== "").length
    return times === 1 ? [] : [`${file} was added ${times} times`]
  })
  if (commits !== expected) problems.push(`main has ${commits} new commits, not ${expected}`)
  if (new Set(jobs).size !== expected) problems.push(`${new Set(jobs).size} jobs stand on main`)
  if (git(site, "status", "--porcelain") !== "") problems.push("the checkout is not clean")
  for (const problem of problems) say(paint("red", problem))
  if (problems.length === 0) say(paint("green", `main holds all ${expected} changes exactly once`))
  return problems.length === 0 ? 0 : 1
}
