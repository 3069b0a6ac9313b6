/**
 * `get_task` over MCP stdio: Foreman on a SQLite file, beside a bare server of the same SDK that
 * answers a constant.
 *
 * @since 0.1.0
 */
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { createForeman } from "@foreman/core"
import { SqliteStore } from "@foreman/store-sqlite"
import { Client } from "@modelcontextprotocol/client"
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio"
import type { CallToolResult, Tool } from "@modelcontextprotocol/server"
import type { Given } from "./BareServer.ts"
import * as Disk from "./Disk.ts"
import * as Report from "./Report.ts"
import { compare, type Figures, quantile, type Variant } from "./Rounds.ts"

// models ----------------------------------------------------------------------

/** A program to start, and its arguments. */
interface Program {
  readonly name: string
  readonly flags: ReadonlyArray<string>
  readonly environment?: Readonly<Record<string, string>>
}

interface Connected {
  readonly client: Client
  readonly tools: ReadonlyArray<Tool>
  /** From the start of the process until its tools are here. */
  readonly milliseconds: number
}

// rules -----------------------------------------------------------------------

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))

const foremanOn = (database: string): Program => ({
  name: "foreman-mcp",
  flags: ["--conditions=@foreman/source", here("../packages/mcp/bin/foreman-mcp.js")],
  environment: { FOREMAN_DB_PATH: database }
})

const bareWith = (given: string): Program => ({
  name: "bare server of the SDK",
  flags: [here("./BareServer.ts"), given]
})

/** After so many calls a server is as fast as it gets. */
const warmUpCalls = 4000

// operations ------------------------------------------------------------------

/** Starts a server on this Node and asks for its tools, as every session does first. */
const connect = async ({ environment, flags }: Program): Promise<Connected> => {
  const start = performance.now()
  const client = new Client({ name: "benchmark", version: "1.0.0" })
  const env = { PATH: process.env["PATH"] ?? "", ...environment }
  await client.connect(
    new StdioClientTransport({ command: process.execPath, args: [...flags], env })
  )
  const { tools } = await client.listTools()
  return { client, tools, milliseconds: performance.now() - start }
}

const getTask = ({ client }: Connected): Promise<CallToolResult> =>
  client.callTool({ name: "get_task", arguments: { task_id: 1 } })

/** Calls one after the other, then many at once. */
const roundTrips = async (connected: Connected, count: number): Promise<Figures> => {
  const times: Array<number> = []
  for (let call = 0; call < count; call++) {
    const start = performance.now()
    await getTask(connected)
    times.push(performance.now() - start)
  }
  const start = performance.now()
  const caller = async () => {
    for (let call = 0; call < count / 10; call++) await getTask(connected)
  }
  await Promise.all(Array.from({ length: 10 }, caller))
  return {
    "p50 ms": quantile(times, 0.5),
    "p99 ms": quantile(times, 0.99),
    "calls/s, 10 open": (count / (performance.now() - start)) * 1000
  }
}

/** A store with one task, and what a server says of it. */
const prepare = async (folder: string): Promise<readonly [Program, Program]> => {
  const filename = join(folder, "foreman.db")
  const foreman = await createForeman({ store: SqliteStore.layer({ filename }) })
  const { id: orgId } = await foreman.createOrganization({ name: "Acme", slug: "acme" })
  const { id: teamId } = await foreman.createTeam({ orgId, name: "Web", slug: "web" })
  const description = "Log people in who have a capital letter in their address."
  await foreman.createTask({ teamId, title: "Fix login", description })
  await foreman.close()
  const program = foremanOn(filename)
  const connected = await connect(program)
  const given: Given = { tools: connected.tools, answer: await getTask(connected) }
  await connected.client.close()
  if (given.answer.isError === true) throw new Error(JSON.stringify(given.answer))
  writeFileSync(join(folder, "given.json"), JSON.stringify(given))
  return [bareWith(join(folder, "given.json")), program]
}

const main = async (folder: string, options: Report.Options): Promise<void> => {
  const { isShort, rounds } = options
  const programs = await prepare(folder)
  const opened = await Promise.all(programs.map(connect))
  // An agent's session is long, and a program that is young is compiled while it answers.
  for (const connected of opened) await roundTrips(connected, warmUpCalls)
  const calls = programs.map(({ name }, index): Variant => {
    const connected = opened[index]
    if (connected === undefined) throw new Error(`${name} is not started`)
    return { name, measure: () => roundTrips(connected, isShort ? 300 : 1000) }
  })
  const roundTrip = { name: "get_task", series: await compare(calls, rounds) }
  await Promise.all(opened.map(({ client }) => client.close()))
  const starts = programs.map((program): Variant => ({
    name: program.name,
    measure: async () => {
      const { client, milliseconds } = await connect(program)
      await client.close()
      return { ms: milliseconds }
    }
  }))
  const start = { name: "start to tools/list", series: await compare(starts, rounds) }
  Report.print(
    {
      title: "MCP over stdio: get_task",
      compares:
        "a call that reads a task from a SQLite file, checked and encoded, with a call that a\n" +
        "  low-level server of the SDK answers with the same bytes; the same client, the same list\n" +
        "  of tools, the same Node, both run from TypeScript and warm.",
      comparesNot: "commands, the bridge to a server, HTTP, other SDKs, or the client's own part.",
      fdatasync: Disk.fdatasync(folder),
      tables: [roundTrip, start],
      targets: [
        {
          table: "get_task",
          variant: "foreman-mcp",
          figure: "p50 ms",
          bound: "at most",
          ratio: 1.5
        },
        {
          table: "start to tools/list",
          variant: "foreman-mcp",
          figure: "ms",
          bound: "at most",
          ratio: 3
        }
      ]
    },
    options
  )
}

await Disk.withFolder((folder) => main(folder, Report.options()))
