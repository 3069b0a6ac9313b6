import { readFileSync } from "node:fs"
import { join } from "node:path"
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client"
import { describe, expect, it } from "vitest"
import * as Collector from "./Collector.ts"
import { endOf, launch, makeAgent, makeFolder, start } from "./TestServer.ts"

/** Whatever is planted somewhere. Nothing of it may be seen outside of the tasks themselves. */
const planted = {
  apiKey: "plain-words-that-are-the-api-key",
  bearer: "wrong-bearer-of-somebody",
  collector: "header-of-the-collector",
  content: "the message says hunter2-in-content",
  description: "deploy with sk-live-0123456789abcdefABCDEF",
  password: "password-of-ann-in-the-url",
  query: "query-of-the-caller",
  said: "what-the-agent-writes"
}

const parent = { trace: "0af7651916cd43dd8448eb211c80319c", span: "b7ad6b7169203331" }

type Answer = { readonly status: number; readonly headers: Headers; readonly body: string }

const caller = (url: string, token: string) => {
  const refused: Array<string> = []
  const ask = async (
    method: string,
    path: string,
    body?: unknown,
    headers: Readonly<Record<string, string>> = {}
  ): Promise<Answer> => {
    const response = await fetch(`${url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...headers
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) })
    })
    const text = await response.text()
    if (!response.ok) refused.push(text)
    return { status: response.status, headers: response.headers, body: text }
  }
  return { ask, refused }
}

/** Goes everywhere with what is planted: REST, MCP, a run, and all kinds of refusals. */
const visit = async (folder: string, collector: string) => {
  const server = await start(folder, {
    FOREMAN_LOG_LEVEL: "debug",
    OTEL_EXPORTER_OTLP_ENDPOINT: collector,
    OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
    OTEL_EXPORTER_OTLP_HEADERS: `x-collector=${planted.collector}`
  })
  const { child, foreman, token, url } = server
  const log = { text: "" }
  child.stderr?.on("data", (bytes) => (log.text += String(bytes)))
  const { ask, refused } = caller(url, token)
  const { id: orgId } = await foreman.createOrganization({ name: "Acme", slug: "acme" })
  const { id: teamId } = await foreman.createTeam({ orgId, name: "Web", slug: "web" })
  const agent = makeAgent(
    folder,
    "agent.sh",
    `cat > /dev/null; echo "$FOREMAN_RUN_TOKEN" > ${folder}/run-token; echo ${planted.said} >&2; exit 3`
  )
  const config = { runner: "command", command: [agent], api_key: planted.apiKey }
  const { id: agentId } = await foreman.createAgent({ teamId, name: "ada", config })
  const created = await ask(
    "POST",
    `/api/v1/teams/${teamId}/tasks?x=${planted.query}`,
    { title: "One", description: planted.description },
    {
      "x-request-id": "req-1",
      "x-correlation-id": "corr-1",
      traceparent: `00-${parent.trace}-${parent.span}-01`
    }
  )
  const taskId = idOf(JSON.parse(created.body))
  const failed = async (task: number) => {
    const runs = async () => (await ask("GET", `/api/v1/tasks/${task}/runs`)).body
    await expect.poll(runs, { timeout: 20_000 }).toContain('"failed"')
  }
  await failed(taskId)
  await ask("POST", `/api/v1/teams/${teamId}/messages`, {
    sender_id: agentId,
    sender_type: "agent",
    recipient_id: agentId,
    recipient_type: "agent",
    content: planted.content
  })
  const local_path = `https://ann:${planted.password}@127.0.0.1:1/x.git`
  await ask("POST", `/api/v1/teams/${teamId}/repos`, { name: "r", local_path })
  await ask("POST", `/api/v1/teams/${teamId}/agents`, {
    name: "bob",
    role: planted.description,
    config: { api_key: planted.apiKey }
  })
  await ask("POST", `/api/v1/tasks/${taskId}/status`, { status: "done" })
  await ask("GET", `/api/v1/tasks/${planted.query}`)
  await ask("GET", `/${planted.query}`)
  await ask("GET", "/api/v1/orgs", undefined, { authorization: `Bearer ${planted.bearer}` })
  const mcp = new Client({ name: "test", version: "0" }, { versionNegotiation: { mode: "auto" } })
  const headers = { authorization: `Bearer ${token}`, "x-request-id": "req-2" }
  await mcp.connect(
    new StreamableHTTPClientTransport(new URL(`${url}/mcp`), { requestInit: { headers } })
  )
  const args = { team_id: teamId, title: "Two", description: planted.description }
  const made = await mcp.callTool({ name: "create_task", arguments: args })
  const second = idOf(made.structuredContent)
  const wrong = { ...args, priority: planted.description, title: "" }
  refused.push(JSON.stringify(await mcp.callTool({ name: "create_task", arguments: wrong })))
  await failed(second)
  await mcp.close()
  const metrics = await ask("GET", "/metrics")
  const events = (await ask("GET", `/api/v1/tasks/${taskId}/events`)).body
  child.kill("SIGTERM")
  expect(await endOf(child)).toMatchObject({ code: 0 })
  const runToken = readFileSync(join(folder, "run-token"), "utf8").trim()
  return { ...server, created, events, log, metrics, refused, runToken, taskId }
}

const idOf = (task: unknown): number =>
  typeof task === "object" && task !== null && "id" in task ? Number(task.id) : Number.NaN

const linesOf = (text: string): ReadonlyArray<Readonly<Record<string, unknown>>> =>
  text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line))

