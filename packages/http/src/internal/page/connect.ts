/**
 * How an agent is connected: the commands, ready to be copied.
 */
import { get, tokenOf } from "./api.ts"
import { button, copyButton, el, fill, find } from "./elements.ts"

// models ----------------------------------------------------------------------

/**
 * What the server tells the page: where `foreman-mcp` lies, the path under which the server speaks
 * MCP itself, and a token made for agents.
 */
export interface Connection {
  readonly mcp_path: string | null
  readonly mcp_endpoint?: string | null
  readonly token: string | null
}

/** The name of a way and what to copy. */
type Way = readonly [name: string, text: string]

// rules -----------------------------------------------------------------------

/** The ways to connect an agent, with everything filled in: straight to the server where it can be. */
export const waysOf = (
  connection: Connection,
  url: string,
  fallback: string | null
): ReadonlyArray<Way> => {
  const { mcp_endpoint: endpoint, mcp_path: path, token: own } = connection
  const token = own ?? fallback
  const program = path ?? "/path/to/foreman-mcp.js"
  const started = overStdio(program, url, token)
  if (endpoint === undefined || endpoint === null) return started
  const [, , other] = started
  return [
    ...overHttp(`${url}${endpoint}`, token),
    ...(other === undefined ? [] : [["Clients without HTTP", other[1]] as const])
  ]
}

const overHttp = (url: string, token: string | null): ReadonlyArray<Way> => {
  const header = token === null ? "" : ` --header ${quoted(`Authorization: Bearer ${token}`)}`
  const variable = token === null ? "" : `export FOREMAN_TOKEN=${quoted(token)}\n`
  const named = token === null ? "" : " --bearer-token-env-var FOREMAN_TOKEN"
  const headers = token === null ? {} : { headers: { Authorization: `Bearer ${token}` } }
  return [
    ["Claude Code", `claude mcp add --transport http foreman ${url}${header}`],
    ["Codex", `${variable}codex mcp add foreman --url ${url}${named}`],
    ["Others", asJson({ type: "http", url, ...headers })]
  ]
}

const overStdio = (program: string, url: string, token: string | null): ReadonlyArray<Way> => {
  const variables = [
    `FOREMAN_API_URL=${url}`,
    ...(token === null ? [] : [`FOREMAN_TOKEN=${token}`])
  ]
  const settings = variables.map((variable) => `--env ${quoted(variable)}`).join(" ")
  const start = `-- node ${quoted(program)}`
  const env = Object.fromEntries(variables.map((variable) => variable.split(/=(.*)/s).slice(0, 2)))
  return [
    ["Claude Code", `claude mcp add ${settings} --transport stdio foreman ${start}`],
    ["Codex", `codex mcp add foreman ${settings} ${start}`],
    ["Others", asJson({ command: "node", args: [program], env })]
  ]
}

// services --------------------------------------------------------------------

/** Opens the dialog that shows them. The token stays covered until somebody wants to see it. */
export const showConnect = async (): Promise<void> => {
  const dialog = find("connect")
  if (!(dialog instanceof HTMLDialogElement)) return
  const unknown: Connection = { mcp_path: null, token: null }
  const connection = await get<Connection>("/page/connect.json").catch(() => unknown)
  const token = connection.token ?? tokenOf()
  let isCovered = token !== null
  const draw = () => {
    const ways = waysOf(connection, location.origin, tokenOf())
    fill(
      dialog,
      el(
        "header",
        {},
        el("h2", {}, "Connect an agent"),
        button("Close", () => dialog.close())
      ),
      el(
        "p",
        { class: "quiet" },
        "Run one of these where the agent works. Then ask it to plan some tasks with Foreman."
      ),
      ...ways.flatMap(([name, text]) => [
        el(
          "div",
          { class: "way" },
          el("h3", {}, name),
          copyButton(name, () => text)
        ),
        el("pre", { class: "command", tabindex: 0 }, isCovered ? cover(text, token) : text)
      ]),
      token !== null &&
        button(
          isCovered ? "Show the token" : "Cover the token",
          () => {
            isCovered = !isCovered
            draw()
          },
          { "data-key": "cover" }
        )
    )
  }
  draw()
  if (!dialog.open) dialog.showModal()
}

// internal --------------------------------------------------------------------

const asJson = (server: object): string =>
  JSON.stringify({ mcpServers: { foreman: server } }, null, 2)

const quoted = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`

const cover = (text: string, token: string | null): string =>
  token === null || token === "" ? text : text.replaceAll(token, "••••••••")
