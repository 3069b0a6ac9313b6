/**
 * `foreman serve`: the server, until it is told to end.
 */
import { exitCodes } from "./ExitCode.ts"
import type { Command } from "./Grammar.ts"
import * as Tell from "./Tell.ts"

// services --------------------------------------------------------------------

export const command: Command = {
  words: ["serve"],
  summary: "Serves Foreman until Ctrl-C or SIGTERM",
  details:
    "Serves Foreman until Ctrl-C or SIGTERM: REST, the page, MCP over HTTP, and whatever starts agents " +
    "and lands what they did. It says `foreman ready URL` when it can be asked.",
  positionals: [],
  flags: Tell.settings,
  examples: [
    "foreman serve",
    "foreman serve --http-addr 127.0.0.1:0 --runner codex",
    "DATABASE_URL=postgres://foreman:secret@localhost:5432/foreman foreman serve"
  ],
  run: async (_, { told }) => {
    const { environment } = await told()
    const Server = await import("../Server.ts")
    Server.launch(environment)
    // The program ends with the server, and not before.
    return new Promise<never>(() => {})
  }
}

/** `foreman config`: every setting, as it is and where that comes from. */
export const configCommand: Command = {
  words: ["config"],
  summary: "Shows every setting, and where it comes from",
  details:
    "Shows every setting as it is: what flags say, else the environment, else the file foreman.json in " +
    "the working folder or in the runtime root. What is secret is masked.",
  positionals: [],
  flags: Tell.settings,
  examples: ["foreman config", "foreman config --json --http-addr 0.0.0.0:8080"],
  run: async (_, { isJson, terminal, told }) => {
    const { SettingsSources } = await import("@foreman/core")
    const Show = await import("./Show.ts")
    const settings = SettingsSources.describe((await told()).gathered)
    const rows = settings.map((setting) => ({ ...setting, value: setting.value ?? null }))
    await terminal.out(
      isJson
        ? `${JSON.stringify({ settings: rows }, undefined, 2)}\n`
        : Show.list(terminal, ["name", "value", "from", "meaning"], rows)
    )
    return exitCodes.done
  }
}
