import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client"
import { Client as FirstLineClient } from "@modelcontextprotocol/sdk/client/index.js"
import * as FirstLineHttp from "@modelcontextprotocol/sdk/client/streamableHttp.js"
import { describe, expect, it, onTestFinished } from "vitest"
import { endOf, makeAgent, makeFolder, start } from "./TestServer.ts"

const identity = { name: "test", version: "0.0.0" }

/** Connects a client of each revision to a server, until the test is over. */
const connectAll = async (url: string, token: string) => {
  const address = new URL(`${url}/mcp`)
  const requestInit = { headers: { authorization: `Bearer ${token}` } }
  const newest = new Client(identity, { versionNegotiation: { mode: "auto" } })
  const older = new Client(identity)
  const first = new FirstLineClient(identity)
  onTestFinished(async () => {
    await Promise.allSettled([newest, older, first].map((client) => client.close()))
  })
  const options = { requestInit }
  await newest.connect(new StreamableHTTPClientTransport(address, options))
  await older.connect(new StreamableHTTPClientTransport(address, options))
  // As: the first line spells the same interface apart.
  await first.connect(new FirstLineHttp.StreamableHTTPClientTransport(address, options) as never)
  return { newest, older, first }
}

/** An agent that lists its tools and tries one that it has not, as a client of two revisions. */
const agent = `
const { FOREMAN_API_URL: url, FOREMAN_RUN_TOKEN: token, FOREMAN_TASK_ID: task } = process.env
const version = "2026-07-28"
const ask = async (method, params, headers = {}) => {
  const meta = {
    "io.modelcontextprotocol/protocolVersion": version,
    "io.modelcontextprotocol/clientInfo": { name: "agent", version: "1" },
    "io.modelcontextprotocol/clientCapabilities": {}
  }
  const response = await fetch(url + "/mcp", {
    method: "POST",
    headers: {
      authorization: "Bearer " + token,
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
      "mcp-protocol-version": version,
      "mcp-method": method,
      ...headers
    },
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params: { ...params, _meta: meta } })
  })
  return response.json()
}
const call = (name, input) =>
  ask("tools/call", { name, arguments: input }, { "mcp-name": name })
const { result } = await ask("tools/list", {})
const own = await call("get_task", { task_id: Number(task) })
const refused = await call("create_org", { name: "Mine", slug: "mine" })
console.log(JSON.stringify({
  tools: result.tools.map(({ name }) => name),
  title: own.result.structuredContent.title,
  refused: refused.error.message
}))
`

/** Calls `ask_human` as a client of 2026-07-28 that leaves the asking to its caller. */
const askHuman = async (
  { token, url }: Awaited<ReturnType<typeof start>>,
  input: object,
  more: object = {}
) => {
  const version = "2026-07-28"
  const _meta = {
    "io.modelcontextprotocol/protocolVersion": version,
    "io.modelcontextprotocol/clientInfo": identity,
    "io.modelcontextprotocol/clientCapabilities": { elicitation: { form: {} } }
  }
  const response = await fetch(`${url}/mcp`, {
    method: "POST",
    headers: {
      authorization: `Bearer ${token}`,
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
      "mcp-protocol-version": version,
      "mcp-method": "tools/call",
      "mcp-name": "ask_human"
    },
    body: JSON.stringify({
      jsonrpc: "2.0",
      id: 1,
      method: "tools/call",
      params: { name: "ask_human", arguments: input, ...more, _meta }
    })
  })
  return (await response.json()).result
}

