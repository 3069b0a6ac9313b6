/**
 * `foreman serve`: the server, until it is told to end.
 */
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
    const { called, environment } = await told()
    const Server = await import("../Server.ts")
    Server.launch(environment, { called })
    // The program ends with the server, and not before.
    return new Promise<never>(() => {})
  }
}
