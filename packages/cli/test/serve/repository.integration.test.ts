import { execFileSync } from "node:child_process"
import { mkdirSync, readFileSync, realpathSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { type Ended, endOf, makeAgent, makeFolder, run, serve } from "../TestCli.ts"
import { start } from "./TestServer.ts"

const git = (folder: string, ...args: ReadonlyArray<string>): string =>
  execFileSync("git", ["-c", "user.name=a", "-c", "user.email=a@b.test", ...args], {
    cwd: folder,
    encoding: "utf8"
  })

/** A repository with one commit. */
const makeRepository = (branch = "main"): string => {
  const folder = realpathSync(makeFolder())
  git(folder, "init", "--quiet", "--initial-branch", branch)
  git(folder, "commit", "--quiet", "--allow-empty", "--message", "Begin")
  return folder
}

const agentIn = (folder: string): string =>
  `command:${makeAgent(folder, "agent.sh", "cat >/dev/null; echo made > made.txt; echo did")}`

const until = (id: number) =>
  ["watch", "task", "show", String(id), "--until", "status=done", "--for", "30"] as const

/** The first task of a server, and where its change is in the end. */
const landsOn = async (folder: string, branch: string): Promise<void> => {
  expect(await run(folder, ["task", "create", "--title", "Write it"])).toMatchObject({ code: 0 })
  expect(await run(folder, until(1))).toMatchObject({ code: 0 })
  expect(git(folder, "log", "--format=%s", branch)).toBe("Write it\nBegin\n")
}

/** What a log of one line says. */
const warningIn = ({ err }: Ended): string => JSON.parse(err).message

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

  it("warns at its start where its repository has no commit or not the branch, until it has", async () => {
    const folder = realpathSync(makeFolder())
    git(folder, "init", "--quiet", "--initial-branch", "trunk")
    const said = async (settings: Readonly<Record<string, string>> = {}) => {
      const { child } = await start(folder, { FOREMAN_LOG_LEVEL: "warn", ...settings })
      child.kill("SIGTERM")
      return (await endOf(child)).err
    }
    expect(await said()).toMatch(`The repository ${folder} has no commit on its branch trunk, `)
    git(folder, "commit", "--quiet", "--allow-empty", "--message", "Begin")
    expect(await said()).toBe("")
    git(folder, "checkout", "--quiet", "--detach")
    git(folder, "branch", "--quiet", "--delete", "--force", "trunk")
    const detached = await said({ FOREMAN_RUNNER: agentIn(makeFolder()) })
    expect(detached).toMatch(`The repository ${folder} has no branch main, `)
    expect(detached).toContain(`git -C '${folder}' branch 'main' makes it`)
    git(folder, "branch", "main")
    expect(await said({ FOREMAN_RUNNER: agentIn(makeFolder()) })).toBe("")
  })

  it("warns at its start where its repository is a shallow clone, as a build's checkout is", async () => {
    const from = makeRepository()
    git(from, "commit", "--quiet", "--allow-empty", "--message", "Go on")
    const folder = realpathSync(makeFolder())
    git(folder, "clone", "--quiet", "--depth", "1", `file://${from}`, ".")
    git(folder, "checkout", "--quiet", "--detach")
    const said = async () => {
      const settings = { FOREMAN_LOG_LEVEL: "warn", FOREMAN_RUNNER: agentIn(makeFolder()) }
      const { child } = await start(folder, settings)
      child.kill("SIGTERM")
      return (await endOf(child)).err
    }
    const shallow = await said()
    expect(shallow).toMatch(`The repository ${folder} is a shallow clone, without its history, `)
    expect(shallow).toContain(`git -C '${folder}' fetch --unshallow brings it`)
    git(folder, "fetch", "--quiet", "--unshallow")
    expect(await said()).toBe("")
  })

  it("says with the project to make which branch it lands on, where that is not main", async () => {
    const folder = makeRepository("trunk/a'b")
    const web = await run(folder, ["project", "create", "--id", "web", "--name", "Web"])
    expect(web).toMatchObject({ code: 0, err: "" })
    const settings = { FOREMAN_RUNNER: agentIn(makeFolder()), FOREMAN_LOG_LEVEL: "warn" }
    const { child } = await start(folder, settings)
    const create = ["project", "create", "--id", "demo", "--name", "Demo", "--repo-root", folder]
    const made = await run(folder, [...create, "--default-branch", "trunk/a'b"])
    expect(made).toMatchObject({ code: 0, err: "" })
    await landsOn(folder, "trunk/a'b")
    child.kill("SIGTERM")
    expect(warningIn(await endOf(child))).toContain(
      `foreman ${create.slice(0, -1).join(" ")} '${folder}' --default-branch 'trunk/a'\\''b' makes it`
    )
  })

  it("says of a project that is there how its repository is registered with such a branch", async () => {
    const folder = makeRepository("trunk")
    const demo = ["project", "create", "--id", "demo", "--name", "Demo"]
    expect(await run(folder, demo)).toMatchObject({ code: 0, err: "" })
    const settings = { FOREMAN_RUNNER: agentIn(makeFolder()), FOREMAN_LOG_LEVEL: "warn" }
    const { child } = await start(folder, settings)
    const register = `repo register --name demo --local-path ${folder} --default-branch trunk`
    const update = `project update demo --repo-root ${folder}`
    for (const line of [register, update]) {
      expect(await run(folder, line.split(" ")), line).toMatchObject({ code: 0, err: "" })
    }
    await landsOn(folder, "trunk")
    child.kill("SIGTERM")
    expect(warningIn(await endOf(child))).toContain(
      "The project demo has no repository, so agents work in empty folders, and what they write is " +
        `not kept: foreman repo register --name demo --local-path '${folder}' --default-branch ` +
        `'trunk' && foreman project update demo --repo-root '${folder}' names one`
    )
  })

  it("names the top folder where it is started below that, and lands there once that is said", async () => {
    const top = makeRepository()
    const folder = join(top, "packages", "web")
    mkdirSync(folder, { recursive: true })
    const settings = { FOREMAN_RUNNER: agentIn(makeFolder()), FOREMAN_LOG_LEVEL: "warn" }
    const { child } = await start(folder, settings)
    const create = ["project", "create", "--id", "demo", "--name", "Demo", "--repo-root", top]
    expect(await run(folder, create)).toMatchObject({ code: 0, err: "" })
    expect(await run(folder, ["task", "create", "--title", "Write it"])).toMatchObject({ code: 0 })
    expect(await run(folder, until(1))).toMatchObject({ code: 0 })
    expect(git(top, "log", "--format=%s", "main")).toBe("Write it\nBegin\n")
    child.kill("SIGTERM")
    const { err } = await endOf(child)
    expect(err).toContain(`The folder ${folder} is a subfolder of the git repository ${top}, `)
    expect(err).toContain(`foreman ${create.slice(0, -1).join(" ")} '${top}'`)
  })
})