describe("the server's /mcp", { timeout: 60_000 }, () => {
  it("answers each line of the SDK beside REST, and ends with it at a signal", async () => {
    const folder = makeFolder()
    const { child, foreman, token, url } = await start(folder)
    const { id: orgId } = await foreman.createOrganization({ name: "Acme", slug: "acme" })
    const { first, newest, older } = await connectAll(url, token)
    expect(newest.getNegotiatedProtocolVersion()).toBe("2026-07-28")
    for (const client of [newest, older, first]) {
      const { structuredContent } = await client.callTool({ name: "list_orgs", arguments: {} })
      expect(structuredContent).toMatchObject({ items: [{ id: orgId, slug: "acme" }] })
    }
    // The streams of the older clients are open, and one client waits for an answer.
    const input = { team_id: orgId, agent_id: orgId, kind: "question", question: "Well?" }
    await newest.callTool({ name: "ask_human", arguments: input })
    const asked = performance.now()
    child.kill("SIGTERM")
    expect(await endOf(child)).toMatchObject({ code: 0, stderr: "" })
    expect(performance.now() - asked).toBeLessThan(10_000)
  })

  it("gives a run its own tools, with its own token", async () => {
    const folder = makeFolder()
    const { foreman } = await start(folder)
    writeFileSync(join(folder, "agent.mjs"), agent)
    const command = makeAgent(folder, "agent.sh", `exec ${process.execPath} ${folder}/agent.mjs`)
    const { id: orgId } = await foreman.createOrganization({ name: "Acme", slug: "acme" })
    const { id: teamId } = await foreman.createTeam({ orgId, name: "Web", slug: "web" })
    const config = { runner: "command", command: [command] }
    await foreman.createAgent({ teamId, name: "ada", config })
    const { id: taskId } = await foreman.createTask({ teamId, title: "Look around" })
    const signal = AbortSignal.timeout(20_000)
    for await (const { data, type } of foreman.events({ after: "0", signal })) {
      if (/^run\.(succeeded|failed|lost)$/.test(type) && data["task_id"] === taskId) break
    }
    const [run] = (await foreman.listTaskRuns({ taskId })).items
    const { text } = await foreman.getTaskRunOutput({ runId: run?.id ?? "" })
    const said = JSON.parse(text.trim().split("\n").at(-1) ?? "")
    expect(said).toMatchObject({ title: "Look around", refused: "Unknown tool: create_org" })
    expect(said.tools).toContain("change_task_status")
    expect(said.tools).not.toContain("create_org")
  })

  it("takes an answer to a question that it asked before it was started anew", async () => {
    const folder = makeFolder()
    const first = await start(folder)
    const { id: orgId } = await first.foreman.createOrganization({ name: "Acme", slug: "acme" })
    const { id: teamId } = await first.foreman.createTeam({ orgId, name: "Web", slug: "web" })
    const { id: agentId } = await first.foreman.createAgent({ teamId, name: "ada" })
    const input = { team_id: teamId, agent_id: agentId, kind: "question", question: "Well?" }
    const ask = await askHuman(first, input)
    expect(ask).toMatchObject({ resultType: "input_required" })
    first.child.kill("SIGKILL")
    await endOf(first.child)
    const again = await start(folder)
    const { requestState } = ask
    const inputResponses = { answer: { action: "accept", content: { answer: "Yes" } } }
    const { structuredContent } = await askHuman(again, input, { requestState, inputResponses })
    expect(structuredContent).toMatchObject({
      id: 1,
      status: "resolved",
      response: "Yes",
      responded_by: "operator via test"
    })
  })

  it("keeps its tokens out of its log", async () => {
    const folder = makeFolder()
    const { child, token, url } = await start(folder, { FOREMAN_LOG_LEVEL: "trace" })
    const ended = endOf(child)
    const { newest } = await connectAll(url, token)
    await newest.callTool({ name: "ping", arguments: {} })
    const tokens = ["token", "manager-token"].map((name) =>
      readFileSync(join(folder, ".foreman", name), "utf8").trim()
    )
    const agents = await connectAll(url, tokens[1] ?? "")
    await agents.newest.callTool({ name: "list_orgs", arguments: {} })
    child.kill("SIGTERM")
    const { stderr } = await ended
    expect(stderr).toContain("POST /mcp 200")
    for (const secret of tokens) expect(stderr).not.toContain(secret)
  })
})
