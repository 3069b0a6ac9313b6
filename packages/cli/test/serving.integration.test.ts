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
    child.kill("SIGTERM")
    expect((await endOf(child)).code).toBe(0)
    expect(existsSync(join(folder, ".foreman", "server.json"))).toBe(false)
  })
})