describe("an agent that is made by hand", { timeout: 60_000 }, () => {
  it("is said to work in empty folders where it is started and its team has no repository", async () => {
    const folder = realpathSync(makeFolder())
    await serve(folder)
    const command = [makeAgent(folder, "agent.sh", "cat >/dev/null")]
    const config = JSON.stringify({ runner: "command", command })
    const token = readFileSync(join(folder, ".foreman", "token"), "utf8").trim()
    const create = async (name: string, ...flags: ReadonlyArray<string>) => {
      const made = await run(folder, ["agent", "create", "--name", name, ...flags])
      expect(made).toMatchObject({ code: 0, out: expect.stringContaining(name) })
      return made.err
    }
    const engineer = ["--role", "engineer", "--config", config]
    expect(await create("ada", ...engineer)).toMatch(
      /^The team of ada has no repository, .* --local-path FOLDER gives it one, with an absolute FOLDER$/m
    )
    const flags = ["--db", ".foreman/foreman.db", "--runtime-root", ".foreman", "--token", token]
    const elsewhere = await create("abe", ...engineer, ...flags)
    expect(elsewhere).toContain(
      " with an absolute FOLDER and the same --token and the same --db and the same --runtime-root\n"
    )
    expect(elsewhere).not.toContain(token)
    expect(await create("bob", ...engineer, "--json")).toBe("")
    expect(await create("cyd", ...engineer, "--dry-run")).toBe("")
    expect(await create("dan", "--role", "engineer")).toBe("")
    const ofTeam = await create("eve", ...engineer, "--team", "local")
    const [, team = ""] = / --local-path FOLDER --team (\S+) gives it one,/.exec(ofTeam) ?? []
    const register = ["repo", "register", "--name", "web", "--local-path", folder, "--team", team]
    expect(await run(folder, register)).toMatchObject({ code: 0, err: "" })
    expect(await create("fay", ...engineer)).toBe("")
  })
})
