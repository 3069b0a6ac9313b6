import { once } from "node:events"
import { createServer } from "node:http"
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it, onTestFinished } from "vitest"
import { endOf, makeAgent, makeFolder, readyUrl, run, serve, start } from "./TestCli.ts"

describe("watching", { timeout: 120_000 }, () => {
  it("watches what happens, until it is as it was waited for", async () => {
    const folder = makeFolder()
    const { out } = await run(folder, ["task", "create", "--title", "x"])
    const id = /\d+/.exec(out)?.[0] ?? ""
    const words = [
      "watch",
      "task",
      "show",
      id,
      "--until",
      "status=cancelled",
      "--for",
      "30",
      "--json"
    ]
    const watching = start(folder, words)
    const first = new Promise((done) => {
      watching.stdout?.once("data", done)
    })
    const ended = endOf(watching)
    await first
    await run(folder, ["task", "cancel", id])
    const { code, out: seen } = await ended
    expect(code).toBe(0)
    expect(seen).toContain('"status": "todo"')
    expect(seen).toContain('"status": "cancelled"')
    const events = await run(folder, [
      "watch",
      "--after",
      "0",
      "--type",
      "task.created",
      "--count",
      "1"
    ])
    expect(events.out.split("\t").slice(1, 3)).toEqual(["task.created", `task:${id}`])
    const late = await run(folder, [
      "watch",
      "task",
      "show",
      id,
      "--until",
      "status=done",
      "--for",
      "1"
    ])
    expect(late).toMatchObject({ code: 7 })
  })

  it("ends once it is answered, and in its time whatever it waits for", async () => {
    const folder = makeFolder()
    const { child } = await serve(folder, ["--dispatch", "off"])
    const { out } = await run(folder, ["task", "create", "--title", "x"])
    const id = /\d+/.exec(out)?.[0] ?? ""
    await run(folder, ["task", "cancel", id])
    const until = ["watch", "task", "show", id, "--until", "status=cancelled"]
    for (let time = 0; time < 3; time++) {
      expect(await run(folder, until)).toMatchObject({ code: 0, err: "" })
    }
    child.kill("SIGTERM")
    await endOf(child)
    // The store itself is not closed under the feed's hands.
    expect(await run(folder, until)).toMatchObject({ code: 0, err: "" })
    // A server that takes what is asked and answers nothing.
    const silent = createServer(() => undefined).listen(0, "127.0.0.1")
    onTestFinished(() => {
      silent.close()
      silent.closeAllConnections()
    })
    await once(silent, "listening")
    const address = silent.address()
    const port = typeof address === "object" ? address?.port : undefined
    const asked = [...until, "--for", "1", "--url", `http://127.0.0.1:${port}`]
    const begun = performance.now()
    expect(await run(folder, asked)).toMatchObject({ code: 7, out: "" })
    expect(performance.now() - begun).toBeLessThan(20_000)
  })

  it("says that nothing answers where no server is", async () => {
    const folder = makeFolder()
    const nobody = createServer().listen(0, "127.0.0.1")
    await once(nobody, "listening")
    const address = nobody.address()
    const url = `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`
    nobody.close()
    await once(nobody, "close")
    const watched = await run(folder, ["watch", "--after", "0", "--url", url, "--for", "30"])
    expect(watched).toMatchObject({ code: 4, out: "" })
    expect(watched.err).toContain(`${url} does not answer`)
  })

  it("waits for a server that goes away and comes back", async () => {
    const folder = makeFolder()
    const { child, url } = await serve(folder, ["--dispatch", "off"])
    await run(folder, ["task", "create", "--title", "x"])
    const types = ["--type", "task.created", "--count", "2"]
    const watching = start(folder, ["watch", "--after", "0", "--url", url, ...types])
    const first = new Promise((done) => {
      watching.stdout?.once("data", done)
    })
    const ended = endOf(watching)
    await first
    child.kill("SIGTERM")
    await endOf(child)
    const again = ["--dispatch", "off", "--http-addr", new URL(url).host]
    const next = start(folder, ["serve", "--log-level", "error", ...again])
    await readyUrl(next)
    await run(folder, ["task", "create", "--title", "y"])
    expect(await ended).toMatchObject({ code: 0, err: "" })
    next.kill("SIGTERM")
    await endOf(next)
  })

  it("ends when it is told to, and says by what", async () => {
    const folder = makeFolder()
    await run(folder, ["task", "create", "--title", "x"])
    const watching = start(folder, ["watch", "--after", "0"])
    const first = new Promise((done) => {
      watching.stdout?.once("data", done)
    })
    const ended = endOf(watching)
    await first
    watching.kill("SIGINT")
    expect(await ended).toMatchObject({ code: 130, err: "" })
  })

  it("shows all that a run wrote", async () => {
    const folder = makeFolder()
    const line = "x".repeat(99)
    const agent = makeAgent(folder, "agent.sh", `cat >/dev/null; yes '${line}' | head -15000`)
    const { child } = await serve(folder, ["--runner", `command:${agent}`])
    const { out } = await run(folder, ["task", "create", "--title", "talk"])
    const id = /\d+/.exec(out)?.[0] ?? ""
    const until = ["--until", "status=done", "--for", "40"]
    expect(await run(folder, ["watch", "task", "show", id, ...until])).toMatchObject({ code: 0 })
    const [row = ""] = (await run(folder, ["run", "list", id])).out.split("\n")
    const written = await run(folder, ["run", "output", row.split("\t")[0] ?? ""])
    expect(written).toMatchObject({ code: 0, err: "" })
    expect(written.out.length).toBe(15_000 * (line.length + 1))
    const [found = ""] = (await run(folder, ["artifact", "list", id, "--all"])).out.split("\n")
    const [artifact = ""] = found.split("\t")
    const save = ["artifact", "save", artifact]
    const piped = await run(folder, save)
    expect(piped).toMatchObject({ code: 0, err: "" })
    child.kill("SIGTERM")
    await endOf(child)
    // The same bytes from the store itself.
    expect(await run(folder, [...save, "kept.log"])).toMatchObject({
      code: 0,
      out: `kept.log: ${piped.out.length} bytes\n`
    })
    expect(readFileSync(join(folder, "kept.log"), "utf8")).toBe(piped.out)
    expect(await run(folder, [...save, "kept.log"])).toMatchObject({ code: 2 })
    const none = ["artifact", "save", "01a1fd7a-e0c6-72ea-a695-af0cab939419", "none.log"]
    expect(await run(folder, none)).toMatchObject({ code: 3 })
    expect(existsSync(join(folder, "none.log"))).toBe(false)
  })
})
