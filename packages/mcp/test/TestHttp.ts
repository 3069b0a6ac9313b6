/**
 * Foreman's tools over HTTP, as a server offers them, and the clients that ask for them.
 */
import {
  type Actor,
  ArtifactStoreMemory,
  DriverMemory,
  Foreman,
  Identifier,
  type Refusal,
  type Wire
} from "@foreman/core"
import { HttpServer } from "@foreman/http"
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client"
import { Client as FirstLineClient } from "@modelcontextprotocol/sdk/client/index.js"
import * as FirstLineHttp from "@modelcontextprotocol/sdk/client/streamableHttp.js"
import { Context, Effect, Exit, Layer, Logger, Scope } from "effect"
import { onTestFinished } from "vitest"
import * as McpHttp from "../src/McpHttp.ts"
import { identity } from "./TestMcp.ts"

export const token = "fmn_opr_the_token_of_the_operator"
export const otherToken = "fmn_opr_another_token_of_the_operator"
export const managerToken = "fmn_agt_the_token_of_the_manager"
export const runToken = "fmn_run_the_token_of_a_run"

/** What an engineer's run may. */
const run: Actor.Actor = {
  type: "run",
  id: "00000000-0000-7000-8000-000000000001",
  role: "engineer",
  organizationId: Identifier.OrganizationId.make("00000000-0000-7000-8000-000000000002"),
  run: {
    id: Identifier.RunId.make("00000000-0000-7000-8000-000000000001"),
    agentId: Identifier.AgentId.make("00000000-0000-7000-8000-000000000003"),
    taskId: Identifier.TaskId.make(1),
    attempt: 1
  }
}

/** What a client may be, and the revision that it then speaks. */
export const clients: ReadonlyArray<readonly [string, string, Make]> = [
  [
    "the first line of the SDK",
    "2025-11-25",
    (options = {}) => new FirstLineClient(identity, options)
  ],
  [
    "the second line of the SDK in 2025-06-18",
    "2025-06-18",
    (options = {}) =>
      new Client(identity, { ...options, supportedProtocolVersions: ["2025-06-18"] })
  ],
  [
    "the second line of the SDK in 2025-11-25",
    "2025-11-25",
    (options = {}) => new Client(identity, options)
  ],
  [
    "the second line of the SDK",
    "2026-07-28",
    (options = {}) => new Client(identity, { ...options, versionNegotiation: { mode: "auto" } })
  ]
]

type Make = (options?: {
  readonly capabilities?: { elicitation: { form: Record<string, never> } }
}) => Client | FirstLineClient

/** Puts something else in the place of what an operation does. */
type Replace = (
  name: string,
  input: unknown
) => Effect.Effect<Wire.Json, Refusal.Refusal> | undefined

const foremanWith = (replace: Replace): Layer.Layer<Foreman> =>
  Layer.effect(
    Foreman,
    Effect.map(Foreman, (whole) =>
      Foreman.of({
        ...whole,
        access: {
          authenticate: (shown) =>
            shown === runToken
              ? Effect.succeed(run)
              : whole.access.authenticate(shown === otherToken ? token : shown)
        },
        invoke: (name, input, options) => replace(name, input) ?? whole.invoke(name, input, options)
      })
    )
  ).pipe(
    Layer.provide(Foreman.layer({ mode: "token", operatorToken: token, managerToken })),
    Layer.provide([DriverMemory.layer, ArtifactStoreMemory.layer])
  )

/** Starts a server that ends with the test. */
export const start = async (
  options: McpHttp.Options = {},
  replace: Replace = () => undefined,
  limits: HttpServer.Options["limits"] = {}
) => {
  const scope = Scope.makeUnsafe()
  const server = Layer.unwrap(
    Effect.map(McpHttp.make(options), (mcp) =>
      HttpServer.layer({ address: { port: 0 }, mounts: [mcp], limits })
    )
  ).pipe(Layer.provide(Layer.merge(foremanWith(replace), Logger.layer([]))))
  const context = await Effect.runPromise(Layer.buildWithScope(server, scope))
  const { url } = Context.get(context, HttpServer.HttpServer)
  let isClosed = false
  const close = async () => {
    if (!isClosed) await Effect.runPromise(Scope.close(scope, Exit.void))
    isClosed = true
  }
  onTestFinished(close)
  const mcp = `${url}/mcp`
  return {
    url,
    close,
    connect: (client: Client | FirstLineClient, shown = token) => connect(client, mcp, shown),
    post: (message: unknown, headers: Readonly<Record<string, string>> = {}) =>
      fetch(mcp, {
        method: "POST",
        body: typeof message === "string" ? message : JSON.stringify(message),
        headers: { ...plain, ...headers }
      }),
    /** Reads with REST. */
    get: async (path: string): Promise<unknown> => {
      const response = await fetch(`${url}${path}`, { headers: plain })
      return response.json()
    }
  }
}

const plain = {
  authorization: `Bearer ${token}`,
  "content-type": "application/json",
  accept: "application/json, text/event-stream"
}

const connect = async (client: Client | FirstLineClient, url: string, shown: string) => {
  const requestInit = { headers: { authorization: `Bearer ${shown}` } }
  const transport =
    client instanceof Client
      ? new StreamableHTTPClientTransport(new URL(url), { requestInit })
      : new FirstLineHttp.StreamableHTTPClientTransport(new URL(url), { requestInit })
  onTestFinished(() => client.close())
  // As: the lines of the SDK spell the same interface apart.
  await client.connect(transport as never)
  return transport
}

/** The first message of a session. */
export const initialize = (protocolVersion = "2025-06-18") => ({
  jsonrpc: "2.0",
  id: 1,
  method: "initialize",
  params: { protocolVersion, capabilities: {}, clientInfo: identity }
})

/** A request of the revision 2026-07-28, and its headers. */
export const modern = (method: string, params: object = {}, version = "2026-07-28") => ({
  message: {
    jsonrpc: "2.0",
    id: 1,
    method,
    params: {
      ...params,
      _meta: {
        "io.modelcontextprotocol/protocolVersion": version,
        "io.modelcontextprotocol/clientInfo": identity,
        "io.modelcontextprotocol/clientCapabilities": {}
      }
    }
  },
  headers: {
    "mcp-protocol-version": version,
    "mcp-method": method,
    ...("name" in params ? { "mcp-name": String(params.name) } : {})
  }
})
