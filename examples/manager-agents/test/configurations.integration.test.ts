/**
 * The configuration files of manager agents: each is read as its agent reads it, and what it names is
 * started, or asked, against a real server. Only the address and the folder are other ones.
 */
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { ArtifactStoreMemory, DriverMemory, Foreman, Settings } from "@foreman/core"
import { OpenClawNotifier } from "@foreman/gateway-openclaw"
import { HttpServer, LocalToken } from "@foreman/http"
import { McpHttp } from "@foreman/mcp"
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client"
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio"
import { Context, Effect, Exit, Layer, Logger, Result, Scope } from "effect"
import { execFile } from "node:child_process"
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"

const home = await mkdtemp(join(tmpdir(), "foreman-manager-agents-"))
const root = join(home, ".foreman")
const scope = Scope.makeUnsafe()
let url: string
let token: string

beforeAll(async () => {
  await mkdir(root)
  const operatorToken = await Effect.runPromise(LocalToken.ensure(root))
  token = await Effect.runPromise(LocalToken.ensureManager(root))
  const access = { mode: "token", operatorToken, managerToken: token } as const
  const foreman = Foreman.layer(access).pipe(
    Layer.provide([DriverMemory.layer, ArtifactStoreMemory.layer])
  )
  const server = Layer.unwrap(
    Effect.map(McpHttp.make(), (mcp) => HttpServer.layer({ address: { port: 0 }, mounts: [mcp] }))
  ).pipe(Layer.provide(Layer.merge(foreman, Logger.layer([]))))
  const context = await Effect.runPromise(Layer.buildWithScope(server, scope))
  url = Context.get(context, HttpServer.HttpServer).url
  // What an installation puts on the path.
  const source = join(import.meta.dirname, "../../../packages/cli/src/main.ts")
  const command = `exec "${process.execPath}" --conditions=@foreman/source "${source}" "$@"`
  await mkdir(join(home, "bin"))
  await writeFile(join(home, "bin/foreman"), `#!/bin/sh\n${command}\n`)
  await chmod(join(home, "bin/foreman"), 0o755)
})

afterAll(async () => {
  await Effect.runPromise(Scope.close(scope, Exit.void))
  await rm(home, { recursive: true, force: true })
})

const read = (name: string) => readFile(join(import.meta.dirname, "..", name), "utf8")

/** One server as all of them write it, whatever the names of their keys. */
interface Wanted {
  readonly command?: string
  readonly args?: ReadonlyArray<string>
  readonly env?: Readonly<Record<string, string>>
  readonly url?: string
  readonly headers?: Readonly<Record<string, string>>
}

/** What the file says, at the place and with the token of this test. */
const here = (text: string): string =>
  text
    .replaceAll("http://127.0.0.1:8080", url)
    .replaceAll(/fmn_agt_\.\.\.|\$\{FOREMAN_TOKEN\}/g, token)
    .replaceAll("$(cat /srv/foreman/.foreman/manager-token)", token)

const transportOf = ({ args = [], command, env, headers, url: address }: Wanted) => {
  if (address !== undefined) {
    const requestInit = { headers: { ...headers } }
    return new StreamableHTTPClientTransport(new URL(address), { requestInit })
  }
  assert(command !== undefined)
  const path = `${join(home, "bin")}:/usr/bin:/bin`
  const environment = { HOME: home, PATH: path, ...env }
  return new StdioClientTransport({ command, args: [...args], env: environment, cwd: home })
}

/** Who has the token of a configuration plans in the local team, and decides nothing. */
const isAnAgents = async ({ env, headers }: Wanted) => {
  const shown = env?.["FOREMAN_TOKEN"] ?? headers?.["Authorization"]?.replace("Bearer ", "")
  const nobody = "00000000-0000-7000-8000-000000000000"
  const response = await fetch(`${url}/api/v1/approvals/${nobody}/approve`, {
    method: "POST",
    headers: { authorization: `Bearer ${shown}` }
  })
  assert.strictEqual(response.status, 403)
  assert.include(await response.text(), "A person decides this")
}

/** Connects as the agent does, lists the tools and uses one. Answers their names. */
const toolsOf = async (wanted: Wanted): Promise<ReadonlyArray<Tool>> => {
  const client = new Client({ name: "manager-agent", version: "1" })
  await client.connect(transportOf(wanted))
  const { tools } = await client.listTools()
  const began = Date.now()
  const answer = await client.callTool({ name: "list_orgs", arguments: {} })
  assert.isBelow(Date.now() - began, 30_000)
  assert.deepNestedInclude(answer.structuredContent, { "items[0].slug": "local" })
  await isAnAgents(wanted)
  await client.close()
  return tools.map(({ annotations, name }) => ({
    name,
    isRead: annotations?.readOnlyHint === true
  }))
}

interface Tool {
  readonly name: string
  readonly isRead: boolean
}

/** What the command line prints for an agent that reaches the server of this test. */
const printed = (client: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const args = ["config", "--client", client, "--url", url, "--runtime-root", root]
    const env = { HOME: home, PATH: "/usr/bin:/bin" }
    execFile(join(home, "bin/foreman"), args, { cwd: home, env }, (error, stdout, stderr) => {
      if (error === null) resolve(stdout)
      else reject(new Error(stderr, { cause: error }))
    })
  })

/** A server's entry without the program that it starts, which lies elsewhere on every machine. */
const withoutProgram = ({ args = [], command, ...rest }: Wanted) => ({
  ...rest,
  isStarted: command !== undefined,
  flags: args.slice(1)
})

