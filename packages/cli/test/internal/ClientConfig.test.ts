import { describe, expect, it } from "vitest"
import * as ClientConfig from "../../src/internal/ClientConfig.ts"

const token = "fmn_agt_the_token"
const program = ["/opt/node", "/opt/a folder/foreman-mcp.js"] as const
const server = { place: { _tag: "Server", url: "http://127.0.0.1:9" }, token, program } as const
const started = { command: "/opt/node", args: [program[1], "--role", "manager"] }

const folder = (databasePath: string): ClientConfig.Reached => ({
  place: { _tag: "Folder", runtimeRoot: "/srv/.foreman", databasePath },
  token,
  program
})

describe("the configuration of a client", () => {
  it("starts the program with the server and the token, at the place where the client looks", () => {
    const env = { FOREMAN_API_URL: "http://127.0.0.1:9", FOREMAN_TOKEN: token }
    expect(JSON.parse(ClientConfig.textFor("openclaw", server))).toEqual({
      mcp: { servers: { foreman: { ...started, env, requestTimeoutMs: 30_000 } } }
    })
    expect(JSON.parse(ClientConfig.textFor("nanobot", server))).toEqual({
      tools: { mcpServers: { foreman: { ...started, env, toolTimeout: 30 } } }
    })
  })

  it("is TOML for ZeroClaw", () => {
    expect(ClientConfig.textFor("zeroclaw", server).split("\n")).toEqual([
      "[mcp]",
      "enabled = true",
      "",
      "[[mcp.servers]]",
      'name = "foreman"',
      'transport = "stdio"',
      'command = "/opt/node"',
      'args = ["/opt/a folder/foreman-mcp.js", "--role", "manager"]',
      "tool_timeout_secs = 30",
      "",
      "[mcp.servers.env]",
      'FOREMAN_API_URL = "http://127.0.0.1:9"',
      `FOREMAN_TOKEN = "${token}"`,
      ""
    ])
  })

  it("is the server's own MCP where the client speaks HTTP", () => {
    const headers = { Authorization: `Bearer ${token}` }
    expect(JSON.parse(ClientConfig.textFor("mcp", server))).toEqual({
      mcpServers: { foreman: { type: "http", url: "http://127.0.0.1:9/mcp", headers } }
    })
  })

  it("names the folder, and a store that lies elsewhere, where the client opens it", () => {
    const envOf = (path: string) =>
      JSON.parse(ClientConfig.textFor("mcp", folder(path))).mcpServers.foreman.env
    const usual = { FOREMAN_RUNTIME_ROOT: "/srv/.foreman", FOREMAN_TOKEN: token }
    expect(envOf("/srv/.foreman/foreman.db")).toEqual(usual)
    const other = { ...usual, FOREMAN_DB_PATH: "/data/other.db" }
    expect(envOf("/data/other.db")).toEqual(other)
  })
})
