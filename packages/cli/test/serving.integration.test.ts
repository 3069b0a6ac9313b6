import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { endOf, makeFolder, run, serve } from "./TestCli.ts"

describe("serving", { timeout: 120_000 }, () => {
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

  it("says what is wrong in sentences, and what was probably meant", async () => {
    const folder = makeFolder()
    // A folder in which no codex is.
    const environment = { PATH: folder, FOREMAN_RUNNER: "codex" }
    const codex = await run(folder, ["serve", "--http-addr", "127.0.0.1:0"], { environment })
    expect(codex).toMatchObject({ code: 2, out: "" })
    expect(codex.err).toContain("FOREMAN_RUNNER names codex, which is in no folder of PATH")
    const meant = await run(folder, ["explain", "3"])
    expect(meant).toMatchObject({ code: 2, out: "" })
    expect(meant.err).toContain("there is no command explain 3; did you mean explain task 3?")
    expect((await run(folder, ["task", "3"])).err).toContain("there is no command task 3\n")
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
