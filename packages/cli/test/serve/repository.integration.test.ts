import { execFileSync } from "node:child_process"
import { mkdirSync, realpathSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { endOf, makeAgent, makeFolder, run, serve } from "../TestCli.ts"
import { start } from "./TestServer.ts"

const git = (folder: string, ...args: ReadonlyArray<string>): string =>
  execFileSync("git", ["-c", "user.name=a", "-c", "user.email=a@b.test", ...args], {
    cwd: folder,
    encoding: "utf8"
  })

/** A repository with one commit. */
const makeRepository = (): string => {
  const folder = realpathSync(makeFolder())
  git(folder, "init", "--quiet", "--initial-branch", "main")
  git(folder, "commit", "--quiet", "--allow-empty", "--message", "Begin")
  return folder
}

const agentIn = (folder: string): string =>
  `command:${makeAgent(folder, "agent.sh", "cat >/dev/null; echo made > made.txt; echo did")}`

const until = (id: number) =>
  ["watch", "task", "show", String(id), "--until", "status=done", "--for", "30"] as const

describe("a server that is started in a repository", { timeout: 60_000 }, () => {
  it("lands what its first task changes, without a manager's call before", async () => {
    const folder = makeRepository()
    const { child } = await serve(folder, ["--runner", agentIn(makeFolder())])
    const before = await run(folder, ["project", "list", "--json"])
    expect(await run(folder, ["task", "create", "--title", "Write it", "--dry-run"])).toMatchObject(
      {
        code: 0
      }
    )
    expect(await run(folder, ["project", "list", "--json"])).toEqual(before)
    expect(await run(folder, ["task", "create", "--title", "Write it"])).toMatchObject({
      code: 0,
      out: "created task 1 state=ready\n"
    })
    expect(await run(folder, until(1))).toMatchObject({ code: 0 })
    expect(git(folder, "log", "--format=%s", "--name-only", "main").trim()).toBe(
      "Write it\n\nmade.txt\nBegin"
    )
    child.kill("SIGTERM")
    expect(await endOf(child)).toMatchObject({ code: 0, err: "" })
  })

  it("lands a task there too that was made before it", async () => {
    const folder = makeRepository()
    const created = await run(folder, ["task", "create", "--title", "Early"])
    expect(created).toMatchObject({ code: 0, err: "" })
    await serve(folder, ["--runner", agentIn(makeFolder())])
    const [, id] = /^created task (\d+) /.exec(created.out) ?? []
    expect(await run(folder, until(Number(id)))).toMatchObject({ code: 0 })
    expect(git(folder, "log", "--format=%s", "main")).toBe("Early\nBegin\n")
  })

  it("leaves what the team changes to whoever has said it, and warns where that is nothing", async () => {
    const folder = makeRepository()
    const made = await run(folder, ["project", "create", "--id", "web", "--name", "Web"])
    expect(made).toMatchObject({ code: 0, err: "" })
    const said = async () => {
      const settings = { FOREMAN_RUNNER: agentIn(folder), FOREMAN_LOG_LEVEL: "warn" }
      const { child, foreman } = await start(folder, settings)
      const { items } = await foreman.listProjects({})
      child.kill("SIGTERM")
      return { err: (await endOf(child)).err, ids: items.map(({ id }) => id) }
    }
    const advice = `foreman project create --id demo --name Demo --repo-root '${folder}'`
    expect(await said()).toEqual({ ids: ["web"], err: expect.stringContaining(advice) })
    const other = join(folder, "other")
    mkdirSync(other)
    const register = ["repo", "register", "--name", "other", "--local-path", other]
    expect(await run(folder, register)).toMatchObject({ code: 0, err: "" })
    expect(await said()).toEqual({ ids: ["web"], err: "" })
  })
})
