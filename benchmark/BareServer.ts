/**
 * An MCP server on the official SDK that lists the tools it is given and answers every call with the
 * one answer that it is given: a server without anything behind it.
 *
 * The first argument is a file with both as JSON.
 *
 * @since 0.1.0
 */
import { readFileSync } from "node:fs"
import { type CallToolResult, Server, type Tool } from "@modelcontextprotocol/server"
import { serveStdio } from "@modelcontextprotocol/server/stdio"

// models ----------------------------------------------------------------------

/** What the server is given. */
export interface Given {
  readonly tools: ReadonlyArray<Tool>
  readonly answer: CallToolResult
}

// operations ------------------------------------------------------------------

// As: the benchmark has written the file.
const { answer, tools } = JSON.parse(readFileSync(process.argv[2] ?? "", "utf8")) as Given

serveStdio(() => {
  const server = new Server({ name: "bare", version: "1.0.0" }, { capabilities: { tools: {} } })
  server.setRequestHandler("tools/list", () => ({ tools: [...tools] }))
  server.setRequestHandler("tools/call", () => answer)
  return server
})
