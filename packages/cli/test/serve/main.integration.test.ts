import { existsSync, readFileSync, statSync } from "node:fs"
import { join } from "node:path"
import type { createClient } from "@foreman/client"
import { Doctor } from "@foreman/core"
import { SqliteStore } from "@foreman/store-sqlite"
import { Effect } from "effect"
import { describe, expect, it } from "vitest"
import { endOf, isAlive, launch, makeAgent, makeFolder, start } from "./TestServer.ts"

/** An agent that says who it is and then works for a minute. */
const slow = 'echo begun; echo "$$" > "$HOME/pid.new" && mv "$HOME/pid.new" "$HOME/pid"; sleep 60'

type Foreman = ReturnType<typeof createClient>

const givenAgent = async (foreman: Foreman, command: string) => {
  const { id: orgId } = await foreman.createOrganization({ name: "Acme", slug: "acme" })
  const { id: teamId } = await foreman.createTeam({ orgId, name: "Web", slug: "web" })
  const config = { runner: "command", command: [command] }
  await foreman.createAgent({ teamId, name: "ada", config })
  return teamId
}

/** Waits on the feed until the run of a task is what is asked for. */
const until = async (foreman: Foreman, type: string, taskId: number) => {
  const signal = AbortSignal.timeout(20_000)
  for await (const event of foreman.events({ after: "0", signal })) {
    if (event.type === type && event.data["task_id"] === taskId) return event
  }
  throw new Error(`No ${type} of task ${taskId} within 20 s`)
}

/** What the doctor finds in the server's database, whether it runs or not. */
const violationsIn = async (folder: string) => {
  const filename = join(folder, ".foreman", "foreman.db")
  const store = SqliteStore.make({ filename, readOnly: true })
  const report = await Effect.runPromise(Effect.scoped(Effect.flatMap(store, Doctor.check)))
  expect(report.events).toBeGreaterThan(0)
  return report.findings.filter(({ violations }) => violations > 0)
}