/** They put the name of the server before those of its tools. */
const fit = (tools: ReadonlyArray<Tool>, prefix: string) => {
  assert.isAbove(tools.length, 20)
  for (const { name } of tools) assert.isAtMost(`${prefix}${name}`.length, 64)
}

/** The part of TOML that is used here: tables, lists of tables, and values that are JSON too. */
const parseToml = (text: string) => {
  const whole: Record<string, unknown> = {}
  let table = whole
  for (const line of text.split("\n").map((one) => one.trim())) {
    if (line === "" || line.startsWith("#")) continue
    const [, list, single] = /^(?:\[\[(.+)\]\]|\[(.+)\])$/.exec(line) ?? []
    const path = (list ?? single)?.split(".")
    if (path === undefined) {
      const at = line.indexOf("=")
      table[line.slice(0, at).trim()] = JSON.parse(line.slice(at + 1))
      continue
    }
    const last = path.pop() ?? ""
    const parent = path.reduce<Record<string, unknown>>((node, key) => {
      const next = (node[key] ??= {})
      // As: only tables and lists of tables have names below them.
      return (Array.isArray(next) ? next.at(-1) : next) as Record<string, unknown>
    }, whole)
    table = {}
    if (list === undefined) parent[last] = table
    else parent[last] = [...((parent[last] ?? []) as ReadonlyArray<unknown>), table]
  }
  return whole
}

/** The words of a command in a shell script, without its comments. */
const wordsOf = (script: string): ReadonlyArray<string> => {
  const text = script.replaceAll(/^#.*$/gm, "").replaceAll("\\\n", " ")
  return [...text.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? "")
}

// oxlint-disable-next-line typescript/no-explicit-any -- a test looks into what it expects
const json = async (name: string): Promise<any> => JSON.parse(here(await read(name)))

describe("OpenClaw", () => {
  it("starts Foreman's program by its configuration, and has hooks that are told", async () => {
    const { hooks, mcp } = await json("openclaw.json")
    fit(await toolsOf(mcp.servers.foreman), "foreman__")
    const own = JSON.parse(await printed("openclaw")).mcp.servers.foreman
    assert.deepStrictEqual(withoutProgram(mcp.servers.foreman), withoutProgram(own))
    assert.isAtMost(mcp.servers.foreman.requestTimeoutMs, 30_000)
    const hook = `http://127.0.0.1:18789${hooks.path}/agent`
    assert.strictEqual(OpenClawNotifier.hookOf(hook), "agent")
    const settings = Settings.read({
      FOREMAN_OPENCLAW_URL: hook,
      FOREMAN_OPENCLAW_TOKEN: "the-value-of-hooks.token",
      FOREMAN_OPENCLAW_AGENT: hooks.allowedAgentIds[0]
    })
    assert.isTrue(Result.isSuccess(settings))
  })

  it("is given the server's address by a line in a shell", async () => {
    const words = wordsOf(here(await read("openclaw.sh")))
    assert.deepStrictEqual(words.slice(0, 4), ["openclaw", "mcp", "add", "foreman"])
    const after = (flag: string) => words[words.indexOf(flag) + 1] ?? ""
    assert.strictEqual(after("--transport"), "streamable-http")
    const [name = "", value = ""] = after("--header").split(": ")
    fit(await toolsOf({ url: after("--url"), headers: { [name]: value } }), "foreman__")
  })
})

describe("Nanobot", () => {
  it("starts Foreman's program by its configuration", async () => {
    const { foreman } = (await json("nanobot.json")).tools.mcpServers
    assert.strictEqual(foreman.toolTimeout, 30)
    const own = JSON.parse(await printed("nanobot")).tools.mcpServers.foreman
    assert.deepStrictEqual(withoutProgram(foreman), withoutProgram(own))
    fit(await toolsOf(foreman), "mcp_foreman_")
  })

  it("asks the server over HTTP, where its guard lets it", async () => {
    const { mcpServers, ssrfWhitelist } = (await json("nanobot-http.json")).tools
    fit(await toolsOf(mcpServers.foreman), "mcp_foreman_")
    const { hostname } = new URL(mcpServers.foreman.url)
    assert.include(ssrfWhitelist, `${hostname}/32`)
  })
})

interface ZeroClaw {
  readonly autonomy: { readonly auto_approve: ReadonlyArray<string> }
  readonly mcp: {
    readonly enabled: boolean
    readonly servers: ReadonlyArray<Wanted & { readonly name: string; readonly transport: string }>
  }
}

describe("ZeroClaw", () => {
  it("starts Foreman's program by its configuration, and approves what only reads", async () => {
    // As: that is what the file holds.
    const { autonomy, mcp } = parseToml(here(await read("zeroclaw.toml"))) as unknown as ZeroClaw
    assert.isTrue(mcp.enabled)
    const [server] = mcp.servers
    assert(server !== undefined)
    assert.deepInclude(server, { name: "foreman", transport: "stdio" })
    // As: that is what it prints, too.
    const [own] = (parseToml(await printed("zeroclaw")) as unknown as ZeroClaw).mcp.servers
    assert.deepStrictEqual(withoutProgram(server), withoutProgram(own ?? assert.fail()))
    const tools = await toolsOf(server)
    fit(tools, "foreman__")
    const reads = tools.filter(({ isRead }) => isRead).map(({ name }) => `foreman__${name}`)
    assert.isNotEmpty(autonomy.auto_approve)
    for (const name of autonomy.auto_approve) assert.include(reads, name)
  })
})
