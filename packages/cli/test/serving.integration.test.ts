import { existsSync, readFileSync, realpathSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { endOf, makeFolder, run, serve } from "./TestCli.ts"

describe("serving", { timeout: 120_000 }, () => {
  it("asks the server of its root wherever that keeps its store, unless another one is said", async () => {
    const folder = makeFolder()
    const create = (title: string, ...flags: ReadonlyArray<string>) =>
      run(folder, ["task", "create", "--title", title, ...flags])
    expect(await create("first", "--db", join(folder, "own.db"))).toMatchObject({ code: 0 })
    await serve(folder, ["--dispatch", "off", "--db", join(folder, "elsewhere.db")])
    expect(await create("for the server")).toMatchObject({ code: 0, err: "" })
    expect(existsSync(join(folder, ".foreman", "foreman.db"))).toBe(false)
    expect(await create("for a file", "--db", join(folder, "own.db"))).toMatchObject({ code: 0 })
    const { out } = await run(folder, ["task", "list"])
    expect(out).toContain("for the server")
    expect(out).not.toContain("for a file")
  })

  it("makes no store beside that of its server, and says where both would be", async () => {
    const folder = realpathSync(makeFolder())
    const { url } = await serve(folder, ["--dispatch", "off"])
    const [place, path] = [join(folder, ".foreman", "foreman.db"), join(folder, "new.db")]
    const words = `There is no store ${path}, and the server at ${url}, `
    const create = ["task", "create", "--title", "T"]
    const commands = [
      [[...create, "--db", "new.db", "--json"], 2],
      [[...create, "--db", "new.db", "--dry-run", "--json"], 3],
      [["task", "list", "--db", "new.db", "--json"], 3]
    ] as const
    for (const [command, code] of commands) {
      const refused = await run(folder, command)
      expect(refused, command.join(" ")).toMatchObject({ code, out: "" })
      const { error, ...facts } = JSON.parse(refused.err)
      expect(error).toContain(words)
      expect(error).toContain(`keeps its own in ${place}: leave out --db `)
      expect(facts).toMatchObject({ path, place, url })
    }
    for (const command of [["doctor"], ["export", "-"], ["rebuild"]]) {
      const refused = await run(folder, [...command, "--db", "new.db", "--json"])
      expect(refused, command.join(" ")).toMatchObject({ code: 3, out: "" })
      const { error, ...facts } = JSON.parse(refused.err)
      expect(error).toContain(`There is no store new.db, and the server at ${url}, `)
      expect(error).toContain(`keeps its own in ${place}: say it with --db`)
      expect(facts).toEqual({ code: "StoreNotFound", path: "new.db", place, url })
    }
    const environment = { FOREMAN_DB_PATH: path }
    expect((await run(folder, create, { environment })).err).toContain(words)
    expect(existsSync(path)).toBe(false)
    const apart = [...create, "--db", "new.db", "--runtime-root", "apart"]
    expect(await run(folder, apart)).toMatchObject({ code: 0, err: "" })
    expect(existsSync(path)).toBe(true)
  })

  it("tells no place where its server says none, as an older one does not", async () => {
    const folder = makeFolder()
    const { url } = await serve(folder, ["--dispatch", "off"])
    const path = join(folder, ".foreman", "server.json")
    const { place: _, ...content } = JSON.parse(readFileSync(path, "utf8"))
    writeFileSync(path, JSON.stringify({ ...content, store: "another" }))
    const commands = [
      [["task", "list", "--db", "new.db"], 3, "keeps its own in another place: "],
      [["doctor"], 2, "keeps its store in another place than the file there: "]
    ] as const
    for (const [command, code, words] of commands) {
      const refused = await run(folder, [...command, "--json"])
      expect(refused, command.join(" ")).toMatchObject({ code, out: "" })
      const told = JSON.parse(refused.err)
      expect(told).toMatchObject({ error: expect.stringContaining(words), url })
      expect(told).not.toHaveProperty("place")
    }
  })

  it("opens no file beside the store that its server keeps elsewhere", async () => {
    const folder = makeFolder()
    writeFileSync(join(folder, "x.jsonl"), "")
    const place = join(folder, "elsewhere.db")
    const { child } = await serve(folder, ["--dispatch", "off", "--db", place])
    const commands = [["doctor"], ["export", "-"], ["import", "x.jsonl"], ["rebuild"]]
    for (const refused of await Promise.all(commands.map((command) => run(folder, command)))) {
      expect(refused).toMatchObject({ code: 2, out: "" })
      expect(refused.err).toContain(`keeps its store in ${place}: say it with --db`)
    }
    expect(existsSync(join(folder, ".foreman", "foreman.db"))).toBe(false)
    expect(await run(folder, ["doctor", "--db", place])).toMatchObject({ code: 0 })
    child.kill("SIGTERM")
    expect((await endOf(child)).code).toBe(0)
    // Without a server, the file of the runtime root is meant again.
    expect((await run(folder, ["doctor"])).err).toContain("There is no store .foreman/foreman.db, ")
  })

  it("serves a runtime root once, and leaves the entry of who serves it", async () => {
    const folder = makeFolder()
    const { child, url } = await serve(folder, ["--dispatch", "off"])
    const second = await run(folder, ["serve", "--http-addr", "127.0.0.1:0", "--dispatch", "off"])
    expect(second).toMatchObject({ code: 2, out: "" })
    expect(second.err).toContain(`has a server already, at ${url}`)
    expect(readFileSync(join(folder, ".foreman", "server.json"), "utf8")).toContain(url)
    const { host } = new URL(url)
    const taken = await run(makeFolder(), ["serve", "--http-addr", host, "--dispatch", "off"])
    expect(taken).toMatchObject({ code: 2, out: "" })
    expect(taken.err).toContain("choose another port with --http-addr")
    child.kill("SIGTERM")
    expect((await endOf(child)).code).toBe(0)
    expect(existsSync(join(folder, ".foreman", "server.json"))).toBe(false)
  })

  it("knows its own token also where nobody needs one", async () => {
    const folder = makeFolder()
    const { child, url } = await serve(folder, [], { FOREMAN_AUTH: "open" })
    expect((await fetch(`${url}/api/v1/orgs`)).status).toBe(200)
    expect(await run(folder, ["task", "list"])).toMatchObject({ code: 0 })
    const strange = { headers: { authorization: "Bearer strange" } }
    expect((await fetch(`${url}/api/v1/orgs`, strange)).status).toBe(401)
    child.kill("SIGTERM")
    expect((await endOf(child)).code).toBe(0)
  })

  it("names what was typed where a setting cannot be used, be it a flag or not", async () => {
    const folder = makeFolder()
    const why = "the folder /proc/foreman, which cannot be used: /proc keeps no files\n"
    const place = "/proc/foreman/y.db"
    const refusals = [
      [["--db", place], {}, `--db is in ${why}`],
      [["--db-path", place], {}, `--db-path is in ${why}`],
      [[], { FOREMAN_DB_PATH: place }, `FOREMAN_DB_PATH is in ${why}`],
      [["--runtime-root", "/proc/foreman"], {}, `--runtime-root is ${why}`],
      [["--db", "postgres://f@127.0.0.1:1/f"], {}, "--db: PostgreSQL cannot be reached at "],
      [["--runner", "codex"], { PATH: folder }, "--runner names codex, which is in no folder of "]
    ] as const
    for (const [flags, environment, words] of refusals) {
      const { err, out } = await run(folder, ["serve", ...flags], { environment })
      expect(out).toBe("")
      expect(err.slice(0, words.length)).toBe(words)
    }
  })

  it("says what is wrong in sentences, and what was probably meant", async () => {
    const folder = makeFolder()
    // A folder in which no codex is.
    const environment = { PATH: folder, FOREMAN_RUNNER: "codex" }
    const codex = await run(folder, ["serve", "--http-addr", "127.0.0.1:0"], { environment })
    expect(codex).toMatchObject({ code: 2, out: "" })
    expect(codex.err).toContain("FOREMAN_RUNNER names codex, which is in no folder of PATH")
    const meant = await run(folder, ["explain", "3"])
    expect(meant).toMatchObject({ code: 2, out: "" })
    expect(meant.err).toContain(
      "there is no command explain 3; did you mean foreman explain task 3?"
    )
    const near = await run(folder, ["task", "lst"])
    expect(near.err).toContain("there is no command task lst; did you mean foreman task list?")
    const name = ["agent", "create", "--name", "ada", "--config"]
    const broken = await run(folder, [...name, "{bad"])
    expect(broken).toMatchObject({ code: 2, out: "" })
    expect(broken.err).toMatch(/--config is one JSON object, .* and \{bad is no JSON: \S/)
    const list = await run(folder, [...name, "[1]"])
    expect(list.err).toMatch(/--config is one JSON object, .* not \[1\]$/m)
    expect((await run(folder, ["task", "3"])).err).toContain("there is no command task 3\n")
    const after = await run(folder, ["--url", "http://127.0.0.1:1", "task", "lst"])
    expect(after.err).toContain("there is no command task lst; did you mean foreman task list?")
    const root = await run(folder, ["--runtime-root", "na", "nonsense"])
    expect(root.err).toContain("there is no command nonsense\n")
    const alone = await run(folder, ["--runtime-root", "na"])
    expect(alone).toMatchObject({ code: 2, err: expect.stringContaining("subcommand required") })
    const odd = await run(folder, ["task", "--odd", "value"])
    expect(odd.err).toContain("there is no flag --odd\n")
  })

  it("says what may be answered to a question of an agent", async () => {
    const folder = makeFolder()
    const { child } = await serve(folder, ["--dispatch", "off"])
    const made = await run(folder, ["agent", "create", "--name", "ada", "--role", "engineer"])
    expect(made).toMatchObject({ code: 0, err: "" })
    const ask = ["request", "ask", "--agent-id", "ada", "--kind", "approval"]
    const asked = await run(folder, [...ask, "--question", "Go on?"])
    expect(asked).toMatchObject({ code: 0, err: "" })
    const id = /\d+/.exec(asked.out)?.[0] ?? ""
    const answer = await run(folder, ["request", "respond", id, "--response", "maybe"])
    expect(answer).toMatchObject({ code: 2, out: "" })
    expect(answer.err).toContain(`request ${id} is answered with one of: approve, reject`)
    child.kill("SIGTERM")
    expect((await endOf(child)).code).toBe(0)
  })
})
