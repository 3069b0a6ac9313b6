import { describe, expect, it } from "vitest"
import { makeFolder, run } from "./TestCli.ts"

const hello = {
  jsonrpc: "2.0",
  id: 1,
  method: "initialize",
  params: {
    protocolVersion: "2025-06-18",
    capabilities: {},
    clientInfo: { name: "test", version: "1" }
  }
}

describe("foreman mcp", () => {
  it.each([
    [["mcp"]],
    [["--json", "mcp"]],
    [["--no-color", "--json", "mcp", "--role", "engineer"]]
  ])("speaks the protocol as %j", async (args) => {
    const { code, err, out } = await run(makeFolder(), args, {
      input: `${JSON.stringify(hello)}\n`
    })
    expect([code, err]).toEqual([0, ""])
    expect(JSON.parse(out)).toMatchObject({ id: 1, result: { serverInfo: { name: "foreman" } } })
  })

  it("says that it takes no setting before its name, in the form that was asked for", async () => {
    const sentence = "mcp takes no --db: its settings are in the environment"
    const said = await run(makeFolder(), ["--json", "--db", "x.db", "mcp"])
    expect([said.code, said.out]).toEqual([2, ""])
    expect(JSON.parse(said.err)).toEqual({ error: sentence, code: "Misused" })
    const told = await run(makeFolder(), ["--db", "x.db", "mcp"])
    expect(told).toMatchObject({ code: 2, out: "", err: expect.stringContaining(sentence) })
  })
})