describe("the server", { timeout: 60_000 }, () => {
  it("makes a token that only its owner reads, and keeps it", async () => {
    const folder = makeFolder()
    const first = await start(folder)
    expect(statSync(join(folder, ".foreman", "token")).mode & 0o777).toBe(0o600)
    expect(readFileSync(join(folder, ".foreman", ".gitignore"), "utf8")).toBe("*\n")
    first.child.kill("SIGTERM")
    expect(await endOf(first.child)).toMatchObject({ code: 0 })
    const second = await start(folder)
    expect(second.token).toBe(first.token)
  })

  it("ends on a signal, stops its agents, and keeps what they wrote", async () => {
    const folder = makeFolder()
    const { child, foreman } = await start(folder)
    const teamId = await givenAgent(foreman, makeAgent(folder, "slow.sh", slow))
    const { id: taskId } = await foreman.createTask({ teamId, title: "Take your time" })
    await until(foreman, "run.started", taskId)
    await expect.poll(() => existsSync(join(folder, "pid")), { timeout: 20_000 }).toBe(true)
    const pid = Number(readFileSync(join(folder, "pid"), "utf8"))
    expect(isAlive(pid)).toBe(true)

    const asked = performance.now()
    child.kill("SIGTERM")
    expect(await endOf(child)).toMatchObject({ code: 0, stderr: "" })
    expect(performance.now() - asked).toBeLessThan(10_000)
    expect(isAlive(pid)).toBe(false)

    const again = await start(folder, { FOREMAN_DISPATCH: "off" })
    const [run] = (await again.foreman.listTaskRuns({ taskId })).items
    expect(run).toMatchObject({ status: "cancelled", cause: "shutdown", attempt: 1 })
    const output = await again.foreman.getTaskRunOutput({ runId: run?.id ?? "" })
    expect(output.text).toBe("begun\n")

    // Its own end is no failure of the work: the next start takes it up again, and nobody is asked.
    again.child.kill("SIGTERM")
    await endOf(again.child)
    makeAgent(folder, "slow.sh", "echo quick")
    const last = await start(folder)
    await until(last.foreman, "review.created", taskId)
    const runs = (await last.foreman.listTaskRuns({ taskId })).items
    expect(runs.map(({ attempt, status }) => [attempt, status])).toEqual([
      [2, "succeeded"],
      [1, "cancelled"]
    ])
    expect(await violationsIn(folder)).toEqual([])
  })

  it("refuses an agent that its runner could never start, and says what is wrong", async () => {
    const folder = makeFolder()
    const { foreman } = await start(folder)
    const teamId = await givenAgent(foreman, makeAgent(folder, "agent.sh", "true"))
    const hire = (config: Readonly<Record<string, unknown>>) =>
      foreman.createAgent({ teamId, name: "grace", config }).then(
        () => "hired",
        (error: Error) => error.message
      )
    expect(await hire({ runner: "command", command: ["./none.sh"] })).toMatch(
      /^config: command: .*none\.sh does not exist$/
    )
    expect(await hire({ runner: "command" })).toMatch(/^config: command: .*configuration is wrong/)
    expect(await hire({ runner: "comand" })).toMatch(
      /^config\.runner: There is no runner comand here; the runners are .*\bcommand\b/
    )
    expect(await hire({})).toBe("hired")
  })

  it("loses its agents with itself when it is killed, and says so at the next start", async () => {
    const folder = makeFolder()
    const { child, foreman } = await start(folder)
    const teamId = await givenAgent(foreman, makeAgent(folder, "slow.sh", slow))
    const { id: taskId } = await foreman.createTask({ teamId, title: "Be interrupted" })
    await until(foreman, "run.started", taskId)
    await expect.poll(() => existsSync(join(folder, "pid")), { timeout: 20_000 }).toBe(true)
    const pid = Number(readFileSync(join(folder, "pid"), "utf8"))
    child.kill("SIGKILL")
    await endOf(child)
    await expect.poll(() => isAlive(pid), { timeout: 20_000 }).toBe(false)
    expect(await violationsIn(folder)).toEqual([])

    const again = await start(folder)
    await until(again.foreman, "run.lost", taskId)
    const task = await again.foreman.getTask({ taskId })
    expect(task).toMatchObject({ status: "in_progress", lastOutcome: "lost", liveRunId: null })
    makeAgent(folder, "slow.sh", "echo quick")
    await again.foreman.retryTask({ taskId })
    await until(again.foreman, "review.created", taskId)
    const runs = (await again.foreman.listTaskRuns({ taskId })).items
    expect(runs.map(({ attempt, status }) => [attempt, status])).toEqual([
      [2, "succeeded"],
      [1, "lost"]
    ])
    expect(await violationsIn(folder)).toEqual([])
  })

  it("makes the local team for the runner that its settings name", async () => {
    const folder = makeFolder()
    const agent = makeAgent(folder, "local.sh", 'cat >/dev/null; echo "did $FOREMAN_TASK_TITLE"')
    const { foreman } = await start(folder, { FOREMAN_RUNNER: `command:${agent}` })
    const [org] = (await foreman.listOrganizations({})).items
    expect(org?.slug).toBe("local")
    const [team] = (await foreman.listTeams({ orgId: org?.id ?? "" })).items
    const { id: taskId } = await foreman.createTask({ teamId: team?.id ?? "", title: "Greet" })
    await until(foreman, "task.attempt_ended", taskId)
    const [run] = (await foreman.listTaskRuns({ taskId })).items
    expect(run).toMatchObject({ runner: "local", answer: "did Greet" })
    // Nobody reviews there, and nothing was changed.
    expect((await foreman.getTask({ taskId })).status).toBe("done")
  })

  it("warns where its own agent has no repository to work on, until there is one", async () => {
    const folder = makeFolder()
    const agent = makeAgent(folder, "local.sh", "cat >/dev/null")
    const settings = { FOREMAN_RUNNER: `command:${agent}`, FOREMAN_LOG_LEVEL: "warn" }
    const saidAt = async (work: (foreman: Foreman) => Promise<unknown>) => {
      const { child, foreman } = await start(folder, settings)
      await work(foreman)
      child.kill("SIGTERM")
      return (await endOf(child)).stderr
    }
    const made = await saidAt((foreman) =>
      foreman.createProject({ projectId: "demo", name: "Demo" })
    )
    expect(made).toContain(`The folder ${folder} is no git repository`)
    const update = (foreman: Foreman) =>
      foreman.updateProject({ projectId: "demo", repoRoot: folder })
    expect(await saidAt(update)).toContain("project update demo --repo-root")
    expect(await saidAt(() => Promise.resolve())).toBe("")
  })

  it("starts nothing when it is told not to dispatch", async () => {
    const folder = makeFolder()
    const { child, foreman } = await start(folder, { FOREMAN_DISPATCH: "off" })
    const teamId = await givenAgent(foreman, makeAgent(folder, "agent.sh", "touch $HOME/ran"))
    const { id: taskId } = await foreman.createTask({ teamId, title: "Wait" })
    child.kill("SIGTERM")
    await endOf(child)
    const again = await start(folder, { FOREMAN_DISPATCH: "off" })
    expect((await again.foreman.getTask({ taskId })).status).toBe("todo")
    expect(existsSync(join(folder, "ran"))).toBe(false)
  })

  it("gives a run a token that is good for its task alone, and only while it is live", async () => {
    const folder = makeFolder()
    const text =
      'echo "$FOREMAN_RUN_TOKEN" > "$HOME/run-token.new"; mv "$HOME/run-token.new" "$HOME/run-token"; ' +
      'while [ ! -e "$HOME/go" ]; do sleep 0.1; done'
    const { foreman, token, url } = await start(folder)
    const teamId = await givenAgent(foreman, makeAgent(folder, "agent.sh", text))
    const { id: taskId } = await foreman.createTask({ teamId, title: "Mine" })
    const { id: other } = await foreman.createTask({ teamId, title: "Not mine" })
    await expect.poll(() => existsSync(join(folder, "run-token")), { timeout: 20_000 }).toBe(true)
    const runToken = readFileSync(join(folder, "run-token"), "utf8").trim()
    expect(runToken).not.toBe(token)
    const ask = (path: string, body?: unknown) =>
      fetch(`${url}/api/v1${path}`, {
        method: body === undefined ? "GET" : "POST",
        headers: { authorization: `Bearer ${runToken}`, "content-type": "application/json" },
        ...(body === undefined ? {} : { body: JSON.stringify(body) })
      }).then(({ status }) => status)
    expect(await ask(`/tasks/${taskId}`)).toBe(200)
    expect(await ask(`/tasks/${other}/status`, { status: "cancelled" })).toBe(403)
    expect(await ask("/orgs", { name: "X", slug: "x" })).toBe(403)
    makeAgent(folder, "go", "")
    await until(foreman, "task.attempt_ended", taskId)
    expect(await ask(`/tasks/${taskId}`)).toBe(401)
  })

  it.each([
    [{ FOREMAN_HTTP_ADDR: "127.0.0.1" }, "FOREMAN_HTTP_ADDR"],
    [{ FOREMAN_HTTP_ADR: "127.0.0.1:0" }, "FOREMAN_HTTP_ADR"],
    [{ FOREMAN_AUTH: "open", FOREMAN_HTTP_ADDR: "0.0.0.0:0" }, "FOREMAN_AUTH"],
    [{ FOREMAN_RUNNER: "agent.sh" }, "FOREMAN_RUNNER"],
    [{ FOREMAN_RUNNER: "command:./none.sh" }, "none.sh, which does not exist"],
    [{ FOREMAN_DB_PATH: "/dev/null/foreman.db" }, "FOREMAN_DB_PATH is in the folder /dev/null"],
    [{ DATABASE_URL: "mysql://localhost/f" }, "DATABASE_URL should be postgres://"],
    [{ DATABASE_URL: "postgres://h/f", FOREMAN_DB_PATH: "f.db" }, "say one place, not two"],
    [{ FOREMAN_RUNTIME_ROOT: "/proc/foreman" }, "/proc keeps no files"],
    [{ XDG_STATE_HOME: "/sys" }, "XDG_STATE_HOME"]
  ])("refuses %o in a sentence", async (environment, words) => {
    const { code, stderr } = await endOf(launch(makeFolder(), environment))
    expect(code).toBe(2)
    expect(stderr).toContain(words)
    expect(stderr).not.toMatch(/^\s+at /m)
  })
})
