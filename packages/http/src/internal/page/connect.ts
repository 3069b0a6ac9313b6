/**
 * How an agent is connected: the commands, ready to be copied.
 */
import { get, tokenOf } from "./api.ts"
import { button, copyButton, el, fill, find } from "./elements.ts"

// models ----------------------------------------------------------------------

/** What the server tells the page: where `foreman-mcp` lies, and a token made for agents. */
export interface Connection {
  readonly mcp_path: string | null
  readonly token: string | null
}

// rules -----------------------------------------------------------------------

/** The ways to connect an agent, with everything filled in. */
export const waysOf = (
  { mcp_path: path, token: own }: Connection,
  url: string,
  fallback: string | null
): ReadonlyArray<readonly [name: string, text: string]> => {
  const program = path ?? "/path/to/foreman-mcp.js"
  const token = own ?? fallback
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
    [
      "Others",
      JSON.stringify(
        { mcpServers: { foreman: { command: "node", args: [program], env } } },
        null,
        2
      )
    ]
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

const quoted = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`

const cover = (text: string, token: string | null): string =>
  token === null || token === "" ? text : text.replaceAll(token, "••••••••")