/** One visit is enough to look at from all sides. */
let visited: Promise<Awaited<ReturnType<typeof visitAll>>> | undefined

const visitAll = async () => {
  const collector = await Collector.start()
  const seen = await visit(makeFolder(), collector.url)
  collector.close()
  return { collector, seen }
}

const look = () => (visited ??= visitAll())

describe("what is seen of a server", { timeout: 60_000 }, () => {
  it("says everything about who did what, and no secret", async () => {
    const { collector, seen } = await look()
    const lines = linesOf(seen.log.text)

    const secrets = [...Object.values(planted), seen.token, seen.runToken]
    expect(seen.runToken).toMatch(/^fmn_run_/)
    const places = {
      log: seen.log.text,
      metrics: seen.metrics.body,
      traces: collector.text(),
      refusals: seen.refused.join("\n")
    }
    for (const [place, text] of Object.entries(places)) {
      expect(text.length, place).toBeGreaterThan(100)
      // A caller learns what stood in the path that is no id; nobody else does.
      const told = secrets.filter((secret) => place !== "refusals" || secret !== planted.query)
      for (const secret of told) expect(text.includes(secret), `${secret} in ${place}`).toBe(false)
    }

    expect(seen.created.headers.get("x-request-id")).toBe("req-1")
    expect(lines).toContainEqual(
      expect.objectContaining({
        level: "debug",
        message: "create_task ok",
        request_id: "req-1",
        correlation_id: "corr-1",
        operation: "create_task",
        actor_type: "operator",
        actor_id: "operator",
        outcome: "ok"
      })
    )
    expect(lines).toContainEqual(
      expect.objectContaining({ message: "create_task ok", request_id: "req-2" })
    )
    expect(lines).toContainEqual(
      expect.objectContaining({
        message: "POST /api/v1/teams/:team_id/tasks 201",
        request_id: "req-1"
      })
    )
    expect(lines).toContainEqual(
      expect.objectContaining({ operation: "dispatch", task_id: seen.taskId, outcome: "ok" })
    )
    const ofRuns = lines.filter((line) => line["run_id"] !== undefined)
    expect(ofRuns.every((line) => typeof line["organization_id"] === "string")).toBe(true)
    expect(lines.every((line) => line["level"] !== "error")).toBe(true)
    expect(seen.events).toContain('"correlation_id":"corr-1"')
  })

  it("counts by operation, route and outcome, with no id in any label", async () => {
    const { metrics } = (await look()).seen
    expect(metrics.headers.get("content-type")).toMatch(/^text\/plain; version=0.0.4/)
    const { body } = metrics
    for (const line of [
      'foreman_commands_total{operation="create_task",outcome="ok"} 2',
      'foreman_commands_total{operation="change_task_status",outcome="conflict"} 1',
      'foreman_http_requests_total{method="POST",route="/api/v1/teams/:team_id/tasks",status="201"} 1',
      'foreman_http_requests_total{method="GET",route="none",status="404"} 1',
      'foreman_http_requests_total{method="GET",route="/api/v1/orgs",status="401"} 1',
      'foreman_runs{state="starting"} 0',
      'foreman_runs{state="running"} 0'
    ]) {
      expect(body).toContain(line)
    }
    expect(body).toMatch(/foreman_runs_ended_total\{outcome="failed"\} [12]\n/)
    for (const name of [
      "foreman_command_duration_seconds_bucket",
      "foreman_query_duration_seconds_count",
      "foreman_commit_group_size_count",
      "foreman_dispatch_latency_seconds_count",
      "process_resident_memory_bytes",
      "process_uptime_seconds",
      "nodejs_eventloop_delay_seconds"
    ]) {
      expect(body).toContain(name)
    }
    const labels = [...body.matchAll(/(\w+)="([^"]*)"/g)].map(([, , value]) => value ?? "")
    expect(labels.filter((value) => /[0-9a-f]{8}-|^\d{4,}$/.test(value))).toStrictEqual([])
  })

  it("is a trace that goes on from the caller's to the commit", async () => {
    const spans = (await look()).collector.spans()
    const of = (traceId: string, name: string) =>
      spans.find((span) => span.traceId === traceId && span.name === name)
    const request = of(parent.trace, "POST /api/v1/teams/:team_id/tasks")
    const operation = of(parent.trace, "create_task")
    const transact = of(parent.trace, "transact")
    const commit = of(parent.trace, "commit")
    expect(request?.parentSpanId).toBe(parent.span)
    expect(operation?.parentSpanId).toBe(request?.spanId)
    expect(transact?.parentSpanId).toBe(operation?.spanId)
    expect(commit?.parentSpanId).toBe(transact?.spanId)

    const overMcp = spans.find(
      ({ name, traceId }) => name === "create_task" && traceId !== parent.trace
    )
    const mount = spans.find(({ spanId }) => spanId === overMcp?.parentSpanId)
    expect(mount?.name).toBe("POST /mcp")
    const run = spans.find(({ name }) => name === "run")
    const dispatched = spans.filter(({ parentSpanId }) => parentSpanId === run?.spanId)
    expect(dispatched.map(({ name }) => name)).toContain("dispatch")
  })

  it("is refused where the endpoint of traces is no URL, without repeating it", async () => {
    const environment = { OTEL_EXPORTER_OTLP_ENDPOINT: `ann:${planted.password}@` }
    const { code, stderr } = await endOf(launch(makeFolder(), environment))
    expect(code).toBe(2)
    expect(stderr).toBe("OTEL_EXPORTER_OTLP_ENDPOINT should be an http or https URL\n")
  })
})
