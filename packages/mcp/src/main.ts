/**
 * The program `foreman-mcp`: Foreman's tools for one MCP client, on stdin and stdout.
 *
 * Without the URL of a server it opens the store itself, the same that servers use; it then starts no
 * agents and lands no commits. With one it passes every call on. Stdout carries the protocol and
 * nothing else. What listing tools does not need is loaded at the first call.
 *
 * @since 0.1.0
 */
import type { CallToolResult } from "@modelcontextprotocol/server"
import { serveStdio } from "@modelcontextprotocol/server/stdio"
import { Console } from "node:console"
import { readFileSync } from "node:fs"
import process from "node:process"
import * as Elicitation from "./Elicitation.ts"
import * as Backend from "./internal/Backend.ts"
import * as McpSettings from "./internal/McpSettings.ts"
import * as StdioTransport from "./internal/StdioTransport.ts"
import * as McpServer from "./McpServer.ts"
import { narrow, type RoleTools } from "./ToolRole.ts"

// services --------------------------------------------------------------------

const main = async (): Promise<void> => {
  const wish = McpSettings.read({
    arguments: process.argv.slice(2),
    environment: process.env,
    workingFolder: process.cwd()
  })
  switch (wish._tag) {
    case "Serve":
      return serve(wish.settings)
    case "Print":
      process.stdout.write(wish.text === "help" ? McpSettings.help : `${version()}\n`)
      return
    case "Refuse":
      process.stderr.write(`foreman-mcp: ${wish.problem}\n`)
      process.exitCode = 2
  }
}

/** Serves one client until it ends its stream or this process is told to end. */
const serve = async (settings: McpSettings.McpSettings): Promise<void> => {
  // Whatever prints, here or in what is loaded, must not print into the protocol.
  globalThis.console = new Console(process.stderr, process.stderr)
  const tools = await toolsOf(settings)
  const backend = Backend.lazy({ open: () => open(settings), failed: unopened(settings) })
  const transport = StdioTransport.make({ input: process.stdin, output: process.stdout })
  // Whoever listed the tools and is still there is about to call them. What does not load says so
  // at the call.
  const onList = () => {
    setTimeout(() => void load(settings).catch(() => undefined), loadMillis).unref()
  }
  // An agent speaks for nobody. Whether another token is a person's own is found out at the answer.
  const isAgent = /^fmn_(run|agt)_/.test(settings.token ?? "")
  const person = isAgent ? undefined : { elicitation: Elicitation.make(), through: backend.through }
  const connection = serveStdio(
    () => McpServer.make({ tools, call: backend.call, version: version(), person, onList }),
    { transport, onerror: ({ message }) => console.error(`foreman-mcp: ${message}`) }
  )
  const stop = () => void connection.close()
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, stop)
  // Where another process started this one with a channel, it lives no longer than that process.
  process.once("disconnect", stop)
  process.channel?.unref()
  await transport.closed
  setTimeout(() => process.exit(), endMillis).unref()
  await backend.close()
  process.exit()
}

const open = async (settings: McpSettings.McpSettings): Promise<Backend.Backend> =>
  (await load(settings))()

/** Loads what the settings need and no more. Nothing is opened yet. */
const load = async (settings: McpSettings.McpSettings): Promise<() => Promise<Backend.Backend>> => {
  const { databasePath: filename, databaseUrl, url } = settings
  if (url !== undefined) {
    const Bridge = await import("./internal/Bridge.ts")
    return () => Bridge.open({ ...settings, url })
  }
  const Embedded = await import("./internal/Embedded.ts")
  if (databaseUrl !== undefined) {
    const { PostgresArtifacts, PostgresStore } = await import("@foreman/store-postgres")
    // A program of one client needs few connections, and there may be many of it.
    const config = { url: databaseUrl, connections: 3 }
    const store = PostgresStore.layer(config)
    const artifacts = PostgresArtifacts.layer({ ...config, connections: 1 })
    return () => Embedded.open({ ...settings, store, artifacts })
  }
  const { SqliteStore } = await import("@foreman/store-sqlite")
  return () => Embedded.open({ ...settings, store: SqliteStore.layer({ filename }) })
}

// internal --------------------------------------------------------------------

/** How long after the tools were listed the rest is loaded: who only looked is gone by then. */
const loadMillis = 1000

/** How long ending may take after the connection is closed. */
const endMillis = 500

/** The tools of the generated list. A package without it derives them, which takes longer. */
const toolsOf = async ({ role }: McpSettings.McpSettings) =>
  narrow(readJson<RoleTools>("../tools.json") ?? (await import("./ToolList.ts")).toolList(), role)

const version = (): string => readJson<{ version: string }>("../package.json")?.version ?? "unknown"

/** Reads one of the package's own files, if it is there. */
const readJson = <A>(path: string): A | undefined => {
  try {
    const content: A = JSON.parse(readFileSync(new URL(path, import.meta.url), "utf8"))
    return content
  } catch {
    return undefined
  }
}

const unopened =
  ({ databasePath, databaseUrl, url }: McpSettings.McpSettings) =>
  (cause: unknown): CallToolResult => {
    // The address of a database may hold a password.
    const place = url ?? (databaseUrl === undefined ? databasePath : "DATABASE_URL")
    const detail = `${place} does not open: ${cause instanceof Error ? cause.message : String(cause)}`
    console.error(`foreman-mcp: ${detail}`)
    const refusal = { code: "StoreUnavailable", detail, retryable: true }
    return { isError: true, content: [{ type: "text", text: JSON.stringify(refusal) }] }
  }

await main()
