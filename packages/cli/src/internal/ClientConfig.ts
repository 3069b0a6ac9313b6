/**
 * What an MCP client is configured with, ready to be put into its file.
 *
 * It carries the token of the local team's manager, never the operator's: whoever reads it plans, and
 * decides nothing.
 */
import { join } from "node:path"

// models ----------------------------------------------------------------------

/** The clients whose files are known. `mcp` is any other that takes the usual JSON. */
export const clients = ["openclaw", "nanobot", "zeroclaw", "mcp"] as const
export type ClientName = (typeof clients)[number]

/** What a client is to reach, and as whom. */
export interface Reached {
  /** A server, or the store that the client's own program opens, both as absolute paths. */
  readonly place:
    | { readonly _tag: "Server"; readonly url: string }
    | { readonly _tag: "Folder"; readonly runtimeRoot: string; readonly databasePath: string }
  readonly token: string
  /** What starts `foreman-mcp`: Node and the file, both as absolute paths. */
  readonly program: readonly [command: string, file: string]
}

// rules -----------------------------------------------------------------------

/** The text for a client's file. */
export const textFor = (client: ClientName, reached: Reached): string => texts[client](reached)

// internal --------------------------------------------------------------------

/** What Nanobot waits; no call takes longer. */
const waitSeconds = 30

const texts: Readonly<Record<ClientName, (reached: Reached) => string>> = {
  openclaw: (reached) =>
    asJson({
      mcp: { servers: { foreman: { ...started(reached), requestTimeoutMs: waitSeconds * 1000 } } }
    }),
  nanobot: (reached) =>
    asJson({
      tools: { mcpServers: { foreman: { ...started(reached), toolTimeout: waitSeconds } } }
    }),
  zeroclaw: (reached) => {
    const { args, command, env } = started(reached)
    const variables = Object.entries(env).map(([name, value]) => `${name} = ${quoted(value)}`)
    return [
      "[mcp]",
      "enabled = true",
      "",
      "[[mcp.servers]]",
      'name = "foreman"',
      'transport = "stdio"',
      `command = ${quoted(command)}`,
      `args = [${args.map(quoted).join(", ")}]`,
      `tool_timeout_secs = ${waitSeconds}`,
      "",
      "[mcp.servers.env]",
      ...variables,
      ""
    ].join("\n")
  },
  mcp: (reached) => {
    const { place, token } = reached
    const headers = { Authorization: `Bearer ${token}` }
    const foreman =
      place._tag === "Server"
        ? { type: "http", url: `${place.url}/mcp`, headers }
        : started(reached)
    return asJson({ mcpServers: { foreman } })
  }
}

/** The program as a process of the client. It has the tools of the token's role. */
const started = ({ place, program: [command, file], token }: Reached) => ({
  command,
  args: [file, "--role", "manager"],
  env: { ...placeOf(place), FOREMAN_TOKEN: token }
})

const placeOf = (place: Reached["place"]): Readonly<Record<string, string>> => {
  if (place._tag === "Server") return { FOREMAN_API_URL: place.url }
  const { databasePath, runtimeRoot } = place
  const isUsual = databasePath === join(runtimeRoot, "foreman.db")
  return {
    FOREMAN_RUNTIME_ROOT: runtimeRoot,
    ...(isUsual ? {} : { FOREMAN_DB_PATH: databasePath })
  }
}

const asJson = (value: object): string => `${JSON.stringify(value, undefined, 2)}\n`

/** A basic string of TOML: JSON escapes the same way, but for one character. */
const quoted = (text: string): string => JSON.stringify(text).replaceAll("\u007f", "\\u007f")
