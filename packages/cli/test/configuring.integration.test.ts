/**
 * What `foreman config --client` prints is used as it is: by a client that reads nothing else.
 */
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client"
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio"
import { readFileSync, readdirSync, statSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it, onTestFinished } from "vitest"
import { endOf, makeAgent, makeFolder, run, serve } from "./TestCli.ts"

interface Server {
  readonly command: string
  readonly args: ReadonlyArray<string>
  readonly env: Readonly<Record<string, string>>
}

const print = async (folder: string, args: ReadonlyArray<string>): Promise<string> => {
  const { code, err, out } = await run(folder, ["config", "--client", ...args])
  expect([code, err]).toEqual([0, ""])
  return out
}

/** Connects as the agent would, and says what tools and organizations it sees. */
const use = async (transport: StdioClientTransport | StreamableHTTPClientTransport) => {
  const client = new Client({ name: "agent", version: "1" })
  onTestFinished(() => client.close())
  await client.connect(transport)
  const { tools } = await client.listTools()
  const { structuredContent } = await client.callTool({ name: "list_orgs", arguments: {} })
  return { tools: tools.map(({ name }) => name), structuredContent }
}

const overStdio = ({ args, command, env }: Server) =>
  use(new StdioClientTransport({ command, args: [...args], env: { ...env } }))

describe("foreman config --client", { timeout: 60_000 }, () => {
  it("prints what a client reaches the server that runs with, as the agent alone", async () => {
    const folder = makeFolder()
    const agent = makeAgent(folder, "agent.sh", "cat >/dev/null; echo done")
    const { child, url } = await serve(folder, ["--runner", `command:${agent}`])
    const { headers, url: address } = JSON.parse(await print(folder, ["mcp"])).mcpServers.foreman
    expect(address).toBe(`${url}/mcp`)
    const root = join(folder, ".foreman")
    const token = readFileSync(join(root, "manager-token"), "utf8").trim()
    expect(headers).toEqual({ Authorization: `Bearer ${token}` })
    expect(token).not.toBe(readFileSync(join(root, "token"), "utf8").trim())
    expect(statSync(join(root, "manager-token")).mode & 0o777).toBe(0o600)
    const seen = { items: [{ slug: "local" }] }
    const http = await use(
      new StreamableHTTPClientTransport(new URL(address), { requestInit: { headers } })
    )
    expect(http.structuredContent).toMatchObject(seen)
    const stdio = await overStdio(
      JSON.parse(await print(folder, ["nanobot"])).tools.mcpServers.foreman
    )
    expect(stdio.structuredContent).toMatchObject(seen)
    expect(stdio.tools.toSorted()).toEqual(http.tools.toSorted())

    const commands = ["manager", "command", "--kind", "create_task", "--summary", "git push x"]
    const asked = await run(folder, [...commands, "--token", token])
    const [, approval = ""] = /approval_id=(\S+)/.exec(asked.out) ?? []
    const refused = await run(folder, ["approval", "approve", approval, "--token", token])
    expect(refused).toMatchObject({ code: 5, out: "" })
    expect(refused.err).toContain("A person decides this, never an agent")
    expect(await run(folder, ["approval", "approve", approval])).toMatchObject({ code: 0 })
    child.kill("SIGTERM")
    expect(await endOf(child)).toMatchObject({ code: 0, err: "" })
  })

  it("prints the store itself, as absolute paths, where no server is wished", async () => {
    const folder = makeFolder()
    const asked = await run(folder, ["config", "--client", "openclaw", "--embedded"])
    expect(asked).toMatchObject({ code: 0 })
    expect(asked.err).toContain(`There was no ${join(folder, ".foreman")}: it was made`)
    const server = JSON.parse(await print(folder, ["openclaw", "--embedded"])).mcp.servers.foreman
    expect(server.env).toMatchObject({ FOREMAN_RUNTIME_ROOT: join(folder, ".foreman") })
    const { structuredContent } = await overStdio(server)
    expect(structuredContent).toMatchObject({ items: [{ slug: "local" }] })
    // Its token is as good where the command line opens the store.
    const token = server.env.FOREMAN_TOKEN
    const denied = await run(folder, [
      "org",
      "create",
      "--name",
      "A",
      "--slug",
      "a",
      "--token",
      token
    ])
    expect(denied).toMatchObject({ code: 5, out: "" })
  })

  it("prints nothing that would not be right", async () => {
    const folder = makeFolder()
    for (const args of [
      ["--client", "mpc"],
      ["--embedded"],
      ["--client", "mcp", "--url", "http://192.0.2.1:8080"],
      ["--client", "mcp", "--http-addr", "127.0.0.1:0"],
      ["--client", "mcp", "--embedded", "--db", "postgres://me:secret@localhost/f"]
    ]) {
      const { code, err, out } = await run(folder, ["config", ...args])
      expect([args, code, out]).toEqual([args, 2, ""])
      expect(err).not.toContain("secret")
    }
    expect(readdirSync(folder)).toEqual([])
    const elsewhere = ["config", "--client", "mcp", "--http-addr", "0.0.0.0:8123", "--json"]
    const { configuration, made } = JSON.parse((await run(folder, elsewhere)).out)
    expect(made).toBe(join(folder, ".foreman"))
    expect(JSON.parse(configuration).mcpServers.foreman.url).toBe("http://127.0.0.1:8123/mcp")
  })
})
