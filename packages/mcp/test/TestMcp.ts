/**
 * MCP servers of this package, seen by the clients of both lines of the SDK.
 */
import { DriverMemory } from "@foreman/core"
import { Client } from "@modelcontextprotocol/client"
import { Client as FirstLineClient } from "@modelcontextprotocol/sdk/client/index.js"
import { InMemoryTransport } from "@modelcontextprotocol/server"
import { onTestFinished } from "vitest"
import type { Backend } from "../src/internal/Backend.ts"
import * as Embedded from "../src/internal/Embedded.ts"
import * as McpServer from "../src/McpServer.ts"
import { toolList } from "../src/ToolList.ts"
import { narrow, type ToolRole } from "../src/ToolRole.ts"

/** Who the clients say they are. */
export const identity = { name: "test", version: "0.0.0" }

/** The clients of both lines. */
export const lines: ReadonlyArray<readonly [string, () => Client | FirstLineClient]> = [
  ["the second line of the SDK", () => new Client(identity)],
  ["the first line of the SDK", () => new FirstLineClient(identity)]
]

/** What came back of a call. */
export interface Answer {
  readonly isError: boolean
  readonly text: string
  /** The structured content, or for a refusal what its text says. */
  // oxlint-disable-next-line typescript/no-explicit-any -- what a tool answers differs by tool
  readonly data: any
  readonly hasData: boolean
}

/** Calls tools through a client that is connected. */
export const caller =
  (client: Client | FirstLineClient) =>
  async (name: string, input: object = {}, options?: { signal: AbortSignal }): Promise<Answer> => {
    const request = { name, arguments: { ...input } }
    const result =
      client instanceof Client
        ? await client.callTool(request, options)
        : await client.callTool(request, undefined, options)
    const [block, ...more] = Array.isArray(result.content) ? result.content : []
    if (block?.type !== "text" || more.length > 0) throw new Error("Not one block of text")
    const isError = result.isError === true
    const hasData = result.structuredContent !== undefined
    const data = isError ? JSON.parse(block.text) : result.structuredContent
    return { isError, text: block.text, data, hasData }
  }

/** A new Foreman in memory. */
export const memory = (): Promise<Backend> =>
  Embedded.open({
    store: DriverMemory.layer,
    token: undefined,
    tokenPath: "/dev/null",
    logLevel: "None"
  })

/** Connects a client to a server in memory, until the test is over. */
export const open = async (
  client: Client | FirstLineClient,
  { backend, role }: { readonly backend?: Backend; readonly role?: ToolRole } = {}
) => {
  const behind = backend ?? (await memory())
  const tools = narrow(toolList(), role)
  const server = McpServer.make({ tools, call: behind.call, version: "1.2.3" })
  const [here, there] = InMemoryTransport.createLinkedPair()
  await server.connect(there)
  // As: the lines of the SDK spell the same interface apart.
  await client.connect(here as never)
  onTestFinished(async () => {
    await client.close()
    await behind.close()
  })
  return { client, tools: (await client.listTools()).tools, call: caller(client) }
}
